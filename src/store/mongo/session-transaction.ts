/** What a transaction can do in a session of the database. https://www.mongodb.com/docs/manual/core/transactions/ */
import type { ClientSession } from 'mongodb';
import type { Query } from '../../search/query.js';
import type { JobSteps } from '../jobs.js';
import {
  type AlikeToken,
  type HistoryPage,
  type HistoryQuery,
  MAX_ALIKE,
  type Put,
  type PutResult,
  type SearchPage,
  type State,
  type StoredVersion,
  type Transaction,
} from '../store.js';
import { alike } from './alike.js';
import { type Collections, type ResourceDocument, versionOf } from './documents.js';
import { history } from './history.js';
import { SessionJobs } from './jobs.js';
import { current, versionNumbered } from './reads.js';
import { search } from './search.js';
import { hold } from './transactions.js';
import { documentOf, put, putAll, stepsIn } from './writes.js';

/** Characters of text that may wait: a command holds 48 MB. */
const MAX_WAITING = 8_000_000;

/**
 * New resources wait for each other and are inserted together, before anything else is asked for: a round trip for each
 * takes most of the time of a transaction.
 */
export class SessionTransaction implements Transaction {
  private waiting: ResourceDocument[] = [];
  private size = 0;
  private readonly sessionJobs: SessionJobs;

  constructor(
    private readonly collections: Collections,
    private readonly session: ClientSession,
    /** Apart from the session: what the server keeps for itself is no part of what a client does. */
    readonly state: State,
    /** Looks before each insert: at the second attempt, since an id that was taken ended the first. */
    private readonly isCareful: boolean,
  ) {
    this.sessionJobs = new SessionJobs(collections, session, isCareful);
  }

  get jobs(): JobSteps {
    return this.sessionJobs.steps;
  }

  /** Inserts all that waits. */
  async beforeCommit(): Promise<void> {
    await this.flush();
    await this.sessionJobs.flush();
  }

  private async flush(): Promise<void> {
    if (this.waiting.length === 0) return;
    const documents = this.waiting;
    this.waiting = [];
    this.size = 0;
    await this.collections.resources.insertMany(documents, { session: this.session });
  }

  async lock(name: string): Promise<void> {
    await hold(this.collections.locks, `lock ${name}`, this.session);
  }

  async put(write: Put): Promise<PutResult> {
    if (this.isCareful || write.expect !== 'absent' || write.content === null) {
      await this.flush();
      return await put(stepsIn(this.collections, this.session), write);
    }
    const document = documentOf(write, null);
    this.waiting.push(document);
    this.size += document.text.length;
    if (this.size > MAX_WAITING) await this.flush();
    return { outcome: 'created', version: versionOf(document) };
  }

  async putAll(writes: readonly Put[]): Promise<PutResult[]> {
    await this.flush();
    return await putAll(this.collections, writes, this.session);
  }

  async alike(lists: readonly (readonly AlikeToken[])[]): Promise<StoredVersion[][]> {
    await this.flush();
    return await alike(this.collections, lists, MAX_ALIKE + 1, this.session);
  }

  async read(type: string, id: string): Promise<StoredVersion | undefined> {
    await this.flush();
    return await current(this.collections, type, id, this.session);
  }

  async readVersion(type: string, id: string, version: number): Promise<StoredVersion | undefined> {
    await this.flush();
    return await versionNumbered(this.collections, type, id, version, this.session);
  }

  async search(query: Query): Promise<SearchPage> {
    await this.flush();
    return await search(this.collections, query, { session: this.session });
  }

  async history(query: HistoryQuery): Promise<HistoryPage> {
    await this.flush();
    return await history(this.collections, query, this.session);
  }
}
