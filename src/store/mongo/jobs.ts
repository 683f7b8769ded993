/** Jobs in a collection of their own. docs/adr/0031-a-queue-of-jobs-beside-the-records.md */
import { randomUUID } from 'node:crypto';
import type { ClientSession, Collection } from 'mongodb';
import type { Job, JobSteps, Jobs, NewJob } from '../jobs.js';
import { isDuplicateKey } from './connect.js';
import { type Collections, nextSequence } from './documents.js';
import { hold } from './transactions.js';

export interface JobDocument {
  /** `queue id`: the name of a queue has no space. */
  _id: string;
  q: string;
  lane: string;
  chain: string;
  place: number;
  state: string;
  keys: string[];
  /** What it is found by: its keys, and its chain, with the queue before them. */
  k: string[];
  /** Absent for one that waits for something else. */
  due?: number;
  fence: number;
  body: string;
  contents: string[];
  /** Orders jobs by their making. */
  n: string;
  /** The lease that was the last to take it. */
  lease?: string;
}
type Run = <T>(work: () => Promise<T>) => Promise<T>;

const idOf = (queue: string, id: string) => `${queue} ${id}`;
const keyOf = (queue: string, key: string) => `${queue} ${key}`;
/** Two spaces: no key begins with one. */
const chainKey = (queue: string, chain: string) => `${queue}  ${chain}`;
const keysOf = ({ queue, chain, keys }: NewJob) => [
  chainKey(queue, chain),
  ...new Set(keys.map((key) => keyOf(queue, key))),
];

const documentOf = (job: NewJob): JobDocument => ({
  _id: idOf(job.queue, job.id),
  q: job.queue,
  lane: job.lane,
  chain: job.chain,
  place: job.place,
  state: job.state,
  keys: [...job.keys],
  k: keysOf(job),
  ...(job.due === null ? {} : { due: job.due }),
  fence: 1,
  body: job.body,
  contents: [...job.contents],
  n: nextSequence(Date.now()),
});

const jobOf = ({ _id, q, lane, chain, place, state, keys, due, fence, body, contents }: JobDocument): Job => ({
  queue: q,
  id: _id.slice(q.length + 1),
  lane,
  chain,
  place,
  state,
  keys,
  due: due ?? null,
  fence,
  body,
  contents,
});

const thereAlready = ({ queue, id }: NewJob) => new Error(`there is a job ${id} in the queue ${queue}`);

/** The steps but for `add`, in a session or outside. */
function stepsOf(jobs: Collection<JobDocument>, run: Run, session?: ClientSession): Omit<JobSteps, 'add'> {
  const options = session === undefined ? {} : { session };
  return {
    get: (queue, id) =>
      run(async () => {
        const found = await jobs.findOne({ _id: idOf(queue, id) }, options);
        return found === null ? undefined : jobOf(found);
      }),
    chain: (queue, chain) =>
      run(async () => {
        const found = await jobs.find({ k: chainKey(queue, chain) }, options).toArray();
        return found.sort((a, b) => a.place - b.place || (a.n < b.n ? -1 : 1)).map(jobOf);
      }),
    find: (queue, key, count) =>
      run(async () =>
        (
          await jobs
            .find({ k: keyOf(queue, key) }, options)
            .sort({ n: -1 })
            .limit(count)
            .toArray()
        ).map(jobOf),
      ),
    save: (job) =>
      run(async () => {
        const { place, state, keys, due, fence, body, contents } = job;
        const { matchedCount } = await jobs.updateOne(
          { _id: idOf(job.queue, job.id), fence },
          {
            $set: {
              place,
              state,
              keys: [...keys],
              k: keysOf(job),
              body,
              contents: [...contents],
              ...(due === null ? {} : { due }),
            },
            $inc: { fence: 1 },
            ...(due === null ? { $unset: { due: 1 } } : {}),
          },
          options,
        );
        return matchedCount === 1;
      }),
    remove: ({ queue, id, fence }) =>
      run(async () => (await jobs.deleteOne({ _id: idOf(queue, id), fence }, options)).deletedCount === 1),
  };
}

/** New jobs wait, and are inserted together: before anything else is asked of jobs, and before the commit. */
export class SessionJobs {
  private waiting: NewJob[] = [];
  readonly steps: JobSteps;

