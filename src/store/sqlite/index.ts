/** The embedded store: one SQLite file a tenant, or memory for test harnesses. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Query, SearchValues } from '../../search/query.js';
import type { Contents } from '../contents.js';
import type { JobSteps, Jobs } from '../jobs.js';
import {
  type HistoryPage,
  type HistoryQuery,
  MAX_ALIKE,
  type Put,
  type PutResult,
  type SearchPage,
  type SearchPlan,
  type State,
  type Store,
  type StoredVersion,
  TRANSACTION_SECONDS,
  type Transaction,
} from '../store.js';
import { timed } from '../timed.js';
import type { Trail } from '../trail.js';
import { Connection, translate } from './connection.js';
import { FileContents } from './contents.js';
import { explain } from './explain.js';
import { GroupCommit } from './group-commit.js';
import { history } from './history.js';
import { jobStepsOf, jobsOf } from './jobs.js';
import { MemoryContents } from './memory-contents.js';
import { VERSION_COLUMNS, type VersionRow, versionOf } from './rows.js';
import { prepareSchema, takeRoom } from './schema.js';
import { search } from './search.js';
import { stateOf } from './state.js';
import { trailOf } from './trail.js';
import { FileJournal, NO_JOURNAL } from './trail-journal.js';
import { alike, Clock, put, reindex } from './writes.js';

/** Opens or creates the store in a folder; `'memory'` forgets all when it is closed. */
export function openSqliteStore(where: { folder: string } | 'memory', transactionSeconds = TRANSACTION_SECONDS): Store {
  if (where === 'memory') {
    return new SqliteStore('memory', ':memory:', new MemoryContents(), transactionSeconds, () => undefined, NO_JOURNAL);
  }
  makeFolder(resolve(where.folder));
  const store = join(where.folder, 'passerelle.db');
  const contents = new FileContents(join(where.folder, 'contents'));
  const journal = new FileJournal(join(where.folder, 'trail'));
  return new SqliteStore('sqlite', store, contents, transactionSeconds, () => contents.close(), journal);
}

/** Each folder by itself: Node's own recursion does not end on /proc. Others on the machine have no look into it. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

class SqliteStore implements Store {
  /** SQLite's own limit on a text is 10^9 bytes. */
  readonly maxTextBytes = 500_000_000;
  private readonly writer: Connection;
  /** Sees only what is committed; a memory database has one connection, which waits for the writer instead. */
  private readonly reader: Connection;
  private readonly commits: GroupCommit;
  private readonly clock = new Clock();
  readonly state: State;
  readonly jobs: Jobs;
  readonly trail: Trail;
  /** The state and the jobs as a transaction sees them. */
  private readonly inner: { state: State; jobs: JobSteps };

  constructor(
    readonly name: string,
    file: string,
    readonly contents: Contents,
    private readonly transactionSeconds: number,
    private readonly closeContents: () => void,
    journal: Parameters<typeof trailOf>[3],
  ) {
    this.writer = new Connection(file);
    prepareSchema(this.writer.database);
    this.reader = file === ':memory:' ? this.writer : new Connection(file);
    this.commits = new GroupCommit(this.writer, () => this.clock.begin(this.writer), transactionSeconds);
    const { writer } = this;
    const write = <T>(work: () => T) => this.commits.submit(work);
    const outside = <T>(work: (connection: Connection) => T) => this.outside(work);
    this.state = stateOf(writer, write, outside);
    this.jobs = jobsOf(writer, write, outside);
    this.trail = trailOf(writer, write, outside, journal);
    const at = async <T>(work: () => T) => work();
    const inside = async <T>(work: (connection: Connection) => T) => work(writer);
    this.inner = { state: stateOf(writer, at, inside), jobs: jobStepsOf(writer, at, inside) };
  }

  private async outside<T>(work: (connection: Connection) => T): Promise<T> {
    if (this.reader === this.writer) await this.commits.idle();
    try {
      return work(this.reader);
    } catch (error) {
      throw translate(error);
    }
  }

  read(type: string, id: string): Promise<StoredVersion | undefined> {
    return this.outside((connection) => current(connection, type, id));
  }

  readVersion(type: string, id: string, version: number): Promise<StoredVersion | undefined> {
    return this.outside((connection) => versionNumbered(connection, type, id, version));
  }

  search(query: Query): Promise<SearchPage> {
    return this.outside((connection) => search(connection, query));
  }

  explain(query: Query): Promise<SearchPlan> {
    return this.outside((connection) => explain(connection, query));
  }

  history(query: HistoryQuery): Promise<HistoryPage> {
    return this.outside((connection) => history(connection, query));
  }

  put(write: Put): Promise<PutResult> {
    return this.commits.submit(() => put(this.writer, this.clock, write));
  }

  /** One writer runs transactions one after the other, in every process: the locks hold by themselves. */
  transact<T>(_locks: readonly string[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { writer, clock, inner } = this;
    const steps: Transaction = {
      ...inner,
      // Nobody else writes meanwhile.
      lock: async () => undefined,
      read: async (type, id) => current(writer, type, id),
      readVersion: async (type, id, version) => versionNumbered(writer, type, id, version),
      search: async (query) => search(writer, query),
      history: async (query) => history(writer, query),
      put: async (write) => put(writer, clock, write),
      putAll: async (writes) => writes.map((write) => put(writer, clock, write)),
      alike: async (lists) => lists.map((tokens) => alike(writer, tokens, MAX_ALIKE + 1)),
    };
    const run = async () => {
      const transaction = timed(steps, this.transactionSeconds);
      const result = await work(transaction);
      transaction.check();
      return result;
    };
    return this.commits.submit(run, { mayFail: true });
  }

  reindex(items: readonly { version: StoredVersion; values: SearchValues }[]): Promise<void> {
    return this.commits.submit(() => {
      for (const { version, values } of items) reindex(this.writer, version, values);
    });
  }

  async ready(): Promise<void> {
    // Something is really written: a full disk takes an empty transaction, and a page or two.
    await this.commits.submit(() => takeRoom(this.writer.database));
  }

  async close(): Promise<void> {
    await this.commits.close();
    this.closeContents();
    this.reader.database.close();
    this.writer.database.close();
  }
}

function current(connection: Connection, type: string, id: string): StoredVersion | undefined {
  const row = connection.get<VersionRow>(`SELECT ${VERSION_COLUMNS} FROM resource WHERE type = ? AND id = ?`, type, id);
  return row === undefined ? undefined : versionOf(row);
}

function versionNumbered(connection: Connection, type: string, id: string, version: number): StoredVersion | undefined {
  const now = current(connection, type, id);
  if (now === undefined || now.version === version) return now;
  const row = connection.get<VersionRow>(
    `SELECT ${VERSION_COLUMNS} FROM history WHERE rid = (SELECT rid FROM resource WHERE type = ? AND id = ?) AND version = ?`,
    type,
    id,
    version,
  );
  return row === undefined ? undefined : versionOf(row);
}
