/**
 * The row ids that fit a filter, as a list that an index gives without looking at the rest: where few fit, the list is
 * gathered and every other filter is asked of these few alone.
 */
import type { Filter } from '../../search/query.js';
import type { Connection } from './connection.js';
import { conditions, isNegative, rowsThatFit } from './filters.js';
import { matchInstant } from './instants.js';
import { matchWords, mayMatchDate } from './matches.js';
import { oneOf, type Sql } from './sql.js';

/** A filter that fits fewer rows than this is gathered and sorted; beyond it, an index is walked. */
export const FEW = 1000;

export interface Candidates {
  /** Selects row ids, in no order, perhaps repeated, perhaps more than fit. */
  sql: Sql;
  /** Their number, counted up to FEW, or to that of a better one. */
  size: number;
}

/** So few that looking for fewer costs more than it saves. */
const ENOUGH = 10;

/** The filter with the fewest rows among those that must all hold; `undefined` when none can be listed. */
export function smallest(connection: Connection, type: string, filters: readonly Filter[]): Candidates | undefined {
  let best: Candidates | undefined;
  for (const filter of likelyFewFirst(filters)) {
    if (best !== undefined && best.size < FEW && isScan(filter)) continue;
    // Whether another has fewer is known once it has as many.
    const found = candidates(connection, type, filter, best?.size ?? FEW);
    if (found !== undefined && (best === undefined || found.size < best.size)) best = found;
    if (best !== undefined && best.size <= ENOUGH) break;
  }
  return best;
}

/** One value to be equal to is counted in one step of an index, and mostly rare; ranges are neither. */
function likelyFewFirst(filters: readonly Filter[]): Filter[] {
  const rank = (filter: Filter) => {
    const { kind } = filter;
    if (isScan(filter)) return 4;
    if (kind === 'id') return 0;
    if (kind === 'token' || kind === 'reference' || kind === 'uri') return 1;
    return kind === 'string' || kind === 'words' ? 2 : 3;
  };
  return filters.length < 2 ? [...filters] : [...filters].sort((a, b) => rank(a) - rank(b));
}

/** One that no range of an index answers: counting what fits may look at all values of the parameter. */
function isScan(filter: Filter): boolean {
  switch (filter.kind) {
    case 'string':
      return filter.anyOf.some(({ mode }) => mode === 'contains' || mode === 'suffix');
    case 'uri':
      return filter.anyOf.some(({ mode }) => mode === 'above');
    case 'date':
    case 'number':
      return filter.anyOf.some(({ prefix }) => prefix === 'ne' || prefix === 'ap');
    default:
      return false;
  }
}

/** The same, when they are few. */
export function fewest(connection: Connection, type: string, filters: readonly Filter[]): Sql | undefined {
  const found = smallest(connection, type, filters);
  return found !== undefined && found.size < FEW ? found.sql : undefined;
}

/** Counted up to `limit`. */
function candidates(connection: Connection, type: string, filter: Filter, limit: number = FEW): Candidates | undefined {
  if (filter.kind === 'all') return smallest(connection, type, filter.of);
  const sql = listed(connection, type, filter);
  if (sql === undefined) return undefined;
  const row = connection.get<{ n: number }>(`SELECT count(*) AS n FROM (${sql.text} LIMIT ?)`, ...sql.values, limit);
  return { sql, size: row?.n ?? 0 };
}

function listed(connection: Connection, type: string, filter: Filter): Sql | undefined {
  if (isNegative(filter)) return undefined;
  switch (filter.kind) {
    case 'id': {
      const ids = oneOf('id', filter.anyOf);
      return { text: `SELECT rid FROM resource WHERE type = ? AND ${ids.text}`, values: [type, ...ids.values] };
    }
    case 'lastUpdated':
      return union(
        filter.anyOf.map((match) => {
          const at = matchInstant(connection, match, 'r');
          return { text: `SELECT r.rid FROM resource r WHERE r.type = ? AND ${at.text}`, values: [type, ...at.values] };
        }),
      );
    case 'words':
      return {
        text: 'SELECT rowid AS rid FROM words WHERE words MATCH ?',
        values: [matchWords(filter.area, filter.anyOf)],
      };
    case 'any': {
      const parts = filter.of.map((one) => candidates(connection, type, one));
      // A list of many parts is only worth it when each is short.
      return parts.every((part) => part !== undefined && part.size < FEW)
        ? union(parts.map((part) => (part as Candidates).sql))
        : undefined;
    }
    case 'chain': {
      const few = fewest(connection, filter.type, filter.where);
      if (few === undefined) return undefined;
      const inner = fitting(connection, filter, few);
      const rows = connection.all<{ ref: string }>(
        `SELECT r1.type || '/' || r1.id AS ref FROM resource r1 WHERE ${inner.text}`,
        ...inner.values,
      );
      const targets = oneOf(
        'x.target',
        rows.map(({ ref }) => ref),
      );
      return {
        text: `SELECT x.rid FROM reference x WHERE x.pid = ? AND ${targets.text}`,
        values: [connection.nameOf(filter.key), ...targets.values],
      };
    }
    case 'has': {
      const few = fewest(connection, filter.type, filter.where);
      if (few === undefined) return undefined;
      const inner = fitting(connection, filter, few);
      const start = `${type}/`;
      const rows = connection.all<{ id: string }>(
        `SELECT DISTINCT substr(x.target, ${start.length + 1}) AS id FROM resource r1 CROSS JOIN reference x ON x.rid = r1.rid AND x.pid = ? AND x.target >= ? AND x.target < ?
          WHERE ${inner.text}`,
        connection.nameOf(filter.key),
        start,
        `${type}0`,
        ...inner.values,
      );
      const ids = oneOf(
        'r.id',
        rows.map(({ id }) => id),
      );
      return { text: `SELECT r.rid FROM resource r WHERE r.type = ? AND ${ids.text}`, values: [type, ...ids.values] };
    }
    case 'all':
    case 'not':
      return undefined;
    default: {
      const { table, pid, matches: exact } = rowsThatFit(connection, filter, 'x');
      const matches = filter.kind === 'date' ? filter.anyOf.map((match) => mayMatchDate(match, 'x')) : exact;
      // One SELECT for each alternative, so that each walks the index.
      return union(
        matches.map(({ text, values }) => ({
          text: `SELECT x.rid FROM ${table} x WHERE x.pid = ? AND ${text}`,
          values: [pid, ...values],
        })),
      );
    }
  }
}

/**
 * The resources `r1`, few, that a join looks for. They are listed before the join is asked: a question within a question
 * for each hop takes SQLite longer to plan than all hops take to be answered.
 */
function fitting(connection: Connection, { type, where }: Filter & { kind: 'chain' | 'has' }, few: Sql): Sql {
  const [only, other] = where;
  // What lists the rows of a further hop lists just those that fit.
  const isExact = other === undefined && (only?.kind === 'chain' || only?.kind === 'has');
  const fit = isExact ? { text: '1', values: [] } : conditions(connection, where, 'r1');
  return {
    text: `r1.rid IN (${few.text}) AND r1.type = ? AND r1.deleted = 0 AND ${fit.text}`,
    values: [...few.values, type, ...fit.values],
  };
}

/** SQLite joins 500 parts at most. */
const MAX_PARTS = 400;

function union(parts: readonly Sql[]): Sql | undefined {
  if (parts.length === 0) return { text: 'SELECT rid FROM resource WHERE 0', values: [] };
  if (parts.length > MAX_PARTS) return undefined;
  return { text: parts.map((part) => part.text).join(' UNION ALL '), values: parts.flatMap((part) => part.values) };
}
