/**
 * Ways through the matches that yield the rows of one page and the order in which they stand. A walk follows an index in
 * its own order and costs as much as the page; a collection gathers few matches and sorts them.
 */
import { valuesOf } from '../../search/matches.js';
import type { Filter, Query, SearchValues, SortKey } from '../../search/query.js';
import type { CursorPart } from '../cursor.js';
import { fewest } from './candidates.js';
import type { Connection, Value } from './connection.js';
import { conditions as conditionsOf, rowsThatFit, type ValueFilter } from './filters.js';
import type { AsOf, PastVersion } from './moment.js';
import { compare, type Order, type Place, placeIn } from './order.js';
import type { VersionRow } from './rows.js';
import { join, prefixEnd, type Sql } from './sql.js';

/** A resource on a page, or its past version, and where it stands. */
export interface Row {
  rid: number;
  place: Place;
  /** Set when a past version is shown. */
  version?: number;
}

/** One more row than the page has, if there are so many, so that it is known whether there is a next one. */
export interface Walked {
  order: Order;
  rows: Row[];
  /** Where a past version stands in this order. */
  placeOf(past: PastVersion): Place;
}

export interface Search {
  connection: Connection;
  query: Query;
  /** Absent on the first page of a series. */
  asOf: AsOf | undefined;
}

const TRUE: Sql = { text: '1', values: [] };

function conditions({ connection, query, asOf }: Search, except?: Filter): Sql {
  const filters = conditionsOf(
    connection,
    query.filters.filter((f) => f !== except),
  );
  return asOf === undefined ? filters : join([asOf.within('r'), filters], 'AND');
}

const placeOf = ({ query }: Search, order: Order) =>
  query.cursor === undefined ? undefined : placeIn(order, query.cursor);

const BY_RID: Order = { tag: 't', shape: 'n', directions: [-1] };

/** All of a type, newest first. */
export function walkType(search: Search): Walked {
  const { connection, query } = search;
  const [before = Number.MAX_SAFE_INTEGER] = placeOf(search, BY_RID) ?? [];
  const where = conditions(search);
  const rows = connection.all<{ rid: number }>(
    `SELECT r.rid FROM resource r INDEXED BY resource_live WHERE r.type = ? AND r.deleted = 0 AND r.rid < ? AND ${where.text} ORDER BY r.rid DESC LIMIT ?`,
    query.type,
    before as number,
    ...where.values,
    query.count + 1,
  );
  return newestFirst(rows);
}

function newestFirst(rows: { rid: number }[]): Walked {
  return {
    order: BY_RID,
    rows: rows.map(({ rid }) => ({ rid, place: [rid] })),
    placeOf: ({ row }) => [row.rid],
  };
}

/** One value that must be equal (token, reference, uri): its rows stand newest first. */
export function walkEqual(search: Search, filter: ValueFilter): Walked {
  const { connection, query, asOf } = search;
  const [before = Number.MAX_SAFE_INTEGER] = placeOf(search, BY_RID) ?? [];
  const { table, pid, matches } = rowsThatFit(connection, filter, 'x');
  const match = join(matches, 'OR');
  const others = query.filters.length > 1;
  // Without other filters the index answers alone; rows of value tables belong to live resources only.
  const where = others ? conditions(search, filter) : (asOf?.within('x') ?? TRUE);
  const rows = connection.all<{ rid: number }>(
    `SELECT DISTINCT x.rid FROM ${table} x ${others ? 'CROSS JOIN resource r ON r.rid = x.rid' : ''}
     WHERE x.pid = ? AND ${match.text} AND x.rid < ? AND ${where.text} ORDER BY x.rid DESC LIMIT ?`,
    pid,
    ...match.values,
    before as number,
    ...where.values,
    query.count + 1,
  );
  return newestFirst(rows);
}

const BY_TEXT: Order = { tag: 'p', shape: 'sn', directions: [1, 1] };

