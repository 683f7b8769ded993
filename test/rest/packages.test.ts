/** FHIR packages that an installation adds: their search parameters and value sets, from a folder or an archive. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createTarGzip } from 'nanotar';
import t, { type Test } from 'tap';
import { patient, startServer } from '../support/server.js';

const BASE = 'https://dui-test.example/fhir';
const FLOOR = `${BASE}/StructureDefinition/floor`;
const PARAMETER = {
  resourceType: 'SearchParameter',
  url: `${BASE}/SearchParameter/floor`,
  version: '1.0.0',
  name: 'Floor',
  status: 'active',
  code: 'floor',
  base: ['Patient'],
  type: 'token',
  expression: `Patient.extension.where(url='${FLOOR}').value`,
};
const CODES = {
  resourceType: 'CodeSystem',
  url: `${BASE}/CodeSystem/floors`,
  status: 'active',
  content: 'complete',
  hierarchyMeaning: 'is-a',
  concept: [{ code: 'low', concept: [{ code: 'ground' }, { code: 'first' }] }, { code: 'high' }],
};
const VALUES = {
  resourceType: 'ValueSet',
  url: `${BASE}/ValueSet/low-floors`,
  status: 'active',
  compose: {
    include: [{ system: CODES.url, filter: [{ property: 'concept', op: 'is-a', value: 'low' }] }],
  },
};
const UNREADABLE = { ...PARAMETER, url: `${BASE}/SearchParameter/wrong`, code: 'wrong', expression: 'Patient.(' };
const FILES = {
  'package.json': { name: 'dui.test.guide', version: '1.0.0', fhirVersions: ['4.0.1'] },
  'SearchParameter-floor.json': PARAMETER,
  'SearchParameter-wrong.json': UNREADABLE,
  'CodeSystem-floors.json': CODES,
  'ValueSet-low-floors.json': VALUES,
};

const folder = await mkdtemp(join(tmpdir(), 'passerelle-package-'));
t.teardown(() => rm(folder, { recursive: true }));

async function asFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const [file, content] of Object.entries(FILES)) await writeFile(join(path, file), JSON.stringify(content));
  return path;
}

async function asArchive(): Promise<string> {
  const files = Object.entries(FILES).map(([file, content]) => ({
    name: `package/${file}`,
    data: JSON.stringify(content),
  }));
  // An example that would hide the parameter if it were read.
  const example = { name: 'package/example/x.json', data: JSON.stringify({ ...PARAMETER, version: '9', code: 'no' }) };
  const path = join(folder, 'guide.tgz');
  await writeFile(path, await createTarGzip([...files, example]));
  return path;
}

const onFloor = (code: string, id: string) =>
  patient({ id, extension: [{ url: FLOOR, valueCoding: { system: CODES.url, code } }] });

async function serves(t: Test, path: string): Promise<void> {
  const { call, log, close } = await startServer({ PACKAGES: path });
  for (const code of ['ground', 'high'])
    t.equal((await call('PUT', `/Patient/p-${code}`, onFloor(code, `p-${code}`))).status, 201);
  const ids = async (query: string) => {
    const { json } = await call('GET', `/Patient?${query}`);
    return (json.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id);
  };
  t.same(await ids('floor=ground'), ['p-ground']);
  t.same(await ids(`floor:in=${VALUES.url}`), ['p-ground']);
  t.same(await ids(`floor:below=${CODES.url}|low`), ['p-ground']);
  t.same(await ids(`floor:not-in=${VALUES.url}`), ['p-high']);
  const { json: metadata } = await call('GET', '/metadata');
  const { searchParam } = metadata.rest[0].resource.find(({ type }: { type: string }) => type === 'Patient');
  t.match(
    searchParam,
    [...searchParam].map(({ name }) => (name === 'floor' ? { definition: PARAMETER.url } : {})),
  );
  t.ok(
    searchParam.some(({ name }: { name: string }) => name === 'floor'),
    'the CapabilityStatement has it',
  );
  t.equal((await call('GET', '/Patient?wrong=1')).status, 400);
  t.match(
    log(),
    /"package":"dui.test.guide","version":"1.0.0","profiles":0,"searchParameters":2,"valueSets":1,"codeSystems":1/,
  );
  t.match(log(), /"notServed"/);
  t.match(log(), UNREADABLE.url);
  await close();
}

t.test('a folder', async (t) => await serves(t, await asFolder('plain')));
t.test('a folder that holds package/', async (t) => {
  await asFolder('outer/package');
  await serves(t, join(folder, 'outer'));
});
t.test('an archive', async (t) => await serves(t, await asArchive()));

t.test('on records that were there before it is pending until $reindex is done', async (t) => {
  const store = `sqlite:${join(folder, 'store')}`;
  const before = await startServer({ STORE: store });
  await before.call('PUT', '/Patient/p-high', onFloor('high', 'p-high'));
  await before.close();
  const { call, close } = await startServer({ STORE: store, PACKAGES: await asFolder('plain') });
  t.teardown(close);
  const { status, json } = await call('GET', '/Patient?floor=high');
  t.equal(status, 400);
  t.match(json.issue[0].details.coding[0].code, 'parameter-pending');
  t.equal((await call('GET', '/Patient?gender=female')).status, 200, 'others are served');
  await call('POST', '/$reindex');
  let found = await call('GET', '/Patient?floor=high');
  for (let i = 0; i < 200 && found.status === 400; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = await call('GET', '/Patient?floor=high');
  }
  t.equal(found.json.entry?.length, 1);
});

t.test('what cannot be read is said in one line', async (t) => {
  const refused = async (path: string, message: RegExp) => {
    await t.rejects(startServer({ PACKAGES: path }), { name: 'WrongSetting', message });
  };
  await refused(join(folder, 'nowhere'), /nowhere", but it cannot be read \(ENOENT\)\.$/);
  await mkdir(join(folder, 'empty'), { recursive: true });
  await refused(join(folder, 'empty'), /it holds no resources with a canonical URL\.$/);
  await writeFile(join(folder, 'no.tgz'), 'text');
  await refused(join(folder, 'no.tgz'), /it is neither a folder nor a \.tgz/);
  await mkdir(join(folder, 'bad'), { recursive: true });
  await writeFile(join(folder, 'bad', 'x.json'), '{');
  await refused(join(folder, 'bad'), /x\.json in it is not JSON\.$/);
});

/** A folder of a package with a profile, and what it builds on. */
async function profileGuide(
  name: string,
  more: Record<string, object> = {},
  dependencies: object = {},
): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  const files: Record<string, object> = {
    'package.json': { name, version: '1.0.0', dependencies },
    'StructureDefinition-lodged.json': LODGED,
    ...more,
  };
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), JSON.stringify(content));
  return path;
}
const LODGED = {
  resourceType: 'StructureDefinition',
  url: `${BASE}/StructureDefinition/lodged`,
  version: '1.0.0',
  name: 'Lodged',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: `${BASE}/StructureDefinition/housed`,
  derivation: 'constraint',
  differential: {
    element: [
      {
        id: 'Patient.maritalStatus',
        path: 'Patient.maritalStatus',
        binding: { strength: 'required', valueSet: VALUES.url },
      },
    ],
  },
};
const HOUSED = {
  ...LODGED,
  url: LODGED.baseDefinition,
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  differential: { element: [{ id: 'Patient.address', path: 'Patient.address', min: 1 }] },
};

