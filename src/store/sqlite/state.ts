/** What the server keeps for itself, in a table of names and texts. */
import type { State } from '../store.js';
import type { Connection } from './connection.js';

/** `write` runs work in a transaction, `outside` asks the reader, who sees what is committed; in a transaction both are it. */
export function stateOf(
  writer: Connection,
  write: <T>(work: () => T) => Promise<T>,
  outside: <T>(work: (connection: Connection) => T) => Promise<T>,
): State {
  const find = (connection: Connection, name: string) =>
    connection.get<{ text: string }>(
      'SELECT text FROM state WHERE name = ? AND (expires IS NULL OR expires > ?)',
      name,
      Date.now(),
    )?.text;
  return {
    get: (name) => outside((connection) => find(connection, name)),
    set: (name, text, expires) =>
      write(() => {
        writer.run('DELETE FROM state WHERE expires <= ?', Date.now());
        writer.run(
          `INSERT OR REPLACE INTO state (name, text, expires) VALUES (?, ?, ${expires === undefined ? 'NULL' : '?'})`,
          name,
          text,
          ...(expires === undefined ? [] : [expires]),
        );
      }),
    setIfAbsent: (name, text) =>
      write(() => {
        const there = find(writer, name);
        if (there !== undefined) return there;
        writer.run('INSERT OR REPLACE INTO state (name, text, expires) VALUES (?, ?, NULL)', name, text);
        return text;
      }),
  };
}
