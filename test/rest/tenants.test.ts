/** Several establishments on one server: each its own records, and nothing crosses. docs/adr/0041-a-tenant-is-a-step-of-the-path.md */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { addressOf, isTenantName } from '../../src/access/tenant-registry.js';
import { tenant } from '../../src/commands/tenant.js';
import { readSettings } from '../../src/config.js';
import { tenantOf } from '../../src/tenants.js';
import { findMongo } from '../support/mongod.mjs';
import { patient, startServer, type TestServer } from '../support/server.js';

/** What the command prints. */
async function command(store: string, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  const print = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    const flags: Record<string, unknown> = {};
    const names = args.filter((one) => {
      if (!one.startsWith('--')) return true;
      const [name = '', value] = one.slice(2).split('=');
      flags[name] = value ?? true;
      return false;
    });
    await tenant(readSettings({ STORE: store }, {}), names, flags);
  } finally {
    console.log = print;
  }
  return lines.join('\n');
}

/** Asks until the answer has this status: other processes know within two seconds. */
async function until(s: TestServer, path: string, status: number): Promise<number> {
  let found = 0;
  for (let i = 0; i < 100 && found !== status; i++) {
    found = (await s.call('GET', path)).status;
    if (found !== status) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return found;
}

async function tenants(t: Test, store: string): Promise<void> {
  await command(store, 'add', 'les-tilleuls', '--title=EHPAD Les Tilleuls');
  await command(store, 'add', 'le-port');
  const s = await startServer({ STORE: store, TENANTS: 'on' });
  t.teardown(() => s.close());

  await t.test('each has its own records', async (t) => {
    const made = await s.call('PUT', '/les-tilleuls/Patient/a', patient({ id: 'a' }));
    t.equal(made.status, 201);
    t.equal(made.headers.get('location'), `${s.base}/les-tilleuls/Patient/a/_history/1`);
    t.equal((await s.call('GET', '/les-tilleuls/Patient/a')).status, 200);
    t.equal((await s.call('GET', '/le-port/Patient/a')).status, 404);
    t.equal((await s.call('GET', '/le-port/Patient?family=kerouedan')).json.total, 0);
    t.equal((await s.call('GET', '/le-port/_history')).json.entry, undefined);
    t.equal((await s.call('PUT', '/le-port/Patient/a', patient({ id: 'a', gender: 'male' }))).status, 201);
    t.equal((await s.call('GET', '/les-tilleuls/Patient/a')).json.gender, 'female');
    const transaction = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: patient(), request: { method: 'POST', url: 'Patient' } }],
    };
    t.equal((await s.call('POST', '/le-port', transaction)).status, 200);
    t.equal((await s.call('GET', '/le-port/Patient?family=kerouedan')).json.total, 2);
    t.equal((await s.call('GET', '/les-tilleuls/Patient?family=kerouedan')).json.total, 1);
  });

  await t.test('links lead into the same tenant, and no cursor into another', async (t) => {
    const page = await s.call('GET', '/le-port/Patient?_count=1&_sort=family');
    const next = page.json.link.find((one: { relation: string }) => one.relation === 'next').url as string;
    t.ok(next.startsWith(`${s.base}/le-port/Patient?`), next);
    t.equal((await s.call('GET', next)).json.entry.length, 1);
    const other = await s.call('GET', next.replace('/le-port/', '/les-tilleuls/'));
    t.equal(other.status, 400);
    t.equal(other.json.issue[0].details.coding[0].code, 'bad-cursor');
  });

  await t.test('contents and definitions are a tenant’s own', async (t) => {
    const bytes = Buffer.alloc(40_000, 7);
    const sent = await s.call('POST', '/les-tilleuls/Binary', bytes, { 'content-type': 'application/octet-stream' });
    t.equal(sent.status, 201);
    const id = /Binary\/([^/]+)/.exec(sent.headers.get('location') ?? '')?.[1];
    t.equal((await s.call('GET', `/les-tilleuls/Binary/${id}`)).status, 200);
    t.equal((await s.call('GET', `/le-port/Binary/${id}`)).status, 404);
    const parameter = {
      resourceType: 'SearchParameter',
      id: 'room',
      url: 'https://dui-test.example/SearchParameter/room',
      name: 'Room',
      status: 'active',
      description: 'The room',
      code: 'room',
      base: ['Patient'],
      type: 'token',
      expression: "Patient.extension.where(url = 'https://dui-test.example/room').value",
    };
    t.equal((await s.call('PUT', '/les-tilleuls/SearchParameter/room', parameter)).status, 201);
    const there = await s.call('GET', '/les-tilleuls/Patient?room=12');
    t.not(there.json.issue?.[0].details.coding[0].code, 'unknown-parameter');
    const elsewhere = await s.call('GET', '/le-port/Patient?room=12');
    t.equal(elsewhere.json.issue[0].details.coding[0].code, 'unknown-parameter');
  });

  await t.test('without a name, with an unknown one, with one that is none', async (t) => {
    const code = async (path: string) => {
      const answer = await s.call('GET', path);
      return [answer.status, answer.json.issue?.[0].details.coding[0].code];
    };
    t.same(await code('/Patient'), [404, 'tenant-missing']);
    t.same(await code(''), [404, 'tenant-missing']);
    t.same(await code('?_type=Patient&name=a'), [404, 'tenant-missing']);
    t.same(await code('/nobody/Patient'), [404, 'tenant-unknown']);
    t.same(await code('/Les-Tilleuls/Patient'), [404, 'tenant-missing']);
    t.same(await code('/les-tilleuls/le-port/Patient'), [404, 'unknown-type']);
    t.same(await code('/les-tilleuls/Patientt'), [404, 'unknown-type']);
    t.equal((await s.call('GET', '/metadata')).status, 200);
    t.equal((await s.call('GET', '/les-tilleuls/metadata')).json.implementation.url, `${s.base}/les-tilleuls`);
    t.notMatch(s.log(), /tilleuls|le-port/, 'no name in the log');
  });

  await t.test('suspended, resumed, exported, removed', async (t) => {
    await command(store, 'suspend', 'les-tilleuls');
    t.equal(await until(s, '/les-tilleuls/Patient/a', 403), 403);
    t.equal((await s.call('PUT', '/les-tilleuls/Patient/b', patient({ id: 'b' }))).status, 403);
    t.equal((await s.call('GET', '/le-port/Patient/a')).status, 200, 'others go on');
    await t.rejects(command(store, 'remove', 'les-tilleuls', '--yes'), /suspended first/, 'not at once');
    await t.rejects(command(store, 'remove', 'le-port', '--yes'), /suspended first/);
    await t.rejects(command(store, 'add', 'le-port'), /there already/);
    await t.rejects(command(store, 'add', 'Port'), /small letters/);
    await t.rejects(command(store, 'suspend', 'nobody'), /There is no tenant nobody/);
    const folder = join(await mkdtemp(join(tmpdir(), 'passerelle-')), 'out');
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    t.match(await command(store, 'export', 'les-tilleuls', `--to=${folder}`), /1 contents/);
    const lines = (name: string) =>
      readFileSync(join(folder, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    t.same(
      lines('Patient.ndjson').map(({ id, gender }) => [id, gender]),
      [['a', 'female']],
    );
    t.equal(lines('history/Patient.ndjson')[0].resource.id, 'a');
    const [binary] = lines('Binary.ndjson');
    t.same(readdirSync(join(folder, 'contents')), [binary.data.content]);
    t.same(readFileSync(join(folder, 'contents', binary.data.content)), Buffer.alloc(40_000, 7));
    await command(store, 'resume', 'les-tilleuls');
    t.equal(await until(s, '/les-tilleuls/Patient/a', 200), 200, 'its records are there');
    await command(store, 'suspend', 'les-tilleuls');
    t.equal(await until(s, '/les-tilleuls/Patient/a', 403), 403);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await t.rejects(command(store, 'remove', 'les-tilleuls'), /--yes/);
    await command(store, 'remove', 'les-tilleuls', '--yes');
    t.match(await command(store, 'list'), /^le-port\tactive\t\S+\t\S+$/);
    t.equal(await until(s, '/les-tilleuls/Patient/a', 404), 404);
    await command(store, 'add', 'les-tilleuls');
    t.equal(await until(s, '/les-tilleuls/Patient/a', 404), 404, 'of the same name, and empty');
    t.equal((await s.call('GET', '/les-tilleuls/Patient')).json.total, 0);
  });
}

t.test('SQLite', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await tenants(t, `sqlite:${folder}`);
  t.ok(existsSync(join(folder, 'tenants/le-port/passerelle.db')));
});
const mongo = await findMongo();
if ('skip' in mongo) t.test('MongoDB', { skip: mongo.skip }, async () => undefined);
else {
  t.teardown(() => mongo.stop());
  t.test('MongoDB', (t) => tenants(t, mongo.uri()));
}

