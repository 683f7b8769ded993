/**
 * What a caller may do: of each type and interaction all, nothing, or what fits a condition. Policies grant and refuse,
 * scopes narrow. docs/adr/0040-a-caller-sees-a-store-of-his-own.md
 */
import { FhirError } from '../r4/errors.js';
import { parseSearch } from '../search/parse.js';
import type { Filter } from '../search/query.js';
import type { Caller } from './caller.js';
import { type ConditionContext, conditionFilter, isNever, joined, NEVER, negated } from './condition.js';
import { COMMON_TYPES, isOfPatients, ofPatients } from './patient-links.js';
import type { Action, Grant, Policies, Policy, Refusal, Where, Whom } from './policy.js';
import type { Scope } from './scopes.js';

/** Filters are joined by AND, as those of a search. */
export type Extent = 'all' | 'none' | readonly Filter[];

/**
 * Of operations: what they do, for scopes that name none, and whether a policy has to name them. What is not here writes.
 * https://hl7.org/fhir/R4/operations.html
 */
const OPERATIONS: Readonly<Record<string, Action>> = {
  validate: 'read',
  expand: 'read',
  'validate-code': 'read',
  lookup: 'read',
  translate: 'read',
  subsumes: 'read',
  everything: 'read',
  document: 'read',
  docref: 'read',
  summary: 'read',
  match: 'search',
  'ihe-pix': 'search',
  lastn: 'search',
};

export interface PermissionContext extends Omit<ConditionContext, 'named'> {
  policies: Policies;
  types: ReadonlySet<string>;
  /** He breaks the glass. */
  breaksGlass: boolean;
}

/** Does a policy speak of him? */
export function appliesTo(whom: Whom, caller: Caller, walls: readonly string[]): boolean {
  const { kinds, roles, specialties, clients, acts } = whom;
  const isInside = walls.length === 0 || caller.structures.some((one) => walls.includes(one));
  const some = <T>(wanted: readonly T[] | undefined, has: readonly (T | undefined)[]) =>
    wanted === undefined || wanted.some((one) => has.includes(one));
  return (
    some(kinds, [caller.kind]) &&
    some(
      roles,
      caller.roles.map(({ code }) => code),
    ) &&
    some(
      specialties,
      caller.roles.map(({ specialty }) => specialty),
    ) &&
    some(clients, [caller.client]) &&
    (whom.walls === undefined || (whom.walls === 'inside') === isInside) &&
    (acts === undefined || (caller.kind === 'patient' && (acts === 'for-another') === actsForAnother(caller)))
  );
}

const actsForAnother = ({ fhirUser, patient }: Caller): boolean => fhirUser !== undefined && fhirUser !== patient;

export class Permissions {
  private readonly policies: readonly Policy[];
  private readonly extents = new Map<string, Extent>();

  /** Nothing is worked out before it is asked for: of 146 types a caller asks a few. */
  constructor(
    private readonly caller: Caller,
    private readonly context: PermissionContext,
  ) {
    const { policies, walls = [] } = context.policies;
    this.policies = policies.filter(
      (one) =>
        (one.breakGlass !== true || context.breaksGlass) &&
        (one.untilBreakGlass !== true || !context.breaksGlass) &&
        appliesTo(one.for, caller, walls),
    );
  }

  /** What of a type he may do something with. That of Binary is about those that no document names: see `Binaries`. */
  extent(type: string, action: Action): Extent {
    const name = `${action} ${type}`;
    let found = this.extents.get(name);
    if (found === undefined) {
      found = extentOf(this.filter(type, action));
      this.extents.set(name, found);
    }
    return found;
  }

  /** May he call an operation on a type ('' for the system)? What it reads and writes is asked of the types themselves. */
  operation(name: string, type: string): boolean {
    const isNamed = ({ interactions, types }: Grant) =>
      (interactions.includes(`$${name}`) || interactions.includes('$*')) &&
      (type === '' ? types.includes('*') : names(types, type));
    const isGranted = this.isScopedOnly() || this.policies.some(({ grants = [] }) => grants.some(isNamed));
    if (!isGranted || this.caller.scopes === undefined) return isGranted;
    const action = OPERATIONS[name] ?? 'update';
    // What is about the server itself asks for all of it.
    if (type === '') {
      return this.caller.scopes.some(
        (one) => one.level !== 'patient' && one.type === '*' && one.permissions.has(action),
      );
    }
    return this.caller.scopes.some((one) => isAbout(one, type) && one.permissions.has(action));
  }

  /** Elements at the top of a type that are hidden from him. */
  hidden(type: string): readonly string[] {
    return this.policies.flatMap(({ hides = [] }) =>
      hides
        .filter(({ types }) => names(types, type))
        .flatMap(({ elements }) => elements.map((one) => one.replace('[x]', ''))),
    );
  }

  /** Does he see and change all that there is? */
  isWhole(): boolean {
    return [...this.context.types].every(
      (type) =>
        (['read', 'search', 'create', 'update'] as const).every((action) => this.extent(type, action) === 'all') &&
        this.hidden(type).length === 0,
    );
  }