/** One text that starts so: its rows in alphabetical order, a resource at the first of its rows that fit. */
export function walkPrefix(search: Search, filter: Filter & { kind: 'string' }): Walked {
  const { connection, query, asOf } = search;
  const prefix = filter.anyOf[0]?.value ?? '';
  const [folded = '', rid = 0] = placeOf(search, BY_TEXT) ?? [];
  const pid = connection.nameOf(filter.key);
  const others = query.filters.length > 1;
  const where = others ? conditions(search, filter) : (asOf?.within('x') ?? TRUE);
  const from = (folded as string) > prefix ? (folded as string) : prefix;
  const rows = connection.all<{ rid: number; folded: string }>(
    `SELECT DISTINCT x.rid, x.folded FROM string x ${others ? 'CROSS JOIN resource r ON r.rid = x.rid' : ''}
     WHERE x.pid = ? AND x.folded >= ? AND x.folded < ? AND (x.folded, x.rid) > (?, ?)
       AND NOT EXISTS (SELECT 1 FROM string y WHERE y.rid = x.rid AND y.pid = x.pid AND y.folded >= ? AND y.folded < x.folded)
       AND ${where.text} ORDER BY x.folded, x.rid LIMIT ?`,
    pid,
    from,
    prefixEnd(prefix),
    folded as string,
    rid as number,
    prefix,
    ...where.values,
    query.count + 1,
  );
  return {
    order: BY_TEXT,
    rows: rows.map((row) => ({ rid: row.rid, place: [row.folded, row.rid] })),
    placeOf: ({ row, values }) => {
      const texts = values.strings.filter((one) => one.key === filter.key && one.folded.startsWith(prefix));
      return [
        best(
          texts.map((one) => one.folded),
          false,
        ),
        row.rid,
      ];
    },
  };
}

/** `_sort=_lastUpdated`, by the version sequence; or `_sort=_id`. */
export function walkHead(search: Search, key: SortKey & { by: '_id' | '_lastUpdated' }): Walked {
  const { connection, query } = search;
  const column = key.by === '_id' ? 'id' : 'seq';
  const order: Order = {
    tag: `${column}${key.descending ? '-' : ''}`,
    shape: column === 'id' ? 's' : 'n',
    directions: [key.descending ? -1 : 1],
  };
  const place = placeOf(search, order)?.[0];
  const where = conditions(search);
  const after: Sql =
    place === undefined ? TRUE : { text: `r.${column} ${key.descending ? '<' : '>'} ?`, values: [place as Value] };
  const rows = connection.all<{ rid: number; place: CursorPart }>(
    `SELECT r.rid, r.${column} AS place FROM resource r INDEXED BY ${column === 'id' ? 'resource_id' : 'resource_type_seq'}
     WHERE r.type = ? AND ${after.text} AND r.deleted = 0 AND ${where.text} ORDER BY r.${column} ${key.descending ? 'DESC' : 'ASC'} LIMIT ?`,
    query.type,
    ...after.values,
    ...where.values,
    query.count + 1,
  );
  return {
    order,
    rows: rows.map((row) => ({ rid: row.rid, place: [row.place] })),
    placeOf: ({ row }) => [row[column]],
  };
}

