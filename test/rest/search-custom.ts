/** Search parameters beyond R4's own: posted, pending, indexed again, served, changed, removed. */
import type { Test } from 'tap';
import { patient, startServer, type TestServer } from '../support/server.js';

const parameter = (more: Record<string, unknown> = {}) => ({
  resourceType: 'SearchParameter',
  url: 'http://example.org/SearchParameter/patient-mothers-name',
  name: 'MothersName',
  status: 'active',
  description: 'The name of the mother before her marriage',
  code: 'mothers-name',
  base: ['Patient'],
  type: 'string',
  expression: "Patient.extension.where(url = 'https://ehpad.example.org/fhir/StructureDefinition/mother').value",
  ...more,
});
const named = (mother: string) =>
  patient({
    extension: [{ url: 'https://ehpad.example.org/fhir/StructureDefinition/mother', valueString: mother }],
  });

const given = (parameters: { parameter: Record<string, unknown>[] }, name: string) =>
  parameters.parameter.filter((one) => one.name === name).map((one) => Object.entries(one)[1]?.[1]);

/** Waits for the end of a re-index, and gives its last words. */
async function reindexed(s: TestServer) {
  const begun = await s.call('POST', '/$reindex');
  for (let i = 0; i < 300; i++) {
    const answer = await s.call('GET', '/$reindex');
    if (given(answer.json, 'status')[0] !== 'running') return { begun, ended: answer.json };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('a re-index without end');
}

export async function customParameters(t: Test, store: string): Promise<void> {
  let s = await startServer({ STORE: store });
  t.teardown(() => s.close());
  const put = async (id: string, resource: Record<string, unknown>) => {
    t.equal((await s.call('PUT', `/Patient/${id}`, { ...resource, id })).status, 201);
  };
  const lists = async () => {
    const resources = (await s.call('GET', '/metadata')).json.rest[0].resource;
    const names = resources.find((one: { type: string }) => one.type === 'Patient').searchParam;
    return names.some((one: { name: string }) => one.name === 'mothers-name');
  };
  await put('before', named('Le Bihan'));
  t.equal((await s.call('GET', '/Patient?mothers-name=le+bihan')).status, 400, 'not known yet');
  const made = await s.call('POST', '/SearchParameter', parameter(), { prefer: 'return=representation' });
  t.equal(made.status, 201);
  const { id } = made.json;

  await t.test('a second definition of a code shuts no search of R4’s own', async (t) => {
    const second = {
      url: 'http://example.org/SearchParameter/second',
      code: 'family',
      expression: 'Patient.contact.name.family',
    };
    const { json } = await s.call('POST', '/SearchParameter', parameter(second), { prefer: 'return=representation' });
    const answer = await s.call('GET', '/Patient?family=martin');
    t.equal(answer.status, 200);
    const { resource, search } = answer.json.entry.at(-1);
    t.equal(search.mode, 'outcome');
    t.match(resource.issue, [{ severity: 'warning', details: { coding: [{ code: 'parameter-pending' }] } }]);
    t.equal((await s.call('DELETE', `/SearchParameter/${json.id}`)).status, 204);
    const reference = {
      url: 'http://example.org/SearchParameter/third',
      type: 'reference',
      code: 'organization',
      expression: 'Patient.contact.organization',
    };
    const third = await s.call('POST', '/SearchParameter', parameter(reference), { prefer: 'return=representation' });
    const included = await s.call('GET', '/Patient?_include=Patient:organization');
    t.equal(included.status, 200, 'nor an inclusion');
    t.equal(included.json.entry.at(-1).search.mode, 'outcome');
    t.equal((await s.call('DELETE', `/SearchParameter/${third.json.id}`)).status, 204);
  });

  await t.test('pending: it says so, and writes are indexed already', async (t) => {
    const answer = await s.call('GET', '/Patient?mothers-name=le+bihan');
    t.equal(answer.status, 400);
    t.equal(answer.json.issue[0].details.coding[0].code, 'parameter-pending');
    t.equal((await s.call('GET', '/Patient?_sort=mothers-name')).status, 400, 'sorted by');
    t.equal((await s.call('GET', '/Patient?_has:Observation:subject:subject:Patient.mothers-name=x')).status, 400);
    t.equal((await s.call('GET', '/Patient?_filter=mothers-name%20co%20x')).status, 400, 'in a filter');
    const lenient = await s.call('GET', '/Patient?mothers-name=x', undefined, { prefer: 'handling=lenient' });
    t.equal(lenient.status, 200);
    t.match(lenient.json.entry.at(-1).resource.issue[0].details.coding[0].code, 'parameter-pending');
    t.notOk(await lists(), 'not in the CapabilityStatement');
    t.same(given((await s.call('GET', '/$reindex')).json, 'pending'), ['Patient.mothers-name']);
    await put('meanwhile', named('Le Bihan-Kermadec'));
  });

  await t.test('indexed again: whole answers', async (t) => {
    const { begun, ended } = await reindexed(s);
    t.equal(begun.status, 202);
    t.equal(begun.headers.get('content-location'), `${s.base}/$reindex`);
    t.same(given(ended, 'status'), ['completed']);
    t.same(given(ended, 'done'), given(ended, 'total'));
    t.same(given(ended, 'pending'), []);
    const found = await s.call('GET', '/Patient?mothers-name=LE%20BIHAN&_sort=_id');
    t.same(
      found.json.entry.map((entry: { resource: { id: string } }) => entry.resource.id),
      ['before', 'meanwhile'],
    );
    t.ok(await lists());
    const version = (await s.call('GET', '/Patient/before')).json.meta.versionId;
    t.equal(version, '1', 'a re-index makes no version');
  });

  await t.test('it lives on after a restart', async (t) => {
    if (store === 'memory:') return;
    await s.close();
    s = await startServer({ STORE: store });
    t.equal((await s.call('GET', '/Patient?mothers-name=le+bihan')).json.total, 2);
  });

  await t.test('two definitions of one code are both served', async (t) => {
    const other = parameter({
      id: 'second',
      url: 'http://example.org/SearchParameter/patient-mothers-name-2',
      type: 'string',
      expression: 'Patient.contact.name.family',
    });
    t.equal((await s.call('PUT', '/SearchParameter/second', other)).status, 201);
    await put('by-contact', patient({ contact: [{ name: { family: 'Le Bihan' } }] }));
    t.equal((await s.call('GET', '/Patient?mothers-name=le+bihan')).status, 400, 'with one the answer would be a part');
    await reindexed(s);
    t.equal((await s.call('GET', '/Patient?mothers-name=le+bihan')).json.total, 3);
    t.equal((await s.call('DELETE', '/SearchParameter/second')).status, 204);
    t.equal((await s.call('GET', '/Patient?mothers-name=le+bihan')).json.total, 2);
  });

  await t.test('another expression waits again; without a definition it is unknown', async (t) => {
    const changed = parameter({ id, expression: 'Patient.contact.name.family' });
    t.equal((await s.call('PUT', `/SearchParameter/${id}`, changed)).status, 200);
    t.equal((await s.call('GET', '/Patient?mothers-name=le+bihan')).status, 400);
    await reindexed(s);
    t.equal((await s.call('GET', '/Patient?mothers-name=le+bihan')).json.total, 1);
    await s.call('DELETE', `/SearchParameter/${id}`);
    const gone = await s.call('GET', '/Patient?mothers-name=le+bihan');
    t.equal(gone.json.issue[0].details.coding[0].code, 'unknown-parameter');
  });

  await t.test('what cannot be served is refused', async (t) => {
    for (const [more, reason] of [
      [{ expression: 'Patient.nothing' }, /leads to nothing/],
      [{ expression: 'Patient.name.repeat(x)' }, /repeat/],
      [{ expression: 'Patient.name.where(' }, /end/],
      [{ expression: '('.repeat(20_000) }, /characters/],
      [{ expression: 'Patient.name', type: 'date' }, /leads to nothing/],
      [{ code: '_count' }, /letters/],
      [{ code: 'a.b' }, /letters/],
      [{ base: ['Bundle'], expression: 'Patient.name' }, /leads to nothing/],
    ] as [Record<string, unknown>, RegExp][]) {
      const answer = await s.call('POST', '/SearchParameter', parameter(more));
      t.equal(answer.status, 422, JSON.stringify(more).slice(0, 80));
      t.match(answer.text, reason);
    }
    const unknown = await s.call('POST', '/$reindex?type=Patiant');
    t.match(unknown.text, /Patient/);
    t.equal((await s.call('GET', '/$reindex?x=1')).status, 400);
  });
}
