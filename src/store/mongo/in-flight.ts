/** The work that an end has to wait for. */
import { StoreUnavailable } from '../store.js';
import { translate } from './connect.js';

export class InFlight {
  private readonly works = new Set<Promise<unknown>>();
  private closed = false;

  /** Runs work against the database, its errors in the port's words; refuses it after the end. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) throw new StoreUnavailable('closed');
    const running = work();
    this.works.add(running);
    try {
      return await running;
    } catch (error) {
      throw translate(error);
    } finally {
      this.works.delete(running);
    }
  }

  /** Takes nothing new, and resolves when all that was taken has ended. */
  async end(): Promise<void> {
    this.closed = true;
    await Promise.allSettled([...this.works]);
  }
}