  constructor(
    private readonly collections: Collections,
    private readonly session: ClientSession,
    /** Looks before it inserts: a duplicate ends a transaction, which is then run again. */
    private readonly isCareful: boolean,
  ) {
    const run: Run = async (work) => {
      await this.flush();
      return await work();
    };
    const inside = stepsOf(collections.jobs, run, session);
    this.steps = {
      ...inside,
      chain: async (queue, chain) => {
        await hold(collections.locks, `chain ${queue} ${chain}`, session);
        return await inside.chain(queue, chain);
      },
      add: async (job) => {
        if (this.waiting.some(({ queue, id }) => queue === job.queue && id === job.id)) throw thereAlready(job);
        if (this.isCareful && (await this.steps.get(job.queue, job.id)) !== undefined) throw thereAlready(job);
        this.waiting.push(job);
      },
    };
  }

  async flush(): Promise<void> {
    if (this.waiting.length === 0) return;
    const documents = this.waiting.map(documentOf);
    this.waiting = [];
    await this.collections.jobs.insertMany(documents, { session: this.session });
  }
}

const PAGE = 1000;

export function jobsOf({ jobs }: Collections, run: Run): Jobs {
  /** Each lane with the moment of its first due job: a step in the index for each, however long the lanes are. */
  const dueLanes = async (queue: string) => {
    const found: { lane: string; due: number }[] = [];
    for (let after: string | undefined; ; ) {
      const lane: { lane?: { $gt: string } } = after === undefined ? {} : { lane: { $gt: after } };
      const next: { lane: string; due?: number } | null = await jobs.findOne(
        { q: queue, ...lane, due: { $exists: true } },
        { sort: { lane: 1, due: 1 }, projection: { lane: 1, due: 1 } },
      );
      if (next?.due === undefined) return found;
      found.push({ lane: next.lane, due: next.due });
      after = next.lane;
    }
  };
  return {
    ...stepsOf(jobs, run),
    add: (job) =>
      run(async () => {
        try {
          await jobs.insertOne(documentOf(job));
        } catch (error) {
          throw isDuplicateKey(error) ? thereAlready(job) : error;
        }
      }),
    lease: (queue, lane, now, until, count) =>
      run(async () => {
        const isDue = { q: queue, lane, due: { $lte: now } };
        for (;;) {
          const due = await jobs
            .find(isDue, { projection: { _id: 1 } })
            .sort({ due: 1 })
            .limit(count)
            .toArray();
          if (due.length === 0) return [];
          const ids = due.map(({ _id }) => _id);
          const lease = randomUUID();
          const { matchedCount } = await jobs.updateMany(
            { ...isDue, _id: { $in: ids } },
            { $set: { due: until, lease }, $inc: { fence: 1 } },
          );
          // All were taken by others meanwhile: there may be more behind them.
          if (matchedCount === 0) continue;
          const taken = new Map((await jobs.find({ _id: { $in: ids }, lease }).toArray()).map((one) => [one._id, one]));
          return ids.flatMap((id) => taken.get(id) ?? []).map(jobOf);
        }
      }),
    renew: ({ queue, id, fence }, until) =>
      run(async () => {
        const held = { _id: idOf(queue, id), fence, due: { $exists: true } };
        return (await jobs.updateOne(held, { $set: { due: until } })).matchedCount === 1;
      }),
    lanes: (queue, now) =>
      run(async () => (await dueLanes(queue)).flatMap(({ lane, due }) => (due <= now ? lane : []))),
    nextDue: (queue) =>
      run(async () => {
        const all = await dueLanes(queue);
        return all.length === 0 ? undefined : Math.min(...all.map(({ due }) => due));
      }),
    counts: (queue) =>
      run(async () => {
        const found = await jobs
          .aggregate<{ _id: { lane: string; state: string }; count: number }>([
            { $match: { q: queue } },
            { $group: { _id: { lane: '$lane', state: '$state' }, count: { $sum: 1 } } },
            { $sort: { '_id.lane': 1, '_id.state': 1 } },
          ])
          .toArray();
        return found.map(({ _id, count }) => ({ ..._id, count }));
      }),
    // Without an index: read by a sweep alone, which is rare.
    async *contents() {
      for (let last = ''; ; ) {
        const page = await run(() =>
          jobs
            .find({ _id: { $gt: last } }, { projection: { contents: 1 } })
            .sort({ _id: 1 })
            .limit(PAGE)
            .toArray(),
        );
        for (const one of page) yield* one.contents;
        const end = page.at(-1);
        if (end === undefined) return;
        last = end._id;
      }
    },
    list: (queue, { lane, state }, count, after = '') =>
      run(async () => {
        const filter = {
          q: queue,
          _id: { $gt: idOf(queue, after) },
          ...(lane === undefined ? {} : { lane }),
          ...(state === undefined ? {} : { state }),
        };
        return (await jobs.find(filter).sort({ _id: 1 }).limit(count).toArray()).map(jobOf);
      }),
  };
}
