/** Versions newest first: the current ones and those that updates moved to the history, by their sequence. */
import { readCursor, writeCursor } from '../cursor.js';
import { type HistoryPage, type HistoryQuery, PAGE_TEXT } from '../store.js';
import type { Connection, Value } from './connection.js';
import { seqAt } from './instants.js';
import { VERSION_COLUMNS, type VersionRow, versionOf } from './rows.js';

export function history(connection: Connection, query: HistoryQuery): HistoryPage {
  const [before] = query.cursor === undefined ? [Number.MAX_SAFE_INTEGER] : readCursor(query.cursor, 'h', 'n');
  const scope: string[] = [];
  const values: Value[] = [];
  const add = (text: string, ...more: Value[]) => {
    scope.push(text);
    values.push(...more);
  };
  if (query.type !== undefined && query.id !== undefined) {
    const rid = connection.get<{ rid: number }>(
      'SELECT rid FROM resource WHERE type = ? AND id = ?',
      query.type,
      query.id,
    )?.rid;
    add('v.rid = ?', rid ?? -1);
  } else if (query.type !== undefined) add('v.type = ?', query.type);
  const total = query.id === undefined ? undefined : countOf(connection, scope, values, query);
  if (query.since !== undefined) add('v.last_updated >= ?', query.since);
  const [past, current] = [[...scope], [...scope]];
  const pastValues = [...values];
  const currentValues = [...values];
  if (query.since !== undefined && query.id === undefined) {
    // Where in the index to begin; an instance's own index has few rows.
    past.push('v.seq >= ?');
    pastValues.push(seqAt(connection, 'history', query.since));
    current.push('v.seq >= ?');
    currentValues.push(seqAt(connection, 'resource', query.since));
  }
  if (query.at !== undefined) {
    const { low, high } = query.at;
    // Current at some time in the range: written before its end, and not yet replaced at its start.
    past.push(
      'v.last_updated < ? AND (SELECT min(n.last_updated) FROM (SELECT last_updated FROM history WHERE rid = v.rid AND version = v.version + 1 UNION ALL SELECT last_updated FROM resource WHERE rid = v.rid AND version = v.version + 1) n) > ?',
    );
    pastValues.push(high, low);
    current.push('v.last_updated < ?');
    currentValues.push(high);
  }
  const part = (table: string, where: readonly string[]) =>
    `SELECT * FROM (SELECT '${table}' AS place, seq, rid, version FROM ${table} v WHERE v.seq < ? ${where.map((w) => `AND ${w}`).join(' ')} ORDER BY v.seq DESC LIMIT ?)`;
  const limit = query.count + 1;
  const rows = connection.all<{ place: 'resource' | 'history'; seq: number; rid: number; version: number }>(
    `${part('resource', current)} UNION ALL ${part('history', past)} ORDER BY seq DESC LIMIT ?`,
    before as number,
    ...currentValues,
    limit,
    before as number,
    ...pastValues,
    limit,
    limit,
  );
  const page: HistoryPage = { items: [] };
  let size = 0;
  // Texts last, and no more of them than a page holds.
  for (const { place, rid, version } of rows.slice(0, query.count)) {
    if (size >= PAGE_TEXT) break;
    const sql = `SELECT ${VERSION_COLUMNS} FROM ${place} WHERE rid = ? AND version = ?`;
    const row = connection.get<VersionRow>(sql, rid, version) as VersionRow;
    size += row.text.length;
    page.items.push(versionOf(row));
  }
  const last = rows[page.items.length - 1];
  if (rows.length > page.items.length && last !== undefined) page.next = writeCursor(['h', last.seq]);
  if (total !== undefined) page.total = total;
  return page;
}

/** All versions of an instance, when nothing narrows them. */
function countOf(
  connection: Connection,
  scope: readonly string[],
  values: readonly Value[],
  query: HistoryQuery,
): number | undefined {
  if (query.since !== undefined || query.at !== undefined) return undefined;
  const where = scope.join(' AND ');
  const row = connection.get<{ n: number }>(
    `SELECT (SELECT count(*) FROM resource v WHERE ${where}) + (SELECT count(*) FROM history v WHERE ${where}) AS n`,
    ...values,
    ...values,
  );
  return row?.n;
}
