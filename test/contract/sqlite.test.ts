import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite/index.js';
import { contract } from './suite.js';

contract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  let store = openSqliteStore({ folder });
  return {
    store,
    async reopen() {
      await store.close();
      store = openSqliteStore({ folder });
      return store;
    },
    async dispose() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
