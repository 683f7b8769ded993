/**
 * Filters that look into other resources, as these were at the moment of a series of pages: what fitted then is listed,
 * and asked for by its id. Where nobody wrote such resources since, they are asked as they are.
 */
import type { Filter, Query } from '../../search/query.js';
import { StaleCursor } from '../store.js';
import { fewest } from './candidates.js';
import type { Connection } from './connection.js';
import { conditions } from './filters.js';
import { type AsOf, asOf, momentOf } from './moment.js';
import { join } from './sql.js';

/** So many other resources are listed for a page; beyond it the series has to start again. */
const MAX_LISTED = 5000;

type Join = Filter & { kind: 'chain' | 'has' };
type Fits = (query: Query) => boolean;

/** The query of a later page without joins whose other side was written since. Throws StaleCursor. */
export function withJoinsThen(connection: Connection, query: Query, fits: Fits): Query {
  if (query.moment === undefined) return query;
  const then = (type: string, filters: readonly Filter[]) =>
    filters.map((filter) => filterThen(connection, query, fits, type, filter));
  return {
    ...query,
    filters: then(query.type, query.filters),
    ...(query.also && { also: query.also.map(({ type, filters }) => ({ type, filters: then(type, filters) })) }),
  };
}

function filterThen(connection: Connection, query: Query, fits: Fits, type: string, filter: Filter): Filter {
  const inside = (one: Filter) => filterThen(connection, query, fits, type, one);
  switch (filter.kind) {
    case 'all':
    case 'any':
      return { ...filter, of: filter.of.map(inside) };
    case 'not':
      return { ...filter, of: inside(filter.of) };
    case 'chain':
    case 'has': {
      if (!isChanged(connection, query, filter)) return filter;
      const where = filter.where.map((one) => filterThen(connection, query, fits, filter.type, one));
      return listed(connection, { ...query, type: filter.type, filters: where }, fits, type, filter);
    }
    default:
      return filter;
  }
}

/** Whether a resource that the join, or one within it, may meet was written since the moment. */
function isChanged(connection: Connection, query: Query, join: Join): boolean {
  const { seq } = momentOf(query);
  const since = connection.get('SELECT 1 FROM resource WHERE type = ? AND seq > ? LIMIT 1', join.type, seq);
  return since !== undefined || joinsIn(join.where).some((one) => isChanged(connection, query, one));
}

function joinsIn(filters: readonly Filter[]): Join[] {
  return filters.flatMap((filter) => {
    if (filter.kind === 'chain' || filter.kind === 'has') return [filter];
    if (filter.kind === 'all' || filter.kind === 'any') return joinsIn(filter.of);
    return filter.kind === 'not' ? joinsIn([filter.of]) : [];
  });
}

/** What `inner` found at its moment, as a condition on resources of `type`. */
function listed(connection: Connection, inner: Query, fits: Fits, type: string, join: Join): Filter {
  const { also: _none, ...alone } = inner;
  const then = asOf(connection, alone, fits) as AsOf;
  const rows = unchanged(connection, alone, then);
  if (join.kind === 'chain') {
    const ids = [...rows.map(({ id }) => id), ...then.past.map(({ row }) => row.id)];
    // Within `any`, so that the series keeps the way that its first page took.
    return { kind: 'any', of: [{ kind: 'reference', key: join.key, anyOf: ids.map((id) => `${join.type}/${id}`) }] };
  }
  const start = `${type}/`;
  const now = connection.all<{ target: string }>(
    'SELECT DISTINCT target FROM reference WHERE rid IN (SELECT value FROM json_each(?)) AND pid = ? AND target >= ? AND target < ?',
    JSON.stringify(rows.map(({ rid }) => rid)),
    connection.nameOf(join.key),
    start,
    `${type}0`,
  );
  const past = then.past.flatMap(({ values }) =>
    values.references.filter(({ key, target }) => key === join.key && target.startsWith(start)),
  );
  const ids = [...now, ...past].map(({ target }) => target.slice(start.length));
  return { kind: 'any', of: [{ kind: 'id', anyOf: [...new Set(ids)] }] };
}

/** Those that fitted at the moment and were not written since. */
function unchanged(connection: Connection, { type, filters }: Query, then: AsOf): { rid: number; id: string }[] {
  const few = fewest(connection, type, filters);
  const fit = join([then.within('r'), conditions(connection, filters)], 'AND');
  const rows = connection.all<{ rid: number; id: string }>(
    `SELECT r.rid, r.id FROM resource r WHERE r.type = ? AND r.deleted = 0 ${few === undefined ? '' : `AND r.rid IN (${few.text})`} AND ${fit.text} LIMIT ?`,
    type,
    ...(few?.values ?? []),
    ...fit.values,
    MAX_LISTED + 1,
  );
  if (rows.length > MAX_LISTED) throw new StaleCursor();
  return rows;
}
