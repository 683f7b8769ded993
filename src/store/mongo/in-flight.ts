/** The work that an end has to wait for, and how long a client waits for it. */
import { StoreUnavailable } from '../store.js';
import { translate } from './connect.js';

/** Milliseconds after which a database that says nothing is told to be away. */
const MAX_TIME = 20_000;
/** And more than a transaction may take, since it gives up by itself. */
const MARGIN = 5000;
/** One look at all works now and then costs less than a timer for each. */
const LOOK_EVERY = 1000;
/**
 * And after which what was asked of a former primary has no answer any more. One that stepped down tells at once, and the
 * driver asks the next; one that was cut off says nothing, and a connection to it is not known to be dead for a minute.
 */
const AFTER_PRIMARY = 1000;

interface Work {
  began: number;
  /** Milliseconds that it may take. */
  within: number;
  reject: (error: unknown) => void;
}

export class InFlight {
  private readonly works = new Set<Work>();
  private readonly looks = setInterval(() => this.refuseLate(), LOOK_EVERY).unref();
  private whenIdle: (() => void) | undefined;
  /** Work that began before this moment was for a primary that is none any more. */
  private primarySince = 0;

  /** To be told once another member takes the writes. */
  primaryChanged(): void {
    this.primarySince = performance.now();
    setTimeout(() => this.refuseLate(), AFTER_PRIMARY).unref();
  }

  /** Runs work against the database, its errors in the port's words. It `takes` so many milliseconds by its own rule. */
  run<T>(work: () => Promise<T>, takes = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const entry: Work = { began: performance.now(), within: Math.max(MAX_TIME, takes + MARGIN), reject };
      this.works.add(entry);
      work()
        .then(resolve, (error: unknown) => reject(translate(error)))
        .finally(() => {
          this.works.delete(entry);
          if (this.works.size === 0) this.whenIdle?.();
        });
    });
  }

  /** The work goes on, and an end waits for it: whether a write that was not acknowledged was made is not known. */
  private refuseLate(): void {
    const now = performance.now();
    const isForFormer = (began: number) => began < this.primarySince && now >= this.primarySince + AFTER_PRIMARY - 1;
    for (const { began, within, reject } of this.works) {
      if (began + within <= now) reject(new StoreUnavailable(`no answer within ${within} ms`));
      else if (isForFormer(began)) reject(new StoreUnavailable('the primary that was asked is none any more'));
    }
  }

  /** Resolves when all that was taken has ended, or has had the time that it may take: nobody waits for it any more. */
  async end(): Promise<void> {
    if (this.works.size > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, MAX_TIME);
        this.whenIdle = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    clearInterval(this.looks);
  }
}
