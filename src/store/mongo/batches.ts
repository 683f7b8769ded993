/** The questions worth joining: reads by id, creates, what is like them, and the two steps of an update. */
import { type Collection, MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb';
import { type AlikeToken, MAX_ALIKE, type StoredVersion, StoreUnavailable } from '../store.js';
import { alike } from './alike.js';
import { Batcher } from './batcher.js';
import { DUPLICATE_KEY, isDuplicateKey } from './connect.js';
import {
  type Collections,
  type HistoryDocument,
  type ResourceDocument,
  VERSION_FIELDS,
  type VersionDocument,
} from './documents.js';
import type { InFlight } from './in-flight.js';

export interface Replacement {
  /** The version that is replaced, if it still is the current one. */
  v: number;
  next: ResourceDocument;
}

export interface Batches {
  /** By `_id`; `undefined` when there is none. */
  reads: Batcher<string, VersionDocument | undefined>;
  /** False when the `_id` is taken. */
  creates: Batcher<ResourceDocument, boolean>;
  /** Versions to the history; false when one is there already. */
  copies: Batcher<HistoryDocument, boolean>;
  /** False when another version is the current one. */
  replacements: Batcher<Replacement, boolean>;
  alike: Batcher<readonly AlikeToken[], StoredVersion[]>;
}

export function batchesOf(collections: Collections, inFlight: InFlight): Batches {
  const { resources, history } = collections;
  const read = async (ids: string[]) => {
    const wanted = [...new Set(ids)];
    const found = await resources
      .find({ _id: { $in: wanted } }, { projection: VERSION_FIELDS, batchSize: wanted.length + 1 })
      .toArray();
    const byId = new Map(found.map((document) => [document._id, document as VersionDocument]));
    return ids.map((_id) => byId.get(_id));
  };
  // Whole batches are in flight, so that one without an answer gives its place back.
  const whole =
    <Item, Answer>(run: (items: Item[]) => Promise<Answer[]>) =>
    (items: Item[]) =>
      inFlight.run(() => run(items));
  return {
    // Measured: three reads on their way at a time serve more than one, two, four or six.
    reads: new Batcher(whole(read), 128, 3),
    creates: new Batcher(
      whole((documents) => insertAll<ResourceDocument>(resources, documents)),
      32,
      4,
    ),
    copies: new Batcher(
      whole((documents) => insertAll<HistoryDocument>(history, documents)),
      64,
      2,
    ),
    replacements: new Batcher(
      whole((items) => replaceAll(collections, items)),
      64,
      2,
    ),
    alike: new Batcher(
      whole((questions: (readonly AlikeToken[])[]) => alike(collections, questions, MAX_ALIKE)),
      32,
      4,
    ),
  };
}

/** For each document: whether it was inserted, or else its `_id` was taken; or why it failed alone. */
async function insertAll<T extends VersionDocument>(
  collection: Collection<T>,
  documents: T[],
): Promise<(boolean | Error)[]> {
  type Insert = Parameters<Collection<T>['insertOne']>[0];
  const insertOne = async (document: T) => {
    try {
      await collection.insertOne(document as Insert);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  };
  const [only, other] = documents;
  if (only !== undefined && other === undefined) return [await insertOne(only)];
  try {
    // Unordered: one that is refused does not hold up the others, and each is durable when it is answered.
    await collection.insertMany(documents as Insert[], { ordered: false });
    return documents.map(() => true);
  } catch (error) {
    // The driver cannot write one of them and sent none: each for itself.
    if (!(error instanceof MongoError)) return await oneByOne(documents, insertOne);
    const refused = refusedOf(error);
    if ((error as MongoBulkWriteError).insertedCount + refused.size !== documents.length) throw cutOff();
    return documents.map((_, i) => {
      const one = refused.get(i);
      return one === undefined || (one.code === DUPLICATE_KEY ? false : one);
    });
  }
}

/** For each: whether the version was still the current one and was replaced; or why it failed alone. */
async function replaceAll(collections: Collections, items: Replacement[]): Promise<(boolean | Error)[]> {
  const { resources } = collections;
  const replaceOne = async ({ v, next }: Replacement) =>
    (await resources.replaceOne({ _id: next._id, v }, next)).matchedCount === 1;
  const [only, other] = items;
  if (only !== undefined && other === undefined) return [await replaceOne(only)];
  try {
    const { matchedCount } = await resources.bulkWrite(
      items.map(({ v, next }) => ({ replaceOne: { filter: { _id: next._id, v }, replacement: next } })),
      { ordered: false },
    );
    return matchedCount === items.length ? items.map(() => true) : await whichAreThere(collections, items);
  } catch (error) {
    if (!(error instanceof MongoError)) return await oneByOne(items, replaceOne);
    const refused = refusedOf(error);
    if ((error as MongoBulkWriteError).matchedCount + refused.size !== items.length) throw cutOff();
    return items.map((_, i) => refused.get(i) ?? true);
  }
}

/**
 * Only the sum of what matched is told. What was written is the current version, or was overtaken: then it was copied
 * to the history before. No two writes have the same `s`.
 */
async function whichAreThere({ resources, history }: Collections, items: Replacement[]): Promise<boolean[]> {
  const projection = { s: 1 };
  const s = { $in: items.map(({ next }) => next.s) };
  const current = await resources
    .find({ _id: { $in: items.map(({ next }) => next._id) }, s }, { projection })
    .toArray();
  const past = await history
    .find({ _id: { $in: items.map(({ next }) => `${next._id}/${next.v}`) }, s }, { projection })
    .toArray();
  const there = new Set([...current, ...past].map((document) => document.s));
  return items.map(({ next }) => there.has(next.s));
}

const oneByOne = <T>(items: T[], run: (item: T) => Promise<boolean>): Promise<(boolean | Error)[]> =>
  Promise.all(items.map((item) => run(item).catch((error: Error) => error)));

/** What a bulk refused one by one, by index. Throws the error for anything else. */
function refusedOf(error: MongoError): Map<number, MongoServerError> {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) throw error;
  return new Map([error.writeErrors].flat().map(({ index, code }) => [index, new MongoServerError({ code })] as const));
}

/** The driver wraps whatever ends a bulk in one error: only a full count says what became of each document. */
const cutOff = () => new StoreUnavailable('a batch was cut off');
