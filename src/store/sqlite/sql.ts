/** Pieces of SQL with the values that are bound in them. */
import type { Value } from './connection.js';

export interface Sql {
  text: string;
  values: Value[];
}

/** More parts than these are joined by halves: SQLite bounds the depth of an expression, and a flat list is deep. */
const MAX_FLAT = 100;

/** Joins parts by AND or OR; an empty list is true for AND and false for OR. */
export function join(parts: readonly Sql[], word: 'AND' | 'OR'): Sql {
  const [only, other] = parts;
  if (only === undefined) return { text: word === 'AND' ? '1' : '0', values: [] };
  if (other === undefined) return only;
  if (parts.length > MAX_FLAT) {
    const half = Math.ceil(parts.length / 2);
    return join([join(parts.slice(0, half), word), join(parts.slice(half), word)], word);
  }
  return { text: `(${parts.map((p) => p.text).join(` ${word} `)})`, values: parts.flatMap((p) => p.values) };
}

/** The least text that is above every text that starts with `prefix`. */
export function prefixEnd(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

/** More values than these are bound as one list: SQLite bounds the number of values. */
const MAX_BOUND = 50;

export function oneOf(column: string, values: readonly string[]): Sql {
  if (values.length > MAX_BOUND) {
    return { text: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
  }
  if (values.length === 1) return { text: `${column} = ?`, values: [...values] };
  return { text: `${column} IN (${values.map(() => '?').join(', ')})`, values: [...values] };
}
