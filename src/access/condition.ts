/**
 * A condition of a policy as a filter of the search plan: what the search itself would make of it, with what is known of
 * the caller put in. https://hl7.org/fhir/R4/search.html
 */
import { several } from '../search/conditions.js';
import { escapedValue } from '../search/escapes.js';
import { parseSearch } from '../search/parse.js';
import type { Filter } from '../search/query.js';
import { pairsOf } from '../search/query-string.js';
import type { SearchRegistry } from '../search/registry.js';
import { PROVISION_KEY } from './provision.js';

/**
 * A text is a search on the type at hand, `status=active&participant={self}`; `{name}` stands for what is known of the
 * caller, several values for any of them. `has` leads to what refers to it, as `_has` does.
 */
export type Condition =
  | string
  | { use: string }
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { not: Condition }
  | { has: string; where: Condition }
  /** Of a Consent: what its root provision says. */
  | { provision: 'permit' | 'deny' };

/** What is known of the caller, by name: as search values, not escaped. */
export type Variables = Readonly<Record<string, readonly string[]>>;

export interface ConditionContext {
  registry: SearchRegistry;
  baseUrl: string;
  timeZone: string;
  variables: Variables;
  /** Conditions that others name by `use`. */
  named: Readonly<Record<string, Condition>>;
}

/** What is wrong with a policy; the message is for who wrote it. */
export class PolicyError extends Error {
  override name = 'PolicyError';
}

/** No resource is so. */
export const NEVER: Filter = { kind: 'id', anyOf: [] };
export const isNever = (filter: Filter): boolean => filter.kind === 'id' && filter.anyOf.length === 0;

export const VARIABLE = /\{([a-z]+)\}/g;

/** Throws FhirError for what no search on the type would take, PolicyError. A variable of which nothing is known makes it true of nothing. */
export function conditionFilter(type: string, condition: Condition, context: ConditionContext): Filter {
  if (typeof condition === 'string') return searchFilter(type, condition, context);
  if ('use' in condition) {
    const named = context.named[condition.use];
    if (named === undefined) throw new PolicyError(`there is no condition "${condition.use}"`);
    return conditionFilter(type, named, context);
  }
  if ('all' in condition)
    return joined(
      'all',
      condition.all.map((one) => conditionFilter(type, one, context)),
    );
  if ('any' in condition)
    return joined(
      'any',
      condition.any.map((one) => conditionFilter(type, one, context)),
    );
  if ('not' in condition) return negated(conditionFilter(type, condition.not, context));
  if ('provision' in condition) {
    return { kind: 'token', key: PROVISION_KEY, anyOf: [{ system: '', code: condition.provision }] };
  }
  return hasFilter(type, condition, context);
}

function searchFilter(type: string, text: string, context: ConditionContext): Filter {
  const { registry, baseUrl, timeZone, variables } = context;
  const pairs: [string, string][] = [];
  for (const [name, value] of pairsOf(text)) {
    let isKnown = true;
    const filled = value.replace(VARIABLE, (_, variable: string) => {
      const values = variables[variable] ?? [];
      isKnown &&= values.length > 0;
      return values.map(escapedValue).join(',');
    });
    if (!isKnown) return NEVER;
    pairs.push([name, filled]);
  }
  const { filters } = parseSearch(type, pairs, {
    registry,
    lenient: false,
    baseUrl,
    timeZone,
    defaultCount: 1,
    maxCount: 1,
  }).query;
  if (filters.length === 0) throw new PolicyError('a search that asks for nothing');
  return joined('all', filters);
}

function hasFilter(type: string, { has, where }: { has: string; where: Condition }, context: ConditionContext): Filter {
  const [, other = '', code = ''] = /^([A-Z]\w+):([\w-]+)$/.exec(has) ?? [];
  const filter = conditionFilter(other, where, context);
  if (isNever(filter)) return NEVER;
  const keys = context.registry
    .parameter(other, code)
    .filter(({ kind, targets }) => {
      return typeof kind === 'object' && kind.kind === 'reference' && (targets.length === 0 || targets.includes(type));
    })
    .map(({ key }) => key);
  if (keys.length === 0) throw new PolicyError(`"${has}" does not lead to ${type}`);
  return several(
    [...new Set(keys)].map((key) => ({ kind: 'has', key, type: other, where: [filter] }) as const),
    'any',
  );
}

/** What is never true is left out of alternatives, and makes a whole that asks for it never true. */
export function joined(how: 'all' | 'any', filters: readonly Filter[]): Filter {
  if (how === 'all' && filters.some(isNever)) return NEVER;
  const kept = how === 'any' ? filters.filter((one) => !isNever(one)) : filters;
  if (kept.length === 0 && how === 'any') return NEVER;
  return kept.length === 1 ? (kept[0] as Filter) : { kind: how, of: [...kept] };
}

export const negated = (filter: Filter): Filter => ({ kind: 'not', of: filter });
