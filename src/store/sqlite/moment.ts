/**
 * The moment of a series of pages. Rows of the indexes are those of current versions, so a later page leaves out what
 * was created or written since, and adds the versions that were current at the moment from the history. As long as
 * nobody writes the same types, that costs nothing.
 */
import { type Candidate, matchesAll } from '../../search/matches.js';
import type { Filter, Query, SearchValues } from '../../search/query.js';
import { BadCursor, StaleCursor } from '../store.js';
import type { Connection } from './connection.js';
import { VERSION_COLUMNS, type VersionRow } from './rows.js';
import type { Sql } from './sql.js';

/** So many versions replaced since the moment are looked at for each page; beyond it the series has to start again. */
export const MAX_REPLACED = 5000;

/** What had been written at the moment: version sequence and resource number. The tag is the way that page one took. */
interface Moment {
  seq: number;
  rid: number;
  tag: string;
}

/** A version that was current at the moment and fits the search. */
export interface PastVersion {
  row: VersionRow;
  values: SearchValues;
}

export interface AsOf {
  /** The way that the first page took. */
  tag: string;
  /** Asked of a row with a rid: it was there at the moment, and is still what it was. */
  within(alias: string): Sql;
  /** The versions that fitted at the moment and are no longer current. */
  past: PastVersion[];
}

/** The present moment as text, for `SearchPage.moment`. */
export function momentNow(connection: Connection, tag: string): string {
  const row = connection.get<{ seq: number | null; rid: number | null }>(
    'SELECT (SELECT max(seq) FROM resource) AS seq, (SELECT max(rid) FROM resource) AS rid',
  );
  return `${row?.seq ?? 0}.${row?.rid ?? 0}.${tag}`;
}

/** Throws BadCursor for a text that is none. */
export function momentOf(text: string): Moment {
  const [, seq, rid, tag = ''] = /^(\d{1,15})\.(\d{1,15})\.(.*)$/s.exec(text) ?? [];
  if (seq === undefined || rid === undefined) throw new BadCursor();
  return { seq: Number(seq), rid: Number(rid), tag };
}

/** How the search asks at its moment; `fits` answers joins. `undefined` on the first page. */
export function asOf(connection: Connection, query: Query, fits: (query: Query) => boolean): AsOf | undefined {
  if (query.moment === undefined) return undefined;
  const { seq, rid, tag } = momentOf(query.moment);
  const branches = [query, ...(query.also ?? [])];
  const types = JSON.stringify(branches.map(({ type }) => type));
  const scope = 'type IN (SELECT value FROM json_each(?)) AND until > ? AND seq <= ?';
  const replaced = connection.all<{ rid: number; version: number }>(
    `SELECT rid, version FROM history WHERE ${scope} AND deleted = 0 LIMIT ?`,
    types,
    seq,
    seq,
    MAX_REPLACED + 1,
  );
  if (replaced.length > MAX_REPLACED) throw new StaleCursor();
  const past: PastVersion[] = [];
  for (const { rid, version } of replaced) {
    const found = pastVersion(connection, rid, version, query);
    const filters = branches.find(({ type }) => type === found.row.type)?.filters ?? [];
    if (fitted(found, filters, fits)) past.push(found);
  }
  return {
    tag,
    past,
    within: (alias) => ({
      text: `(${alias}.rid <= ? AND ${alias}.rid NOT IN (SELECT rid FROM history WHERE ${scope}))`,
      values: [rid, types, seq, seq],
    }),
  };
}

/** Past versions never change, so their values are read once. */
function pastVersion(connection: Connection, rid: number, version: number, query: Query): PastVersion {
  const name = `${rid}/${version}`;
  const known = connection.past.get(name);
  const sql = `SELECT ${VERSION_COLUMNS} FROM history WHERE rid = ? AND version = ?`;
  if (known !== undefined) return known;
  const row = connection.get<VersionRow>(sql, rid, version) as VersionRow;
  if (query.past === undefined) throw new Error('a series of pages without a way to read past versions');
  const values = query.past(row.type, row.text);
  // The text is fetched again when it is shown: what is kept stays small.
  const found = { row: { ...row, text: '' }, values };
  if (connection.past.size >= 2 * MAX_REPLACED) connection.past.clear();
  connection.past.set(name, found);
  return found;
}

function fitted({ row, values }: PastVersion, filters: readonly Filter[], fits: (query: Query) => boolean): boolean {
  const candidate = { type: row.type, id: row.id, lastUpdated: row.last_updated, values };
  return matchesAll(filters, candidate, (filter, one) => fits(joinOf(filter, one)));
}

/** A filter that looks into other resources, as a search for these. */
function joinOf(filter: Filter & { kind: 'chain' | 'has' }, { type, id, values }: Candidate): Query {
  const start = `${filter.type}/`;
  const first: Filter =
    filter.kind === 'chain'
      ? {
          kind: 'id',
          anyOf: values.references
            .filter(({ key, target }) => key === filter.key && target.startsWith(start))
            .map(({ target }) => target.slice(start.length)),
        }
      : { kind: 'reference', key: filter.key, anyOf: [`${type}/${id}`] };
  return { type: filter.type, filters: [first, ...filter.where], sort: [], count: 1 };
}
