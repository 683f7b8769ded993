/** The command line as a user meets it: dist/main.js in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { settingsTable } from '../../src/config.js';
import { patient } from '../support/server.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

function start(args: string[], environment: Record<string, string> = {}, cwd = ROOT): ChildProcess {
  const { PATH } = process.env;
  return spawn(process.execPath, [join(ROOT, 'dist/main.js'), ...args], { cwd, env: { PATH, ...environment } });
}

async function run(args: string[], environment: Record<string, string> = {}) {
  const child = start(args, environment);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

/** Starts a server and resolves to its base. */
async function serve(
  environment: Record<string, string>,
  cwd?: string,
): Promise<{ child: ChildProcess; base: string }> {
  const child = start(['serve'], { PORT: '0', HOST: '127.0.0.1', ...environment }, cwd);
  let out = '';
  for await (const chunk of child.stdout ?? []) {
    out += chunk;
    const base = /listens on (\S+)/.exec(out)?.[1];
    if (base !== undefined) return { child, base };
  }
  throw new Error('the server ended');
}

t.test('help', async (t) => {
  const all = await run(['--help']);
  t.equal(all.code, 0);
  for (const command of ['serve', 'demo', 'validate', 'dmp-simulator']) {
    t.match(all.out, new RegExp(`^ +${command} `, 'm'));
    const one = await run([command, '--help']);
    t.equal(one.code, 0);
    t.match(one.out, `Usage: passerelle ${command}`);
  }
  t.match((await run(['serve', '--help'])).out, /--time-zone .*TIME_ZONE; default Europe\/Paris/);
});

t.test('wrong usage and wrong settings: one clear line, exit code 2', async (t) => {
  const cases: [string[], Record<string, string>, RegExp][] = [
    [['fly'], {}, /no command "fly"/],
    [['serve', '--prot', '1'], {}, /--prot/],
    [['serve', '--port', 'many'], {}, /--port is "many", but must be a whole number from 0 to 65535/],
    [['serve'], { PORT: '99999' }, /PORT is "99999"/],
    [['serve'], { VALIDATION: 'maybe' }, /one of enforce, warn, off/],
    [['serve'], { STORE: 'postgres://x' }, /STORE is/],
    [['serve'], { TIME_ZONE: 'Paris' }, /TIME_ZONE is "Paris"/],
    [['serve'], { RESOURCE_TYPES: 'Patient,Encountre' }, /did you mean Encounter/],
    [['serve'], { BASE_URL: 'ftp://x' }, /BASE_URL is/],
    [['serve'], { LOG_LEVEL: 'loud' }, /LOG_LEVEL is/],
    [['serve'], { DEFAULT_COUNT: '50', MAX_COUNT: '10' }, /must not be above/],
    [['serve'], { STORE_FILE: '/nowhere/secret' }, /STORE_FILE names a file that cannot be read/],
    [['serve', 'extra'], {}, /serve takes no "extra"/],
    [['demo', 'extra'], {}, /demo takes no "extra"/],
    [['serve'], { STORE: 'sqlite:/proc/passerelle' }, /STORE names a folder/],
    [['serve'], { STORE: 'sqlite:/dev/null' }, /STORE names a folder/],
    [['serve'], { STORE: 'memory:', PORT: '0', HOST: '192.0.2.1' }, /AUTH is off and HOST is "192\.0\.2\.1"/],
    [
      ['serve', '--auth-off-on-network', 'allow'],
      { STORE: 'memory:', PORT: '0', HOST: '192.0.2.1' },
      /HOST 192\.0\.2\.1/,
    ],
    [['validate'], {}, /Usage: passerelle validate/],
  ];
  for (const [args, environment, expected] of cases) {
    const { code, err } = await run(args, environment);
    t.equal(code, 2, `${args.join(' ')} ${JSON.stringify(environment)}`);
    t.match(err, expected);
    t.equal(err.trim().split('\n').length, 1, 'one line');
  }
  const secret = await run(['serve'], { STORE: 'mongodbb://user:hunter2@host/db' });
  t.notMatch(secret.err, /hunter2/);
});

t.test('demo ends well', async (t) => {
  const { code, out } = await run(['demo']);
  t.equal(code, 0, out);
  t.match(out, /All as told/);
});

