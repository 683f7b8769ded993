/**
 * A caller's conditions as a search has to ask them, given what is known: of patients in his care that the search names
 * nothing is left to ask, and of others their list is asked instead of the way that led to it.
 */
import type { Filter } from '../search/query.js';
import { isNever, NEVER } from './condition.js';
import type { Rules } from './rules.js';

/** What is asked as a list has so many at most: a longer one costs more than the way to it. */
const MOST = 300;
const ALWAYS = Symbol('always');
type Simple = Filter | typeof ALWAYS;

/** `asked` are the filters of the search itself. */
export function simplified(
  type: string,
  extent: readonly Filter[],
  asked: readonly Filter[],
  rules: Rules,
): readonly Filter[] {
  const parts = extent.map((one) => simple(one, type, asked, rules)).filter((one) => one !== ALWAYS);
  return parts.some(isNever) ? [NEVER] : parts;
}

function simple(filter: Filter, type: string, asked: readonly Filter[], rules: Rules): Simple {
  switch (filter.kind) {
    case 'any': {
      const parts = filter.of.map((one) => simple(one, type, asked, rules));
      if (parts.includes(ALWAYS)) return ALWAYS;
      return joined(
        'any',
        (parts as Filter[]).filter((one) => !isNever(one)),
      );
    }
    case 'all': {
      const parts = filter.of.map((one) => simple(one, type, asked, rules)).filter((one) => one !== ALWAYS);
      if (parts.some(isNever)) return NEVER;
      return parts.length === 0 ? ALWAYS : joined('all', parts);
    }
    case 'not': {
      const inner = simple(filter.of, type, asked, rules);
      if (inner === ALWAYS) return NEVER;
      return isNever(inner) ? ALWAYS : { kind: 'not', of: inner };
    }
    case 'chain': {
      const ids = rules.known?.get(filter, filter.type, filter.where);
      if (ids === undefined) return filter;
      if (ids.size === 0) return NEVER;
      const start = `${filter.type}/`;
      const isNamed = (one: Filter) =>
        one.kind === 'reference' &&
        one.anyOf.length > 0 &&
        rules.isSameElement(type, one.key, filter.key) &&
        one.anyOf.every((target) => target.startsWith(start) && ids.has(target.slice(start.length)));
      if (asked.some(isNamed)) return ALWAYS;
      if (ids.size > MOST) return filter;
      const targets = [...ids].map((id) => start + id);
      // A single one would be the way that a store walks, and the pages after the first could not follow it.
      return { kind: 'reference', key: filter.key, anyOf: targets.length === 1 ? [...targets, ...targets] : targets };
    }
    case 'has': {
      const ids = rules.known?.get(filter, type, [filter]);
      return ids === undefined || ids.size > MOST ? filter : { kind: 'id', anyOf: [...ids] };
    }
    default:
      return filter;
  }
}

function joined(kind: 'all' | 'any', parts: readonly Filter[]): Filter {
  if (parts.length === 0) return NEVER;
  // Lists of ids are one list.
  const ids = kind === 'any' ? parts.flatMap((one) => (one.kind === 'id' ? one.anyOf : [])) : [];
  const others = ids.length === 0 ? parts : parts.filter((one) => one.kind !== 'id');
  const all: Filter[] = ids.length === 0 ? [...others] : [...others, { kind: 'id', anyOf: [...new Set(ids)] }];
  return all.length === 1 ? (all[0] as Filter) : { kind, of: all };
}
