/** The production store: one MongoDB database a tenant, on a replica set. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import type { Query, SearchValues } from '../../search/query.js';
import type { Jobs } from '../jobs.js';
import { KeyedMutex } from '../keyed-mutex.js';
import {
  type HistoryPage,
  type HistoryQuery,
  type Put,
  type PutResult,
  type SearchPage,
  type SearchPlan,
  type State,
  type Store,
  type StoredVersion,
  StoreUnavailable,
  TRANSACTION_SECONDS,
  type Transaction,
} from '../store.js';
import { timed } from '../timed.js';
import type { Trail } from '../trail.js';
import { type Batches, batchesOf } from './batches.js';
import { connect, primaryOf, translate } from './connect.js';
import { GridContents } from './contents.js';
import { type Collections, collectionsOf, refOf, type VersionDocument, versionOf } from './documents.js';
import { explain } from './explain.js';
import { history } from './history.js';
import { InFlight } from './in-flight.js';
import { ensureIndexes } from './indexes.js';
import { jobsOf } from './jobs.js';
import { atMoment } from './moment.js';
import { versionNumbered } from './reads.js';
import { search } from './search.js';
import { SessionTransaction } from './session-transaction.js';
import { stateOf } from './state.js';
import { trailOf } from './trail.js';
import { transact } from './transactions.js';
import { documentOf, put, reindex, type Steps, stepsOf } from './writes.js';

export { NotAReplicaSet } from './connect.js';

/** Throws NotAReplicaSet for a standalone server, StoreUnavailable for one that does not answer. */
export async function openMongoStore({
  uri,
  transactionSeconds = TRANSACTION_SECONDS,
}: {
  uri: string;
  transactionSeconds?: number | undefined;
}): Promise<Store> {
  const { client, db } = await connect(uri);
  const collections = collectionsOf(db);
  try {
    await ensureIndexes(collections);
  } catch (error) {
    await client.close();
    throw translate(error);
  }
  return new MongoStore(client, collections, new GridContents(db), transactionSeconds);
}

/** Removes the database that a URI names, contents too. Throws as openMongoStore does. */
export async function dropMongoStore(uri: string): Promise<void> {
  const { client, db } = await connect(uri);
  try {
    await db.dropDatabase();
  } catch (error) {
    throw translate(error);
  } finally {
    await client.close();
  }
}

/** Milliseconds in which a database that is there answers. */
const READY_WITHIN = 2000;

class MongoStore implements Store {
  readonly name = 'mongodb';
  /** A document holds 16 MB; the rest is for its keys. */
  readonly maxTextBytes = 15_000_000;
  /** Of versions that were read: for `Put.from`. */
  private readonly documents = new WeakMap<StoredVersion, VersionDocument>();
  private readonly turns = new KeyedMutex();
  private readonly batches: Batches;
  private readonly steps: Steps;
  private readonly inFlight = new InFlight();
  private closed = false;
  readonly state: State;
  readonly jobs: Jobs;
  readonly trail: Trail;

  constructor(
    private readonly client: MongoClient,
    private readonly collections: Collections,
    readonly contents: GridContents,
    private readonly transactionSeconds: number,
  ) {
    this.batches = batchesOf(collections, this.inFlight);
    this.steps = stepsOf(this.batches);
    let primary: string | undefined;
    client.on('topologyDescriptionChanged', ({ previousDescription, newDescription }) => {
      primary ??= primaryOf(previousDescription);
      const now = primaryOf(newDescription) ?? primary;
      if (now !== primary) this.inFlight.primaryChanged();
      primary = now;
    });
    this.state = stateOf(collections, (work) => this.run(work));
    this.jobs = jobsOf(collections, (work) => this.run(work));
    this.trail = trailOf(collections, (work) => this.run(work));
  }

  private run<T>(work: () => Promise<T>, takes = 0): Promise<T> {
    return this.closed ? Promise.reject(new StoreUnavailable('closed')) : this.inFlight.run(work, takes);
  }

  /** Work without an answer gives its turn back: the database, not the turn, keeps two writes apart. */
  private inTurn<T>(keys: readonly string[], work: () => Promise<T>, takes = 0): Promise<T> {
    return this.run(() => this.turns.run(keys, () => this.inFlight.run(work, takes)), takes);
  }

  /** What is in flight here are whole batches. */
  async read(type: string, id: string): Promise<StoredVersion | undefined> {
    if (this.closed) throw new StoreUnavailable('closed');
    const found = await this.batches.reads.submit(refOf(type, id));
    if (found === undefined) return undefined;
    const version = versionOf(found);
    this.documents.set(version, found);
    return version;
  }

  readVersion(type: string, id: string, version: number): Promise<StoredVersion | undefined> {
    return this.run(() => versionNumbered(this.collections, type, id, version));
  }

  search(query: Query): Promise<SearchPage> {
    return this.run(async () => {
      const { done, moment } = await atMoment(this.client, query, (options) =>
        search(this.collections, query, options),
      );
      return moment === undefined ? done : { ...done, moment };
    });
  }

  explain(query: Query): Promise<SearchPlan> {
    return this.run(() => explain(this.collections, query));
  }

  history(query: HistoryQuery): Promise<HistoryPage> {
    return this.run(() => history(this.collections, query));
  }

  put(write: Put): Promise<PutResult> {
    if (write.expect === 'absent' && write.content !== null) return this.run(() => this.create(write));
    const from = write.from && this.documents.get(write.from);
    return this.inTurn([refOf(write.type, write.id)], () => put(this.steps, write, from));
  }

  /** A new id is inserted without a look; only when that fails somebody has to see what is there. */
  private async create(write: Put): Promise<PutResult> {
    const document = documentOf(write, null);
    // Asked before the insert, so that nothing is like itself.
    const found = write.alike === undefined ? undefined : await this.batches.alike.submit(write.alike);
    if (await this.batches.creates.submit(document)) {
      return { outcome: 'created', version: versionOf(document), ...(found !== undefined && { alike: found }) };
    }
    return await put(this.steps, write);
  }

  transact<T>(locks: readonly string[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { client, collections } = this;
    // A prefix keeps these keys apart from those of single resources.
    const keys = locks.map((lock) => `lock ${lock}`);
    const seconds = this.transactionSeconds;
    const all = () => {
      const began = performance.now();
      return transact(client, collections, locks, seconds, async (session, attempt) => {
        const inside = new SessionTransaction(collections, session, this.state, attempt > 0);
        const transaction = timed(inside, seconds, began);
        const result = await work(transaction);
        await inside.beforeCommit();
        transaction.check();
        return result;
      });
    };
    return this.inTurn(keys, all, seconds * 1000);
  }

  reindex(items: readonly { version: StoredVersion; values: SearchValues }[]): Promise<void> {
    return this.run(() => reindex(this.collections, items));
  }

  ready(): Promise<void> {
    return this.run(async () => {
      const late = sleep(READY_WITHIN, undefined, { ref: false }).then(() => {
        throw new StoreUnavailable(`no answer within ${READY_WITHIN} ms`);
      });
      await Promise.race([this.client.db().command({ ping: 1 }), late]);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.batches.reads.idle();
    await this.inFlight.end();
    await this.client.close();
  }
}
