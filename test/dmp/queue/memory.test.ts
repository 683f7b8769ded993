/** The queue for the DMP on a store in memory. */
import t from 'tap';
import { openSqliteStore } from '../../../src/store/sqlite/index.js';
import { scenarios } from './scenarios.js';

t.test('memory', async (t) => {
  const store = openSqliteStore('memory');
  t.teardown(() => store.close());
  await scenarios(t, store);
});
