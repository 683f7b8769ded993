/**
 * A filter asked of one resource's search values, without an index: what the stores ask of theirs, in plain code.
 * https://hl7.org/fhir/R4/search.html
 */
import { distance } from './great-circle.js';
import type {
  DateMatch,
  Filter,
  NearMatch,
  NumberMatch,
  SearchValues,
  StringMatch,
  TokenMatch,
  UriMatch,
  ValueKind,
} from './query.js';

/** A version of a resource with its search values. */
export interface Candidate {
  type: string;
  id: string;
  /** Milliseconds since 1970. */
  lastUpdated: number;
  values: SearchValues;
}

/** Answers the filters that look into other resources. */
export type Ask = (filter: Filter & { kind: 'chain' | 'has' }, candidate: Candidate) => boolean;

export function matchesAll(filters: readonly Filter[], candidate: Candidate, ask: Ask): boolean {
  return filters.every((filter) => matches(filter, candidate, ask));
}

export function matches(filter: Filter, candidate: Candidate, ask: Ask): boolean {
  const { values } = candidate;
  switch (filter.kind) {
    case 'id':
      return filter.anyOf.includes(candidate.id);
    case 'lastUpdated':
      return filter.anyOf.some((match) => matchesInstant(match, candidate.lastUpdated));
    case 'token':
      return some(values.tokens, filter, matchesToken) !== (filter.not === true);
    case 'string':
      return some(values.strings, filter, matchesString);
    case 'reference':
      return values.references.some(({ key, target }) => key === filter.key && filter.anyOf.includes(target));
    case 'date':
      return some(values.dates, filter, matchesDate);
    case 'number':
      return some(values.numbers, filter, (match, { low, high }) => matchesNumber(match, low, high));
    case 'pair':
      return some(
        values.numbers,
        filter,
        (match, { low, high }) => matchesNumber(match.low, low, low) && matchesNumber(match.high, high, high),
      );
    case 'uri':
      return some(values.uris, filter, matchesUri);
    case 'position':
      return some(values.positions, filter, (match: NearMatch, point) => distance(match, point) <= match.metres);
    case 'words': {
      const words = new Set(values.words[filter.area]);
      return filter.anyOf.some((all) => all.every((word) => words.has(word)));
    }
    case 'missing':
      return valuesOf(filter.valueKind, values).some(({ key }) => key === filter.key) !== filter.missing;
    case 'chain':
    case 'has':
      return ask(filter, candidate);
    case 'all':
      return matchesAll(filter.of, candidate, ask);
    case 'any':
      return filter.of.some((one) => matches(one, candidate, ask));
    case 'not':
      return !matches(filter.of, candidate, ask);
  }
}

/** The values of one kind. */
export function valuesOf(kind: ValueKind, values: SearchValues): readonly { key: string }[] {
  switch (kind) {
    case 'token':
      return values.tokens;
    case 'string':
      return values.strings;
    case 'reference':
      return values.references;
    case 'uri':
      return values.uris;
    case 'date':
      return values.dates;
    case 'number':
      return values.numbers;
    case 'position':
      return values.positions;
  }
}

function some<Value extends { key: string }, Match>(
  values: readonly Value[],
  { key, anyOf }: { key: string; anyOf: readonly Match[] },
  fits: (match: Match, value: Value) => boolean,
): boolean {
  return values.some((value) => value.key === key && anyOf.some((match) => fits(match, value)));
}

function matchesToken(match: TokenMatch, { system, code }: SearchValues['tokens'][number]): boolean {
  return (match.code ?? code) === code && (match.system ?? system) === system;
}

function matchesString(match: StringMatch, { folded, exact }: SearchValues['strings'][number]): boolean {
  switch (match.mode) {
    case 'prefix':
      return folded.startsWith(match.value);
    case 'contains':
      return folded.includes(match.value);
    case 'suffix':
      return folded.endsWith(match.value);
    case 'exact':
      return exact === match.value;
  }
}

function matchesUri({ mode, value: asked }: UriMatch, { value }: SearchValues['uris'][number]): boolean {
  if (mode === 'exact') return value === asked;
  return mode === 'below' ? value.startsWith(asked) : asked.startsWith(value);
}

/** R4's prefixes, the resource's range [low, high) against the search's. https://hl7.org/fhir/R4/search.html#prefix */
function matchesDate({ prefix, low, high }: DateMatch, value: { low: number; high: number }): boolean {
  switch (prefix) {
    case 'eq':
      return value.low >= low && value.high <= high && value.low < high;
    case 'ne':
      return value.low < low || value.high > high;
    case 'gt':
      return value.high > high;
    case 'lt':
      return value.low < low;
    case 'ge':
      return value.low >= low || value.high > high;
    case 'le':
      return value.high <= high || value.low < low;
    case 'sa':
      return value.low >= high;
    case 'eb':
      return value.high <= low;
    case 'ap':
      return value.low < high && value.high > low;
  }
}

/** An instant to the millisecond is a range of one. */
function matchesInstant(match: DateMatch, instant: number): boolean {
  return matchesDate(match, { low: instant, high: instant + 1 });
}

/** Both ends of the resource's range are in it. */
function matchesNumber({ prefix, value, low, high }: NumberMatch, from: number, to: number): boolean {
  const isExact = low === high;
  switch (prefix) {
    case 'eq':
      return isExact ? from === value && to === value : from >= low && from < high && to < high;
    case 'ne':
      return isExact ? from !== value || to !== value : from < low || to >= high;
    case 'gt':
      return to > value;
    case 'lt':
      return from < value;
    case 'ge':
      return to >= value;
    case 'le':
      return from <= value;
    case 'sa':
      return from > value;
    case 'eb':
      return to < value;
    case 'ap':
      return from <= high && to >= low;
  }
}