  private filter(type: string, action: Action): Filter | 'all' {
    const refused = this.refusals(type, action);
    const alternatives = this.isScopedOnly() ? ['all' as const] : this.grants(type, action);
    const granted = either(alternatives);
    return both([granted, this.scoped(type, action), ...refused]);
  }

  /** Software and patients have what their scopes say where no policy grants; `user/` means what a user may by himself. */
  private isScopedOnly(): boolean {
    const { kind, roles, scopes } = this.caller;
    if (scopes === undefined || roles.length > 0 || kind === 'professional') return false;
    return !this.policies.some(({ grants = [] }) => grants.length > 0);
  }

  private grants(type: string, action: Action): (Filter | 'all')[] {
    const grants = this.policies.flatMap(({ grants = [] }) => grants);
    return grants
      .filter(({ interactions, types }) => names(types, type) && asks(interactions, action))
      .map((grant) => this.fitting(type, grant));
  }

  private refusals(type: string, action: Action): Filter[] {
    return this.policies
      .flatMap(({ refusals = [] }) => refusals)
      .filter(
        ({ interactions, types }) => names(types, type) && (interactions === undefined || asks(interactions, action)),
      )
      .flatMap((refusal) => this.refusal(type, refusal));
  }

  private refusal(type: string, refusal: Refusal): Filter[] {
    // Contents are refused where the documents are.
    if (type === 'Binary' && refusal.patient !== undefined) return [];
    const fitting = this.fitting(type, refusal);
    if (fitting === 'all') return refusal.unless === undefined ? [NEVER] : [this.compiled(type, refusal.unless)];
    if (isNever(fitting)) return [];
    const refused = negated(fitting);
    return [refusal.unless === undefined ? refused : joined('any', [refused, this.compiled(type, refusal.unless)])];
  }

  private fitting(type: string, { where, patient }: Where): Filter | 'all' {
    const { registry } = this.context;
    const parts: Filter[] = [];
    if (where !== undefined) parts.push(this.compiled(type, where));
    // The contents of documents are asked of the documents.
    if (patient !== undefined && type !== 'Binary') {
      if (!isOfPatients(type, registry)) return NEVER;
      const condition = this.compiled('Patient', patient);
      parts.push(isNever(condition) ? NEVER : (ofPatients(type, condition, registry) ?? NEVER));
    }
    return parts.length === 0 ? 'all' : joined('all', parts);
  }

  private compiled(type: string, condition: Parameters<typeof conditionFilter>[1]): Filter {
    return conditionFilter(type, condition, { ...this.context, named: this.context.policies.conditions ?? {} });
  }

  private scoped(type: string, action: Action): Filter | 'all' {
    const { scopes } = this.caller;
    if (scopes === undefined) return 'all';
    const scopedOnly = this.isScopedOnly();
    return either(
      scopes
        .filter((one) => isAbout(one, type) && one.permissions.has(action) && !(scopedOnly && one.level === 'user'))
        .map((scope) => this.scopeFilter(type, scope)),
    );
  }

  private scopeFilter(type: string, { level, narrowing }: Scope): Filter | 'all' {
    const { registry, baseUrl, timeZone } = this.context;
    const parts: (Filter | 'all')[] = [];
    if (level === 'patient') parts.push(this.ownOf(type));
    if (narrowing.length > 0) {
      try {
        const context = { registry, lenient: false, baseUrl, timeZone, defaultCount: 1, maxCount: 1 };
        const { filters } = parseSearch(type, narrowing, context).query;
        parts.push(filters.length === 0 ? NEVER : joined('all', filters));
      } catch (error) {
        if (!(error instanceof FhirError)) throw error;
        // What no search would take grants nothing.
        return NEVER;
      }
    }
    return both(parts);
  }

  /** The patient in context: what is his, and what is nobody's. */
  private ownOf(type: string): Filter | 'all' {
    const id = /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(this.caller.patient ?? '')?.[1];
    if (id === undefined) return NEVER;
    if (COMMON_TYPES.has(type) || type === 'Binary') return 'all';
    return ofPatients(type, { kind: 'id', anyOf: [id] }, this.context.registry) ?? NEVER;
  }
}

const names = (types: readonly string[], type: string): boolean =>
  types.includes(type) || types.includes('*') || (types.includes('common') && COMMON_TYPES.has(type));

const asks = (interactions: readonly string[], action: Action): boolean =>
  interactions.includes(action) || interactions.includes('*');

const isAbout = (scope: Scope, type: string): boolean => scope.type === '*' || scope.type === type;

function either(filters: readonly (Filter | 'all')[]): Filter | 'all' {
  return filters.includes('all') ? 'all' : joined('any', filters as Filter[]);
}

function both(filters: readonly (Filter | 'all')[]): Filter | 'all' {
  const kept = filters.filter((one) => one !== 'all');
  return kept.length === 0 ? 'all' : joined('all', kept);
}

function extentOf(filter: Filter | 'all'): Extent {
  if (filter === 'all') return 'all';
  return isNever(filter) ? 'none' : filter.kind === 'all' ? filter.of : [filter];
}
