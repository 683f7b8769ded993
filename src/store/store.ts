/**
 * The store port: the only contract between Passerelle and what keeps its records. Two engines implement it,
 * `sqlite/` and `mongo/`; `test/contract/` runs whole against each. A store is one tenant's.
 */
import type { Issue } from '../r4/errors.js';
import type { Query, SearchValues } from '../search/query.js';
import type { Contents } from './contents.js';
import type { JobSteps, Jobs } from './jobs.js';
import type { Trail } from './trail.js';

/** One version of a resource as it was written. https://hl7.org/fhir/R4/http.html#versions */
export interface StoredVersion {
  type: string;
  id: string;
  /** 1, 2, 3 ...: `meta.versionId` and the ETag. */
  version: number;
  /** Milliseconds since 1970: `meta.lastUpdated`, and Last-Modified cut to the second. Never goes back for one id. */
  lastUpdated: number;
  /** The interaction that made it, as history tells it. */
  method: 'POST' | 'PUT' | 'DELETE';
  deleted: boolean;
  /** The resource as JSON text with id and meta set, sent as it is; '' for a deletion. */
  text: string;
}

/**
 * The JSON text of a resource, open where only the store knows what to say: the id, the version and the instant.
 * `metaRest` continues the meta object (`,"profile":[...]` or ''), `rest` the resource (`,"active":true` or '').
 */
export interface ResourceText {
  type: string;
  metaRest: string;
  rest: string;
}

/** Completes the text. `lastUpdated` is written in UTC with milliseconds. */
export function renderText(text: ResourceText, id: string, version: number, lastUpdated: number): string {
  const instant = new Date(lastUpdated).toISOString();
  return `{"resourceType":"${text.type}","id":"${id}","meta":{"versionId":"${version}","lastUpdated":"${instant}"${text.metaRest}}${text.rest}}`;
}

/** What must be true of the current version for a write to happen. */
export type Expectation =
  /** No condition: create, or replace whatever is there. */
  | 'any'
  /** No current version and no deleted one (a new id). */
  | 'absent'
  /** A current version that is not deleted. */
  | 'exists'
  /** The current version is this one, or one of these, and is not deleted (If-Match). */
  | { version: number | readonly number[] };

export interface Put {
  type: string;
  id: string;
  /** `null` deletes: a new version without text. Deleting what is absent or deleted changes nothing. */
  content: { text: ResourceText; values: SearchValues } | null;
  method: 'POST' | 'PUT' | 'DELETE';
  expect: Expectation;
  /** The current version as the writer read it from this store, where it did: it spares a look, and binds to nothing. */
  from?: StoredVersion;
  /** Of a create by itself: what has one of these tokens just before the write comes with the result. */
  alike?: readonly AlikeToken[];
}

/** A search value, as `SearchValues.tokens` has it. */
export interface AlikeToken {
  key: string;
  system: string;
  code: string;
}

/**
 * Versions that each token of a create brings at most, the newest first: each is compared, for 50 µs of every create. Of
 * 200 000 people one in three shares a token with another.
 */
export const MAX_ALIKE = 5;

export type PutResult =
  | { outcome: 'created' | 'updated' | 'deleted'; version: StoredVersion; alike?: readonly StoredVersion[] }
  /** A deletion of what was not there; `version` is the tombstone where there is one. */
  | { outcome: 'unchanged'; version: StoredVersion | undefined }
  /** The expectation did not hold; `version` is what is there. Nothing was written. */
  | { outcome: 'conflict'; version: StoredVersion | undefined };

/**
 * A page ends early once it holds so many characters of text, though never before its first entry: what an answer
 * takes in memory is bounded, whatever was asked for. `next` goes on from there.
 */
export const PAGE_TEXT = 16_000_000;

/**
 * A series of pages shows its moment: each resource that fitted then, once, as it was then and where it stood then,
 * whatever is written meanwhile. Filters that look into other resources see these as they are, or as they were.
 */
export interface SearchPage {
  /** Versions current at the moment of the series, not deleted. */
  items: StoredVersion[];
  /** For `Query.moment` of the other pages; absent when only the total was asked for. */
  moment?: string;
  /** The cursor of the next page, when there is one. */
  next?: string;
  /** Exact number of matches, when asked for or when known at no cost. */
  total?: number;
}

export interface HistoryQuery {
  /** Neither: the whole system. `type`: one type. Both: one instance. https://hl7.org/fhir/R4/http.html#history */
  type?: string;
  id?: string;
  /** Only versions written at or after this instant (ms). */
  since?: number;
  /** Only versions that were current at some time in this range [low, high) (ms). */
  at?: { low: number; high: number };
  count: number;
  cursor?: string;
}

export interface HistoryPage {
  /** Newest first. */
  items: StoredVersion[];
  next?: string;
  /** Known for an instance's history. */
  total?: number;
}

/** What the server keeps for itself beside resources: keys, marks, long searches. One tenant's, like the store. */
export interface State {
  get(name: string): Promise<string | undefined>;
  /** Durable when it resolves; gone after `expires` (ms since 1970), if that is given. */
  set(name: string, text: string, expires?: number): Promise<void>;
  /** Sets what is not there, and returns what is: of several who ask at once, all get the same. */
  setIfAbsent(name: string, text: string): Promise<string>;
}

