/** Transactions that hold their locks in the database, retried inside when another process was in the way. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type MongoClient, MongoError } from 'mongodb';
import { StoreUnavailable } from '../store.js';
import { isDuplicateKey } from './connect.js';
import type { Collections } from './documents.js';

export async function transact<T>(
  client: MongoClient,
  { locks }: Collections,
  keys: readonly string[],
  /** After which it is not tried again. */
  seconds: number,
  work: (session: ClientSession, attempt: number) => Promise<T>,
): Promise<T> {
  const ids = [...new Set(keys)].sort();
  const until = Date.now() + seconds * 1000;
  const session = client.startSession();
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        session.startTransaction({
          readConcern: { level: 'snapshot' },
          writeConcern: { w: 'majority', journal: true },
        });
        for (const key of ids) await hold(locks, key, session);
        const result = await work(session, attempt);
        await commit(session, until);
        return result;
      } catch (error) {
        if (session.inTransaction()) await session.abortTransaction();
        if (!isTransient(error)) throw error;
        if (Date.now() > until) throw new StoreUnavailable('a transaction was in conflict for too long');
        await sleep(Math.random() * Math.min(200, 2 ** Math.min(attempt, 8)));
      }
    }
  } finally {
    await session.endSession();
  }
}

/** Two that touch the same lock conflict, whatever else they do: one of them starts again. */
export async function hold(locks: Collections['locks'], key: string, session: ClientSession): Promise<void> {
  const _id = createHash('sha256').update(key).digest('base64url');
  await locks.updateOne({ _id }, { $inc: { n: 1 }, $set: { at: new Date() } }, { upsert: true, session });
}

/** A commit whose outcome is unknown may be asked for again: it happens once. */
async function commit(session: ClientSession, until: number): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      const unknown = error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
      if (!unknown || Date.now() > until) throw error;
    }
  }
}

function isTransient(error: unknown): boolean {
  return (error instanceof MongoError && error.hasErrorLabel('TransientTransactionError')) || isDuplicateKey(error);
}
