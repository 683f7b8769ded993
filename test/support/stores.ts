/** The stores that a black-box test runs on: memory, a fresh SQLite folder, and MongoDB where there is one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { findMongo } from './mongod.mjs';

/** One test for each store, `run` with its address. */
export async function onEveryStore(run: (t: Test, store: string) => Promise<void>): Promise<void> {
  // First of all: a busy test would leave it no time to connect.
  const mongo = await findMongo();
  t.test('memory', (t) => run(t, 'memory:'));
  t.test('SQLite', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
    t.teardown(() => rm(folder, { recursive: true }));
    await run(t, `sqlite:${folder}`);
  });
  if ('skip' in mongo) t.test('MongoDB', { skip: mongo.skip }, async () => undefined);
  else {
    t.teardown(() => mongo.stop());
    t.test('MongoDB', (t) => run(t, mongo.uri()));
  }
}
