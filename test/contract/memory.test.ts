import { openSqliteStore } from '../../src/store/sqlite/index.js';
import { contract } from './suite.js';

contract('memory', async () => {
  const store = openSqliteStore('memory');
  return { store, dispose: () => store.close() };
});
