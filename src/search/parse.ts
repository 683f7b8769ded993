/** From the pairs of a query string to a plan; strict unless told otherwise. https://hl7.org/fhir/R4/search.html */
import { FhirError } from '../r4/errors.js';
import { nearMiss } from '../r4/near-miss.js';
import { split, unescaped } from './escapes.js';
import { dateMatch } from './parameters/date.js';
import { BadValue } from './parameters/parameter-type.js';
import type { Filter, Query, SortKey } from './query.js';
import type { SearchRegistry, ServedParameter } from './registry.js';

export interface SearchContext {
  registry: SearchRegistry;
  /** What is not understood is left out and told, instead of refused. */
  lenient: boolean;
  baseUrl: string;
  timeZone: string;
  defaultCount: number;
  maxCount: number;
}
export type Pair = readonly [string, string];

export interface ParsedSearch {
  query: Query;
  /** The pairs that count, for the `self` link. */
  used: Pair[];
  /** What a lenient search left out. */
  ignored: FhirError[];
}

const MAX_PARAMETERS = 200;
const MAX_VALUES = 2000;
const RESULT_PARAMETERS = ['_count', '_sort', '_total', '_summary'] as const;
/** R4 has them for all types; they come with later versions. */
const LATER =
  /^(_text|_content|_list|_has|_type|_query|_filter|_include|_revinclude|_elements|_contained|_containedType|_score)(:|$)/;

/** Throws FhirError for what is not understood, in a strict search; `search-too-large` always. */
export function parseSearch(type: string, pairs: readonly Pair[], context: SearchContext): ParsedSearch {
  if (pairs.length > MAX_PARAMETERS) throw new FhirError('search-too-large', { max: MAX_PARAMETERS });
  const query: Query = { type, filters: [], sort: [], count: context.defaultCount };
  const parsed: ParsedSearch = { query, used: [], ignored: [] };
  const budget = { values: MAX_VALUES };
  for (const pair of pairs) {
    try {
      parsed.used.push(one(type, pair, query, context, budget));
    } catch (error) {
      if (!context.lenient || !(error instanceof FhirError) || error.key === 'search-too-large') throw error;
      parsed.ignored.push(error);
    }
  }
  return parsed;
}

/** Returns the pair as it was really used. */
function one(type: string, pair: Pair, query: Query, context: SearchContext, budget: { values: number }): Pair {
  const [name, value] = pair;
  switch (name) {
    case '_count': {
      if (!/^\d{1,9}$/.test(value))
        throw badValue(name, value, { en: 'a whole number is expected', fr: 'un entier est attendu' });
      query.count = Math.min(Number(value), context.maxCount);
      return [name, String(query.count)];
    }
    case '_sort':
      query.sort.push(...split(value, ',').map((key) => sortKey(type, key.trim(), context.registry)));
      return pair;
    case '_total':
      if (!/^(none|estimate|accurate)$/.test(value)) {
        throw badValue(name, value, {
          en: 'none, estimate or accurate is expected',
          fr: 'none, estimate ou accurate est attendu',
        });
      }
      // An estimate may be exact.
      if (value !== 'none') query.total = true;
      return pair;
    case '_summary':
      if (value === 'count') query.count = 0;
      else if (value !== 'false')
        throw new FhirError('unsupported-parameter', { name: `_summary=${value.slice(0, 20)}`, type });
      return pair;
    default:
      query.filters.push(filter(type, name, value, context, budget));
      return pair;
  }
}

function badValue(name: string, value: string, reason: { en: string; fr: string }): FhirError {
  return new FhirError(
    'bad-search-value',
    { name: name.slice(0, 64), value: value.slice(0, 100), reason },
    { expression: `http.${name.slice(0, 64)}` },
  );
}

function filter(type: string, name: string, value: string, context: SearchContext, budget: { values: number }): Filter {
  const { registry } = context;
  const colon = name.indexOf(':');
  const code = colon < 0 ? name : name.slice(0, colon);
  const modifier = colon < 0 ? undefined : name.slice(colon + 1);
  const parameter = registry.parameter(type, code);
  if (parameter === undefined) throw unknown(type, code, registry);
  checkModifier(parameter, modifier, context);
  const texts = split(value, ',');
  budget.values -= texts.length;
  if (budget.values < 0) throw new FhirError('search-too-large', { max: MAX_VALUES });
  try {
    return build(parameter, modifier, texts, context);
  } catch (error) {
    if (error instanceof BadValue) throw badValue(name, error.value, error.reason);
    throw error;
  }
}

function unknown(type: string, code: string, registry: SearchRegistry): FhirError {
  const name = code.slice(0, 64);
  // A dot is a chain, which R4 has and this version does not.
  if (registry.isUnserved(type, code) || LATER.test(code) || code.includes('.')) {
    return new FhirError('unsupported-parameter', { name, type });
  }
  const valid = [...registry.parameters(type).map((p) => p.code), ...RESULT_PARAMETERS];
  return new FhirError('unknown-parameter', { name, type, near: nearMiss(name, valid), valid: valid.join(', ') });
}

function checkModifier(
  { code, kind, targets }: ServedParameter,
  modifier: string | undefined,
  { registry }: SearchContext,
): void {
  if (modifier === undefined) return;
  const valid = typeof kind === 'string' ? ['missing'] : ['missing', ...kind.modifiers];
  if (valid.includes(modifier)) return;
  const isReference = typeof kind !== 'string' && kind.kind === 'reference';
  if (isReference && (targets.length === 0 ? registry.types.has(modifier) : targets.includes(modifier))) return;
  const all = isReference ? [...valid, ...targets] : valid;
  throw new FhirError('unknown-modifier', { name: code, modifier: modifier.slice(0, 64), valid: all.join(', ') });
}

/** Any instant. */
const ALWAYS = { prefix: 'ge', low: 0, high: 0 } as const;

function build(
  parameter: ServedParameter,
  modifier: string | undefined,
  texts: readonly string[],
  context: SearchContext,
): Filter {
  const { kind, key, targets } = parameter;
  if (modifier === 'missing') {
    const [text = ''] = texts;
    if (texts.length !== 1 || (text !== 'true' && text !== 'false')) {
      throw new BadValue(text, { en: 'true or false is expected', fr: 'true ou false est attendu' });
    }
    // Every resource has both.
    if (typeof kind === 'string') {
      return text === 'true' ? { kind: 'id', anyOf: [] } : { kind: 'lastUpdated', anyOf: [ALWAYS] };
    }
    return { kind: 'missing', key, valueKind: kind.kind, missing: text === 'true' };
  }
  if (kind === '_id') return { kind: 'id', anyOf: texts.map(unescaped) };
  if (kind === '_lastUpdated')
    return { kind: 'lastUpdated', anyOf: texts.map((text) => dateMatch(text, context.timeZone)) };
  return kind.parse({ key, texts, modifier, targets, baseUrl: context.baseUrl, timeZone: context.timeZone });
}

function sortKey(type: string, text: string, registry: SearchRegistry): SortKey {
  const descending = text.startsWith('-');
  const code = descending ? text.slice(1) : text;
  const parameter = registry.parameter(type, code);
  if (parameter === undefined) {
    const valid = registry
      .parameters(type)
      .map((p) => p.code)
      .join(', ');
    throw new FhirError('bad-sort', { name: code.slice(0, 64), valid });
  }
  const { kind, key } = parameter;
  if (typeof kind === 'string') return { by: kind, descending };
  return { by: 'value', key, valueKind: kind.kind, descending };
}
