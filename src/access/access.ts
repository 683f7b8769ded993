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
import { PolicyError, VARIABLE } from './condition.js';
import { type Guard, guardOf } from './guard.js';
import { Permissions } from './permissions.js';
import { ACTIONS, type Policies } from './policy.js';
import { Rules } from './rules.js';
import { seenStore } from './seen-store.js';
import { VARIABLE_NAMES, variablesOf } from './variables.js';

export interface AccessParts {
  store: Store;
  registry: SearchRegistry;
  definitions: Definitions;
  types: ReadonlySet<string>;
  timeZone: string;
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
/** Base addresses that one server is asked by, at most: what is beyond is made anew. */
const MAX_BASES = 8;

interface Kept {
  revision: string;
  until: number;
  rules: Promise<Permissions>;
  seen: Map<string, Seen>;
}

export class Access {
  private readonly kept = new WeakMap<Caller, { plain?: Kept; broken?: Kept }>();
  private revision = 0;

  constructor(
    private readonly policies: Policies,
    private readonly parts: AccessParts,
  ) {}

  /** Throws PolicyError for a condition that no search would take: each is tried on every type that it is about. */
  check(): void {
    checkPolicies(this.policies, this.parts);
  }

  /** Something was written that variables are made from. */
  changed(): void {
    this.revision++;
  }

  /** The store of a caller and what he may ask of it. Throws what a broken glass throws. */
  async of(caller: Caller, baseUrl: string, breakGlass?: string): Promise<Seen> {
    const reason =
      breakGlass === undefined
        ? undefined
        : await brokenGlass(breakGlass, caller, this.policies, this.parts.store.state);
    const kept = this.keptOf(caller, reason !== undefined);
    const known = kept.seen.get(baseUrl);
    const seen = known ?? this.seenOf(caller, await kept.rules, baseUrl);
    if (known === undefined && kept.seen.size < MAX_BASES) kept.seen.set(baseUrl, seen);
    return reason === undefined ? seen : { ...seen, breakGlass: reason };
  }

  private keptOf(caller: Caller, breaksGlass: boolean): Kept {
    const all = this.kept.get(caller) ?? {};
    this.kept.set(caller, all);
    const name = breaksGlass ? 'broken' : 'plain';
    const revision = `${this.revision} ${this.parts.registry.revision}`;
    const known = all[name];
    if (known !== undefined && known.revision === revision && known.until > Date.now()) return known;
    const rules = this.permissionsOf(caller, breaksGlass);
    const made: Kept = { revision, until: Date.now() + KNOWN_FOR, rules, seen: new Map() };
    // What could not be had is asked for again.
    rules.catch(() => {
      if (all[name] === made) delete all[name];
    });
    all[name] = made;
    return made;
  }

  private async permissionsOf(caller: Caller, breaksGlass: boolean): Promise<Permissions> {
    const { registry, timeZone, types, store } = this.parts;
    const variables = await variablesOf(caller, store);
    const { policies } = this;
    return new Permissions(caller, { registry, timeZone, types, policies, variables, breaksGlass, baseUrl: '' });
  }

  private seenOf(caller: Caller, permissions: Permissions, baseUrl: string): Seen {
    const { registry, definitions, types, store } = this.parts;
    const rules = new Rules(permissions, registry, definitions, baseUrl, caller.id);
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
