/** A disk that is full, a store file that is damaged: a clear answer, and nothing acknowledged that is not there. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import t from 'tap';
import { smallDisk } from '../support/disk.mjs';
import { patient, startServer } from '../support/server.js';

const disk = smallDisk('6m');
t.test('a full disk', { skip: 'skip' in disk && disk.skip }, async (t) => {
  if ('skip' in disk) return;
  t.teardown(() => disk.unmount());
  const ballast = join(disk.folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(1024 * 1024));
  const { base, call, close } = await startServer({ STORE: `sqlite:${join(disk.folder, 'data')}` });
  t.teardown(close);
  const acknowledged: string[] = [];
  const text = `<div xmlns="http://www.w3.org/1999/xhtml">${'nuit calme '.repeat(2000)}</div>`;
  let full = await call('POST', '/Patient', patient());
  for (let i = 0; i < 1000 && full.status === 201; i++) {
    acknowledged.push(full.json.id);
    full = await call('POST', '/Patient', patient({ text: { status: 'generated', div: text } }));
  }
  t.equal(full.status, 507);
  t.match(full.json.issue[0], { code: 'no-store', details: { coding: [{ code: 'store-full' }] } });
  const ready = base.replace('/fhir', '/readyz');
  t.equal((await call('GET', ready)).status, 507, 'it says so');
  for (const id of acknowledged) t.equal((await call('GET', `/Patient/${id}`)).status, 200, 'reads go on');
  t.equal((await call('GET', '/Patient?_summary=count')).json.total, acknowledged.length);
  truncateSync(ballast, 0);
  t.equal((await call('POST', '/Patient', patient())).status, 201, 'by itself again, once there is room');
  t.equal((await call('GET', ready)).status, 200);
});

const frozen = smallDisk('16m');
t.test('a read-only disk', { skip: 'skip' in frozen && frozen.skip }, async (t) => {
  if ('skip' in frozen) return;
  t.teardown(() => frozen.unmount());
  const STORE = `sqlite:${join(frozen.folder, 'data')}`;
  const before = await startServer({ STORE });
  await before.call('PUT', '/Patient/p1', patient({ id: 'p1' }));
  await before.close();
  frozen.freeze();
  const { status, stderr } = startAlone(STORE);
  t.equal(status, 2, 'is not served');
  t.match(stderr, /^STORE names a folder that cannot be made or opened/);
});

/** What a server that does not start says. */
function startAlone(STORE: string): { status: number | null; stderr: string } {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const { PATH } = process.env;
  return spawnSync(process.execPath, [main, 'serve'], {
    env: { PATH, STORE, PORT: '0' },
    encoding: 'utf8',
    timeout: 20_000,
  });
}

/** A store of 300 patients, some pages of whose file are noise: those of the leaves of `table`, or all but the first. */
async function damagedStore(table?: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-damage-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const STORE = `sqlite:${folder}`;
  const before = await startServer({ STORE });
  for (let i = 0; i < 300; i++) await before.call('PUT', `/Patient/p${i}`, patient({ id: `p${i}` }));
  await before.close();
  const file = join(folder, 'passerelle.db');
  const database = new Sqlite(file);
  const where = table === undefined ? 'pageno > 1' : `name = '${table}' AND pagetype = 'leaf'`;
  const pages = database.prepare(`SELECT pageno, pgsize FROM dbstat WHERE ${where}`).all() as {
    pageno: number;
    pgsize: number;
  }[];
  database.close();
  const handle = openSync(file, 'r+');
  for (const { pageno, pgsize } of pages) {
    writeSync(handle, Buffer.alloc(pgsize, 0xa5), 0, pgsize, (pageno - 1) * pgsize);
  }
  closeSync(handle);
  return STORE;
}

t.test('a damaged file: what meets the damage says so, and nothing more is written', async (t) => {
  const { base, call, close } = await startServer({ STORE: await damagedStore('token') });
  t.teardown(close);
  let damaged = 0;
  for (let i = 0; i < 300 && damaged === 0; i++) {
    const { status, json } = await call('PUT', `/Patient/p${i}`, patient({ id: `p${i}`, active: false }));
    if (status === 200) continue;
    t.equal(status, 503);
    t.equal(json.issue[0].details.coding[0].code, 'store-damaged');
    damaged++;
  }
  t.equal(damaged, 1, 'the damage is met');
  const after = await call('POST', '/Patient', patient());
  t.equal(after.status, 503);
  t.equal(after.json.issue[0].details.coding[0].code, 'store-damaged');
  t.equal((await call('GET', base.replace('/fhir', '/readyz'))).status, 503);
});

t.test('a file that is damaged from its start on is not served', async (t) => {
  const STORE = await damagedStore();
  const { status, stderr } = startAlone(STORE);
  t.equal(status, 2);
  t.match(stderr, /^The store that STORE names is damaged \(SQLITE_\w+\)/);
});
