/** From the pairs of a query string to a plan; strict unless told otherwise. https://hl7.org/fhir/R4/search.html */
import { FhirError } from '../r4/errors.js';
import { badValue, type ConditionContext, conditionOf, newBudget } from './conditions.js';
import { split } from './escapes.js';
import { filterCondition } from './filter-conditions.js';
import { type Inclusion, inclusionOf } from './inclusions.js';
import type { Filter, Query, SortKey } from './query.js';
import type { SearchRegistry } from './registry.js';
import { NO_TERMS, type Terms } from './terms.js';

export interface SearchContext {
  registry: SearchRegistry;
  /** What is not understood is left out and told, instead of refused. */
  lenient: boolean;
  baseUrl: string;
  timeZone: string;
  defaultCount: number;
  maxCount: number;
  /** Value sets and hierarchies that the query names; none when it is absent. */
  terms?: Terms;
}
export type Pair = readonly [string, string];

/** https://hl7.org/fhir/R4/search.html#summary */
export type Summary = 'true' | 'text' | 'data' | 'count' | 'false';

export interface ParsedSearch {
  query: Query;
  /** The pairs that count, for the `self` link. */
  used: Pair[];
  /** What a lenient search left out, and definitions that are not indexed yet. */
  ignored: FhirError[];
  inclusions: Inclusion[];
  summary: Summary;
  /** Top-level elements asked for. */
  elements: string[];
  explain: boolean;
}

const MAX_PARAMETERS = 200;
/** Keys of the order. */
const MAX_SORT = 16;
/** Asked for once at most; the last would win, and nobody would know. */
const SINGLE = new Set(['_count', '_total', '_summary', '_explain', '_contained', '_cursor']);

/**
 * `type` is the type searched; several types are one search each over the same pairs (`parseSystemSearch`).
 * Throws FhirError for what is not understood, in a strict search; `search-too-large` always.
 */
export function parseSearch(type: string, pairs: readonly Pair[], context: SearchContext): ParsedSearch {
  return parseTypes([type], pairs, context);
}

/** The same over several types: a parameter must be known to each of them, and `_sort` knows `_lastUpdated` alone. */
export function parseTypes(types: readonly string[], pairs: readonly Pair[], context: SearchContext): ParsedSearch {
  if (pairs.length > MAX_PARAMETERS) throw new FhirError('search-too-large', { max: MAX_PARAMETERS });
  const [type = '', ...more] = types;
  const query: Query = { type, filters: [], sort: [], count: context.defaultCount };
  const also = more.map((one) => ({ type: one, filters: [] as Filter[] }));
  if (also.length > 0) query.also = also;
  const parsed: ParsedSearch = {
    query,
    used: [],
    ignored: [],
    inclusions: [],
    summary: 'false',
    elements: [],
    explain: false,
  };
  const met = new Set<string>();
  const budget = newBudget();
  const distinct = new Set<string>();
  for (const pair of pairs) {
    const [name] = pair;
    try {
      // Asked twice, the same says no more, and costs twice.
      const text = JSON.stringify(pair);
      if (distinct.has(text) && !SINGLE.has(name)) continue;
      distinct.add(text);
      if (SINGLE.has(name) && met.has(name)) throw new FhirError('repeated-parameter', { name });
      met.add(name);
      const result = resultParameter(pair, parsed, context);
      if (result === undefined) {
        for (const branch of [query, ...also]) {
          const terms = context.terms ?? NO_TERMS;
          const conditions = { ...context, terms, budget: { ...budget }, notes: parsed.ignored };
          branch.filters.push(condition(branch.type, pair, conditions));
          if (branch === query) Object.assign(budget, conditions.budget);
        }
      }
      parsed.used.push(result ?? pair);
    } catch (error) {
      // What half of the types took is taken back from them.
      const length = Math.min(...[query, ...also].map(({ filters }) => filters.length));
      for (const { filters } of [query, ...also]) filters.length = length;
      if (!context.lenient || !(error instanceof FhirError) || error.key === 'search-too-large') throw error;
      parsed.ignored.push(error);
    }
  }
  return parsed;
}

