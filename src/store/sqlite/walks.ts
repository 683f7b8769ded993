/**
 * Ways through the matches that yield one page of row ids and the place where it ended. A walk follows an index in its
 * own order and costs as much as the page; a collection gathers few matches and sorts them.
 */
import type { Filter, Query, SortKey } from '../../search/query.js';
import { type CursorPart, readCursor, writeCursor } from '../cursor.js';
import { fewest } from './candidates.js';
import type { Connection, Value } from './connection.js';
import { conditions as conditionsOf, rowsThatFit, type ValueFilter } from './filters.js';
import { join, prefixEnd, type Sql } from './sql.js';

export interface Page {
  rids: number[];
  /** The place after the last row id, when there is more. */
  next?: string;
}

/** What `run` is asked for: conditions on r (and x), where the page starts, how many. */
export interface Search {
  connection: Connection;
  query: Query;
}

/** Asks for one more than the page, to know whether there is a next one. */
function pageOf<Row extends { rid: number }>(
  rows: Row[],
  count: number,
  place: (last: Row) => readonly CursorPart[],
): Page {
  const shown = rows.slice(0, count);
  const last = shown.at(-1);
  const page: Page = { rids: shown.map((row) => row.rid) };
  if (rows.length > count && last !== undefined) page.next = writeCursor(place(last));
  return page;
}

function conditions({ connection, query }: Search, except?: Filter): Sql {
  return conditionsOf(
    connection,
    query.filters.filter((f) => f !== except),
  );
}

/** All of a type, newest first. */
export function walkType(search: Search): Page {
  const { connection, query } = search;
  const [before] = query.cursor === undefined ? [Number.MAX_SAFE_INTEGER] : readCursor(query.cursor, 't', 'n');
  const where = conditions(search);
  const rows = connection.all<{ rid: number }>(
    `SELECT r.rid FROM resource r INDEXED BY resource_live WHERE r.type = ? AND r.deleted = 0 AND r.rid < ? AND ${where.text} ORDER BY r.rid DESC LIMIT ?`,
    query.type,
    before as number,
    ...where.values,
    query.count + 1,
  );
  return pageOf(rows, query.count, (last) => ['t', last.rid]);
}

/** One value that must be equal (token, reference, uri): its rows stand newest first. */
export function walkEqual(search: Search, filter: ValueFilter): Page {
  const { connection, query } = search;
  const [before] = query.cursor === undefined ? [Number.MAX_SAFE_INTEGER] : readCursor(query.cursor, 't', 'n');
  const { table, pid, matches } = rowsThatFit(connection, filter, 'x');
  const match = join(matches, 'OR');
  const others = query.filters.length > 1;
  const where = conditions(search, filter);
  // Without other filters the index answers alone; rows of value tables belong to live resources only.
  const rows = connection.all<{ rid: number }>(
    `SELECT DISTINCT x.rid FROM ${table} x ${others ? 'CROSS JOIN resource r ON r.rid = x.rid' : ''}
     WHERE x.pid = ? AND ${match.text} AND x.rid < ? ${others ? `AND ${where.text}` : ''} ORDER BY x.rid DESC LIMIT ?`,
    pid,
    ...match.values,
    before as number,
    ...(others ? where.values : []),
    query.count + 1,
  );
  return pageOf(rows, query.count, (last) => ['t', last.rid]);
}

/** One text that starts so: its rows in alphabetical order, a resource at the first of its rows that fit. */
export function walkPrefix(search: Search, filter: Filter & { kind: 'string' }): Page {
  const { connection, query } = search;
  const prefix = filter.anyOf[0]?.value ?? '';
  const [folded, rid] = query.cursor === undefined ? ['', 0] : readCursor(query.cursor, 'p', 'sn');
  const pid = connection.nameOf(filter.key);
  const others = query.filters.length > 1;
  const where = conditions(search, filter);
  const from = (folded as string) > prefix ? (folded as string) : prefix;
  const rows = connection.all<{ rid: number; folded: string }>(
    `SELECT DISTINCT x.rid, x.folded FROM string x ${others ? 'CROSS JOIN resource r ON r.rid = x.rid' : ''}
     WHERE x.pid = ? AND x.folded >= ? AND x.folded < ? AND (x.folded, x.rid) > (?, ?)
       AND NOT EXISTS (SELECT 1 FROM string y WHERE y.rid = x.rid AND y.pid = x.pid AND y.folded >= ? AND y.folded < x.folded)
       ${others ? `AND ${where.text}` : ''} ORDER BY x.folded, x.rid LIMIT ?`,
    pid,
    from,
    prefixEnd(prefix),
    folded as string,
    rid as number,
    prefix,
    ...(others ? where.values : []),
    query.count + 1,
  );
  return pageOf(rows, query.count, (last) => ['p', last.folded, last.rid]);
}

