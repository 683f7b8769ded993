/**
 * Works off the queue for the DMP: one in each server process, as many as there are. Asks which lanes have due jobs, leases,
 * delivers, keeps leases alive, stops. docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import { StoreUnavailable } from '../../store/store.js';
import type { DmpClient } from '../client.js';
import type { Decision } from '../decision.js';
import { Breaker, type BreakerSettings, DEFAULT_BREAKER } from './breaker.js';
import { Delivery, type DeliveryPorts, Leased } from './delivery.js';
import { DEFAULT_EXISTENCE, type ExistenceSettings, Existences } from './existences.js';
import { DMP_QUEUE } from './job.js';
import { pausedLane, pauseLane } from './lanes.js';

/** In milliseconds, where it is a time. */
export interface WorkerSettings {
  /** Jobs of one establishment, and of all, that are under way at a time in this process. */
  readonly perLane: number;
  readonly total: number;
  /** How long a job is its worker's without a renewal; renewed at a third of it. */
  readonly lease: number;
  /** Between two looks at what is due, unless it is woken. */
  readonly poll: number;
  readonly breaker: BreakerSettings;
  readonly existence: ExistenceSettings;
}
export const DEFAULT_WORKER: WorkerSettings = {
  perLane: 4,
  total: 16,
  lease: 120_000,
  poll: 1_000,
  breaker: DEFAULT_BREAKER,
  existence: DEFAULT_EXISTENCE,
};

/** For logs and metrics: nothing of it is the word of others, or about a patient. */
export type News =
  | { readonly type: 'paused'; readonly lane: string; readonly because: string }
  | { readonly type: 'breaker'; readonly isOpen: boolean }
  | { readonly type: 'lane-without-client'; readonly lane: string }
  | { readonly type: 'ended'; readonly lane: string; readonly state: string; readonly milliseconds: number }
  | { readonly type: 'error'; readonly error: unknown };

export interface WorkerPorts extends Omit<DeliveryPorts, 'existences' | 'decided'> {
  /** `undefined` for an establishment that has no certificates. */
  readonly client: (establishment: string) => Promise<DmpClient | undefined>;
  readonly tell: (news: News) => void;
}

/** A code of the DMP may be any text: only what looks like one is told. */
const isCode = (text: string): boolean => /^[\w :,.-]{1,80}$/.test(text);

export class Worker {
  readonly #breaker: Breaker;
  readonly #delivery: Delivery;
  readonly #active = new Set<Leased>();
  readonly #lanes = new Map<string, Promise<void>>();
  /** Lanes that were stopped while this process worked at them. */
  readonly #stopped = new Set<string>();
  readonly #woken = new Signal();
  readonly #freed = new Signal();
  #isEnding = false;
  #main: Promise<void> | undefined;
  #renewals: NodeJS.Timeout | undefined;

  constructor(
    private readonly ports: WorkerPorts,
    private readonly settings: WorkerSettings = DEFAULT_WORKER,
  ) {
    const { now, random } = ports.queue.ports;
    this.#breaker = new Breaker(settings.breaker, now, random, (isOpen) => ports.tell({ type: 'breaker', isOpen }));
    const existences = new Existences(settings.existence, now);
    const decided = (lane: string, decision: Decision) => this.#decided(lane, decision);
    this.#delivery = new Delivery({ ...ports, existences, decided });
  }

  start(): void {
    this.#main ??= this.#run();
    this.#renewals = setInterval(() => void this.#renew(), this.settings.lease / 3).unref();
  }

  /** Something may be due: a document was filed, a job released. */
  wake(): void {
    this.#woken.give();
  }

