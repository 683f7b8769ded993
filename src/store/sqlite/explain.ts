/**
 * How a search is done: it is done while every question to the engine is noted, and the engine says by which indexes it
 * answers each. SQLite does not tell how many keys it looks at, so a counter stands first among the conditions.
 */
import type { Query } from '../../search/query.js';
import type { SearchPlan } from '../store.js';
import type { Connection } from './connection.js';
import { search } from './search.js';

export function explain(connection: Connection, query: Query): SearchPlan {
  const indexes = new Set<string>();
  const before = connection.seen;
  connection.observe = (sql, values) => {
    const steps = connection.database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    for (const { detail } of steps) {
      const [, table = '', index] = /^(?:SEARCH|SCAN) (\S+)(?: USING (?:COVERING )?INDEX (\S+))?/.exec(detail) ?? [];
      if (index !== undefined) indexes.add(index);
      else if (/PRIMARY KEY|VIRTUAL TABLE/.test(detail)) indexes.add(nameOf(table, sql));
    }
    return sql.replaceAll(' WHERE ', ' WHERE seen() AND ');
  };
  try {
    const { items } = search(connection, query);
    return { indexes: [...indexes].sort(), keysExamined: connection.seen - before, resourcesRead: items.length };
  } finally {
    connection.observe = undefined;
  }
}

/** The table behind an alias, by whose own key the rows are found. */
function nameOf(alias: string, sql: string): string {
  return new RegExp(`(?:FROM|JOIN) (\\w+) ${alias}\\b`).exec(sql)?.[1] ?? alias;
}
