/**
 * Writes by copy-on-write: a create is one insert; an update copies the old version to the history, then replaces the
 * current one if it is still the one that was copied. A crash in between leaves a copy that listings leave out.
 */
import type { ClientSession } from 'mongodb';
import type { SearchValues } from '../../search/query.js';
import { type Put, type PutResult, renderText, type StoredVersion, StoreUnavailable } from '../store.js';
import type { Batches } from './batches.js';
import {
  type Collections,
  type HistoryDocument,
  nextSequence,
  type ResourceDocument,
  refOf,
  VERSION_FIELDS,
  type VersionDocument,
  versionOf,
  withNative,
} from './documents.js';
import { keysOf } from './keys.js';

/** Other processes may win this often before a write without a condition gives up. */
const MAX_ATTEMPTS = 50;

type Current = VersionDocument | null;

/** The steps that writes are made of. */
export interface Steps {
  find(_id: string): Promise<Current>;
  /** False when the `_id` is taken. */
  insert(document: ResourceDocument): Promise<boolean>;
  /** To the history, where it may be already. */
  copy(document: HistoryDocument): Promise<unknown>;
  /** False when version `v` is not the current one. */
  replace(v: number, next: ResourceDocument): Promise<boolean>;
}

/** Each step is joined with those of other writes; it is durable on a majority before the next is taken. */
export const stepsOf = ({ reads, creates, copies, replacements }: Batches): Steps => ({
  find: async (_id) => (await reads.submit(_id)) ?? null,
  insert: (document) => creates.submit(document),
  copy: (document) => copies.submit(document),
  replace: (v, next) => replacements.submit({ v, next }),
});

/** In a transaction a duplicate key ends it, and it is run again from its start. */
export const stepsIn = ({ resources, history }: Collections, session: ClientSession): Steps => ({
  find: (_id) => resources.findOne({ _id }, { session, projection: VERSION_FIELDS }),
  insert: async (document) => (await resources.insertOne(document, { session })).acknowledged,
  copy: ({ _id, ...past }) => history.updateOne({ _id }, { $setOnInsert: past }, { session, upsert: true }),
  replace: async (v, next) => (await resources.replaceOne({ _id: next._id, v }, next, { session })).matchedCount === 1,
});

/** `from` is what is there as far as the writer knows; a write that it is wrong for looks for itself. */
export async function put(
  { find, insert, copy, replace }: Steps,
  write: Put,
  from?: VersionDocument,
): Promise<PutResult> {
  const ref = refOf(write.type, write.id);
  let current = from ?? (await find(ref));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const there = current === null ? undefined : versionOf(current);
    if (!holds(write.expect, there)) return { outcome: 'conflict', version: there };
    if (write.content === null && (there === undefined || there.deleted))
      return { outcome: 'unchanged', version: there };
    const next = documentOf(write, current);
    if (current === null) {
      if (await insert(next)) return { outcome: 'created', version: versionOf(next) };
    } else {
      await copy({ ...current, _id: `${ref}/${current.v}`, ref });
      if (await replace(current.v, next)) {
        const outcome = next.deleted ? 'deleted' : current.deleted ? 'created' : 'updated';
        return { outcome, version: versionOf(next) };
      }
    }
    current = await find(ref);
  }
  throw new StoreUnavailable('too many others wrote the same resource');
}

/** Documents that one command takes at most: it holds 48 MB. */
const MAX_BULK = 200;

/**
 * The same for many of different resources in a transaction: what is there is read at once, and copied and replaced at
 * once. What is no plain replacement is put by itself.
 */
export async function putAll(
  collections: Collections,
  writes: readonly Put[],
  session: ClientSession,
): Promise<PutResult[]> {
  const { resources, history } = collections;
  const results: PutResult[] = [];
  for (let from = 0; from < writes.length; from += MAX_BULK) {
    const part = writes.slice(from, from + MAX_BULK);
    const ids = part.map(({ type, id }) => refOf(type, id));
    const there = await resources
      .find({ _id: { $in: ids } }, { session, projection: VERSION_FIELDS, batchSize: MAX_BULK + 1 })
      .toArray();
    const byId = new Map(there.map((document) => [document._id, document as VersionDocument]));
    const plain = part.map((write, i) => {
      const current = byId.get(ids[i] as string);
      const fits = current !== undefined && !current.deleted && write.content !== null;
      return fits && holds(write.expect, versionOf(current))
        ? { current, next: documentOf(write, current) }
        : undefined;
    });
    const replaced = plain.filter((one) => one !== undefined);
    if (replaced.length > 0) {
      await history.bulkWrite(
        replaced.map(({ current: { _id, ...past } }) => ({
          updateOne: {
            filter: { _id: `${_id}/${past.v}` },
            update: { $setOnInsert: { ...past, ref: _id } },
            upsert: true,
          },
        })),
        { session, ordered: false },
      );
      const { matchedCount } = await resources.bulkWrite(
        replaced.map(({ current: { _id, v }, next }) => ({ replaceOne: { filter: { _id, v }, replacement: next } })),
        { session, ordered: false },
      );
      // Inside a transaction nobody else comes between the reading and the writing.
      if (matchedCount !== replaced.length) throw new Error('a transaction lost what it read');
    }
    for (const [i, write] of part.entries()) {
      const one = plain[i];
      results.push(
        one === undefined
          ? await put(stepsIn(collections, session), write)
          : { outcome: 'updated', version: versionOf(one.next) },
      );
    }
  }
  return results;
}

function holds(expect: Put['expect'], there: StoredVersion | undefined): boolean {
  if (expect === 'any') return true;
  if (expect === 'absent') return there === undefined;
  if (there === undefined || there.deleted) return false;
  return expect === 'exists' || [expect.version].flat().includes(there.version);
}

/** Current versions with their keys made anew; one that is no longer current is left alone. */
export async function reindex(
  { resources }: Collections,
  items: readonly { version: StoredVersion; values: SearchValues }[],
): Promise<void> {
  if (items.length === 0) return;
  const writes = items.map(({ version: { type, id, version }, values }) => ({
    updateOne: { filter: { _id: refOf(type, id), v: version, deleted: false }, update: { $set: keysOf(values) } },
  }));
  await resources.bulkWrite(writes, { ordered: false });
}

/** The document that a write makes of what is there (`null` for nothing). */
export function documentOf(write: Put, current: VersionDocument | null): ResourceDocument {
  const { type, id, method, content } = write;
  const v = (current?.v ?? 0) + 1;
  const lu = Math.max(Date.now(), current?.lu ?? 0);
  const s = nextSequence(lu, current?.s);
  const text = content === null ? '' : renderText(content.text, id, v, lu);
  const keys = content === null ? { k: [], d: [], w: [] } : keysOf(content.values);
  const n = current?.n ?? s;
  return withNative({ _id: refOf(type, id), type, id, v, lu, s, n, method, deleted: content === null, text, ...keys });
}
