/** The indexes; each says which query it serves. */
import type { Collections } from './documents.js';

export async function ensureIndexes({
  resources,
  history,
  locks,
  state,
  jobs,
  trail,
  journal,
}: Collections): Promise<void> {
  await resources.createIndexes([
    // token, string, reference and uri searches, newest first where one key is asked for
    { key: { k: 1, n: -1 }, name: 'k_n' },
    // date, number, quantity and near searches
    { key: { 'd.k': 1, 'd.l': 1, 'd.h': 1 }, name: 'd' },
    // _text and _content; the words come folded and are no language's
    { key: { type: 1, w: 'text' }, name: 'w', default_language: 'none', language_override: '_none' },
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
  await state.createIndexes([{ key: { expires: 1 }, name: 'expires', expireAfterSeconds: 0 }]);
  await jobs.createIndexes([
    // leases, the longest due first; lanes that have any
    { key: { q: 1, lane: 1, due: 1 }, name: 'due', partialFilterExpression: { due: { $exists: true } } },
    // by key, the newest first, and the versions of a document
    { key: { k: 1, n: -1 }, name: 'k_n' },
    // lists of a state; counts
    { key: { q: 1, state: 1, _id: 1, lane: 1 }, name: 'state' },
  ]);
  await trail.createIndexes([
    // the batches of a chain
    { key: { chain: 1, number: 1 }, name: 'chain' },
    // all of a time
    { key: { last: 1, chain: 1, number: 1 }, name: 'last' },
    // whom batches are about
    { key: { keys: 1, last: 1, chain: 1, number: 1 }, name: 'keys' },
  ]);
  // what was journaled of a batch
  await journal.createIndexes([{ key: { batch: 1 }, name: 'batch' }]);
  // Locks are only needed while a transaction runs.
  await locks.createIndexes([{ key: { at: 1 }, name: 'at', expireAfterSeconds: 86_400 }]);
}
