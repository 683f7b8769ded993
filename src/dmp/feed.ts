/**
 * What feeds the DMP from one tenant's store: the intake of what is filed, the queue, and the worker that delivers. Put
 * together here, opened where the store is. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import { randomUUID } from 'node:crypto';
import type { SearchRegistry } from '../search/registry.js';
import type { Store } from '../store/store.js';
import { DmpClient } from './client.js';
import type { Establishment } from './establishments.js';
import { FeedStore } from './feed-store.js';
import { Intake } from './intake.js';
import { DEFAULT_POLICY, type Policy } from './queue/policy.js';
import { Queue } from './queue/queue.js';
import { DEFAULT_WORKER, type News, Worker, type WorkerSettings } from './queue/worker.js';
import { taskPut } from './task.js';

export interface Feed {
  readonly queue: Queue;
  readonly intake: Intake;
  readonly establishments: readonly Establishment[];
  /** Something may be due. */
  wake(): void;
}
export interface OpenFeed extends Feed {
  /** The store that feeds: for all who write. */
  readonly store: Store;
  start(): void;
  /** Resolves when what is under way has ended, or was given back. */
  stop(): Promise<void>;
}

export interface FeedParts {
  /** What writes Tasks and is delivered from: beneath what a caller may. */
  readonly store: Store;
  readonly registry: SearchRegistry;
  readonly establishments: readonly Establishment[];
  readonly baseUrl: string;
  readonly timeZone: string;
  /** Of a worker: nothing of it is about a patient. */
  readonly tell: (news: News) => void;
  readonly policy?: Policy;
  readonly worker?: WorkerSettings;
}

export function openFeed(parts: FeedParts): OpenFeed {
  const { store, registry, establishments, baseUrl, timeZone, tell } = parts;
  const establishment = (id: string) => establishments.find((one) => one.id === id);
  const queue = new Queue({
    now: Date.now,
    random: Math.random,
    policy: parts.policy ?? DEFAULT_POLICY,
    newId: randomUUID,
    record: async (change, transaction) => {
      await transaction.put(taskPut(change, establishment(change.job.establishment), registry, baseUrl));
    },
  });
  const { contents } = store;
  const intake = new Intake({ registry, contents, queue, baseUrl, timeZone, establishments });
  const clients = new Map(
    establishments.map(({ id, connection, caller, options }) => [id, new DmpClient(connection, caller, options)]),
  );
  const worker = new Worker(
    {
      store,
      queue,
      check: (job, transaction) => intake.check(job, transaction),
      freeze: (job, transaction) => intake.freeze(job, transaction),
      client: async (id) => clients.get(id),
      tell,
    },
    parts.worker ?? DEFAULT_WORKER,
  );
  const wake = () => worker.wake();
  return {
    queue,
    intake,
    establishments,
    wake,
    store: new FeedStore(store, intake, wake),
    start: () => worker.start(),
    stop: () => worker.stop(),
  };
}
