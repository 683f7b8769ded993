import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findMongo } from '../support/mongod.mjs';
import { customParameters } from './search-custom.js';

t.test('memory', (t) => customParameters(t, 'memory:'));
t.test('SQLite', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await customParameters(t, `sqlite:${folder}`);
});

const mongo = await findMongo();
if ('skip' in mongo) t.test('MongoDB', { skip: mongo.skip }, async () => undefined);
else {
  t.teardown(() => mongo.stop());
  t.test('MongoDB', (t) => customParameters(t, mongo.uri()));
}