t.test('validate', async (t) => {
  const good = await run(['validate', 'fixtures/patient-ins.json', 'fixtures/care-plan.json']);
  t.equal(good.code, 0, good.out);
  t.match(good.out, '2 of 2 valid');
  const bad = await run([
    'validate',
    'fixtures/patient-ins.json',
    'fixtures/patient-rejected.json',
    'fixtures/none.json',
  ]);
  t.equal(bad.code, 1);
  t.match(bad.out, /Patient\.birthDate: "1938-02-30"/);
  t.match(bad.out, '1 of 3 valid');
});

t.test('validate: profiles, packages, NDJSON, folders, JSON', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = async (name: string, content: unknown) => {
    const path = join(folder, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const INS = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins';
  const plain = { resourceType: 'Patient', name: [{ family: 'Sansins' }] };
  const one = await file('one.json', plain);
  t.equal((await run(['validate', one])).code, 0);
  const asked = await run(['validate', one, '--profile', INS, '--language', 'fr']);
  t.equal(asked.code, 1);
  t.match(asked.out, /error 1:\d+ Patient: Le profil demande .*fr-core-patient-ins\|2\.2\.0/);
  const bundle = await file('bundle.json', {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [{ resource: plain }],
  });
  t.match((await run(['validate', bundle, '--profile', INS])).out, /Bundle\.entry\[0\]\.resource: The profile asks/);
  const lines = await file('many.ndjson', `${JSON.stringify(plain)}\n\n{"resourceType":"Patient","gender":"x"}\n{`);
  const many = await run(['validate', lines]);
  t.equal(many.code, 1);
  t.match(
    many.out,
    /ndjson:1: valid.*ndjson:3: not valid.*error 3:\d+ Patient\.gender.*ndjson:4: not valid.*1 of 3 valid/s,
  );
  const json = (await run(['validate', lines, '--json'])).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(json, [
    { line: 1, valid: true, resourceType: 'Patient', outcome: { resourceType: 'OperationOutcome' } },
    { line: 3, valid: false },
    { line: 4, valid: false, outcome: { issue: [{ severity: 'error', extension: [{ valueInteger: 4 }, {}] }] } },
  ]);
  t.match(json[0].outcome.issue, [{ severity: 'information', code: 'informational' }], 'one issue at least');
  t.match(many.out, 'line 4');
  const xml = await file('one.xml', '<Patient xmlns="http://hl7.org/fhir">\n  <gender value="x"/>\n</Patient>');
  t.match(await run(['validate', xml]), { code: 1, out: /error 2:3 Patient\.gender: "x"/ });
  t.match((await run(['validate', folder])).out, 'one.xml');
  await mkdir(join(folder, 'empty'));
  t.match(await run(['validate', join(folder, 'empty')]), { code: 2, err: /holds no file of JSON/ });
  t.match(await run(['validate', await file('none.ndjson', '\n')]), { code: 1, out: /none\.ndjson: not valid/ });
  const guide = join(folder, 'guide');
  await mkdir(guide);
  const dependencies = { 'hl7.fhir.r4.core': '4.0.1', 'hl7.fhir.fr.core': '2.2.0', 'an.other': '1.0.0' };
  await file('guide/package.json', { name: 'a.guide', version: '0.1.0', dependencies });
  const definition = (name: string, path: string) => ({
    resourceType: 'StructureDefinition',
    url: `https://ehpad.example.org/StructureDefinition/${name}`,
    type: 'Patient',
    kind: 'resource',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
    differential: { element: [{ id: path, path, min: 1 }] },
  });
  await file('guide/StructureDefinition-good.json', definition('good', 'Patient.birthDate'));
  await file('guide/StructureDefinition-bad.json', definition('bad', 'Patient.nom'));
  const told = await run(['validate', one, '--package', guide]);
  t.equal(told.code, 0);
  const line =
    'a.guide 0.1.0: 2 profiles, 0 value sets, 0 code systems, 0 search parameters; missing: an.other#1.0.0; ' +
    'unusable: https://ehpad.example.org/StructureDefinition/bad (its base has no element Patient.nom)';
  t.equal(told.err.trim(), line);
  const inside = join(folder, 'inside');
  await mkdir(inside);
  const names = Array.from({ length: 60 }, (_, i) => `p-${String(i).padStart(2, '0')}.json`);
  for (const name of names) await file(`inside/${name}`, name === 'p-07.json' ? { ...plain, gender: 'x' } : plain);
  const all = await run(['validate', inside]);
  t.equal(all.code, 1);
  t.match(all.out, '59 of 60 valid');
  const order = all.out.split('\n').flatMap((line) => /(p-\d+\.json): /.exec(line)?.[1] ?? []);
  t.same(order, names, 'in order, though several are at work');
  t.match(await run(['validate', one, '--profile', 'urn:nobody']), { code: 2, err: /urn:nobody is not known/ });
  t.match(await run(['validate', one, '--package', join(folder, 'none')]), {
    code: 2,
    err: /none", but it cannot be read/,
  });
  t.match(await run(['validate', one, '--language', 'de']), { code: 2 });
});

/** Writers are well under way, however busy the machine is. */
async function untilMany(acknowledged: readonly string[]): Promise<void> {
  for (let i = 0; i < 600 && acknowledged.length <= 100; i++) await new Promise((resolve) => setTimeout(resolve, 50));
}

t.test('serve: a free port, the store in a folder, a stop that loses nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const first = await serve({}, folder);
  t.equal((await fetch(`${first.base}/metadata`)).status, 200);
  t.ok(existsSync(join(folder, 'data', 'passerelle.db')), 'sqlite:./data is the default');
  const acknowledged: string[] = [];
  const writers = Array.from({ length: 16 }, async () => {
    for (;;) {
      const body = JSON.stringify(patient());
      const answer = await fetch(`${first.base}/Patient`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/fhir+json' },
      }).catch(() => undefined);
      // Once it stops, the server answers 503 or takes no connection.
      if (answer?.status !== 201) return answer?.status;
      acknowledged.push(((await answer.json()) as { id: string }).id);
    }
  });
  await untilMany(acknowledged);
  const ended = once(first.child, 'exit');
  first.child.kill('SIGTERM');
  for (const status of await Promise.all(writers)) t.ok(status === undefined || status === 503, `ended by ${status}`);
  t.equal((await ended)[0], 0);
  t.ok(acknowledged.length > 100, `${acknowledged.length} acknowledged`);
  const second = await serve({ STORE: `sqlite:${join(folder, 'data')}` });
  const found = await Promise.all(acknowledged.map((id) => fetch(`${second.base}/Patient/${id}`)));
  t.equal(found.filter((answer) => answer.status === 200).length, acknowledged.length, 'all are there');
  second.child.kill('SIGKILL');
});

