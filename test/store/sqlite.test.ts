/** SQLite files of other versions than this server writes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
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
     DROP INDEX history_type_until; ALTER TABLE history DROP COLUMN until; PRAGMA user_version = 1`,
  );
  const second = openSqliteStore({ folder });
  await second.ready();
  t.equal((await second.read('Patient', 'kept'))?.version, 1);
  await second.close();
  change('PRAGMA user_version = 999');
  t.throws(() => openSqliteStore({ folder }), /version 999/);
});
