/** A connection with its statements kept by their text, and the numbers of names. */
import Sqlite, { type Database, type Statement } from 'better-sqlite3';
import { distance } from '../../search/great-circle.js';
import { StoreDamaged, StoreFull, StoreUnavailable, TooComplex } from '../store.js';
import type { PastVersion } from './moment.js';

/** Search makes statements of many shapes; beyond this the oldest is dropped. */
const MAX_STATEMENTS = 400;
export type Value = string | number | null;

export class Connection {
  readonly database: Database;
  private readonly statements = new Map<string, Statement>();
  private readonly names = new Map<string, number>();
  /** Sees each question while somebody wants to know how a search is done; gives the SQL to ask instead. */
  observe: ((sql: string, values: readonly Value[]) => string) | undefined;
  /** Past versions whose values were read, by `rid/version`. */
  readonly past = new Map<string, PastVersion>();
  /** How often the SQL function `seen()` was called. */
  seen = 0;

  constructor(file: string) {
    this.database = new Sqlite(file);
    this.database.pragma('journal_mode = WAL');
    // What was acknowledged is on disk: FULL syncs the log at each commit.
    this.database.pragma('synchronous = FULL');
    // Measured: 1000 pages (the default) cost 11 ms at the 99th percentile, 10000 cost 1 to 3 ms.
    this.database.pragma('wal_autocheckpoint = 10000');
    this.database.pragma('busy_timeout = 5000');
    this.database.pragma('cache_size = -65536');
    this.database.pragma('mmap_size = 268435456');
    this.database.function('seen', () => {
      this.seen++;
      return 1;
    });
    this.database.function('great_circle', { deterministic: true }, (a, b, c, d) =>
      distance({ latitude: a as number, longitude: b as number }, { latitude: c as number, longitude: d as number }),
    );
  }

  private statement(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const made = this.database.prepare(sql);
    if (this.statements.size >= MAX_STATEMENTS) {
      const oldest = this.statements.keys().next().value;
      if (oldest !== undefined) this.statements.delete(oldest);
    }
    this.statements.set(sql, made);
    return made;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.statement(this.observe?.(sql, values) ?? sql).all(...values) as Row[];
  }
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.statement(this.observe?.(sql, values) ?? sql).get(...values) as Row | undefined;
  }
  /** Returns the number of rows changed and the last row id. */
  run(sql: string, ...values: Value[]): { changes: number; lastInsertRowid: number | bigint } {
    return this.statement(sql).run(...values);
  }

  /** Questions that see one state of the file, whoever else writes it. */
  reading<T>(work: () => T): T {
    if (this.database.inTransaction) return work();
    this.run('BEGIN');
    try {
      return work();
    } finally {
      this.run('COMMIT');
    }
  }

  /** The number of a name; -1, which no row has, when it was never used. */
  nameOf(text: string): number {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    const row = this.get<{ id: number }>('SELECT id FROM name WHERE text = ?', text);
    if (row === undefined) return -1;
    this.names.set(text, row.id);
    return row.id;
  }

  /** The number of a name, which is given one when it has none. For writers. */
  intern(text: string): number {
    const known = this.nameOf(text);
    if (known >= 0) return known;
    const id = Number(this.run('INSERT INTO name (text) VALUES (?)', text).lastInsertRowid);
    this.names.set(text, id);
    return id;
  }

  /** After a rollback: numbers given since may be gone. */
  forgetNames(): void {
    this.names.clear();
  }
}

/** What SQLite says of a statement beyond its limits. https://www.sqlite.org/limits.html */
const BEYOND_LIMITS = /too (?:many|large)|parser stack overflow|at most \d+ tables/i;

/** An error of the engine that the client may wait out becomes StoreUnavailable; others stay what they are. */
export function translate(error: unknown): unknown {
  const code = error instanceof Sqlite.SqliteError ? error.code : undefined;
  if (code === 'SQLITE_FULL') return new StoreFull(code);
  if (code !== undefined && /^SQLITE_(CORRUPT|NOTADB)/.test(code)) return new StoreDamaged(code);
  if (code !== undefined && /^SQLITE_(BUSY|IOERR|LOCKED|CANTOPEN|READONLY|NOMEM)/.test(code))
    return new StoreUnavailable(code);
  if (code === 'SQLITE_ERROR' && BEYOND_LIMITS.test((error as Error).message)) return new TooComplex(code);
  if (error instanceof TypeError && /database connection is not open/.test(error.message))
    return new StoreUnavailable('closed');
  return error;
}