t.test('a stop does not wait for connections on which nothing is asked', async (t) => {
  const { child, base } = await serve({ STORE: 'memory:' });
  for (const sent of ['', 'POST /fhir/Pat']) {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(sent);
  }
  // A request on one of them is answered first.
  t.equal((await fetch(`${base}/metadata`)).status, 200);
  const began = Date.now();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  t.equal((await ended)[0], 0);
  t.ok(Date.now() - began < 5000, 'long before STOP_TIMEOUT');
});

t.test('a kill without warning loses nothing that was acknowledged', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const STORE = `sqlite:${folder}`;
  const first = await serve({ STORE });
  const acknowledged: string[] = [];
  const writers = Array.from({ length: 16 }, async () => {
    for (;;) {
      const answer = await fetch(`${first.base}/Patient`, {
        method: 'POST',
        body: JSON.stringify(patient()),
        headers: { 'content-type': 'application/fhir+json' },
      }).catch(() => undefined);
      if (answer === undefined) return;
      const text = await answer.text().catch(() => undefined);
      if (answer.status === 201 && text !== undefined) acknowledged.push((JSON.parse(text) as { id: string }).id);
    }
  });
  await untilMany(acknowledged);
  first.child.kill('SIGKILL');
  await Promise.all(writers);
  t.ok(acknowledged.length > 100);
  const second = await serve({ STORE });
  for (const id of acknowledged) t.equal((await fetch(`${second.base}/Patient/${id}`)).status, 200);
  second.child.kill('SIGKILL');
});

t.test('a store that cannot be opened is said in one line', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(
    join(folder, 'passerelle.db'),
    'this is no database, but a text that is long enough to be read as one',
  );
  const broken = await run(['serve'], { STORE: `sqlite:${folder}`, PORT: '0' });
  t.equal(broken.code, 2);
  t.equal(broken.err.trim().split('\n').length, 1, broken.err);
  const away = await run(['serve'], { STORE: 'mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=300', PORT: '0' });
  t.equal(away.code, 1);
  t.match(away.err, /MongoDB at STORE does not answer/);
  t.equal(away.err.trim().split('\n').length, 1, away.err);
});

t.test('the README has the settings as they are', async (t) => {
  t.ok(readFileSync(join(ROOT, 'README.md'), 'utf8').includes(settingsTable()));
});
