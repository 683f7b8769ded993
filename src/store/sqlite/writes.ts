/** Writes, inside a transaction that somebody else opened: the current row, its past, its search values. */
import type { SearchValues } from '../../search/query.js';
import { type AlikeToken, MAX_ALIKE, type Put, type PutResult, renderText, type StoredVersion } from '../store.js';
import type { Connection, Value } from './connection.js';
import { VERSION_COLUMNS, type VersionRow, versionOf } from './rows.js';

/** What the versions of one transaction share: the next number and the instant, which never goes back. */
export class Clock {
  private seq = 0;
  private last = 0;
  /** Read anew in each transaction, since another process may have written. */
  begin(connection: Connection): void {
    const newest = connection.get<{ seq: number; last_updated: number }>(
      'SELECT seq, last_updated FROM resource ORDER BY seq DESC LIMIT 1',
    );
    this.seq = newest?.seq ?? 0;
    this.last = newest?.last_updated ?? 0;
  }
  next(): { seq: number; now: number } {
    this.seq++;
    this.last = Math.max(this.last, Date.now());
    return { seq: this.seq, now: this.last };
  }
}

export function put(connection: Connection, clock: Clock, write: Put): PutResult {
  const { type, id, content, expect } = write;
  if (expect === 'absent' && content !== null) {
    const found = write.alike === undefined ? undefined : alike(connection, write.alike, MAX_ALIKE);
    const made = insertNew(connection, clock, write, content);
    if (made !== undefined) return { outcome: 'created', version: made, ...(found !== undefined && { alike: found }) };
  }
  const current = connection.get<VersionRow>(
    `SELECT ${VERSION_COLUMNS} FROM resource WHERE type = ? AND id = ?`,
    type,
    id,
  );
  const there = current === undefined ? undefined : versionOf(current);
  if (!holds(expect, there)) return { outcome: 'conflict', version: there };
  if (content === null && (there === undefined || there.deleted)) return { outcome: 'unchanged', version: there };
  if (current === undefined || there === undefined) {
    const made = content === null ? undefined : insertNew(connection, clock, write, content);
    // Nobody else writes inside this transaction.
    if (made === undefined) throw new Error('a new row was refused');
    return { outcome: 'created', version: made };
  }

  const { seq, now } = clock.next();
  const version: StoredVersion = {
    type,
    id,
    version: there.version + 1,
    lastUpdated: now,
    method: write.method,
    deleted: content === null,
    text: '',
  };
  if (content !== null) version.text = renderText(content.text, id, version.version, now);
  const columns: Value[] = [version.version, seq, now, version.method, version.deleted ? 1 : 0, version.text];
  connection.run(
    `INSERT INTO history (${VERSION_COLUMNS}, until) SELECT ${VERSION_COLUMNS}, ? FROM resource WHERE rid = ?`,
    seq,
    current.rid,
  );
  connection.run(
    'UPDATE resource SET version = ?, seq = ?, last_updated = ?, method = ?, deleted = ?, text = ? WHERE rid = ?',
    ...columns,
    current.rid,
  );
  rewriteValues(connection, current.rid, content?.values, !there.deleted);
  if (content === null) return { outcome: 'deleted', version };
  return { outcome: there.deleted ? 'created' : 'updated', version };
}

/** On the writer's connection: another one would have to read its pages anew after each commit, at three times the cost. */
export function alike(connection: Connection, tokens: readonly AlikeToken[], most: number): StoredVersion[] {
  const rids = new Set<number>();
  for (const { key, system, code } of tokens) {
    const rows = connection.all<{ rid: number }>(
      'SELECT rid FROM token WHERE pid = ? AND code = ? AND system = ? ORDER BY rid DESC LIMIT ?',
      connection.nameOf(key),
      code,
      system === '' ? 0 : connection.nameOf(system),
      most,
    );
    for (const { rid } of rows) rids.add(rid);
  }
  return [...rids].map((rid) =>
    versionOf(connection.get<VersionRow>(`SELECT ${VERSION_COLUMNS} FROM resource WHERE rid = ?`, rid) as VersionRow),
  );
}

/** A resource under an id never used, without looking first; `undefined` when the id is taken. */
function insertNew(
  connection: Connection,
  clock: Clock,
  { type, id, method }: Put,
  content: NonNullable<Put['content']>,
): StoredVersion | undefined {
  const { seq, now } = clock.next();
  const text = renderText(content.text, id, 1, now);
  const { changes, lastInsertRowid } = connection.run(
    'INSERT INTO resource (type, id, version, seq, last_updated, method, deleted, text) VALUES (?, ?, 1, ?, ?, ?, 0, ?) ON CONFLICT (type, id) DO NOTHING',
    type,
    id,
    seq,
    now,
    method,
    text,
  );
  if (changes === 0) return undefined;
  insertValues(connection, Number(lastInsertRowid), rowsOf(connection, content.values));
  writeWords(connection, Number(lastInsertRowid), content.values);
  return { type, id, version: 1, lastUpdated: now, method, deleted: false, text };
}