  /** Leases nothing more, and waits for what is under way; what takes longer than `grace` is given back by its lease. */
  async stop(grace = 60_000): Promise<void> {
    this.#isEnding = true;
    this.#woken.give();
    this.#freed.give();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((done) => {
      timer = setTimeout(done, grace);
    });
    await Promise.race([this.#main, late]);
    clearTimeout(timer);
    clearInterval(this.#renewals);
    // Whoever wakes up after that writes nothing.
    for (const leased of this.#active) leased.isLost = true;
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      try {
        await this.#look();
      } catch (error) {
        this.ports.tell({ type: 'error', error });
      }
      if (!this.#isEnding) await this.#woken.within(this.settings.poll);
    }
    await Promise.all(this.#lanes.values());
  }

  async #look(): Promise<void> {
    if (this.#breaker.allowance === 0) return;
    const { store, queue } = this.ports;
    for (const lane of await store.jobs.lanes(DMP_QUEUE, queue.ports.now())) {
      if (this.#lanes.has(lane) || this.#isEnding) continue;
      const work = this.#workAt(lane)
        .catch((error: unknown) => this.ports.tell({ type: 'error', error }))
        .finally(() => this.#lanes.delete(lane));
      this.#lanes.set(lane, work);
    }
  }

  /** Until nothing of the lane is due, or it has to stop. */
  async #workAt(lane: string): Promise<void> {
    const { store, queue, tell, client: clientOf } = this.ports;
    if ((await pausedLane(store.state, lane)) !== undefined) return;
    this.#stopped.delete(lane);
    const client = await clientOf(lane);
    if (client === undefined) return tell({ type: 'lane-without-client', lane });
    const mine = new Set<Promise<void>>();
    try {
      while (!this.#isEnding && !this.#stopped.has(lane)) {
        const allowed = Math.min(this.settings.total, this.#breaker.allowance) - this.#active.size;
        const free = Math.min(this.settings.perLane - mine.size, allowed);
        if (free <= 0) {
          if (mine.size === 0 && this.#breaker.isOpen) return;
          await this.#freed.within(this.settings.poll);
          continue;
        }
        const now = queue.ports.now();
        const jobs = await store.jobs.lease(DMP_QUEUE, lane, now, now + this.settings.lease, free);
        for (const job of jobs) {
          const leased = new Leased(job, client);
          this.#active.add(leased);
          const work = this.#work(leased).finally(() => {
            this.#active.delete(leased);
            mine.delete(work);
            this.#freed.give();
          });
          mine.add(work);
        }
        if (mine.size === 0) return;
        // One that ends may have made the next of its chain due.
        if (jobs.length < free) await Promise.race(mine);
      }
    } finally {
      await Promise.all(mine);
    }
  }

  async #work(leased: Leased): Promise<void> {
    const began = performance.now();
    const { lane } = leased.job;
    try {
      await this.#delivery.run(leased);
      if (leased.isLost) return;
      const milliseconds = performance.now() - began;
      this.ports.tell({ type: 'ended', lane, state: leased.job.state, milliseconds });
    } catch (error) {
      this.ports.tell({ type: 'error', error });
      // A store that is away gives the job back with its lease; what else fails would fail again for ever.
      if (error instanceof StoreUnavailable || leased.job.state === 'sending') return;
      await this.#delivery.fail(leased).catch((second: unknown) => this.ports.tell({ type: 'error', error: second }));
    }
  }

  async #decided(lane: string, decision: Decision): Promise<void> {
    this.#breaker.note(decision);
    if (decision.lane !== true) return;
    this.#stopped.add(lane);
    const { store, queue, tell } = this.ports;
    const because = isCode(decision.because) ? decision.because : 'refused';
    await pauseLane(store.state, lane, { since: queue.ports.now(), because });
    tell({ type: 'paused', lane, because });
  }

  /** Of calls that take long. */
  async #renew(): Promise<void> {
    const { store, queue, tell } = this.ports;
    const until = queue.ports.now() + this.settings.lease;
    for (const leased of this.#active) {
      const { job } = leased;
      try {
        const isKept = await store.jobs.renew(job, until);
        // A step of ours moves the fence on, too.
        if (leased.job.fence !== job.fence) continue;
        if (isKept) leased.job = { ...job, due: until };
        else leased.isLost = true;
      } catch (error) {
        tell({ type: 'error', error });
      }
    }
  }
}

/** Wakes all who wait for it. */
class Signal {
  #waiting: (() => void)[] = [];
  give(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
  /** Resolves when it is given, and after so many milliseconds. */
  within(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#waiting.push(() => {
        clearTimeout(timer);
        done();
      });
    });
  }
}
