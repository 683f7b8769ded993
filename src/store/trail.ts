/**
 * The trail port: who did what, in batches that are appended and never changed. `store.trail` of each engine keeps them; a
 * store is one tenant's, and so is its trail. The port knows nothing of what a batch says.
 * docs/adr/0042-the-trace-is-a-trail-of-batches.md
 */

export interface TrailBatch {
  /** Each process writes a chain of its own; its batches are numbered from 0. */
  readonly chain: string;
  readonly number: number;
  /** The hash of the batch before it in the chain; '' for the first. */
  readonly previous: string;
  /** Over `previous` and `text`: see hashOf in access/audit. */
  readonly hash: string;
  /** Milliseconds since 1970 of its first and its last line. */
  readonly first: number;
  readonly last: number;
  /** What it is found by, each once: whom it is about. */
  readonly keys: readonly string[];
  /** Lines of JSON. */
  readonly text: string;
}

export interface TrailQuery {
  /** Batches that have it. */
  readonly key?: string;
  /** Batches that have lines in [from, to] (ms). */
  readonly from?: number;
  readonly to?: number;
  readonly descending: boolean;
  readonly count: number;
  /** The batch that the walk goes on after: of those that ended at one time, by chain and number. */
  readonly after?: Pick<TrailBatch, 'last' | 'chain' | 'number'>;
}

/** By chain and number. */
export const inChains = (a: OpenBatch, b: OpenBatch): number =>
  a.chain === b.chain ? a.number - b.number : a.chain < b.chain ? -1 : 1;

/** Lines of a batch that is not appended yet. */
export interface OpenBatch {
  readonly chain: string;
  readonly number: number;
  readonly text: string;
}

export interface Trail {
  /** Adds to the text of a batch that will be appended later; durable when it resolves, and cheap. */
  journal(piece: OpenBatch): Promise<void>;
  /**
   * Open batches to which nothing was added since `before` (ms since 1970): whoever wrote them may be dead. Those of a chain
   * are in the order of their numbers.
   */
  orphans(before: number): Promise<OpenBatch[]>;
  /** Forgets what was journaled of a batch. */
  discard(chain: string, number: number): Promise<void>;
  /** Durable when it resolves. A chain and number that are there already are an error of the caller's. */
  append(batch: TrailBatch): Promise<void>;
  batch(chain: string, number: number): Promise<TrailBatch | undefined>;
  /** In the order of their ends (last, chain, number), or the other way round. */
  walk(query: TrailQuery): Promise<TrailBatch[]>;
  /** Batches of one chain in the order of their numbers, from `from` on. */
  chain(chain: string, from: number, count: number): Promise<TrailBatch[]>;
  /** The last batch of each chain, without its text. */
  heads(): Promise<Omit<TrailBatch, 'text' | 'keys'>[]>;
}