/** Several types by `_lastUpdated`, newest first unless told: their few matches, or the version sequence of all. */
export function walkTypes(search: Search): Walked {
  const { connection, query, asOf } = search;
  const descending = query.sort[0]?.descending ?? true;
  const order: Order = { tag: `m${descending ? '-' : ''}`, shape: 'n', directions: [descending ? -1 : 1] };
  const place = placeOf(search, order)?.[0] as number | undefined;
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
  if (asOf !== undefined) after.push(asOf.within('r'));
  // One IN for each list: SQLite joins 500 parts at most.
  const lists = few.map((sql) => ({ text: `r.rid IN (${sql?.text})`, values: sql?.values ?? [] }));
  const all = join([...after, ...(listed ? [join(lists, 'OR')] : []), where], 'AND');
  const rows = connection.all<{ rid: number; seq: number }>(
    `SELECT r.rid, r.seq FROM resource r ${listed ? '' : 'INDEXED BY resource_seq'}
     WHERE r.deleted = 0 AND ${all.text} ORDER BY r.seq ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
    ...all.values,
    query.count + 1,
  );
  return {
    order,
    rows: rows.map((row) => ({ rid: row.rid, place: [row.seq] })),
    placeOf: ({ row }) => [row.seq],
  };
}

const SORT_COLUMN = {
  token: 'code',
  string: 'folded',
  reference: 'target',
  uri: 'value',
  date: 'low',
  number: 'low',
} as const;
type ValueKey = SortKey & { by: 'value' };
const sortColumn = (key: ValueKey) =>
  (key.valueKind === 'date' || key.valueKind === 'number') && key.descending ? 'high' : SORT_COLUMN[key.valueKind];

/** `_sort` by a value: its index in order, a resource at its least (or, descending, greatest) value; then the rest. */
export function walkValue(search: Search, key: ValueKey): Walked {
  const { connection, query } = search;
  const column = sortColumn(key);
  const order: Order = {
    tag: `v${key.descending ? '-' : ''}${key.key}`,
    shape: 'vn',
    directions: [key.descending ? -1 : 1, 1],
  };
  const [value, rid = 0] = placeOf(search, order) ?? [];
  const where = conditions(search);
  const pid = connection.nameOf(key.key);
  const direction = key.descending ? 'DESC' : 'ASC';
  const beyond = key.descending ? '<' : '>';
  const better = key.descending ? '>' : '<';
  let rows: { rid: number; place: CursorPart }[] = [];
  if (value !== null) {
    const after: Sql =
      value === undefined
        ? TRUE
        : {
            text: `x.${column} ${beyond}= ? AND (x.${column} ${beyond} ? OR x.rid > ?)`,
            values: [value, value, rid as number] as Value[],
          };
    rows = connection.all(
      `SELECT DISTINCT x.rid, x.${column} AS place FROM ${key.valueKind} x CROSS JOIN resource r ON r.rid = x.rid
       WHERE x.pid = ? AND ${after.text}
         AND NOT EXISTS (SELECT 1 FROM ${key.valueKind} y WHERE y.rid = x.rid AND y.pid = x.pid AND y.${column} ${better} x.${column})
         AND ${where.text} ORDER BY x.${column} ${direction}, x.rid LIMIT ?`,
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
  return {
    order,
    rows: rows.map((row) => ({ rid: row.rid, place: [row.place, row.rid] })),
    placeOf: ({ row, values }) => [sortPart(key, values), row.rid],
  };
}

/** Few matches, or several sort keys: gather the matches, sort, cut. `driver` names the candidates. */
export function collect(search: Search, driver: Sql | undefined): Walked {
  const { connection, query } = search;
  const where = conditions(search);
  const keys = query.sort.map((key) => sortValue(connection, key));
  const names = keys.map((_, i) => `k${i}`);
  const order: Order = {
    tag: `c${query.sort.map((k) => `${k.descending ? '-' : ''}${k.by === 'value' ? k.key : k.by}`).join(',')}`,
    shape: `${'v'.repeat(keys.length)}n`,
    // Without a sort the newest come first.
    directions: [...query.sort.map((key) => (key.descending ? -1 : 1)), keys.length === 0 ? -1 : 1],
  };
  const place = placeOf(search, order);
  const after = place === undefined ? TRUE : afterPlace(query.sort, names, place);
  const by = [
    ...query.sort.flatMap((key, i) => [`k${i} IS NULL`, `k${i} ${key.descending ? 'DESC' : 'ASC'}`]),
    `rid ${keys.length === 0 ? 'DESC' : 'ASC'}`,
  ];
  const rows = connection.all<{ rid: number } & Record<string, CursorPart>>(
    `SELECT rid${names.map((n) => `, ${n}`).join('')} FROM (
       SELECT r.rid AS rid${keys.map((k, i) => `, ${k.text} AS k${i}`).join('')} FROM resource r
       WHERE r.type = ? AND r.deleted = 0 ${driver === undefined ? '' : `AND r.rid IN (${driver.text})`} AND ${where.text})
     WHERE ${after.text} ORDER BY ${by.join(', ')} LIMIT ?`,
    ...keys.flatMap((k) => k.values),
    query.type,
    ...(driver?.values ?? []),
    ...where.values,
    ...after.values,
    query.count + 1,
  );
  return {
    order,
    rows: rows.map((row) => ({ rid: row.rid, place: [...names.map((n) => row[n] as CursorPart), row.rid] })),
    placeOf: ({ row, values }) => [...query.sort.map((key) => partOf(key, row, values)), row.rid],
  };
}

function partOf(key: SortKey, row: VersionRow, values: SearchValues): CursorPart {
  if (key.by === 'value') return sortPart(key, values);
  return key.by === '_id' ? row.id : row.seq;
}

/** What a past version is sorted by, as the tables would have it. */
function sortPart(key: ValueKey, values: SearchValues): CursorPart {
  const column = sortColumn(key);
  const mine = valuesOf(key.valueKind, values).filter((one) => one.key === key.key) as unknown as Record<
    string,
    CursorPart
  >[];
  return best(
    mine.map((one) => one[column] ?? null),
    key.descending,
  );
}

/** The least, or the greatest; null of none. */
function best(parts: readonly CursorPart[], greatest: boolean): CursorPart {
  const order: Order = { tag: '', shape: '', directions: [greatest ? -1 : 1] };
  return parts.reduce<CursorPart>((a, b) => (compare(order, [b], [a]) < 0 ? b : a), null);
}

function sortValue(connection: Connection, key: SortKey): Sql {
  if (key.by !== 'value') return { text: key.by === '_id' ? 'r.id' : 'r.seq', values: [] };
  const pick = key.descending ? 'max' : 'min';
  // Else SQLite looks for the greatest from the top of all resources' values, until it meets one of this resource.
  return {
    text: `(SELECT ${pick}(y.${sortColumn(key)}) FROM ${key.valueKind} y INDEXED BY ${key.valueKind}_rid WHERE y.rid = r.rid AND y.pid = ?)`,
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
