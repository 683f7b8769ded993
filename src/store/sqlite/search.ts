/** Picks the way that costs least for a query, then fetches the page: row ids first, texts last. */
import type { Filter, Query } from '../../search/query.js';
import { PAGE_TEXT, type SearchPage, type StoredVersion } from '../store.js';
import { FEW, fewest, smallest } from './candidates.js';
import type { Connection } from './connection.js';
import { conditions, type ValueFilter } from './filters.js';
import { VERSION_COLUMNS, type VersionRow, versionOf } from './rows.js';
import { collect, type Page, walkEqual, walkHead, walkPrefix, walkType, walkTypes, walkValue } from './walks.js';

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
  else if (query.total === true || query.count === 0) {
    result.total = [query, ...(query.also ?? [])].reduce((sum, branch) => sum + total(connection, branch), 0);
  }
  return result;
}

function plan(connection: Connection, query: Query): Page {
  const asked = { connection, query };
  const { type, filters, sort } = query;
  if (query.also !== undefined) return walkTypes(asked);
  const [key, second] = sort;
  if (second !== undefined) return collect(asked, smallest(connection, type, filters)?.sql);
  // A page series keeps its way: what the first page chose is told by the cursor's tag.
  const tag = query.cursor === undefined ? undefined : cursorTag(query.cursor);
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

function total(connection: Connection, { type, filters }: Pick<Query, 'type' | 'filters'>): number {
  const where = conditions(connection, filters);
  const driver = fewest(connection, type, filters);
  const row = connection.get<{ n: number }>(
    `SELECT count(*) AS n FROM resource r WHERE r.type = ? AND r.deleted = 0 ${driver === undefined ? '' : `AND r.rid IN (${driver.text})`} AND ${where.text}`,
    type,
    ...(driver?.values ?? []),
    ...where.values,
  );
  return row?.n ?? 0;
}
