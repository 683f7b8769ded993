/**
 * What a tenant's policies make of its callers: each sees a store of his own. Kept for a caller as long as he is who he is
 * and nothing changed that it was made from. docs/adr/0040-a-caller-sees-a-store-of-his-own.md
 */
import type { Definitions } from '../r4/definitions/index.js';
import { ERRORS, FhirError } from '../r4/errors.js';
import { fillIn } from '../r4/outcome.js';
import type { SearchRegistry } from '../search/registry.js';
import { storedDefinitions } from '../search/stored-definitions.js';
import type { Store } from '../store/store.js';
import { Terminology } from '../terminology/index.js';
import { brokenGlass } from './break-glass.js';
import { ANONYMOUS, type Caller } from './caller.js';
import { PolicyError, VARIABLE, type Variables } from './condition.js';
import { type Guard, guardOf } from './guard.js';
import { KnownSets } from './known-sets.js';
import { Permissions } from './permissions.js';
import { ACTIONS, type Policies } from './policy.js';
import { Rules } from './rules.js';
import { seenStore } from './seen-store.js';
import { VARIABLE_NAMES, VARIABLE_TYPES, variablesOf } from './variables.js';

export interface AccessParts {
  store: Store;
  registry: SearchRegistry;
  definitions: Definitions;
  types: ReadonlySet<string>;
  timeZone: string;
  /** The FHIR base where it is known for sure: not from a request, whose Host header is the caller's to choose. */
  base: string;
  /** Is told of which further types `written` must be told. */
  watch(type: string): void;
}

export interface Seen {
  store: Store;
  guard: Guard;
  /** He sees and changes all: nothing has to be asked. */
  isWhole: boolean;
  /** Over what he sees of what is defined, where that is not all. */
  terminology?: Terminology;
  /** Why he broke the glass, where he did. */
  breakGlass?: string;
}

/** Of these $expand and searches by value sets tell. */
const TERMINOLOGY_TYPES = ['ValueSet', 'CodeSystem'];
/** Milliseconds after which this process knows what another one wrote of a caller's roles. */
const KNOWN_FOR = 10_000;

interface Kept {
  /** What it was made from: another text after each change that this process knows of. */
  revision: string;
  variables: string;
  until: number;
  seen: Seen;
}
type Way = 'plain' | 'broken';

export class Access {
  private readonly kept = new WeakMap<Caller, Partial<Record<Way, Kept>>>();
  private revision = 0;
  private stamp = { of: -1, registry: -1, text: '' };
  private readonly known: KnownSets;

  constructor(
    private readonly policies: Policies,
    private readonly parts: AccessParts,
  ) {
    this.known = new KnownSets(parts.store, parts.watch);
  }

  /** Throws PolicyError for a condition that no search would take: each is tried on every type that it is about. */
  check(): void {
    checkPolicies(this.policies, this.parts);
  }

  /** Resources of these types were written. */
  written(types: readonly string[]): void {
    for (const type of types) {
      if (VARIABLE_TYPES.has(type)) this.revision++;
      this.known.written(type);
    }
  }

  /** The store of a caller and what he may ask of it, where that is known and he breaks no glass. */
  now(caller: Caller): Seen | undefined {
    const known = this.kept.get(caller)?.plain;
    return known !== undefined && this.isCurrent(known) ? known.seen : undefined;
  }

  /** The same, found out. Throws what a broken glass throws. */
  async of(caller: Caller, breakGlass?: string): Promise<Seen> {
    if (breakGlass === undefined) return (await this.keptOf(caller, 'plain')).seen;
    const reason = await brokenGlass(breakGlass, caller, this.policies, this.parts.store.state);
    return { ...(await this.keptOf(caller, 'broken')).seen, breakGlass: reason };
  }

  private isCurrent({ revision, until }: Kept): boolean {
    return revision === this.revisionNow() && until > Date.now();
  }

  private revisionNow(): string {
    const { revision } = this.parts.registry;
    if (this.stamp.of !== this.revision || this.stamp.registry !== revision) {
      this.stamp = { of: this.revision, registry: revision, text: `${this.revision} ${revision}` };
    }
    return this.stamp.text;
  }

