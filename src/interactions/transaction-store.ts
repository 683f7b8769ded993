/** A transaction as a store, so that the interactions of its entries run in it as they run by themselves. */
import { FhirError } from '../r4/errors.js';
import type { Put, Store, Transaction } from '../store/store.js';

/** What only a whole store can do is refused: `not-in-transaction`. */
export function transactionStore(store: Store, transaction: Transaction): Store {
  const refuse = (): never => {
    throw new FhirError('not-in-transaction');
  };
  return {
    state: transaction.state,
    contents: store.contents,
    trail: store.trail,
    jobs: {
      ...transaction.jobs,
      lease: refuse,
      renew: refuse,
      lanes: refuse,
      nextDue: refuse,
      counts: refuse,
      contents: refuse,
      list: refuse,
    },
    name: store.name,
    maxTextBytes: store.maxTextBytes,
    read: (type, id) => transaction.read(type, id),
    readVersion: (type, id, version) => transaction.readVersion(type, id, version),
    search: (query) => transaction.search(query),
    history: (query) => transaction.history(query),
    put: (put: Put) => transaction.put(put),
    // The locks are held by the whole, and what follows is done once all is written.
    transact: (_locks, work) => work({ ...transaction, conclude: undefined }),
    explain: refuse,
    reindex: refuse,
    ready: () => store.ready(),
    close: refuse,
  };
}
