/** SQLite files of other versions than this server writes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import type { Filter, Query, SortKey } from '../../src/search/query.js';
import { openSqliteStore } from '../../src/store/sqlite/index.js';
import { write } from '../contract/writes.js';

t.test('an older file is brought up, a later one is refused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const change = (sql: string) => new Sqlite(join(folder, 'passerelle.db')).exec(sql).close();
  const first = openSqliteStore({ folder });
  await first.put(write('Patient', 'kept'));
  await first.close();
  change(
    `DROP TABLE room; DROP TABLE number; DROP TABLE position; DROP TABLE words; DROP TABLE state;
     DROP TABLE job; DROP TABLE job_key; DROP TABLE job_content; DROP TABLE trail; DROP TABLE trail_key;
     DROP INDEX history_type_until; ALTER TABLE history DROP COLUMN until; PRAGMA user_version = 1`,
  );
  const second = openSqliteStore({ folder });
  await second.ready();
  t.equal((await second.read('Patient', 'kept'))?.version, 1);
  await second.close();
  change('PRAGMA user_version = 999');
  t.throws(() => openSqliteStore({ folder }), /version 999/);
});

t.test('the rare value drives, and an order looks at the values of what it found alone', async (t) => {
  const store = openSqliteStore('memory');
  t.teardown(() => store.close());
  const DAY = 86_400_000;
  const MANY = 3000;
  for (let i = 0; i < MANY; i++) {
    const name = i % 100 === 7 ? 'rare' : `n${i}`;
    const values = {
      strings: [{ key: 'T.name', folded: name, exact: name }],
      dates: [{ key: 'T.date', low: i * DAY, high: (i + 1) * DAY }],
    };
    await store.put(write('T', `t${i}`, '', values));
  }
  const since = (prefix: 'ge' | 'le', day: number): Filter => ({
    kind: 'date',
    key: 'T.date',
    anyOf: [{ prefix, low: day * DAY, high: (day + 1) * DAY }],
  });
  const rare: Filter = { kind: 'string', key: 'T.name', anyOf: [{ mode: 'prefix', value: 'rare' }] };
  const byDate: SortKey = { by: 'value', key: 'T.date', valueKind: 'date', descending: true };
  const filters = [since('ge', 10), since('le', 250), rare];
  for (const sort of [[], [byDate], [{ ...byDate, descending: false }]]) {
    const asked: Query = { type: 'T', filters, sort, count: 20 };
    const { items } = await store.search(asked);
    t.same(items.map(({ id }) => id).sort(), ['t107', 't207']);
    const { keysExamined } = await store.explain(asked);
    t.ok(keysExamined > 0 && keysExamined < 500, `${keysExamined} keys`);
  }
});

t.test('a transaction past its time holds the file no longer, and writes nothing afterwards', async (t) => {
  const store = openSqliteStore('memory', 1);
  let goOn: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let refused: Promise<unknown> = Promise.resolve();
  const ended = new Promise((resolve, reject) => {
    const whole = store.transact([], async (transaction) => {
      await transaction.put(write('Patient', 'early'));
      await waits;
      await transaction.put(write('Patient', 'late')).then(reject, resolve);
    });
    refused = t.rejects(whole, { name: 'TransactionTooLong', seconds: 1 });
  });
  // It does not wait for the end of the other.
  await store.put(write('Patient', 'next'));
  await refused;
  goOn();
  t.match(await ended, { name: 'TransactionTooLong' });
  t.equal(await store.read('Patient', 'early'), undefined);
  t.equal(await store.read('Patient', 'late'), undefined);
  t.equal((await store.read('Patient', 'next'))?.version, 1);
  await store.close();
});