function condition(type: string, [name, value]: Pair, context: ConditionContext): Filter {
  if (name === '_filter') return filterCondition(type, value, context);
  return conditionOf(type, name, value, context);
}

/** Takes a parameter about the search as a whole; returns the pair as it was really used, `undefined` for another. */
function resultParameter(pair: Pair, parsed: ParsedSearch, context: SearchContext): Pair | undefined {
  const [name, value] = pair;
  const { query } = parsed;
  switch (name) {
    case '_count': {
      if (!/^\d{1,9}$/.test(value))
        throw badValue(name, value, { en: 'a whole number is expected', fr: 'un entier est attendu' });
      query.count = Math.min(Number(value), context.maxCount);
      return [name, String(query.count)];
    }
    case '_sort':
      query.sort.push(...split(value, ',').map((key) => sortKey(query, key.trim(), context.registry)));
      if (query.sort.length > MAX_SORT) throw new FhirError('search-too-large', { max: MAX_SORT });
      return pair;
    case '_total':
      oneOf(pair, ['none', 'estimate', 'accurate']);
      // An estimate may be exact.
      query.total = value !== 'none';
      return pair;
    case '_summary':
      parsed.summary = oneOf(pair, ['true', 'text', 'data', 'count', 'false']) as Summary;
      // Then no entries are asked for.
      if (value === 'count') query.count = 0;
      return pair;
    case '_elements':
      parsed.elements.push(...elementsOf(value));
      return pair;
    case '_explain':
      parsed.explain = oneOf(pair, ['true', 'false']) === 'true';
      return pair;
    case '_contained':
      if (oneOf(pair, ['false', 'true', 'both']) !== 'false') throw new FhirError('contained-not-searched');
      return pair;
    case '_containedType':
      throw new FhirError('contained-not-searched');
    default:
      if (/^_(rev)?include(:|$)/.test(name)) {
        const type = query.also === undefined ? query.type : undefined;
        parsed.inclusions.push(inclusionOf(type, name, value, context.registry, parsed.ignored));
        return pair;
      }
      return undefined;
  }
}

function oneOf([name, value]: Pair, valid: readonly string[]): string {
  if (valid.includes(value)) return value;
  const list = valid.join(', ');
  throw badValue(name, value, { en: `one of ${list} is expected`, fr: `un de ${list} est attendu` });
}

function elementsOf(value: string): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => !/^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name))) {
    throw badValue('_elements', value, {
      en: 'names of elements at the top of the resource are expected, joined by commas',
      fr: 'des noms d’éléments de premier niveau sont attendus, joints par des virgules',
    });
  }
  return names;
}

function sortKey(query: Query, text: string, registry: SearchRegistry): SortKey {
  const descending = text.startsWith('-');
  const code = descending ? text.slice(1) : text;
  if (query.also !== undefined) {
    if (code === '_lastUpdated' && query.sort.length === 0) return { by: code, descending };
    throw new FhirError('bad-sort', { name: code.slice(0, 64), valid: '_lastUpdated' });
  }
  // Of two definitions the first gives the order.
  const parameter = registry.parameter(query.type, code).find((one) => sortableKind(one.kind) !== undefined);
  const kind = parameter === undefined ? undefined : sortableKind(parameter.kind);
  if (parameter === undefined || kind === undefined) {
    const sortable = registry.parameters(query.type).filter((p) => sortableKind(p.kind) !== undefined);
    throw new FhirError('bad-sort', {
      name: code.slice(0, 64),
      valid: [...new Set(sortable.map((p) => p.code))].join(', '),
    });
  }
  if (registry.isPending(query.type, parameter)) {
    throw new FhirError('parameter-pending', { name: code, type: query.type });
  }
  if (kind === '_id' || kind === '_lastUpdated') return { by: kind, descending };
  return { by: 'value', key: parameter.key, valueKind: kind, descending };
}

type Sortable = '_id' | '_lastUpdated' | (SortKey & { by: 'value' })['valueKind'];

function sortableKind(kind: ReturnType<SearchRegistry['parameters']>[number]['kind']): Sortable | undefined {
  if (typeof kind === 'object') return kind.kind === 'position' ? undefined : kind.kind;
  return kind === '_id' || kind === '_lastUpdated' ? kind : undefined;
}
