/** Picks the way that costs least for a query, then fetches the page: row ids first, texts last. */
import type { Filter, Query } from '../../search/query.js';
import { PAGE_TEXT, type SearchPage, type StoredVersion } from '../store.js';
import type { Connection } from './connection.js';
import { candidates, condition, join, type Sql } from './filters.js';
import { VERSION_COLUMNS, type VersionRow, versionOf } from './rows.js';
import { collect, type Page, walkEqual, walkHead, walkPrefix, walkType, walkValue } from './walks.js';

/** A filter that fits fewer rows than this is gathered and sorted; beyond it, an index is walked. */
const FEW = 1000;

export function search(connection: Connection, query: Query): SearchPage {
  const page = query.count === 0 ? { rids: [] } : plan(connection, query);
  const items: StoredVersion[] = [];
  let size = 0;
  for (const rid of page.rids) {
    if (size >= PAGE_TEXT) break;
    const row = connection.get<VersionRow>(`SELECT ${VERSION_COLUMNS} FROM resource WHERE rid = ?`, rid) as VersionRow;
    size += row.text.length;
    items.push(versionOf(row));
  }
  const result: SearchPage = { items };
  // A page that ended early ends where one of its length would.
  const next = items.length < page.rids.length ? plan(connection, { ...query, count: items.length }).next : page.next;
  if (next !== undefined) result.next = next;
  if (query.count > 0 && query.cursor === undefined && next === undefined) result.total = items.length;
  else if (query.total === true || query.count === 0) result.total = total(connection, query);
  return result;
}

function plan(connection: Connection, query: Query): Page {
  const asked = { connection, query };
  const [key, second] = query.sort;
  if (second !== undefined) return collect(asked, smallest(connection, query)?.sql);
  if (key !== undefined) {
    // A page series keeps its way: what the first page chose is told by the cursor's tag.
    const few = query.cursor === undefined ? smallest(connection, query) : undefined;
    const gathered =
      query.cursor === undefined ? few !== undefined && few.size < FEW : cursorTag(query.cursor).startsWith('c');
    if (gathered) return collect(asked, (few ?? smallest(connection, query))?.sql);
    return key.by === 'value' ? walkValue(asked, key) : walkHead(asked, key);
  }
  if (query.filters.length === 0) return walkType(asked);
  const tag = query.cursor === undefined ? undefined : cursorTag(query.cursor);
  const [only, other] = query.filters;
  if (other === undefined && only !== undefined && isEqual(only)) return walkEqual(asked, only);
  const prefix = query.filters.find(isPrefix);
  if (other === undefined && prefix !== undefined) return walkPrefix(asked, prefix);
  if (tag === 'p' && prefix !== undefined) return walkPrefix(asked, prefix);
  if (tag === 'c') return collect(asked, smallest(connection, query)?.sql);
  if (tag === undefined) {
    const few = smallest(connection, query);
    if (few !== undefined && few.size < FEW) return collect(asked, few.sql);
  }
  const equal = query.filters.find(isEqual);
  if (equal !== undefined) return walkEqual(asked, equal);
  if (prefix !== undefined && tag === undefined) return walkPrefix(asked, prefix);
  return walkType(asked);
}

/** The tag of a cursor; its shape is checked by the walk that reads it. */
function cursorTag(cursor: string): string {
  return /^\["([^"]*)"/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1] ?? '';
}

/** One value to be equal to: its rows stand in the order of row ids. */
function isEqual(filter: Filter): boolean {
  if (filter.kind === 'token') return filter.not !== true && filter.anyOf.length === 1;
  if (filter.kind === 'reference') return filter.anyOf.length === 1;
  return filter.kind === 'uri' && filter.anyOf.length === 1 && filter.anyOf[0]?.mode === 'exact';
}

function isPrefix(filter: Filter): filter is Filter & { kind: 'string' } {
  return filter.kind === 'string' && filter.anyOf.length === 1 && filter.anyOf[0]?.mode === 'prefix';
}

/** The filter with the fewest rows, counted up to a bound; `undefined` when none can be listed. */
function smallest(connection: Connection, query: Query): { sql: Sql; size: number } | undefined {
  let best: { sql: Sql; size: number } | undefined;
  for (const filter of query.filters) {
    const sql = candidates(connection, query.type, filter);
    if (sql === undefined) continue;
    const size =
      connection.get<{ n: number }>(`SELECT count(*) AS n FROM (${sql.text} LIMIT ?)`, ...sql.values, FEW)?.n ?? 0;
    if (best === undefined || size < best.size) best = { sql, size };
  }
  return best;
}

function total(connection: Connection, query: Query): number {
  const where = join(
    query.filters.map((f) => condition(connection, f)),
    'AND',
  );
  const few = smallest(connection, query);
  const driver = few === undefined || few.size >= FEW ? undefined : few.sql;
  const row = connection.get<{ n: number }>(
    `SELECT count(*) AS n FROM resource r WHERE r.type = ? AND r.deleted = 0 ${driver === undefined ? '' : `AND r.rid IN (${driver.text})`} AND ${where.text}`,
    query.type,
    ...(driver?.values ?? []),
    ...where.values,
  );
  return row?.n ?? 0;
}