/** `_sort=_lastUpdated`, by the version sequence; or `_sort=_id`. */
export function walkHead(search: Search, key: SortKey & { by: '_id' | '_lastUpdated' }): Page {
  const { connection, query } = search;
  const column = key.by === '_id' ? 'id' : 'seq';
  const tag = `${column}${key.descending ? '-' : ''}`;
  const place = query.cursor === undefined ? undefined : readCursor(query.cursor, tag, column === 'id' ? 's' : 'n')[0];
  const where = conditions(search);
  const after: Sql =
    place === undefined
      ? { text: '1', values: [] }
      : { text: `r.${column} ${key.descending ? '<' : '>'} ?`, values: [place as Value] };
  const rows = connection.all<{ rid: number; place: CursorPart }>(
    `SELECT r.rid, r.${column} AS place FROM resource r INDEXED BY ${column === 'id' ? 'resource_id' : 'resource_type_seq'}
     WHERE r.type = ? AND ${after.text} AND r.deleted = 0 AND ${where.text} ORDER BY r.${column} ${key.descending ? 'DESC' : 'ASC'} LIMIT ?`,
    query.type,
    ...after.values,
    ...where.values,
    query.count + 1,
  );
  return pageOf(rows, query.count, (last) => [tag, last.place]);
}

/** Several types by `_lastUpdated`, newest first unless told: their few matches, or the version sequence of all. */
export function walkTypes({ connection, query }: Search): Page {
  const descending = query.sort[0]?.descending ?? true;
  const tag = `m${descending ? '-' : ''}`;
  const place = query.cursor === undefined ? undefined : (readCursor(query.cursor, tag, 'n')[0] as number);
  const branches = [query, ...(query.also ?? [])];
  const few = branches.map(({ type, filters }) => fewest(connection, type, filters));
  const listed = few.every((sql) => sql !== undefined);
  const where = join(
    branches.map(({ type, filters }) => {
      const { text, values } = conditionsOf(connection, filters);
      return { text: `(r.type = ? AND ${text})`, values: [type, ...values] };
    }),
    'OR',
  );
  const after: Sql[] = place === undefined ? [] : [{ text: `r.seq ${descending ? '<' : '>'} ?`, values: [place] }];
  // One IN for each list: SQLite joins 500 parts at most.
  const lists = few.map((sql) => ({ text: `r.rid IN (${sql?.text})`, values: sql?.values ?? [] }));
  const all = join([...after, ...(listed ? [join(lists, 'OR')] : []), where], 'AND');
  const rows = connection.all<{ rid: number; seq: number }>(
    `SELECT r.rid, r.seq FROM resource r ${listed ? '' : 'INDEXED BY resource_seq'}
     WHERE r.deleted = 0 AND ${all.text} ORDER BY r.seq ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
    ...all.values,
    query.count + 1,
  );
  return pageOf(rows, query.count, (last) => [tag, last.seq]);
}

const SORT_COLUMN = {
  token: 'code',
  string: 'folded',
  reference: 'target',
  uri: 'value',
  date: 'low',
  number: 'low',
} as const;
const sortColumn = (key: SortKey & { by: 'value' }) =>
  (key.valueKind === 'date' || key.valueKind === 'number') && key.descending ? 'high' : SORT_COLUMN[key.valueKind];

/** `_sort` by a value: its index in order, a resource at its least (or, descending, greatest) value; then the rest. */
export function walkValue(search: Search, key: SortKey & { by: 'value' }): Page {
  const { connection, query } = search;
  const column = sortColumn(key);
  const tag = `v${key.descending ? '-' : ''}${key.key}`;
  const [value, rid] = query.cursor === undefined ? [undefined, 0] : readCursor(query.cursor, tag, 'vn');
  const where = conditions(search);
  const pid = connection.nameOf(key.key);
  const order = key.descending ? 'DESC' : 'ASC';
  const beyond = key.descending ? '<' : '>';
  const better = key.descending ? '>' : '<';
  let rows: { rid: number; place: CursorPart }[] = [];
  if (value !== null) {
    const after: Sql =
      value === undefined
        ? { text: '1', values: [] }
        : {
            text: `x.${column} ${beyond}= ? AND (x.${column} ${beyond} ? OR x.rid > ?)`,
            values: [value, value, rid as number] as Value[],
          };
    rows = connection.all(
      `SELECT DISTINCT x.rid, x.${column} AS place FROM ${key.valueKind} x CROSS JOIN resource r ON r.rid = x.rid
       WHERE x.pid = ? AND ${after.text}
         AND NOT EXISTS (SELECT 1 FROM ${key.valueKind} y WHERE y.rid = x.rid AND y.pid = x.pid AND y.${column} ${better} x.${column})
         AND ${where.text} ORDER BY x.${column} ${order}, x.rid LIMIT ?`,
      pid,
      ...after.values,
      ...where.values,
      query.count + 1,
    );
  }
  if (rows.length <= query.count) {
    const missing = connection.all<{ rid: number; place: CursorPart }>(
      `SELECT r.rid, NULL AS place FROM resource r WHERE r.type = ? AND r.deleted = 0 AND r.rid > ?
         AND NOT EXISTS (SELECT 1 FROM ${key.valueKind} y WHERE y.rid = r.rid AND y.pid = ?) AND ${where.text} ORDER BY r.rid LIMIT ?`,
      query.type,
      value === null ? (rid as number) : 0,
      pid,
      ...where.values,
      query.count + 1 - rows.length,
    );
    rows = [...rows, ...missing];
  }
  return pageOf(rows, query.count, (last) => [tag, last.place, last.rid]);
}

/** Few matches, or several sort keys: gather the matches, sort, cut. `driver` names the candidates. */
export function collect(search: Search, driver: Sql | undefined): Page {
  const { connection, query } = search;
  const where = conditions(search);
  const keys = query.sort.map((key) => sortValue(connection, key));
  const tag = `c${query.sort.map((k) => `${k.descending ? '-' : ''}${k.by === 'value' ? k.key : k.by}`).join(',')}`;
  const names = keys.map((_, i) => `k${i}`);
  const place = query.cursor === undefined ? undefined : readCursor(query.cursor, tag, `${'v'.repeat(keys.length)}n`);
  const after = place === undefined ? { text: '1', values: [] } : afterPlace(query.sort, names, place);
  // Without a sort the newest come first.
  const order = [
    ...query.sort.flatMap((key, i) => [`k${i} IS NULL`, `k${i} ${key.descending ? 'DESC' : 'ASC'}`]),
    `rid ${keys.length === 0 ? 'DESC' : 'ASC'}`,
  ];
  const rows = connection.all<{ rid: number } & Record<string, CursorPart>>(
    `SELECT rid${names.map((n) => `, ${n}`).join('')} FROM (
       SELECT r.rid AS rid${keys.map((k, i) => `, ${k.text} AS k${i}`).join('')} FROM resource r
       WHERE r.type = ? AND r.deleted = 0 ${driver === undefined ? '' : `AND r.rid IN (${driver.text})`} AND ${where.text})
     WHERE ${after.text} ORDER BY ${order.join(', ')} LIMIT ?`,
    ...keys.flatMap((k) => k.values),
    query.type,
    ...(driver?.values ?? []),
    ...where.values,
    ...after.values,
    query.count + 1,
  );
  return pageOf(rows, query.count, (last) => [tag, ...names.map((n) => last[n] as CursorPart), last.rid]);
}

function sortValue(connection: Connection, key: SortKey): Sql {
  if (key.by !== 'value') return { text: key.by === '_id' ? 'r.id' : 'r.seq', values: [] };
  const pick = key.descending ? 'max' : 'min';
  return {
    text: `(SELECT ${pick}(y.${sortColumn(key)}) FROM ${key.valueKind} y WHERE y.rid = r.rid AND y.pid = ?)`,
    values: [connection.nameOf(key.key)],
  };
}

/** What comes after a place in the order: each key equal so far and the next beyond it; nulls are last. */
function afterPlace(sort: readonly SortKey[], names: readonly string[], place: readonly CursorPart[]): Sql {
  const parts: Sql[] = [];
  const equal: Sql[] = [];
  names.forEach((name, i) => {
    const value = place[i] as CursorPart;
    if (value !== null) {
      const beyond = {
        text: `(${name} ${sort[i]?.descending === true ? '<' : '>'} ? OR ${name} IS NULL)`,
        values: [value],
      };
      parts.push(join([...equal, beyond], 'AND'));
    }
    equal.push(value === null ? { text: `${name} IS NULL`, values: [] } : { text: `${name} = ?`, values: [value] });
  });
  parts.push(
    join([...equal, { text: `rid ${names.length === 0 ? '<' : '>'} ?`, values: [place.at(-1) as number] }], 'AND'),
  );
  return join(parts, 'OR');
}
