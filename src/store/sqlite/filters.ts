/** A filter as a condition on one row of `resource`. Values are always bound. */
import type { Filter, ValueKind } from '../../search/query.js';
import type { Connection } from './connection.js';
import { matchInstant } from './instants.js';
import { matchDate, matchNear, matchNumber, matchString, matchToken, matchUri, matchWords } from './matches.js';
import { join, oneOf, type Sql } from './sql.js';

/** A filter that the rows of one value table answer. */
export type ValueFilter = Extract<Filter, { key: string }> & {
  kind: Exclude<Filter['kind'], 'chain' | 'has'>;
};

const TABLE: Readonly<Record<ValueKind | 'pair', string>> = {
  token: 'token',
  string: 'string',
  reference: 'reference',
  uri: 'uri',
  date: 'date',
  number: 'number',
  pair: 'number',
  position: 'position',
};

/** More than the references that a resource has by one parameter. */
const FEW_TARGETS = 4;

/** The table that answers a filter, the number of its parameter, and what is asked of a row. */
export interface Rows {
  table: string;
  pid: number;
  /** Alternatives, joined by OR. */
  matches: Sql[];
}

export function rowsThatFit(connection: Connection, filter: ValueFilter, x: string): Rows {
  const pid = connection.nameOf(filter.key);
  const table = TABLE[filter.kind === 'missing' ? filter.valueKind : filter.kind];
  return { table, pid, matches: matchesOf(connection, filter, x) };
}

function matchesOf(connection: Connection, filter: ValueFilter, x: string): Sql[] {
  switch (filter.kind) {
    case 'token':
      return filter.anyOf.map((match) => matchToken(connection, match, x));
    case 'string':
      return filter.anyOf.map((match) => matchString(match, x));
    case 'reference':
      return filter.anyOf.length === 0 ? [] : [oneOf(`${x}.target`, filter.anyOf)];
    case 'date':
      return filter.anyOf.map((match) => matchDate(match, x));
    case 'number':
      return filter.anyOf.map((match) => matchNumber(match, `${x}.low`, `${x}.high`));
    case 'pair':
      return filter.anyOf.map(({ low, high }) =>
        join([matchNumber(low, `${x}.low`, `${x}.low`), matchNumber(high, `${x}.high`, `${x}.high`)], 'AND'),
      );
    case 'uri':
      return filter.anyOf.map((match) => matchUri(match, x));
    case 'position':
      return filter.anyOf.map((match) => matchNear(match, x));
    case 'missing':
      return [{ text: '1', values: [] }];
  }
}

/** True when the filter keeps what has no fitting row. */
export function isNegative(filter: Filter): boolean {
  return filter.kind === 'not' || (filter.kind === 'token' && filter.not === true) || isMissing(filter);
}
function isMissing(filter: Filter): boolean {
  return filter.kind === 'missing' && filter.missing;
}

/** The live rows of a type that fit all filters; `r` is the alias of the row of `resource`. */
export function conditions(connection: Connection, filters: readonly Filter[], r = 'r'): Sql {
  return join(
    filters.map((filter) => condition(connection, filter, r)),
    'AND',
  );
}

/** Rows of value tables belong to live resources only. */
function condition(connection: Connection, filter: Filter, r: string): Sql {
  // Aliases of what is nested deeper: r1, x1 below r, r11, x11 below r1.
  const inner = `${r}1`;
  const x = `x${r.slice(1)}`;
  switch (filter.kind) {
    case 'id':
      return oneOf(`${r}.id`, filter.anyOf);
    case 'lastUpdated':
      return join(
        filter.anyOf.map((match) => matchInstant(connection, match, r)),
        'OR',
      );
    case 'all':
    case 'any':
      return join(
        filter.of.map((one) => condition(connection, one, r)),
        filter.kind === 'all' ? 'AND' : 'OR',
      );
    case 'not': {
      const { text, values } = condition(connection, filter.of, r);
      return { text: `NOT (${text})`, values };
    }
    case 'words':
      return {
        text: `EXISTS (SELECT 1 FROM words WHERE words.rowid = ${r}.rid AND words MATCH ?)`,
        values: [matchWords(filter.area, filter.anyOf)],
      };
    case 'chain': {
      const where = conditions(connection, filter.where, inner);
      const start = `${filter.type}/`;
      return {
        text: `EXISTS (SELECT 1 FROM reference ${x} CROSS JOIN resource ${inner} ON ${inner}.type = ? AND ${inner}.id = substr(${x}.target, ${start.length + 1})
          WHERE ${x}.rid = ${r}.rid AND ${x}.pid = ? AND ${x}.target >= ? AND ${x}.target < ? AND ${inner}.deleted = 0 AND ${where.text})`,
        values: [filter.type, connection.nameOf(filter.key), start, `${filter.type}0`, ...where.values],
      };
    }
    case 'has': {
      const where = conditions(connection, filter.where, inner);
      return {
        text: `EXISTS (SELECT 1 FROM reference ${x} CROSS JOIN resource ${inner} ON ${inner}.rid = ${x}.rid
          WHERE ${x}.pid = ? AND ${x}.target = ${r}.type || '/' || ${r}.id AND ${where.text})`,
        values: [connection.nameOf(filter.key), ...where.values],
      };
    }
    default: {
      const { table, pid, matches } = rowsThatFit(connection, filter, x);
      // The plus keeps a list from being looked up one by one for each row, which has few references: of 100, 8 times as fast.
      const isLong = filter.kind === 'reference' && filter.anyOf.length > FEW_TARGETS;
      const match = isLong ? oneOf(`+${x}.target`, filter.anyOf) : join(matches, 'OR');
      const exists = `EXISTS (SELECT 1 FROM ${table} ${x} WHERE ${x}.rid = ${r}.rid AND ${x}.pid = ? AND ${match.text})`;
      return { text: isNegative(filter) ? `NOT ${exists}` : exists, values: [pid, ...match.values] };
    }
  }
}
