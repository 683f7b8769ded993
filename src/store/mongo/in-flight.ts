/** The work that an end has to wait for. */
import { StoreUnavailable } from '../store.js';
import { translate } from './connect.js';

/** Milliseconds after which a database that says nothing is told to be away; a transaction gives up before. */
const MAX_TIME = 20_000;

export class InFlight {
  private readonly works = new Set<Promise<unknown>>();
  private closed = false;

  /** Runs work against the database, its errors in the port's words; refuses it after the end. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) throw new StoreUnavailable('closed');
    const running = work();
    this.works.add(running);
    const gone = () => this.works.delete(running);
    running.then(gone, gone);
    try {
      return await withinTime(running);
    } catch (error) {
      throw translate(error);
    }
  }

  /** Takes nothing new, and resolves when all that was taken has ended. */
  async end(): Promise<void> {
    this.closed = true;
    await Promise.allSettled([...this.works]);
  }
}

/** The work itself goes on, and an end waits for it: whether a write that was not acknowledged was made is not known. */
async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailable(`no answer within ${MAX_TIME} ms`)), MAX_TIME);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