/** What followed from a resource that was written: findings, for who wrote it; refused, nothing of the transaction is kept. */
export interface Concluded {
  readonly issues: readonly Issue[];
  readonly isRefused: boolean;
}

/**
 * What a transaction can do; everything in it is seen by its own later steps, and by nobody else before it commits. It is a
 * plain object of functions: who adds to one spreads it.
 */
export interface Transaction {
  /** The store's, asked from within; what is set may be undone with the transaction. */
  readonly state: State;
  readonly jobs: JobSteps;
  /** As the locks of `transact`, for what is only known on the way: of two that touch the same lock one sees what the other did. */
  lock(name: string): Promise<void>;
  read(type: string, id: string): Promise<StoredVersion | undefined>;
  readVersion(type: string, id: string, version: number): Promise<StoredVersion | undefined>;
  search(query: Query): Promise<SearchPage>;
  history(query: HistoryQuery): Promise<HistoryPage>;
  put(put: Put): Promise<PutResult>;
  /** The same for many of different resources, in as few steps as the engine can; results in their order. */
  putAll(puts: readonly Put[]): Promise<PutResult[]>;
  /** For each of the lists, what has one of its tokens; of each token MAX_ALIKE and one more at most, the newest first. */
  alike(lists: readonly (readonly AlikeToken[])[]): Promise<StoredVersion[][]>;
  /**
   * Does now what follows from what was written so far, and tells it by `Type/id`: for who answers within the transaction.
   * It is done at the end otherwise. Absent where nothing follows.
   */
  readonly conclude?: (() => Promise<ReadonlyMap<string, Concluded>>) | undefined;
  /** The transaction as the server's own work has it: whatever a caller may, and without what follows. */
  readonly server?: Transaction;
}

/** How a search was really done. Counts are of this one page. */
export interface SearchPlan {
  /** Indexes of the engine that were used, in its own names. */
  indexes: string[];
  keysExamined: number;
  resourcesRead: number;
}

export interface Store {
  readonly state: State;
  readonly contents: Contents;
  readonly trail: Trail;
  readonly jobs: Jobs;
  /** For logs and the CapabilityStatement: `sqlite`, `memory` or `mongodb`. */
  readonly name: string;
  /** The largest resource text that the engine takes, in bytes of UTF-8. */
  readonly maxTextBytes: number;

  /** The current version, which may be a deletion; `undefined` when the id was never used. */
  read(type: string, id: string): Promise<StoredVersion | undefined>;
  /** One version, current or past. */
  readVersion(type: string, id: string, version: number): Promise<StoredVersion | undefined>;
  search(query: Query): Promise<SearchPage>;
  /** Does the search and tells how. */
  explain(query: Query): Promise<SearchPlan>;
  history(query: HistoryQuery): Promise<HistoryPage>;

  /** One write, atomic. Resolves when it is durable (SQLite: fsync; MongoDB: w majority, j true). */
  put(put: Put): Promise<PutResult>;
  /**
   * Several steps as one, durable when it resolves; nothing is kept when `work` throws. Two transactions that share a
   * lock never run at the same time, in this process or another: that makes a search-then-write exact. `work` may be
   * run again after a transient conflict, so it has no effect outside the transaction. It waits for nothing but the
   * transaction's own steps, and ends with TransactionTooLong when it takes more than the store gives it.
   */
  transact<T>(locks: readonly string[], work: (transaction: Transaction) => Promise<T>): Promise<T>;

  /**
   * Gives current versions their search values anew, and changes nothing else. One that is no longer current keeps what
   * the write after it brought.
   */
  reindex(items: readonly { version: StoredVersion; values: SearchValues }[]): Promise<void>;

  /** Rejects with a StoreUnavailable when the engine cannot take a write now. */
  ready(): Promise<void>;
  /** Ends what is in flight, then closes. */
  close(): Promise<void>;
}

/** Seconds that a transaction may take, unless the store is opened with others. */
export const TRANSACTION_SECONDS = 15;

/** The engine is away, busy or full: 503 to the client, who may try again. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}
/** A transaction took more than `seconds`, the time that it may take; nothing of it was stored. 503 to the client. */
export class TransactionTooLong extends StoreUnavailable {
  override name = 'TransactionTooLong';
  constructor(readonly seconds: number) {
    super(`a transaction took more than ${seconds} s`);
  }
}
/** The disk is full, or the space that the store may take: 507 to the client. */
export class StoreFull extends StoreUnavailable {
  override name = 'StoreFull';
}
/** The store's own file is damaged. Nothing more is written, so that no more is lost: 503, and somebody has to look. */
export class StoreDamaged extends StoreUnavailable {
  override name = 'StoreDamaged';
}
/** A cursor that this store did not make, or that no longer fits: 400 to the client. */
export class BadCursor extends Error {
  override name = 'BadCursor';
}
/** The engine cannot go on with a series of pages, because too much was changed since it began: 410 to the client. */
export class StaleCursor extends Error {
  override name = 'StaleCursor';
}
/** The engine cannot take a question of this size: 400 to the client. */
export class TooComplex extends Error {
  override name = 'TooComplex';
}
/** The engine has no room for one resource of this size: 413 to the client. */
export class TooLargeForStore extends Error {
  override name = 'TooLargeForStore';
}