t.test('profiles, with what they build on in the cache', async (t) => {
  await profileGuide('cache/dui.test.base#2.0.0', { 'StructureDefinition-lodged.json': HOUSED });
  const guide = await profileGuide(
    'lodged',
    { 'CodeSystem-floors.json': CODES, 'ValueSet-low-floors.json': VALUES },
    { 'dui.test.base': '2.0.0', 'dui.test.gone': '1.0.0', 'hl7.fhir.r4.core': '4.0.1', '../../etc': '1' },
  );
  const { call, log, close } = await startServer({ PACKAGES: guide, PACKAGE_CACHE: join(folder, 'cache') });
  t.teardown(close);
  const post = async (more: object) => {
    const { status, json } = await call('POST', '/Patient', patient({ meta: { profile: [LODGED.url] }, ...more }));
    return status === 201 ? 'taken' : json.issue[0].details.coding[0].code;
  };
  const address = [{ city: 'Rennes' }];
  const on = (code: string) => ({ address, maritalStatus: { coding: [{ system: CODES.url, code }] } });
  t.equal(await post({ address: undefined }), 'profile-min', 'a rule of what it builds on');
  t.equal(await post(on('ground')), 'taken');
  t.equal(await post(on('high')), 'not-in-value-set', 'a value set by a filter');
  t.match(log(), /"missing":\["dui.test.gone#1.0.0","..\/..\/etc#1"\]/);
});