function holds(expect: Put['expect'], there: StoredVersion | undefined): boolean {
  if (expect === 'any') return true;
  if (expect === 'absent') return there === undefined;
  if (there === undefined || there.deleted) return false;
  return expect === 'exists' || [expect.version].flat().includes(there.version);
}

/** For each value table: its columns beside rid, in the order of the rows below. */
const TABLES = {
  token: ['pid', 'code', 'system'],
  string: ['pid', 'folded', 'exact'],
  reference: ['pid', 'target'],
  uri: ['pid', 'value'],
  date: ['pid', 'low', 'high'],
  number: ['pid', 'low', 'high'],
  position: ['pid', 'latitude', 'longitude'],
} as const;
type Table = keyof typeof TABLES;
const TABLE_NAMES = Object.keys(TABLES) as Table[];

/** Rows that one statement inserts at most: fewer calls into the engine, and few shapes of statement to keep. */
const MAX_ROWS = 16;

const inserts = new Map<string, string>();

/** The statement that inserts `count` rows of one resource. */
function insertSql(table: Table, count: number): string {
  const name = `${table} ${count}`;
  let sql = inserts.get(name);
  if (sql === undefined) {
    const columns = TABLES[table];
    const row = `(${columns.map(() => '?').join(', ')}, ?)`;
    sql = `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}, rid) VALUES ${Array(count).fill(row).join(', ')}`;
    inserts.set(name, sql);
  }
  return sql;
}
const SELECT = Object.fromEntries(
  TABLE_NAMES.map((table) => [table, `SELECT ${TABLES[table].join(', ')} FROM ${table} WHERE rid = ?`]),
) as Record<Table, string>;
const DELETE = Object.fromEntries(
  TABLE_NAMES.map((table) => [
    table,
    `DELETE FROM ${table} WHERE ${TABLES[table].map((c) => `${c} = ?`).join(' AND ')} AND rid = ?`,
  ]),
) as Record<Table, string>;

type Rows = Map<Table, Value[][]>;

function rowsOf(connection: Connection, values: SearchValues): Rows {
  const pid = (key: string) => connection.intern(key);
  return new Map<Table, Value[][]>([
    ['token', values.tokens.map((v) => [pid(v.key), v.code, v.system === '' ? 0 : connection.intern(v.system)])],
    ['string', values.strings.map((v) => [pid(v.key), v.folded, v.exact])],
    ['reference', values.references.map((v) => [pid(v.key), v.target])],
    ['uri', values.uris.map((v) => [pid(v.key), v.value])],
    ['date', values.dates.map((v) => [pid(v.key), v.low, v.high])],
    ['number', values.numbers.map((v) => [pid(v.key), v.low, v.high])],
    ['position', values.positions.map((v) => [pid(v.key), v.latitude, v.longitude])],
  ]);
}

function insertValues(connection: Connection, rid: number, rows: Rows): void {
  for (const [table, list] of rows) {
    for (let from = 0; from < list.length; from += MAX_ROWS) {
      const part = list.slice(from, from + MAX_ROWS);
      const values: Value[] = [];
      for (const row of part) values.push(...row, rid);
      connection.run(insertSql(table, part.length), ...values);
    }
  }
}

/** A current version with its values read anew; nothing when it is no longer the current one. */
export function reindex(connection: Connection, { type, id, version }: StoredVersion, values: SearchValues): void {
  const row = connection.get<{ rid: number }>(
    'SELECT rid FROM resource WHERE type = ? AND id = ? AND version = ? AND deleted = 0',
    type,
    id,
    version,
  );
  if (row !== undefined) rewriteValues(connection, row.rid, values, true);
}

/** The search values of a resource in place of those that it had; none for a deletion. */
function rewriteValues(connection: Connection, rid: number, values: SearchValues | undefined, hadWords: boolean): void {
  replaceValues(connection, rid, values === undefined ? new Map() : rowsOf(connection, values));
  if (hadWords) connection.run('DELETE FROM words WHERE rowid = ?', rid);
  if (values !== undefined) writeWords(connection, rid, values);
}

/** The tokenizer takes what is no letter or digit for a space, so that words are parted by one. */
function writeWords(connection: Connection, rid: number, { words }: SearchValues): void {
  if (words.content.length + words.narrative.length === 0) return;
  connection.run(
    'INSERT INTO words (rowid, narrative, content) VALUES (?, ?, ?)',
    rid,
    words.narrative.join(' '),
    words.content.join(' '),
  );
}

/** Writes only what differs: most updates leave most values as they were. */
function replaceValues(connection: Connection, rid: number, rows: Rows): void {
  for (const table of TABLE_NAMES) {
    const wanted = new Map((rows.get(table) ?? []).map((row) => [JSON.stringify(row), row]));
    for (const old of connection.all<Record<string, Value>>(SELECT[table], rid)) {
      const row = TABLES[table].map((column) => old[column] as Value);
      if (!wanted.delete(JSON.stringify(row))) connection.run(DELETE[table], ...row, rid);
    }
    insertValues(connection, rid, new Map([[table, [...wanted.values()]]]));
  }
}
