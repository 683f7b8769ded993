/**
 * The moment of a series of pages: the database itself reads as of a cluster time, for as long as it keeps its past
 * (`minSnapshotHistoryWindowInSeconds`, five minutes unless told otherwise).
 * https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type MongoClient, MongoServerError, type ReadConcernLike, Timestamp } from 'mongodb';
import type { Query } from '../../search/query.js';
import { BadCursor, StaleCursor } from '../store.js';
import { prefixToWalk } from './prefix-walk.js';

/** What every question of one search is asked with. */
export interface ReadOptions {
  session?: ClientSession;
  readConcern?: ReadConcernLike;
}

const SNAPSHOT_TOO_OLD = 239;
/** The collection or an index of it is newer than what is majority-committed: gone within a moment. */
const SNAPSHOT_UNAVAILABLE = 246;
const ATTEMPTS = 20;
const PAUSE = 50;

function timestampOf(moment: string): Timestamp {
  const [, t, i] = /^(\d{1,10})\.(\d{1,10})$/.exec(moment) ?? [];
  if (t === undefined || i === undefined) throw new BadCursor();
  return new Timestamp({ t: Number(t), i: Number(i) });
}

/** The driver keeps the time of a snapshot session on it, and does not say so in its types; the contract suite does. */
type Snapshot = ClientSession & { snapshotTime?: Timestamp };

const codeOf = (error: unknown) => (error instanceof MongoServerError ? error.code : undefined);

/** Does the work as of the query's moment, or as of now; also gives the moment. Throws StaleCursor. */
export async function atMoment<T>(
  client: MongoClient,
  query: Query,
  work: (options: ReadOptions) => Promise<T>,
): Promise<{ done: T; moment?: string }> {
  const time = query.moment === undefined ? undefined : timestampOf(query.moment);
  for (let attempt = 1; ; attempt++) {
    const session: Snapshot = client.startSession({ snapshot: true });
    if (time !== undefined) session.snapshotTime = time;
    try {
      // The level has to be said again: the client's own would stand before the session's.
      const done = await work({ session, readConcern: { level: 'snapshot' } });
      const { snapshotTime } = session;
      const read = snapshotTime === undefined ? {} : { moment: `${snapshotTime.t}.${snapshotTime.i}` };
      return { done, ...read };
    } catch (error) {
      if (codeOf(error) === SNAPSHOT_UNAVAILABLE && attempt < ATTEMPTS) await sleep(PAUSE);
      else if (codeOf(error) !== SNAPSHOT_TOO_OLD || query.moment === undefined) throw error;
      // In an order that never changes, what is now neither repeats nor loses what still fits.
      else if (hasFixedOrder(query)) return { done: await work({}), moment: query.moment };
      else throw new StaleCursor();
    } finally {
      await session.endSession();
    }
  }
}

function hasFixedOrder(query: Query): boolean {
  return query.sort.length === 0 ? prefixToWalk(query) === undefined : query.sort.every(({ by }) => by === '_id');
}
