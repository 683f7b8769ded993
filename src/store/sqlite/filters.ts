/** A filter as SQL: a condition on one row id, and a list of all row ids that fit. Values are always bound. */
import type { DateMatch, Filter, StringMatch, TokenMatch, UriMatch, ValueKind } from '../../search/query.js';
import type { Connection, Value } from './connection.js';
import { matchInstant } from './instants.js';

export interface Sql {
  text: string;
  values: Value[];
}

/** Joins parts by AND or OR; an empty list is true for AND and false for OR. */
export function join(parts: readonly Sql[], word: 'AND' | 'OR'): Sql {
  if (parts.length === 0) return { text: word === 'AND' ? '1' : '0', values: [] };
  return { text: `(${parts.map((p) => p.text).join(` ${word} `)})`, values: parts.flatMap((p) => p.values) };
}

/** The least text that is above every text that starts with `prefix`. */
export function prefixEnd(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

/** Conditions on the columns of a value table, whose alias is x. */
export function matchToken(connection: Connection, { system, code }: TokenMatch): Sql {
  const parts: Sql[] = [];
  if (code !== undefined) parts.push({ text: 'x.code = ?', values: [code] });
  if (system !== undefined) {
    parts.push({ text: 'x.system = ?', values: [system === '' ? 0 : connection.nameOf(system)] });
    // Says to the planner that the partial index serves.
    if (system !== '' && code === undefined) parts.push({ text: 'x.system <> 0', values: [] });
  }
  return join(parts, 'AND');
}

export function matchString(match: StringMatch): Sql {
  const { value } = match;
  switch (match.mode) {
    case 'prefix':
      return { text: '(x.folded >= ? AND x.folded < ?)', values: [value, prefixEnd(value)] };
    case 'exact':
      // The folded text stands first in the index.
      return { text: '(x.folded = ? AND x.exact = ?)', values: [match.folded, value] };
    case 'contains':
      return { text: 'instr(x.folded, ?) > 0', values: [value] };
  }
}

/** R4's prefixes, the resource's range [low, high) against the search's. https://hl7.org/fhir/R4/search.html#prefix */
export function matchDate({ prefix, low, high }: DateMatch): Sql {
  switch (prefix) {
    case 'eq':
      return { text: '(x.low >= ? AND x.high <= ? AND x.low < ?)', values: [low, high, high] };
    case 'ne':
      return { text: '(x.low < ? OR x.high > ?)', values: [low, high] };
    case 'gt':
      return { text: 'x.high > ?', values: [high] };
    case 'lt':
      return { text: 'x.low < ?', values: [low] };
    case 'ge':
      return { text: '(x.low >= ? OR x.high > ?)', values: [low, high] };
    case 'le':
      return { text: '(x.high <= ? OR x.low < ?)', values: [high, low] };
    case 'sa':
      return { text: 'x.low >= ?', values: [high] };
    case 'eb':
      return { text: 'x.high <= ?', values: [low] };
    case 'ap':
      return { text: '(x.low < ? AND x.high > ?)', values: [high, low] };
  }
}

export function matchUri({ mode, value }: UriMatch): Sql {
  switch (mode) {
    case 'exact':
      return { text: 'x.value = ?', values: [value] };
    case 'below':
      return { text: '(x.value >= ? AND x.value < ?)', values: [value, prefixEnd(value)] };
    case 'above':
      // The stored address stands at the start of the one asked for.
      return { text: 'x.value = substr(?, 1, length(x.value))', values: [value] };
  }
}

const TABLE: Record<ValueKind, string> = {
  token: 'token',
  string: 'string',
  reference: 'reference',
  uri: 'uri',
  date: 'date',
};

/** The rows of a value table that fit, for the kinds that have one. */
export function rowsThatFit(
  connection: Connection,
  filter: Filter,
): { table: string; pid: number; match: Sql } | undefined {
  switch (filter.kind) {
    case 'token':
      return {
        table: 'token',
        pid: connection.nameOf(filter.key),
        match: join(
          filter.anyOf.map((m) => matchToken(connection, m)),
          'OR',
        ),
      };
    case 'string':
      return { table: 'string', pid: connection.nameOf(filter.key), match: join(filter.anyOf.map(matchString), 'OR') };
    case 'reference':
      return { table: 'reference', pid: connection.nameOf(filter.key), match: oneOf('x.target', filter.anyOf) };
    case 'date':
      return { table: 'date', pid: connection.nameOf(filter.key), match: join(filter.anyOf.map(matchDate), 'OR') };
    case 'uri':
      return { table: 'uri', pid: connection.nameOf(filter.key), match: join(filter.anyOf.map(matchUri), 'OR') };
    case 'missing':
      return { table: TABLE[filter.valueKind], pid: connection.nameOf(filter.key), match: { text: '1', values: [] } };
    default:
      return undefined;
  }
}

function oneOf(column: string, values: readonly string[]): Sql {
  if (values.length === 1) return { text: `${column} = ?`, values: [...values] };
  return { text: `${column} IN (${values.map(() => '?').join(', ')})`, values: [...values] };
}

/** True when the filter keeps what has no fitting row. */
export function isNegative(filter: Filter): boolean {
  return (filter.kind === 'token' && filter.not === true) || (filter.kind === 'missing' && filter.missing);
}

/** A condition on the row of `resource` whose alias is r. */
export function condition(connection: Connection, filter: Filter): Sql {
  if (filter.kind === 'id') return oneOf('r.id', filter.anyOf);
  if (filter.kind === 'lastUpdated') {
    const parts = filter.anyOf.map((match) => matchInstant(connection, match));
    return join(parts, 'OR');
  }
  const rows = rowsThatFit(connection, filter);
  if (rows === undefined) throw new Error(`no rows for a filter of kind ${filter.kind}`);
  const exists = `EXISTS (SELECT 1 FROM ${rows.table} x WHERE x.rid = r.rid AND x.pid = ? AND ${rows.match.text})`;
  return { text: isNegative(filter) ? `NOT ${exists}` : exists, values: [rows.pid, ...rows.match.values] };
}

/** The row ids that fit, in no order; `undefined` for a filter that has no index to walk. */
export function candidates(connection: Connection, type: string, filter: Filter): Sql | undefined {
  if (isNegative(filter)) return undefined;
  if (filter.kind === 'id') {
    const ids = oneOf('id', filter.anyOf);
    return { text: `SELECT rid FROM resource WHERE type = ? AND ${ids.text}`, values: [type, ...ids.values] };
  }
  if (filter.kind === 'lastUpdated') {
    const [only, other] = filter.anyOf.map((match) => matchInstant(connection, match));
    // Ranges of one index; several would have to be joined first.
    if (only === undefined || other !== undefined) return undefined;
    return { text: `SELECT r.rid FROM resource r WHERE r.type = ? AND ${only.text}`, values: [type, ...only.values] };
  }
  const rows = rowsThatFit(connection, filter);
  if (rows === undefined) return undefined;
  // One SELECT for each alternative, so that each walks the index.
  if (filter.kind === 'token' && filter.anyOf.length > 1) {
    const parts = filter.anyOf.map((m) => matchToken(connection, m));
    return {
      text: parts.map((p) => `SELECT x.rid FROM token x WHERE x.pid = ? AND ${p.text}`).join(' UNION ALL '),
      values: parts.flatMap((p) => [rows.pid, ...p.values]),
    };
  }
  if (filter.kind === 'string' && filter.anyOf.length > 1) {
    const parts = filter.anyOf.map(matchString);
    return {
      text: parts.map((p) => `SELECT x.rid FROM string x WHERE x.pid = ? AND ${p.text}`).join(' UNION ALL '),
      values: parts.flatMap((p) => [rows.pid, ...p.values]),
    };
  }
  return {
    text: `SELECT x.rid FROM ${rows.table} x WHERE x.pid = ? AND ${rows.match.text}`,
    values: [rows.pid, ...rows.match.values],
  };
}
