/** $validate over HTTP. https://hl7.org/fhir/R4/resource-operation-validate.html */
import t, { type Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';
import { insPatient } from '../validation/support.js';

const INS = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins';
const plain = { resourceType: 'Patient', name: [{ family: 'Sansins' }] };
const wrong = { resourceType: 'Patient', gender: 'femelle' };

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const codes = (answer: {
    status: number;
    json: { issue: { severity: string; details?: { coding: { code: string }[] } }[] };
  }) => {
    t.equal(answer.status, 200, 'the operation itself went well');
    return answer.json.issue.map(({ severity, details }) => `${severity} ${details?.coding[0]?.code ?? ''}`.trim());
  };
  const wrap = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });

  await t.test('on a type', async (t) => {
    const valid = ['information value-set-unchecked'];
    t.same(codes(await call('POST', '/Patient/$validate', insPatient())), valid);
    t.same(codes(await call('POST', '/Patient/$validate', wrong)), ['error not-in-value-set']);
    t.same(codes(await call('POST', `/Patient/$validate?profile=${INS}`, insPatient())), valid);
    const asked = codes(await call('POST', `/Patient/$validate?profile=${INS}`, plain));
    t.ok(asked.length > 1 && asked.every((code) => code.startsWith('error ')), 'a profile that is not claimed');
    const nobody = codes(await call('POST', '/Patient/$validate?profile=urn:nobody', plain));
    t.same(nobody, ['error profile-unknown'], 'said once');
    t.same(codes(await call('POST', '/Patient/$validate?profile=__proto__', plain))[0], 'error profile-unknown');
    t.match(await call('POST', '/Observation/$validate', plain), { status: 400 });
    t.match(await call('POST', '/Patient/$validate?mode=later', plain), { status: 400 });
    t.match(await call('POST', '/Patient/$validate?name=x', plain), { status: 400 });
    t.match(await call('POST', '/Patient/$validate', undefined), { status: 400 });
    t.match(await call('GET', '/Patient/$validate'), { status: 405 });
    t.match(await call('POST', '/Patient/$validat', plain), { status: 404 });
    const { json } = await call('GET', '/Patient?_summary=count');
    t.equal(json.total, 0, 'nothing was stored');
  });

  await t.test('in Parameters', async (t) => {
    const resource = { name: 'resource', resource: wrong };
    t.same(codes(await call('POST', '/Patient/$validate', wrap(resource))), ['error not-in-value-set']);
    const profile = { name: 'profile', valueUri: INS };
    t.ok(
      codes(await call('POST', '/Patient/$validate', wrap({ name: 'resource', resource: plain }, profile))).length > 1,
    );
    t.same(codes(await call('POST', '/Parameters/$validate', wrap({ name: 'a', valueString: 'b' }))), ['information']);
    const text =
      '{"resourceType":"Parameters","parameter":[\n{"name":"resource","resource":\n  {"resourceType":"Patient",\n   "gender":"x"}}]}';
    const { json } = await call('POST', '/Patient/$validate', text);
    t.match(json.issue[0], {
      expression: ['Patient.gender'],
      extension: [{ valueInteger: 4 }, { valueInteger: 13 }],
    });
  });

  await t.test('what a Bundle defines holds inside it', async (t) => {
    const url = 'https://ehpad.example.org/StructureDefinition/in-the-bundle';
    const profile = {
      resourceType: 'StructureDefinition',
      url,
      name: 'InTheBundle',
      status: 'draft',
      kind: 'resource',
      abstract: false,
      type: 'Patient',
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
      derivation: 'constraint',
      differential: { element: [{ id: 'Patient.birthDate', path: 'Patient.birthDate', min: 1 }] },
    };
    const person = { ...plain, meta: { profile: [url] } };
    const entry = [person, profile].map((resource) => ({
      resource,
      request: { method: 'POST', url: resource.resourceType },
    }));
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry };
    t.same(codes(await call('POST', '/Patient/$validate', person)), ['warning profile-unknown']);
    t.same(codes(await call('POST', '/Bundle/$validate', bundle)), ['error profile-min']);
    t.match(await call('POST', '', bundle), { status: 422 });
    t.match(await call('POST', '', { ...bundle, entry: [entry[1]] }), { status: 200 });
    t.same(codes(await call('POST', '/Patient/$validate', person)), ['error profile-min']);
  });

  await t.test('a link to nothing in a Bundle', async (t) => {
    const subject = { reference: 'urn:uuid:0b1f2a44-5c0d-4d7e-8a51-5d0f4a2b9c09' };
    const resource = { resourceType: 'Flag', status: 'active', code: { text: 'chute' }, subject };
    const bundle = (type: string) => ({
      resourceType: 'Bundle',
      type,
      entry: [{ resource, request: { method: 'POST', url: 'Flag' } }],
    });
    t.match(await call('POST', '', bundle('transaction')), { status: 400 });
    t.same(codes(await call('POST', '/Bundle/$validate', bundle('transaction'))), ['error urn-not-in-bundle']);
    t.same(codes(await call('POST', '/Bundle/$validate', bundle('batch'))), ['information']);
    const { entry } = bundle('message');
    const message = {
      resourceType: 'Bundle',
      type: 'document',
      entry: [{ resource: (entry[0] as { resource: object }).resource }],
    };
    t.ok(codes(await call('POST', '/Bundle/$validate', message)).includes('warning urn-not-in-bundle'));
  });

  await t.test('where it is not', async (t) => {
    const { status, json } = await call('POST', '/$validate', plain);
    t.equal(status, 404);
    t.match(json.issue[0].diagnostics, 'POST /{type}/$validate, POST /{type}/{id}/$validate');
    t.match((await call('POST', '/$validat', plain)).json.issue[0].diagnostics, 'Did you mean "$validate"?');
    const lookup = await call('GET', '/Patient/$lookup');
    t.match(lookup.json.issue[0].diagnostics, '/CodeSystem/$lookup');
  });

  await t.test('lines and columns of the text', async (t) => {
    const place = async (text: string, type = 'application/fhir+json', path = '/Patient/$validate') => {
      const { json } = await call('POST', path, text, { 'content-type': type, accept: 'application/fhir+json' });
      return json.issue.map(
        ({ details, extension }: { details: { coding: { code: string }[] }; extension?: { valueInteger: number }[] }) =>
          [details.coding[0]?.code, ...(extension ?? []).map(({ valueInteger }) => valueInteger)].join(' '),
      );
    };
    t.same(await place('{"resourceType":"Patient",\n  "gendre":"female"}'), ['unknown-element 2 12']);
    t.same(await place('{"resourceType": "Patient",\n "name": [ {"family": "a \\" b",\n  "family":"c"}]}'), [
      'duplicate-key 3 3',
    ]);
    t.same(await place('{"resourceType":"Patient",\n x}'), ['bad-json 2 2']);
    const xml = 'application/fhir+xml';
    const head = '<?xml version="1.0"?>\n<!-- <gender value="x"/> -->\n<Patient xmlns="http://hl7.org/fhir">';
    t.same(
      await place(`${head}\n  <name><family value="a"/></name>\n  <name><use value="x>y"/></name></Patient>`, xml),
      ['not-in-value-set 5 9'],
    );
    t.same(await place(`${head}\n  <nom value="a"/>\n</Patient>`, xml), ['unknown-element 4 3']);
    t.same(
      await place(
        `${head}\n  <contained><Organization>\n<id value="o"/><active value="oui"/></Organization></contained>\n<managingOrganization><reference value="#o"/></managingOrganization></Patient>`,
        xml,
      ),
      ['primitive 5 16'],
    );
    const inBundle =
      '<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/>\n<entry><resource><Patient><active value="true"/></Patient></resource></entry>\n<entry><resource><Patient><deceasedBoolean value="non"/></Patient></resource></entry></Bundle>';
    t.same(await place(inBundle, xml, '/Bundle/$validate'), ['primitive 3 27']);
  });

  await t.test('on an instance', async (t) => {
    t.equal((await call('PUT', '/Patient/a', { ...plain, id: 'a' })).status, 201);
    t.same(codes(await call('GET', '/Patient/a/$validate')), ['information']);
    t.ok(codes(await call('GET', `/Patient/a/$validate?profile=${INS}`)).length > 1);
    t.same(codes(await call('POST', '/Patient/a/$validate')), ['information'], 'without a body the stored one');
    t.same(codes(await call('POST', '/Patient/a/$validate', { ...wrong, id: 'a' })), ['error not-in-value-set']);
    t.same(codes(await call('POST', '/Patient/a/$validate?mode=update', { ...plain, id: 'b' })), [
      'error id-of-update',
    ]);
    t.same(codes(await call('POST', '/Patient/a/$validate?mode=delete')), ['information']);
    t.equal((await call('GET', '/Patient/nobody/$validate')).status, 404);
    t.equal((await call('POST', '/Patient/nobody/$validate?mode=delete')).status, 404);
    await call('DELETE', '/Patient/a');
    t.equal((await call('GET', '/Patient/a/$validate')).status, 410);
  });
}

