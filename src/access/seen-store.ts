/**
 * A store as a caller sees it: whatever asks it, searches, includes, histories, operations or transactions, is told no more
 * than a read would tell. docs/adr/0040-a-caller-sees-a-store-of-his-own.md
 */
import { FhirError } from '../r4/errors.js';
import type { Store } from '../store/store.js';
import type { Rules } from './rules.js';
import { checkExplained, SeenReader } from './seen-reader.js';
import { isPlain, SeenTransaction } from './seen-transaction.js';

export function seenStore(raw: Store, rules: Rules): Store {
  if (rules.permissions.isWhole()) return raw;
  const reader = new SeenReader(raw, rules);
  const transact: Store['transact'] = (locks, work) =>
    raw.transact(locks, async (inner) => {
      const seen = SeenTransaction.of(inner, rules);
      const result = await work(seen.asTransaction());
      await seen.finish();
      return result;
    });
  const refuse = (): never => {
    throw new FhirError('access-refused', { type: 'server', action: 'update' });
  };
  return {
    state: raw.state,
    contents: raw.contents,
    trail: raw.trail,
    // What is owed outside is the server's own.
    jobs: raw.jobs,
    name: raw.name,
    maxTextBytes: raw.maxTextBytes,
    read: (type, id) => reader.read(type, id),
    readVersion: (type, id, version) => reader.readVersion(type, id, version),
    search: (query) => reader.search(query),
    explain: async (query) => {
      checkExplained(query, rules);
      return await raw.explain(query);
    },
    history: (query) => reader.history(query),
    put: (put) =>
      isPlain(put, rules) ? raw.put(put) : transact([`${put.type}/${put.id}`], (transaction) => transaction.put(put)),
    transact,
    // These are of the server itself.
    reindex: refuse,
    ready: () => raw.ready(),
    close: refuse,
  };
}
