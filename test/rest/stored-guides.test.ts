/** Profiles, value sets and code systems that clients store are at work at once, and hide nothing of the operator's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { profileOf } from '../support/profiles.js';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const BASE = 'https://ehpad.example.org/fhir';
const profile = (name: string, more: object = {}) => ({
  ...profileOf(`${BASE}/StructureDefinition/${name}`, [{ path: 'Patient.birthDate', min: 1 }], more),
  id: name,
});
const codes = (...list: string[]) => ({
  resourceType: 'CodeSystem',
  id: 'ways',
  url: `${BASE}/CodeSystem/ways`,
  status: 'active',
  content: 'complete',
  concept: list.map((code) => ({ code })),
});
const valueSet = {
  resourceType: 'ValueSet',
  id: 'ways',
  url: `${BASE}/ValueSet/ways`,
  status: 'active',
  compose: { include: [{ system: `${BASE}/CodeSystem/ways` }] },
};

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const put = async (resource: { resourceType: string; id: string }) =>
    (await call('PUT', `/${resource.resourceType}/${resource.id}`, resource)).status;
  const claim = async (name: string, more: object = {}) => {
    const meta = { profile: [`${BASE}/StructureDefinition/${name}`] };
    return (await call('POST', '/Patient', { resourceType: 'Patient', meta, ...more })).status;
  };
  t.equal(await claim('resident'), 201, 'not known yet');
  t.equal(await put(profile('resident')), 201);
  t.equal(await claim('resident'), 422);
  t.equal(await claim('resident', { birthDate: '1940-01-01' }), 201);
  t.equal(await put(profile('resident', { differential: { element: [{ id: 'Patient', path: 'Patient' }] } })), 200);
  t.equal(await claim('resident'), 201, 'as it is now');
  t.equal(await put(profile('resident')), 200);
  t.equal(await claim('resident'), 422);
  t.equal((await call('DELETE', '/StructureDefinition/resident')).status, 204);
  t.equal(await claim('resident'), 201, 'gone');

  const binding = { strength: 'required', valueSet: valueSet.url };
  const bound = profile('bound', {
    differential: { element: [{ id: 'Patient.maritalStatus', path: 'Patient.maritalStatus', binding }] },
  });
  t.equal(await put(bound), 201);
  const married = (code: string) =>
    claim('bound', { maritalStatus: { coding: [{ system: `${BASE}/CodeSystem/ways`, code }] } });
  t.equal(await married('one'), 201, 'a value set that is not known is not checked');
  t.equal(await put(codes('one')), 201);
  t.equal(await put(valueSet), 201);
  t.equal(await married('two'), 422);
  t.equal(await put(codes('one', 'two')), 200);
  t.equal(await married('two'), 201);
}
await onEveryStore(run);

t.test('what the operator brought is not hidden', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  const nothing = {
    snapshot: { element: [{ id: 'Patient', path: 'Patient', min: 0, max: '*' }] },
    differential: undefined,
  };
  const CORE = 'http://hl7.org/fhir/StructureDefinition/Patient';
  const INS = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins';
  for (const [id, url, version] of [
    ['a', CORE, '4.0.1'],
    ['b', INS, '2.2.0'],
    ['c', INS, '9.9.9'],
  ]) {
    const body = { ...profile('x'), ...nothing, id, url, version };
    const { status } = await call('PUT', `/StructureDefinition/${id}`, JSON.stringify(body), {
      prefer: 'return=minimal',
    });
    t.ok(status === 201 || status === 422, `${url} ${status}`);
  }
  t.equal((await call('POST', '/Patient', { resourceType: 'Patient', gender: 'x' })).status, 422);
  const meta = { profile: [INS] };
  t.equal((await call('POST', '/Patient', { resourceType: 'Patient', meta })).status, 422);
});

t.test('a profile without its base, or on itself, is refused', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  for (const [name, base, code] of [
    ['self', 'self', 'base-cycle'],
    ['orphan', 'nobody', 'base-unknown'],
  ] as const) {
    const body = profile(name, { baseDefinition: `${BASE}/StructureDefinition/${base}` });
    const { status, json } = await call('PUT', `/StructureDefinition/${name}`, body);
    t.equal(status, 422, name);
    t.match(
      json.issue.map((issue: { details?: { coding: { code: string }[] } }) => issue.details?.coding[0]?.code),
      [code],
    );
  }
});

t.test('definitions that are traps', async (t) => {
  const { call, close } = await startServer({ VALIDATION: 'warn' });
  t.teardown(close);
  const put = async (name: string, more: object) =>
    await call('PUT', `/StructureDefinition/${name}`, profile(name, more));
  const validate = async (name: string) => {
    const began = Date.now();
    const meta = { profile: [`${BASE}/StructureDefinition/${name}`] };
    const name100 = [{ text: `${'a'.repeat(60)}!` }];
    const { status, json } = await call('POST', '/Patient/$validate', {
      resourceType: 'Patient',
      meta,
      name: name100,
      birthDate: '1940',
    });
    t.equal(status, 200);
    t.ok(Date.now() - began < 4000, `${name} took ${Date.now() - began} ms`);
    return json.issue.map((issue: { details?: { coding: { code: string }[] } }) => issue.details?.coding[0]?.code);
  };
  await put('self', { baseDefinition: `${BASE}/StructureDefinition/self` });
  t.same(await validate('self'), ['profile-unknown'], 'based on itself');
  await put('ping', { baseDefinition: `${BASE}/StructureDefinition/pong` });
  await put('pong', { baseDefinition: `${BASE}/StructureDefinition/ping` });
  t.same(await validate('ping'), ['profile-unknown'], 'in a circle');
  const constrained = (expression: string) => ({
    differential: {
      element: [
        { id: 'Patient', path: 'Patient', constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression }] },
      ],
    },
  });
  await put('broken', constrained('name.where('));
  t.same(await validate('broken'), ['profile-unknown'], 'FHIRPath that cannot be read defines nothing');
  await put('bomb', constrained("name.text.all($this.matches('^(a+)+$'))"));
  t.same(await validate('bomb'), ['invariant'], 'a regular expression in linear time');
  const endless = '(1 | 2 | 3).repeat(iif($this < 100000000, $this + 1, {})).count() > 0';
  await put('slow', constrained(endless));
  t.same(await validate('slow'), ['invariants-slow'], 'without end');
  // Each within its own time, which together is too long.
  const constraint = Array.from({ length: 30 }, (_, i) => ({
    key: `x-${i}`,
    severity: 'error',
    human: 'x',
    expression: `${endless} and ${i} < 100`,
  }));
  await put('many', { differential: { element: [{ id: 'Patient', path: 'Patient', constraint }] } });
  t.same(await validate('many'), ['invariants-slow'], 'and many of them, said once');
});

t.test('a definition that has no effect is not taken without a word', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  const codesOf = async (resource: { resourceType: string }) => {
    const prefer = { prefer: 'return=OperationOutcome' };
    const { status, json } = await call('POST', `/${resource.resourceType}`, resource, prefer);
    t.equal(status, 201);
    return json.issue.map(
      (issue: { severity: string; details?: { coding: { code: string }[] } }) =>
        `${issue.severity} ${issue.details?.coding[0]?.code ?? ''}`,
    );
  };
  const core = 'http://hl7.org/fhir/StructureDefinition/Practitioner';
  t.same(await codesOf({ ...profile('x'), url: core, name: 'Own' } as never), ['warning hidden-by-r4']);
  const ours = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient';
  t.same(await codesOf({ ...profile('x'), url: ours, version: '2.2.0' } as never), ['warning hidden-by-operator']);
  t.same(
    await codesOf({
      resourceType: 'ValueSet',
      status: 'draft',
      url: 'http://hl7.org/fhir/ValueSet/administrative-gender',
    } as never),
    ['warning hidden-by-r4'],
  );
  t.same(await codesOf(profile('free') as never), ['information ']);
});

t.test('a store of an older version, which knows no revision of them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const STORE = `sqlite:${folder}`;
  const before = await startServer({ STORE });
  t.equal((await before.call('PUT', '/StructureDefinition/resident', profile('resident'))).status, 201);
  await before.close();
  const file = new Sqlite(join(folder, 'passerelle.db'));
  t.equal(file.prepare("DELETE FROM state WHERE name = 'guides'").run().changes, 1);
  file.close();
  const { call, close } = await startServer({ STORE });
  t.teardown(close);
  const meta = { profile: [`${BASE}/StructureDefinition/resident`] };
  t.equal((await call('POST', '/Patient', { resourceType: 'Patient', meta })).status, 422);
});

t.test('what is broken defines nothing, where anything can be stored', async (t) => {
  const { call, close } = await startServer({ VALIDATION: 'off' });
  t.teardown(close);
  const put = async (resource: { resourceType: string; id: string }) =>
    (await call('PUT', `/${resource.resourceType}/${resource.id}`, resource)).status;
  t.equal(await put({ ...codes('one'), concept: 'x' } as never), 201);
  t.equal(await put({ ...valueSet, compose: 'x' } as never), 201);
  t.equal(await put(profile('broken', { snapshot: { element: 'x' } })), 201);
  t.equal((await call('GET', `/ValueSet/$expand?url=${valueSet.url}`)).status, 404);
  const meta = { profile: [`${BASE}/StructureDefinition/broken`] };
  const answer = await call('POST', '/Patient/$validate', { resourceType: 'Patient', meta });
  t.match(answer.json.issue[0], { severity: 'warning', details: { coding: [{ code: 'profile-unknown' }] } });
});
