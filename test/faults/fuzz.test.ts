/** The quick form of `npm run fuzz`, and what it found before. */
import t from 'tap';
import { patient, startServer } from '../support/server.js';
import { fuzz } from './fuzz.mjs';

for (const VALIDATION of ['enforce', 'off']) {
  t.test(`mutated requests, VALIDATION=${VALIDATION}`, async (t) => {
    const { base, call, close } = await startServer({ VALIDATION });
    t.teardown(close);
    const { failures, statuses } = await fuzz({ base, count: 4000, seed: 7 });
    t.same(failures.slice(0, 5), []);
    t.ok((statuses['200'] ?? 0) > 100 && (statuses['400'] ?? 0) > 100, JSON.stringify(statuses));
    t.equal((await call('PUT', '/Patient/after', patient({ id: 'after' }))).status, 201, 'it goes on');
  });
}

t.test('what was found', async (t) => {
  const strict = await startServer({});
  t.teardown(strict.close);
  const profile = {
    resourceType: 'StructureDefinition',
    id: 'x',
    url: 'http://example.org/x',
    name: 'X',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
  };
  for (const element of [
    [null],
    [{ path: 'Patient.name', id: 5 }],
    [{ id: 'Patient.name', path: 'Patient.name', type: [null] }],
    [{ id: 'Patient.name', path: 'Patient.name', type: 'x' }],
  ]) {
    const { status } = await strict.call('PUT', '/StructureDefinition/x', { ...profile, differential: { element } });
    t.equal(status, 422, JSON.stringify(element));
  }
  const open = await startServer({ VALIDATION: 'off' });
  t.teardown(open.close);
  for (const entry of [1e308, 'x', {}, [null], [1], [{ request: 'x' }]]) {
    const { status } = await open.call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry });
    t.equal(status, 400, JSON.stringify(entry));
  }
  const parameter = {
    resourceType: 'SearchParameter',
    id: 'x',
    url: 'http://example.org/p',
    code: 'x',
    base: ['Patient'],
    type: '__proto__',
    expression: 'Patient.gender',
  };
  t.equal((await open.call('PUT', '/SearchParameter/x', parameter)).status, 201);
  t.equal((await open.call('POST', '/Patient', patient())).status, 201, 'a parameter of no type is none');
});
