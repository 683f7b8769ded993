/**
 * The jobs port: effects outside that are owed, written in the same transaction as what they are about, and worked off at
 * least once by any of the server's processes. `store.jobs` of each engine keeps them; a store is one tenant's, and so are
 * its jobs. It knows neither FHIR nor the DMP. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */

export interface NewJob {
  /** Unique in its queue. */
  readonly id: string;
  /** Which worker it is for: `dmp`, `subscription`. */
  readonly queue: string;
  /** What is stopped and served together: an establishment, an endpoint. */
  readonly lane: string;
  /** Jobs of one chain are worked one after the other, by `place`. */
  readonly chain: string;
  readonly place: number;
  readonly state: string;
  /** By which it is found besides: `document|123`, `patient|456`. */
  readonly keys: readonly string[];
  /** Milliseconds since 1970 from when it is to be worked; `null` while it waits for something else. */
  readonly due: number | null;
  /** JSON. Large bytes are contents. */
  readonly body: string;
  /** Addresses of the contents that it needs: no sweep takes them while it is there. */
  readonly contents: readonly string[];
}

export interface Job extends NewJob {
  /** Grows with each lease and each save: who saves tells the one that it knew. */
  readonly fence: number;
}

/** What can be done in a transaction; seen by its later steps, and by nobody else before it commits. */
export interface JobSteps {
  /** A job that is there already (queue and id) is an error of the caller's. */
  add(job: NewJob): Promise<void>;
  get(queue: string, id: string): Promise<Job | undefined>;
  /**
   * In the order of their places. In a transaction it holds the chain: of two that asked for it at the same time, one
   * sees what the other did.
   */
  chain(queue: string, chain: string): Promise<Job[]>;
  /** With this key, the newest first; `count` at most. */
  find(queue: string, key: string, count: number): Promise<Job[]>;
  /**
   * Replaces all but queue, id, lane and chain, and ends a lease unless `due` keeps it; `false`, and nothing done, where
   * the fence is another by now. The fence is one more then.
   */
  save(job: Job): Promise<boolean>;
  /** `false` where the fence is another by now. */
  remove(job: Job): Promise<boolean>;
}

export interface Jobs extends JobSteps {
  /**
   * Takes due jobs of a lane for whoever asks, the longest due first: their due moment becomes `until`, their fence grows.
   * No other gets them before `until`. Durable when it resolves.
   */
  lease(queue: string, lane: string, now: number, until: number, count: number): Promise<Job[]>;
  /** Keeps a lease longer; `false` where it is lost. The fence stays. */
  renew(job: Job, until: number): Promise<boolean>;
  /** Lanes that have due jobs. */
  lanes(queue: string, now: number): Promise<string[]>;
  /** When the next job of a queue is due, in any lane; `undefined` where none is. */
  nextDue(queue: string): Promise<number | undefined>;
  /** How many there are, by lane and state. */
  counts(queue: string): Promise<{ lane: string; state: string; count: number }[]>;
  /** Addresses of all contents that jobs need, of any queue; one may come twice. */
  contents(): AsyncIterable<string>;
  /** Jobs by id, all of a queue or those of a lane or state; `after` is the last id of the page before. */
  list(queue: string, filter: { lane?: string; state?: string }, count: number, after?: string): Promise<Job[]>;
}
