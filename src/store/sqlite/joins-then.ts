/**
 * Filters that look into other resources, as these were at the moment of a series of pages: those that were not written
 * since are asked as they are, and what the others were is told by their past versions.
 */
import type { Filter, Query } from '../../search/query.js';
import { StaleCursor } from '../store.js';
import type { Connection } from './connection.js';
import { asOf, MAX_REPLACED, momentOf } from './moment.js';

interface Then {
  connection: Connection;
  query: Query;
  /** What had been written at the moment. */
  seq: number;
  fits: (query: Query) => boolean;
}

/** The query of a later page, its joins as they were at its moment. Throws StaleCursor. */
export function withJoinsThen(connection: Connection, query: Query, fits: Then['fits']): Query {
  if (query.moment === undefined) return query;
  const then: Then = { connection, query, fits, seq: momentOf(query.moment).seq };
  const filtersThen = (type: string, filters: readonly Filter[]) => filters.map((one) => filterThen(then, type, one));
  return {
    ...query,
    filters: filtersThen(query.type, query.filters),
    ...(query.also && {
      also: query.also.map(({ type, filters }) => ({ type, filters: filtersThen(type, filters) })),
    }),
  };
}

function filterThen(then: Then, type: string, filter: Filter): Filter {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return { ...filter, of: filter.of.map((one) => filterThen(then, type, one)) };
    case 'not':
      return { ...filter, of: filterThen(then, type, filter.of) };
    case 'chain':
    case 'has':
      return joinThen(then, type, filter);
    default:
      return filter;
  }
}

function joinThen(then: Then, type: string, join: Filter & { kind: 'chain' | 'has' }): Filter {
  const where = join.where.map((one) => filterThen(then, join.type, one));
  const written = writtenSince(then, join.type);
  if (written.length === 0) return { ...join, where };
  const { also: _none, ...alone } = then.query;
  const past = asOf(then.connection, { ...alone, type: join.type, filters: where }, then.fits)?.past ?? [];
  const unchanged: Filter = { ...join, where: [...where, { kind: 'not', of: { kind: 'id', anyOf: written } }] };
  return { kind: 'any', of: [unchanged, pointedTo(type, join, past)] };
}

/** What past versions of the other resources say: who points to them, or whom they point to. */
function pointedTo(
  type: string,
  { kind, key, type: other }: Filter & { kind: 'chain' | 'has' },
  past: NonNullable<ReturnType<typeof asOf>>['past'],
): Filter {
  if (kind === 'chain') return { kind: 'reference', key, anyOf: past.map(({ row }) => `${other}/${row.id}`) };
  const start = `${type}/`;
  const targets = past.flatMap(({ values }) => values.references.filter((one) => one.key === key));
  const own = targets.filter(({ target }) => target.startsWith(start));
  return { kind: 'id', anyOf: [...new Set(own.map(({ target }) => target.slice(start.length)))] };
}

/** Ids of what was created, updated or deleted. */
function writtenSince({ connection, seq }: Then, type: string): string[] {
  const rows = connection.all<{ id: string }>(
    'SELECT id FROM resource WHERE type = ? AND seq > ? LIMIT ?',
    type,
    seq,
    MAX_REPLACED + 1,
  );
  if (rows.length > MAX_REPLACED) throw new StaleCursor();
  return rows.map(({ id }) => id);
}
