/** The queue for the DMP on SQLite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openSqliteStore } from '../../../src/store/sqlite/index.js';
import { scenarios } from './scenarios.js';

t.test('SQLite', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  const store = openSqliteStore({ folder });
  t.teardown(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  await scenarios(t, store);
});