  private async keptOf(caller: Caller, way: Way): Promise<Kept> {
    const all = this.kept.get(caller) ?? {};
    this.kept.set(caller, all);
    const known = all[way];
    if (known !== undefined && this.isCurrent(known)) return known;
    const revision = this.revisionNow();
    const until = Date.now() + KNOWN_FOR;
    const found = await variablesOf(caller, this.parts.store);
    const variables = `${this.parts.registry.revision} ${JSON.stringify(found)}`;
    // What is known of his patients stays known with it.
    const seen = known?.variables === variables ? known.seen : this.seenOf(caller, found, way === 'broken');
    all[way] = { revision, variables, until, seen };
    return all[way];
  }

  private seenOf(caller: Caller, variables: Variables, breaksGlass: boolean): Seen {
    const { registry, definitions, types, store, timeZone, base } = this.parts;
    const { policies } = this;
    const context = { registry, timeZone, types, policies, variables, breaksGlass, baseUrl: base };
    const permissions = new Permissions(caller, context);
    const rules = new Rules(permissions, registry, definitions, base, caller.id, this.known);
    const seen = seenStore(store, rules);
    const knowsAll = TERMINOLOGY_TYPES.every((type) => rules.isOpen(type));
    return {
      store: seen,
      guard: guardOf(rules, types),
      isWhole: permissions.isWhole(),
      ...(!knowsAll && { terminology: new Terminology(definitions, storedDefinitions(seen)) }),
    };
  }
}

/** What is put in for each variable when conditions are tried. */
const SAMPLES: Readonly<Record<(typeof VARIABLE_NAMES)[number], readonly string[]>> = {
  self: ['Practitioner/1', 'PractitionerRole/1'],
  practitioner: ['Practitioner/1'],
  roles: ['PractitionerRole/1'],
  places: ['Location/1'],
  structure: ['Organization/1'],
  finess: ['000000000'],
  rpps: ['00000000000'],
  idnps: ['800000000000'],
  patient: ['Patient/1'],
  own: ['1'],
  user: ['Patient/1'],
  encounter: ['Encounter/1'],
};

/** Every condition is compiled once for every type that it is about: what is wrong is said at the start. */
function checkPolicies(policies: Policies, { registry, timeZone, types, definitions }: AccessParts): void {
  const all = new Set(definitions.resourceTypes);
  for (const variable of JSON.stringify(policies).matchAll(VARIABLE)) {
    const [whole, name = ''] = variable;
    if (!(name in SAMPLES)) {
      throw new PolicyError(`${whole} is no variable; there are ${VARIABLE_NAMES.map((one) => `{${one}}`).join(', ')}`);
    }
  }
  for (const [i, policy] of policies.policies.entries()) {
    const place = `policies[${i}] (${policy.name})`;
    const { grants = [], refusals = [], hides = [] } = policy;
    for (const type of [...grants, ...refusals, ...hides].flatMap((one) => one.types)) {
      if (type !== '*' && type !== 'common' && !all.has(type)) {
        throw new PolicyError(`${place}: there is no resource type ${type}`);
      }
    }
    const { breakGlass: _always, untilBreakGlass: _too, ...applied } = policy;
    const alone = { ...policies, walls: [], policies: [{ ...applied, for: {} }] };
    const context = { registry, timeZone, types, policies: alone, variables: SAMPLES, breaksGlass: false, baseUrl: '' };
    const permissions = new Permissions(SOMEBODY, context);
    for (const type of types) {
      try {
        for (const action of ACTIONS) permissions.extent(type, action);
      } catch (error) {
        if (error instanceof PolicyError) throw new PolicyError(`${place}, on ${type}: ${error.message}`);
        if (!(error instanceof FhirError)) throw error;
        throw new PolicyError(`${place}, on ${type}: ${fillIn(ERRORS[error.key], error.params, 'en')}`);
      }
    }
  }
}

/** A professional of whom nothing is known. */
const SOMEBODY: Caller = { ...ANONYMOUS, kind: 'professional', scopes: undefined };
