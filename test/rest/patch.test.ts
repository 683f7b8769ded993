/** PATCH over HTTP, on every store. https://hl7.org/fhir/R4/http.html#patch */
import type { Test } from 'tap';
import { patient, startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
type Part = Record<string, unknown>;
const operation = (type: string, path: string, ...more: Part[]) => ({
  name: 'operation',
  part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...more],
});
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });
const named = (name: string) => ({ name: 'name', valueString: name });
const value = (more: Part) => ({ name: 'value', ...more });

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const put = async (id: string, more: object = {}) =>
    await call('PUT', `/Patient/${id}`, { ...patient(), ...more, id });
  const patch = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    await call('PATCH', path, body, Array.isArray(body) ? { ...JSON_PATCH, ...headers } : headers);
  const fhirPath = async (id: string, ...operations: object[]) =>
    await patch(`/Patient/${id}`, parameters(...operations));

  await t.test('JSON Patch', async (t) => {
    await put('json');
    const answer = await patch('/Patient/json', [
      { op: 'test', path: '/gender', value: 'female' },
      { op: 'replace', path: '/gender', value: 'other' },
      { op: 'add', path: '/name/0/given/-', value: 'Rose' },
      { op: 'remove', path: '/identifier/0' },
    ]);
    t.equal(answer.status, 200);
    t.equal(answer.headers.get('etag'), 'W/"2"');
    t.match(answer.json, { gender: 'other', name: [{ given: ['Jeanne-Marie', 'Rose'] }], meta: { versionId: '2' } });
    t.equal(answer.json.identifier, undefined, 'no empty array is left');
    t.equal((await call('GET', '/Patient?gender=other&_id=json')).json.entry.length, 1);
    const precise =
      '{"resourceType":"Observation","id":"o","status":"final","code":{"text":"poids"},"valueQuantity":{"value":62.50}}';
    await call('PUT', '/Observation/o', precise);
    t.match(
      (await patch('/Observation/o', [{ op: 'replace', path: '/code/text', value: 'masse' }])).text,
      '"value":62.50',
    );
  });

  await t.test('FHIRPath Patch', async (t) => {
    await put('path');
    const added = await fhirPath(
      'path',
      operation('add', 'Patient', named('deceased'), value({ valueBoolean: false })),
      operation('add', 'Patient', named('contact'), {
        name: 'value',
        part: [
          { name: 'name', valueHumanName: { text: 'Anne' } },
          { name: 'gender', valueCode: 'female' },
        ],
      }),
      operation(
        'insert',
        'Patient.name',
        { name: 'index', valueInteger: 0 },
        value({ valueHumanName: { family: 'Morel' } }),
      ),
      operation('replace', 'Patient.birthDate', value({ valueDate: '1938-02-12' })),
    );
    t.equal(added.status, 200);
    t.match(added.json, {
      deceasedBoolean: false,
      contact: [{ name: { text: 'Anne' }, gender: 'female' }],
      name: [{ family: 'Morel' }, { family: 'Kérouédan' }],
      birthDate: '1938-02-12',
    });
    const moved = await fhirPath(
      'path',
      operation('move', 'Patient.name', { name: 'source', valueInteger: 0 }, { name: 'destination', valueInteger: 1 }),
      operation('replace', 'Patient.deceased', value({ valueDateTime: '2026-11-27' })),
      operation('delete', "Patient.contact.where(name.text = 'Anne').gender"),
      operation('delete', 'Patient.photo'),
      operation('add', 'Patient.birthDate', named('extension'), value({ valueString: 'x' })),
    );
    t.equal(moved.status, 422, 'an extension is no string');
    const sound = await fhirPath(
      'path',
      operation('move', 'Patient.name', { name: 'source', valueInteger: 0 }, { name: 'destination', valueInteger: 1 }),
      operation('replace', 'Patient.deceased', value({ valueDateTime: '2026-11-27' })),
      operation('delete', "Patient.contact.where(name.text = 'Anne').gender"),
      operation('delete', 'Patient.photo'),
      operation('add', 'Patient.birthDate', named('extension'), {
        name: 'value',
        part: [
          { name: 'url', valueUri: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime' },
          { name: 'value', valueDateTime: '1938-02-12T08:00:00+01:00' },
        ],
      }),
    );
    t.equal(sound.status, 200);
    t.match(sound.json, { name: [{ family: 'Kérouédan' }, { family: 'Morel' }], deceasedDateTime: '2026-11-27' });
    t.equal(sound.json.deceasedBoolean, undefined);
    t.equal(sound.json.contact[0].gender, undefined);
    t.match(sound.json._birthDate.extension, [{ valueDateTime: '1938-02-12T08:00:00+01:00' }]);
    for (const [wrong, status] of [
      [operation('add', 'Patient', named('gender'), value({ valueCode: 'male' })), 422],
      [operation('add', 'Patient', named('nom'), value({ valueString: 'x' })), 422],
      [operation('add', 'Patient.name', named('family'), value({ valueString: 'x' })), 422],
      [operation('replace', 'Patient.photo', value({ valueString: 'x' })), 422],
      [operation('delete', 'Patient.name'), 422],
      [
        operation(
          'move',
          'Patient.name',
          { name: 'source', valueInteger: 7 },
          { name: 'destination', valueInteger: 1 },
        ),
        422,
      ],
      [operation('add', 'Patient.where(', named('gender'), value({ valueCode: 'male' })), 400],
      [operation('destroy', 'Patient'), 400],
      [operation('replace', 'Patient.gender'), 400],
      [{ name: 'other' }, 400],
    ] as const) {
      const answer = await fhirPath('path', operation('delete', 'Patient.photo'), wrong);
      t.equal(answer.status, status, JSON.stringify(wrong));
      t.match(answer.json.issue[0].diagnostics, /operation 1/);
    }
    t.equal((await call('GET', '/Patient/path')).json.meta.versionId, '3', 'nothing of them was stored');
  });

  await t.test('refusals', async (t) => {
    await put('refused');
    const replace = (path: string, to: unknown) => [{ op: 'replace', path, value: to }];
    const failed = await patch('/Patient/refused', [
      ...replace('/gender', 'male'),
      { op: 'test', path: '/active', value: false },
    ]);
    t.equal(failed.status, 422);
    t.match(failed.json.issue[0].diagnostics, /operation 1/);
    t.equal((await patch('/Patient/refused', replace('/photo', []))).status, 422, 'a path that is not there');
    t.match(await patch('/Patient/refused', replace('/gender', 'femelle')), {
      status: 422,
      json: { issue: [{ expression: ['Patient.gender'] }] },
    });
    t.equal((await patch('/Patient/refused', replace('/id', 'other'))).status, 422);
    t.equal((await patch('/Patient/refused', replace('/resourceType', 'Person'))).status, 422);
    t.equal((await patch('/Patient/nobody', replace('/gender', 'male'))).status, 404);
    t.equal((await patch('/Patient/refused', '{"op":1}', JSON_PATCH)).status, 400);
    t.equal((await patch('/Patient/refused', '[', JSON_PATCH)).status, 400);
    t.equal((await patch('/Patient/refused', patient())).status, 400, 'a resource is no patch');
    t.equal((await patch('/Patient/refused', 'x', { 'content-type': 'text/plain' })).status, 415);
    t.equal((await patch('/Patient/refused', replace('/gender', 'male'), { 'if-match': 'W/"7"' })).status, 412);
    t.equal((await patch('/Patient/refused', replace('/gender', 'male'), { 'if-match': 'W/"1"' })).status, 200);
    await call('DELETE', '/Patient/refused');
    t.equal((await patch('/Patient/refused', replace('/gender', 'male'))).status, 410);
  });

  await t.test('by criteria, and in Bundles', async (t) => {
    await put('found', { identifier: [{ system: 'urn:oid:1.2.250.1.999.1', value: 'unique' }] });
    const change = [{ op: 'replace', path: '/gender', value: 'other' }];
    const at = '/Patient?identifier=urn:oid:1.2.250.1.999.1%7C';
    t.equal((await patch(`${at}unique`, change)).json.gender, 'other');
    t.equal((await patch(`${at}nobody`, change)).status, 404);
    await put('second', { identifier: [{ system: 'urn:oid:1.2.250.1.999.1', value: 'unique' }] });
    t.equal((await patch(`${at}unique`, change)).status, 412);
    const data = Buffer.from(JSON.stringify([{ op: 'add', path: '/language', value: 'fr' }])).toString('base64');
    const binary = { resourceType: 'Binary', contentType: 'application/json-patch+json', data };
    const bundle = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });
    const done = await call(
      'POST',
      '',
      bundle(
        { resource: binary, request: { method: 'PATCH', url: 'Patient/found' } },
        {
          resource: parameters(operation('delete', 'Patient.telecom')),
          request: { method: 'PATCH', url: 'Patient/second' },
        },
        { request: { method: 'GET', url: 'Patient/found' } },
      ),
    );
    t.equal(done.status, 200);
    t.equal(done.json.entry[2].resource.language, 'fr', 'seen by what comes after');
    const twice = bundle(
      { resource: binary, request: { method: 'PATCH', url: 'Patient/found' } },
      { resource: { ...patient(), id: 'found' }, request: { method: 'PUT', url: 'Patient/found' } },
    );
    t.equal((await call('POST', '', twice)).status, 400);
  });

  await t.test('many at once: each is applied', async (t) => {
    await put('busy', { name: [{ family: 'Morel', given: ['A'] }] });
    const add = (i: number) => [{ op: 'add', path: '/name/0/given/-', value: `N${i}` }];
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) => patch('/Patient/busy', add(i))));
    t.same(new Set(all.map(({ status }) => status)), new Set([200]));
    t.equal((await call('GET', '/Patient/busy')).json.name[0].given.length, 1 + all.length);
  });
}
await onEveryStore(run);
