/** Instants as sequence numbers: both rise together, so that one index serves both. */
import type { DateMatch } from '../../search/query.js';
import type { Connection } from './connection.js';
import type { Sql } from './sql.js';

/** The least number whose versions, from there on, were written at or after an instant (ms). */
export function seqAt(connection: Connection, table: 'resource' | 'history', instant: number): number {
  let low = 0;
  let high = (connection.get<{ n: number | null }>(`SELECT max(seq) AS n FROM ${table}`)?.n ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = connection.get<{ seq: number; last_updated: number }>(
      `SELECT seq, last_updated FROM ${table} WHERE seq >= ? ORDER BY seq LIMIT 1`,
      middle,
    );
    if (row === undefined || row.last_updated >= instant) high = middle;
    else low = row.seq + 1;
  }
  return low;
}

/** `_lastUpdated` as a condition on a row of `resource` whose alias is `r`: an instant to the millisecond is a range of one. */
export function matchInstant(connection: Connection, { prefix, low, high }: DateMatch, r: string): Sql {
  const at = (instant: number) => seqAt(connection, 'resource', instant);
  switch (prefix) {
    case 'eq':
    case 'ap':
      return { text: `(${r}.seq >= ? AND ${r}.seq < ?)`, values: [at(low), at(high)] };
    case 'ne':
      return { text: `(${r}.seq < ? OR ${r}.seq >= ?)`, values: [at(low), at(high)] };
    case 'gt':
    case 'sa':
      return { text: `${r}.seq >= ?`, values: [at(high)] };
    case 'lt':
    case 'eb':
      return { text: `${r}.seq < ?`, values: [at(low)] };
    case 'ge':
      return { text: `${r}.seq >= ?`, values: [at(low)] };
    case 'le':
      return { text: `${r}.seq < ?`, values: [at(high)] };
  }
}
