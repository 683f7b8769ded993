/**
 * Writes by copy-on-write: a create is one insert; an update copies the old version to the history, then replaces the
 * current one if it is still the one that was copied. A crash in between leaves a copy that listings leave out.
 */
import type { ClientSession } from 'mongodb';
import type { SearchValues } from '../../search/query.js';
import { type Put, type PutResult, renderText, type StoredVersion, StoreUnavailable } from '../store.js';
import { isDuplicateKey } from './connect.js';
import {
  type Collections,
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

/** Inside a session (a transaction) a duplicate key ends the transaction, which is then run again from its start. */
export async function put(collections: Collections, write: Put, session?: ClientSession): Promise<PutResult> {
  const { resources } = collections;
  const _id = refOf(write.type, write.id);
  const options = session === undefined ? {} : { session };
  const find = () => resources.findOne({ _id }, { ...options, projection: VERSION_FIELDS }) as Promise<Current>;
  let current: Current = await find();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const there = current === null ? undefined : versionOf(current);
    if (!holds(write.expect, there)) return { outcome: 'conflict', version: there };
    if (write.content === null && (there === undefined || there.deleted))
      return { outcome: 'unchanged', version: there };
    const next = documentOf(write, current);
    if (current === null) {
      try {
        await resources.insertOne(next, options);
        return { outcome: 'created', version: versionOf(next) };
      } catch (error) {
        if (session !== undefined || !isDuplicateKey(error)) throw error;
      }
    } else if (await replace(collections, current, next, session)) {
      const outcome = next.deleted ? 'deleted' : current.deleted ? 'created' : 'updated';
      return { outcome, version: versionOf(next) };
    }
    current = await find();
  }
  throw new StoreUnavailable('too many others wrote the same resource');
}

async function replace(
  { resources, history }: Collections,
  current: VersionDocument,
  next: ResourceDocument,
  session: ClientSession | undefined,
): Promise<boolean> {
  const options = session === undefined ? {} : { session };
  const { _id, ...past } = current;
  await history.updateOne(
    { _id: `${_id}/${current.v}` },
    { $setOnInsert: { ...past, ref: _id } },
    { ...options, upsert: true },
  );
  const { matchedCount } = await resources.replaceOne({ _id, v: current.v }, next, options);
  return matchedCount === 1;
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
