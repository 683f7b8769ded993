/** The rules of identities at the front door: every write, $validate, and what settings change. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { startServer } from '../support/server.js';

const qualified = () => JSON.parse(readFileSync(new URL('../../fixtures/patient-ins.json', import.meta.url), 'utf8'));
const doubtful = () => {
  const patient = qualified();
  patient.extension[0].extension[0].valueCoding.code = 'DOUT';
  return patient;
};
const codes = ({ json }: { json: { issue: { severity: string; details: { coding: { code: string }[] } }[] } }) =>
  json.issue.map(({ severity, details }) => `${severity} ${details.coding[0]?.code}`);

t.test('the matricule travels with a qualified identity alone', async (t) => {
  const { call, close } = await startServer();
  t.teardown(close);
  const patient = doubtful();
  const post = await call('POST', '/Patient', patient, { 'accept-language': 'fr' });
  t.equal(post.status, 422);
  t.match(post.json.issue[0], {
    code: 'business-rule',
    expression: ['Patient.identifier[0]'],
    details: { text: /qualifiée.*EXI SI 08/ },
  });
  t.notMatch(post.text, /238024403611354|Kérouédan/, 'nothing of the person in the answer');
  t.equal((await call('PUT', `/Patient/${patient.id}`, patient)).status, 422);
  const entry = { resource: patient, request: { method: 'POST', url: 'Patient' } };
  const bundle = await call('POST', '/', { resourceType: 'Bundle', type: 'transaction', entry: [entry] });
  t.match(bundle, { status: 422, json: { issue: [{ expression: ['Bundle.entry[0].resource.identifier[0]'] }] } });
  const validated = await call('POST', '/Patient/$validate', patient);
  t.ok(codes(validated).includes('error ins-not-qualified'));
  t.equal((await call('PUT', `/Patient/${patient.id}`, qualified())).status, 201);
  const path = 'Patient.extension[0].extension[0].value.code';
  const patch = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: path },
          { name: 'value', valueCode: 'PROV' },
        ],
      },
    ],
  };
  t.match(codes(await call('PATCH', `/Patient/${patient.id}`, patch)), ['error ins-not-qualified']);
  patient.identifier.shift();
  t.equal((await call('POST', '/Patient', { ...patient, meta: undefined })).status, 201, 'without it nothing is wrong');
});

t.test('INS_KEY', async (t) => {
  const wrong = qualified();
  wrong.identifier[0].value = '238024403611355';
  const warn = await startServer();
  t.teardown(warn.close);
  const taken = await warn.call('POST', '/Patient', wrong, { prefer: 'return=OperationOutcome' });
  t.equal(taken.status, 201);
  t.ok(codes(taken).includes('warning ins-key'));
  t.match(taken.headers.get('warning'), /199 passerelle/);
  const enforce = await startServer({ INS_KEY: 'enforce' });
  t.teardown(enforce.close);
  const refused = await enforce.call('POST', '/Patient', wrong);
  t.equal(refused.status, 422);
  t.match(codes(refused)[0], 'error ins-key');
  t.match(refused.json.issue[0], { expression: ['Patient.identifier[0].value'], details: { text: /: 54 goes/ } });
});

t.test('INS_ENVIRONMENT', async (t) => {
  const production = await startServer({ INS_ENVIRONMENT: 'production' });
  t.teardown(production.close);
  t.same(codes(await production.call('POST', '/Patient', qualified()))[0], 'error ins-test-in-production');
  const test = await startServer({ INS_ENVIRONMENT: 'test' });
  t.teardown(test.close);
  t.equal((await test.call('POST', '/Patient', qualified())).status, 201);
  const real = qualified();
  real.identifier[0].system = 'urn:oid:1.2.250.1.213.1.4.8';
  real.identifier[0].type.coding[0].code = 'INS-NIR';
  t.same(codes(await test.call('POST', '/Patient', real))[0], 'error ins-real-in-test');
});

t.test('under VALIDATION=warn it is told, under off not looked at', async (t) => {
  const warn = await startServer({ VALIDATION: 'warn' });
  t.teardown(warn.close);
  const told = await warn.call('POST', '/Patient', doubtful(), { prefer: 'return=OperationOutcome' });
  t.equal(told.status, 201);
  t.ok(codes(told).includes('error ins-not-qualified'));
  const off = await startServer({ VALIDATION: 'off' });
  t.teardown(off.close);
  const blind = await off.call('POST', '/Patient', doubtful());
  t.equal(blind.status, 201);
  t.equal(blind.headers.get('warning'), null);
});
