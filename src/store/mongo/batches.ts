/** The two questions worth joining: reads by id, and creates. */
import { MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb';
import { StoreUnavailable } from '../store.js';
import { Batcher } from './batcher.js';
import { DUPLICATE_KEY, isDuplicateKey } from './connect.js';
import { type Collections, type ResourceDocument, VERSION_FIELDS, type VersionDocument } from './documents.js';
import type { InFlight } from './in-flight.js';

export interface Batches {
  /** By `_id`; `undefined` when there is none. */
  reads: Batcher<string, VersionDocument | undefined>;
  /** False when the `_id` is taken. */
  creates: Batcher<ResourceDocument, boolean>;
}

export function batchesOf({ resources }: Collections, inFlight: InFlight): Batches {
  const read = async (ids: string[]) => {
    const wanted = [...new Set(ids)];
    const found = await resources
      .find({ _id: { $in: wanted } }, { projection: VERSION_FIELDS, batchSize: wanted.length + 1 })
      .toArray();
    const byId = new Map(found.map((document) => [document._id, document as VersionDocument]));
    return ids.map((_id) => byId.get(_id));
  };
  const create = async (documents: ResourceDocument[]): Promise<(boolean | Error)[]> => {
    const [only, other] = documents;
    if (only !== undefined && other === undefined) return [await insertOne(only)];
    try {
      // Unordered: one that is refused does not hold up the others, and each is durable when it is answered.
      await resources.insertMany(documents, { ordered: false });
      return documents.map(() => true);
    } catch (error) {
      if (!(error instanceof MongoError)) {
        // The driver cannot write one of them and sent none: each for itself.
        return await Promise.all(documents.map((document) => insertOne(document).catch((e: Error) => e)));
      }
      if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) throw error;
      const refused = new Map([error.writeErrors].flat().map((one) => [one.index, one]));
      // The driver wraps whatever ends a bulk in this error: only a full count says what became of each document.
      if (error.insertedCount + refused.size !== documents.length) throw new StoreUnavailable('a batch was cut off');
      return documents.map((_, i) => {
        const one = refused.get(i);
        if (one === undefined) return true;
        return one.code === DUPLICATE_KEY ? false : new MongoServerError({ code: one.code });
      });
    }
  };
  const insertOne = async (document: ResourceDocument) => {
    try {
      await resources.insertOne(document);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  };
  // Whole batches are in flight, so that one without an answer gives its place back.
  const reads = (ids: string[]) => inFlight.run(() => read(ids));
  const creates = (documents: ResourceDocument[]) => inFlight.run(() => create(documents));
  // Measured: three reads on their way at a time serve more than one, two, four or six.
  return { reads: new Batcher(reads, 128, 3), creates: new Batcher(creates, 32, 4) };
}
