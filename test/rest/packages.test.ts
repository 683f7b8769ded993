/** FHIR packages that an installation adds: their search parameters and value sets, from a folder or an archive. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  t.match(log(), /"package":"dui.test.guide","version":"1.0.0","searchParameters":2,"valueSets":1,"codeSystems":1/);
  t.match(log(), /search parameters not served/);
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
  t.notMatch(log(), /not served/);
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
