/**
 * Reads by id that arrive together share one question to the database: what a round trip costs is mostly the trip.
 * Each read is asked after it arrived, so it sees every write that was acknowledged before.
 */
import { type Collections, VERSION_FIELDS, type VersionDocument } from './documents.js';

type Waiting = { resolve: (found: VersionDocument | undefined) => void; reject: (error: unknown) => void };

/** Questions on their way at a time; the next batch gathers while they are. */
const MAX_IN_FLIGHT = 2;
const MAX_BATCH = 128;

export class BatchedReads {
  private waiting = new Map<string, Waiting[]>();
  private scheduled = false;
  private inFlight = 0;

  constructor(private readonly collections: Collections) {}

  /** The current version under an `_id`. */
  get(_id: string): Promise<VersionDocument | undefined> {
    return new Promise((resolve, reject) => {
      const others = this.waiting.get(_id);
      if (others === undefined) this.waiting.set(_id, [{ resolve, reject }]);
      else others.push({ resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= MAX_IN_FLIGHT || this.waiting.size === 0) return;
    this.scheduled = true;
    // The requests that the sockets hold already are read before the question goes out.
    setImmediate(() => {
      this.scheduled = false;
      void this.ask();
    });
  }

  private async ask(): Promise<void> {
    const batch = new Map([...this.waiting].slice(0, MAX_BATCH));
    for (const _id of batch.keys()) this.waiting.delete(_id);
    this.inFlight++;
    this.schedule();
    try {
      const found = await this.find([...batch.keys()]);
      for (const [_id, list] of batch) for (const { resolve } of list) resolve(found.get(_id));
    } catch (error) {
      for (const list of batch.values()) for (const { reject } of list) reject(error);
    } finally {
      this.inFlight--;
      this.schedule();
    }
  }

  private async find(ids: string[]): Promise<Map<string, VersionDocument>> {
    const documents = await this.collections.resources
      .find({ _id: { $in: ids } }, { projection: VERSION_FIELDS, batchSize: ids.length + 1 })
      .toArray();
    return new Map(documents.map((document) => [document._id, document as VersionDocument]));
  }
}
