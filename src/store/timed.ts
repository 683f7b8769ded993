/** A transaction that takes no more steps once its time is over, so that what goes on after it was undone writes nothing. */
import { type Transaction, TransactionTooLong } from './store.js';

/**
 * Throws TransactionTooLong at each step after `seconds` from `began` (of `performance.now()`); `check` does the same
 * before a commit.
 */
export function timed(
  transaction: Transaction,
  seconds: number,
  began = performance.now(),
): Transaction & { check(): void } {
  const until = began + seconds * 1000;
  const check = (): void => {
    if (performance.now() > until) throw new TransactionTooLong(seconds);
  };
  const step =
    <Asked extends unknown[], Answer>(work: (...asked: Asked) => Promise<Answer>) =>
    async (...asked: Asked): Promise<Answer> => {
      check();
      return await work(...asked);
    };
  const { jobs } = transaction;
  return {
    check,
    state: transaction.state,
    jobs: {
      add: step((job) => jobs.add(job)),
      get: step((queue, id) => jobs.get(queue, id)),
      chain: step((queue, chain) => jobs.chain(queue, chain)),
      find: step((queue, key, count) => jobs.find(queue, key, count)),
      save: step((job) => jobs.save(job)),
      remove: step((job) => jobs.remove(job)),
    },
    lock: step((name) => transaction.lock(name)),
    read: step((type, id) => transaction.read(type, id)),
    readVersion: step((type, id, version) => transaction.readVersion(type, id, version)),
    search: step((query) => transaction.search(query)),
    history: step((query) => transaction.history(query)),
    put: step((put) => transaction.put(put)),
    putAll: step((puts) => transaction.putAll(puts)),
    alike: step((lists) => transaction.alike(lists)),
  };
}
