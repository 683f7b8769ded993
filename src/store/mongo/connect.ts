/** The connection to a replica set, and the driver's errors in the port's words. */
import {
  type Db,
  MongoClient,
  MongoError,
  MongoServerError,
  MongoServerSelectionError,
  type TopologyDescription,
} from 'mongodb';
import { StoreFull, StoreUnavailable } from '../store.js';

/** A standalone server cannot make a transaction atomic. The message says what to do. */
export class NotAReplicaSet extends Error {
  override name = 'NotAReplicaSet';
}

/** Opens the database that the URI names (`passerelle` when it names none). */
export async function connect(uri: string): Promise<{ client: MongoClient; db: Db }> {
  const client = new MongoClient(uri, {
    appName: 'passerelle',
    ...(/serverSelectionTimeoutMS=/i.test(uri) ? {} : { serverSelectionTimeoutMS: 5000 }),
    // A connection that says nothing for so long is dead; a transaction ends well before.
    ...(/socketTimeoutMS=/i.test(uri) ? {} : { socketTimeoutMS: 60_000 }),
    maxPoolSize: 64,
    // The driver's own default is to wait for a connection for ever.
    ...(/waitQueueTimeoutMS=/i.test(uri) ? {} : { waitQueueTimeoutMS: 15_000 }),
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    // What was acknowledged is on disk on most members.
    writeConcern: { w: 'majority', journal: true },
    ignoreUndefined: true,
  });
  try {
    await client.connect();
    const hello = await client.db().admin().command({ hello: 1 });
    if (hello.setName === undefined && hello.msg !== 'isdbgrid') {
      throw new NotAReplicaSet(
        'MongoDB at STORE is a standalone server, which cannot make a transaction atomic. ' +
          'Start mongod with --replSet rs0 and run rs.initiate() once in mongosh; one node will do.',
      );
    }
    const named = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(uri)?.[1];
    return { client, db: client.db(named === undefined ? 'passerelle' : decodeURIComponent(named)) };
  } catch (error) {
    await client.close();
    if (isUninitiated(error)) {
      throw new NotAReplicaSet(
        'MongoDB at STORE was started with --replSet, but its replica set was never made. ' +
          'Run rs.initiate() once in mongosh; one node will do.',
      );
    }
    const known = translate(error);
    throw known instanceof StoreUnavailable
      ? new StoreUnavailable(`MongoDB at STORE does not answer (${known.message}).`)
      : known;
  }
}

/** A member without a replica set's configuration: drivers call it a ghost and never choose it. */
function isUninitiated(error: unknown): boolean {
  if (!(error instanceof MongoServerSelectionError)) return false;
  const { servers } = error.reason as TopologyDescription;
  const types = [...servers.values()].map((server) => server.type);
  return types.includes('RSGhost') && types.every((type) => type === 'RSGhost' || type === 'Unknown');
}

/** The address of the member that takes writes; `undefined` while there is none. */
export function primaryOf({ servers }: TopologyDescription): string | undefined {
  return [...servers.values()].find((server) => server.type === 'RSPrimary')?.address;
}

export const DUPLICATE_KEY = 11000;
const OUT_OF_DISK_SPACE = 14031;
/** Server codes that a client may wait out: shutdown, election, step-down, a full disk, an interrupted operation. */
const TRANSIENT = new Set([6, 7, 89, 91, 133, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436, 63, 64, 100]);

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** A driver's message may quote a document, so none goes further: only its class and code do. */
export function translate(error: unknown): unknown {
  if (!(error instanceof MongoError)) return error;
  if (!(error instanceof MongoServerError)) {
    return /Network|Selection|Topology|Closed|NotConnected|Pool|Expired|Timeout/.test(error.name)
      ? new StoreUnavailable(error.name)
      : new Error(`the MongoDB driver failed with ${error.name}`);
  }
  if (error.code === OUT_OF_DISK_SPACE) return new StoreFull(`${error.name} ${error.code}`);
  if (TRANSIENT.has(Number(error.code)) || error.hasErrorLabel('RetryableWriteError')) {
    return new StoreUnavailable(`${error.name} ${error.code}`);
  }
  return new Error(`MongoDB answered ${error.name} ${error.code}`);
}