t.test('by name, from the cache', async (t) => {
  await profileGuide('cache/dui.test.base#2.0.0', { 'StructureDefinition-lodged.json': HOUSED });
  const { call, close } = await startServer({ PACKAGES: 'dui.test.base#2.0.0', PACKAGE_CACHE: join(folder, 'cache') });
  t.teardown(close);
  const { status } = await call('POST', '/Patient', patient({ meta: { profile: [HOUSED.url] }, address: undefined }));
  t.equal(status, 422);
});

t.test('what is wrong inside is said', async (t) => {
  const broken = {
    ...LODGED,
    baseDefinition: HOUSED.baseDefinition,
    differential: { element: [{ id: 'Patient.room', path: 'Patient.room' }] },
  };
  const guide = await profileGuide('broken', {
    'StructureDefinition-b.json': { ...broken, url: `${BASE}/StructureDefinition/b` },
  });
  const { log, close } = await startServer({ PACKAGES: guide, PACKAGE_CACHE: join(folder, 'none') });
  t.teardown(close);
  t.match(log(), /"reason":"its base is not known"/);
  t.match(log(), /"reason":"its base has no element Patient.room"/);
});

t.test('a package that hides a profile of ours', async (t) => {
  const url = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins';
  const laxer = { ...HOUSED, url, version: '2.2.0' };
  const guide = await profileGuide('laxer', { 'StructureDefinition-ins.json': laxer });
  const { call, close } = await startServer({ PACKAGES: guide });
  t.teardown(close);
  const body = patient({ meta: { profile: [url] }, address: [{ city: 'Rennes' }] });
  t.equal((await call('POST', '/Patient', body)).status, 201);
});

t.test('archives that are not to be trusted', async (t) => {
  // Written by hand, since tools that make archives mend such names.
  const archive = (name: string, type: string): Buffer => {
    const data = Buffer.from(JSON.stringify(PARAMETER));
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write('0000644\0', 100);
    head.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    head.write(type, 156);
    head.write('ustar\0' + '00', 257);
    head.write('        ', 148);
    const sum = head.reduce((a, b) => a + b, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return gzipSync(Buffer.concat([head, data, Buffer.alloc(512 - (data.length % 512) + 1024)]));
  };
  const refused = async (name: string, message: RegExp, type = '0') => {
    const path = join(folder, 'trick.tgz');
    await writeFile(path, archive(name, type));
    await t.rejects(startServer({ PACKAGES: path }), { name: 'WrongSetting', message });
  };
  await refused('package/../../x.json', /a path in it leads out of the package/);
  await refused('/package/x.json', /a path in it leads out of the package/);
  await refused('package/x.json', /it holds links/, '2');
  const bomb = join(folder, 'bomb.tgz');
  await writeFile(bomb, gzipSync(Buffer.alloc(501_000_000)));
  const before = process.memoryUsage().rss;
  await t.rejects(startServer({ PACKAGES: bomb }), /at most 500000000 bytes/);
  t.ok(process.memoryUsage().rss - before < 1_500_000_000);
});

const GUIDES = fileURLToPath(new URL('../../../shared/data/ig/', import.meta.url));
const skip = existsSync(GUIDES) ? false : 'the official packages are not here';
t.test('what the French guides define', { skip }, async (t) => {
  const { call, log, close } = await startServer({
    PACKAGES: ['gap', 'pdsm', 'annuaire'].map((name) => join(GUIDES, name)).join(','),
  });
  t.teardown(close);
  const { json } = await call('GET', '/metadata');
  const definitions = (type: string, name: string) =>
    json.rest[0].resource
      .find((one: { type: string }) => one.type === type)
      .searchParam.filter((one: { name: string }) => one.name === name)
      .map((one: { definition: string }) => one.definition);
  t.equal(definitions('List', 'source').length, 3, 'R4 and two of PDSm');
  t.equal(definitions('Slot', 'start').length, 1, 'two restate the one of R4');
  t.equal(definitions('Appointment', 'priority').length, 1);
  t.equal(definitions('DocumentReference', 'isArchived').length, 1);
  t.equal(definitions('DocumentReference', 'period-start').length, 1);
  t.equal(definitions('Organization', 'mailbox-mss').length, 1);
  t.notMatch(log(), /notServed/);
  await call('PUT', '/List/l', {
    resourceType: 'List',
    id: 'l',
    status: 'current',
    mode: 'working',
    source: { reference: 'Patient/p' },
    extension: [
      {
        url: 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived',
        valueBoolean: true,
      },
    ],
  });
  t.equal((await call('GET', '/List?isArchived=true&source=Patient/p')).json.entry?.length, 1);
  t.notOk((await call('GET', '/List?isArchived=false')).json.entry);
});
