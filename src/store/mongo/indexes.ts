/** The indexes; each says which query it serves. */
import type { Collections } from './documents.js';

export async function ensureIndexes({ resources, history, locks }: Collections): Promise<void> {
  await resources.createIndexes([
    // token, string, reference and uri searches, newest first where one key is asked for
    { key: { k: 1, n: -1 }, name: 'k_n' },
    // date searches
    { key: { 'd.k': 1, 'd.l': 1, 'd.h': 1 }, name: 'd' },
    // all of a type, newest first
    { key: { type: 1, n: -1 }, name: 'type_n', partialFilterExpression: { deleted: false } },
    // _sort=_lastUpdated and type history
    { key: { type: 1, s: -1 }, name: 'type_s' },
    // system history
    { key: { s: -1 }, name: 's' },
  ]);
  await history.createIndexes([
    // instance history
    { key: { ref: 1, v: -1 }, name: 'ref_v' },
    // type history
    { key: { type: 1, s: -1 }, name: 'type_s' },
    // system history
    { key: { s: -1 }, name: 's' },
  ]);
  // Locks are only needed while a transaction runs.
  await locks.createIndexes([{ key: { at: 1 }, name: 'at', expireAfterSeconds: 86_400 }]);
}