t.test('memory keeps no list', async (t) => {
  await t.rejects(command('memory:', 'list'), /keeps nothing/);
});

t.test('where a tenant is', async (t) => {
  t.equal(addressOf('sqlite:./data/', 'a1'), 'sqlite:./data/tenants/a1');
  t.equal(addressOf('mongodb://h1,h2:27018', 'a1'), 'mongodb://h1,h2:27018/passerelle_a1');
  t.equal(addressOf('mongodb://h/records?replicaSet=rs0', 'a1'), 'mongodb://h/records_a1?replicaSet=rs0');
  // Who logs in is known to the database that the address named.
  t.equal(addressOf('mongodb://u:p@h/records', 'a1'), 'mongodb://u:p@h/records_a1?authSource=records');
  t.equal(
    addressOf('mongodb+srv://u:p@h/?w=majority', 'a1'),
    'mongodb+srv://u:p@h/passerelle_a1?w=majority&authSource=admin',
  );
  t.equal(addressOf('mongodb://u:p@h/r?authSource=x', 'a1'), 'mongodb://u:p@h/r_a1?authSource=x');
  for (const name of ['ab', 'les-tilleuls', 'ehpad-12']) t.ok(isTenantName(name), name);
  for (const name of ['a', 'A1', 'metadata', '_x', '-a', 'a-', '../x', 'a/b', `a${'b'.repeat(40)}`, '1a', ''])
    t.notOk(isTenantName(name), name);
  t.same(tenantOf('/fhir/ab?x=/fhir/cd/'), { name: 'ab', url: '/fhir?x=/fhir/cd/' });
  t.same(tenantOf('/fhir/ab/Patient/1'), { name: 'ab', url: '/fhir/Patient/1' });
  t.equal(tenantOf('/fhirs/ab/Patient'), undefined);
  t.equal(tenantOf('/fhir/Patient/ab'), undefined);
});
