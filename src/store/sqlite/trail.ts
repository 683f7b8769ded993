/** The trail in a table of its own. docs/adr/0042-the-trace-is-a-trail-of-batches.md */
import type { Trail, TrailBatch, TrailQuery } from '../trail.js';
import type { Connection, Value } from './connection.js';

interface Row {
  bid: number;
  chain: string;
  number: number;
  previous: string;
  hash: string;
  first: number;
  last: number;
  keys: string;
  text: string;
}
const batchOf = ({ bid: _, keys, ...row }: Row): TrailBatch => ({
  ...row,
  keys: JSON.parse(keys) as string[],
});

function append(writer: Connection, batch: TrailBatch): void {
  const { chain, number, previous, hash, first, last, keys, text } = batch;
  const { lastInsertRowid } = writer.run(
    'INSERT INTO trail (chain, number, previous, hash, first, last, keys, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    chain,
    number,
    previous,
    hash,
    first,
    last,
    JSON.stringify(keys),
    text,
  );
  // In their order, so that neighbours in the index are written together.
  for (const key of [...keys].sort()) {
    writer.run('INSERT INTO trail_key (key, last, bid) VALUES (?, ?, ?)', key, last, Number(lastInsertRowid));
  }
}

function walk(connection: Connection, query: TrailQuery): TrailBatch[] {
  const { key, from, to, descending, count, after } = query;
  const conditions: string[] = [];
  const values: Value[] = [];
  const where = (condition: string, ...given: Value[]) => {
    conditions.push(condition);
    values.push(...given);
  };
  if (key !== undefined) where('trail_key.key = ?', key);
  const table = key === undefined ? 'trail' : 'trail_key CROSS JOIN trail USING (bid)';
  const last = key === undefined ? 'trail.last' : 'trail_key.last';
  if (from !== undefined) where(`${last} >= ?`, from);
  if (to !== undefined) where('trail.first <= ?', to);
  if (after !== undefined) {
    const sign = descending ? '<' : '>';
    where(`${last} ${sign}= ?`, after.last);
    where(`(${last}, trail.chain, trail.number) ${sign} (?, ?, ?)`, after.last, after.chain, after.number);
  }
  const order = [last, 'trail.chain', 'trail.number'].map((one) => (descending ? `${one} DESC` : one)).join(', ');
  const sql = `SELECT trail.* FROM ${table} ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY ${order} LIMIT ?`;
  return connection.all<Row>(sql, ...values, count).map(batchOf);
}

/** `write` runs work in a transaction, `outside` asks the reader, who sees what is committed. */
export function trailOf(
  writer: Connection,
  write: <T>(work: () => T) => Promise<T>,
  outside: <T>(work: (connection: Connection) => T) => Promise<T>,
  journal: Pick<Trail, 'journal' | 'orphans' | 'discard'>,
): Trail {
  return {
    journal: (piece) => journal.journal(piece),
    orphans: (before) => journal.orphans(before),
    discard: (chain, number) => journal.discard(chain, number),
    append: (batch) => write(() => append(writer, batch)),
    batch: (chain, number) =>
      outside((connection) => {
        const row = connection.get<Row>('SELECT * FROM trail WHERE chain = ? AND number = ?', chain, number);
        return row === undefined ? undefined : batchOf(row);
      }),
    walk: (query) => outside((connection) => walk(connection, query)),
    chain: (chain, from, count) =>
      outside((connection) =>
        connection
          .all<Row>('SELECT * FROM trail WHERE chain = ? AND number >= ? ORDER BY number LIMIT ?', chain, from, count)
          .map(batchOf),
      ),
    heads: () =>
      outside((connection) =>
        connection.all(
          'SELECT chain, number, previous, hash, first, last FROM trail AS one WHERE number = (SELECT max(number) FROM trail WHERE chain = one.chain) ORDER BY chain',
        ),
      ),
  };
}
