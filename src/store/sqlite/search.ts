/** Picks the way that costs least for a query, then fetches the page: row ids first, texts last. */
import type { Filter, Query } from '../../search/query.js';
import { PAGE_TEXT, type SearchPage, type StoredVersion } from '../store.js';
import { FEW, fewest, smallest } from './candidates.js';
import type { Connection } from './connection.js';
import { conditions, rowsThatFit, type ValueFilter } from './filters.js';
import { withJoinsThen } from './joins-then.js';
import { asOf, momentNow } from './moment.js';
import { compare, cursorAt, placeIn } from './order.js';
import { VERSION_COLUMNS, type VersionRow, versionOf } from './rows.js';
import { join } from './sql.js';
import {
  collect,
  type Row,
  type Search,
  type Walked,
  walkEqual,
  walkHead,
  walkPrefix,
  walkType,
  walkTypes,
  walkValue,
} from './walks.js';

export function search(connection: Connection, query: Query): SearchPage {
  return connection.reading(() => {
    const fits = (one: Query) => plan({ connection, query: one, asOf: undefined }).rows.length > 0;
    const then = withJoinsThen(connection, query, fits);
    return page({ connection, query: then, asOf: asOf(connection, then, fits) });
  });
}

function page(asked: Search): SearchPage {
  const { connection, query } = asked;
  if (query.count === 0) return { items: [], total: total(asked) };
  const walked = plan(asked);
  const rows = withPast(walked, asked);
  const items: StoredVersion[] = [];
  let size = 0;
  for (const row of rows.slice(0, query.count)) {
    if (size >= PAGE_TEXT) break;
    const version = versionAt(connection, row);
    size += version.text.length;
    items.push(version);
  }
  const result: SearchPage = { items, moment: query.moment ?? momentNow(connection, walked.order.tag) };
  const last = rows[items.length - 1];
  if (rows.length > items.length && last !== undefined) {
    result.next = cursorAt(walked.order, last.place);
  } else if (query.cursor === undefined) result.total = items.length;
  if (query.total === true) result.total ??= total(asked);
  return result;
}

function versionAt(connection: Connection, { rid, version }: Row): StoredVersion {
  const row =
    version === undefined
      ? connection.get<VersionRow>(`SELECT ${VERSION_COLUMNS} FROM resource WHERE rid = ?`, rid)
      : connection.get<VersionRow>(
          `SELECT ${VERSION_COLUMNS} FROM history WHERE rid = ? AND version = ?`,
          rid,
          version,
        );
  return versionOf(row as VersionRow);
}

/** The rows of a walk, and among them the past versions that stand beyond the place. */
function withPast({ order, rows, placeOf }: Walked, { query, asOf }: Search): Row[] {
  if (asOf === undefined || asOf.past.length === 0) return rows;
  const start = query.cursor === undefined ? undefined : placeIn(order, query.cursor);
  const past = asOf.past
    .map((one): Row => ({ rid: one.row.rid, version: one.row.version, place: placeOf(one) }))
    .filter(({ place }) => start === undefined || compare(order, place, start) > 0);
  return [...rows, ...past].sort((a, b) => compare(order, a.place, b.place)).slice(0, query.count + 1);
}

function plan(asked: Search): Walked {
  const { connection, query } = asked;
  const { type, filters, sort } = query;
  if (query.also !== undefined) return walkTypes(asked);
  const [key, second] = sort;
  if (second !== undefined) return collect(asked, smallest(connection, type, filters)?.sql);
  // A page series keeps its way: what the first page chose is told by the cursor's tag.
  const tag = query.cursor === undefined ? asked.asOf?.tag : cursorTag(query.cursor);
  if (key !== undefined) {
    const few = tag === undefined || tag.startsWith('c') ? smallest(connection, type, filters) : undefined;
    const gathered = tag === undefined ? few !== undefined && few.size < FEW : tag.startsWith('c');
    if (gathered) return collect(asked, few?.sql);
    return key.by === 'value' ? walkValue(asked, key) : walkHead(asked, key);
  }
  if (filters.length === 0) return walkType(asked);
  const [only, other] = filters;
  if (other === undefined && only !== undefined && isEqual(only)) return walkEqual(asked, only);
  const prefix = filters.find(isPrefix);
  if (other === undefined && prefix !== undefined) return walkPrefix(asked, prefix);
  if (tag === 'p' && prefix !== undefined) return walkPrefix(asked, prefix);
  if (tag === undefined || tag === 'c') {
    const few = smallest(connection, type, filters);
    if (tag === 'c' || (few !== undefined && few.size < FEW)) return collect(asked, few?.sql);
  }
  const equal = filters.find(isEqual);
  if (equal !== undefined) return walkEqual(asked, equal);
  if (prefix !== undefined && tag === undefined) return walkPrefix(asked, prefix);
  return walkType(asked);
}

/** The tag of a cursor; its shape is checked by the walk that reads it. */
function cursorTag(cursor: string): string {
  return /^\["([^"]*)"/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1] ?? '';
}

/** One value to be equal to: its rows stand in the order of row ids. */
function isEqual(filter: Filter): filter is ValueFilter {
  if (filter.kind === 'token') return filter.not !== true && filter.anyOf.length === 1;
  if (filter.kind === 'reference') return filter.anyOf.length === 1;
  return filter.kind === 'uri' && filter.anyOf.length === 1 && filter.anyOf[0]?.mode === 'exact';
}

function isPrefix(filter: Filter): filter is Filter & { kind: 'string' } {
  return filter.kind === 'string' && filter.anyOf.length === 1 && filter.anyOf[0]?.mode === 'prefix';
}

function total({ connection, query, asOf }: Search): number {
  const [only, other] = query.filters;
  if (asOf === undefined && query.also === undefined && only !== undefined && other === undefined && isEqual(only)) {
    return countEqual(connection, only);
  }
  let sum = asOf?.past.length ?? 0;
  for (const { type, filters } of [query, ...(query.also ?? [])]) {
    const fit = conditions(connection, filters);
    const where = asOf === undefined ? fit : join([asOf.within('r'), fit], 'AND');
    const driver = fewest(connection, type, filters);
    const row = connection.get<{ n: number }>(
      `SELECT count(*) AS n FROM resource r WHERE r.type = ? AND r.deleted = 0 ${driver === undefined ? '' : `AND r.rid IN (${driver.text})`} AND ${where.text}`,
      type,
      ...(driver?.values ?? []),
      ...where.values,
    );
    sum += row?.n ?? 0;
  }
  return sum;
}

/** Rows of value tables belong to live resources of one type: the index alone tells. */
function countEqual(connection: Connection, filter: ValueFilter): number {
  const { table, pid, matches } = rowsThatFit(connection, filter, 'x');
  const match = join(matches, 'OR');
  const row = connection.get<{ n: number }>(
    `SELECT count(DISTINCT x.rid) AS n FROM ${table} x WHERE x.pid = ? AND ${match.text}`,
    pid,
    ...match.values,
  );
  return row?.n ?? 0;
}
