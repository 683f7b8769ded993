/** A store whose search values were made by an older version: it is read again by itself, and says so meanwhile. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { patient, startServer } from '../support/server.js';

t.test('an older index is made anew', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const STORE = `sqlite:${folder}`;
  const before = await startServer({ STORE });
  for (const id of ['a', 'b', 'c']) await before.call('PUT', `/Patient/${id}`, patient({ id }));
  await before.close();
  const file = new Sqlite(join(folder, 'passerelle.db'));
  const { text } = file.prepare("SELECT text FROM state WHERE name = 'search-index'").get() as { text: string };
  const older = JSON.stringify({ ...JSON.parse(text), format: 1 });
  file.prepare("UPDATE state SET text = ? WHERE name = 'search-index'").run(older);
  file.exec('DELETE FROM token; DELETE FROM string; DELETE FROM date');
  file.close();
  const { call, close } = await startServer({ STORE });
  t.teardown(close);
  const first = await call('GET', '/Patient?family=kerouedan');
  t.equal(first.status, 400, 'no answer in part');
  t.equal(first.json.issue[0].details.coding[0].code, 'parameter-pending');
  t.equal((await call('GET', '/Patient/a')).status, 200, 'reads go on');
  t.equal((await call('GET', '/Patient?_sort=_id')).json.entry.length, 3, 'what needs no index is answered');
  let found = first;
  for (let i = 0; i < 200 && found.status !== 200; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = await call('GET', '/Patient?family=kerouedan');
  }
  t.equal(found.json.entry?.length, 3);
  t.equal((await call('GET', '/Patient?birthdate=1938-02-11')).json.entry?.length, 3);
});