await onEveryStore(run);

t.test('answers that teach, in French too', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  const text = `{"resourceType": "Patient", "meta": {"profile": ["${INS}"]},
  "nmae": [],
  "gender": "femelle" }`;
  const [first, second, ...rest] = (await call('POST', '/Patient/$validate', text, { 'accept-language': 'fr' })).json
    .issue;
  t.match(first.details.text, /n’a pas d’élément « nmae » .* « name » \?/);
  t.match(second, {
    expression: ['Patient.gender'],
    extension: [
      { url: /issue-line$/, valueInteger: 3 },
      { url: /issue-col$/, valueInteger: 13 },
    ],
  });
  t.ok(
    rest.some((issue: { diagnostics: string }) => issue.diagnostics.includes(`${INS}|2.2.0`)),
    'the profile is named',
  );
  t.ok(
    rest.some((issue: { details: { text: string } }) => /se reconnaît à/.test(issue.details.text)),
    'the slice too',
  );
  const many = { resourceType: 'Patient', name: Array.from({ length: 500 }, () => ({ use: 'x', family: '' })) };
  t.equal((await call('POST', '/Patient/$validate', many)).json.issue.length, 100);
});

t.test('the statement tells of it', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  const { rest } = (await call('GET', '/metadata')).json;
  const patient = rest[0].resource.find(({ type }: { type: string }) => type === 'Patient');
  t.match(patient.operation, [{ name: 'validate' }]);
  t.notOk(rest[0].operation.some(({ name }: { name: string }) => name === 'validate'));
});

t.test('VALIDATION=off stores anything and still answers', async (t) => {
  const { call, close } = await startServer({ VALIDATION: 'off' });
  t.teardown(close);
  t.equal((await call('PUT', '/Patient/a', { ...wrong, id: 'a' })).status, 201);
  const { json } = await call('GET', '/Patient/a/$validate');
  t.match(json.issue, [{ severity: 'error' }]);
});
