/** REQUIRE_PROFILE: what an establishment asks of every resource of a type, claimed or not. */
import t from 'tap';
import { startServer } from '../support/server.js';
import { insPatient } from '../validation/support.js';

const CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/';
const { meta: _, ...unclaimed } = insPatient();
const plain = { resourceType: 'Patient', name: [{ family: 'Sansins' }] };

t.test('one profile', async (t) => {
  const { call, close } = await startServer({ REQUIRE_PROFILE: `Patient=${CORE}fr-core-patient-ins` });
  t.teardown(close);
  t.equal((await call('POST', '/Patient', unclaimed)).status, 201, 'kept without being claimed');
  const refused = await call('POST', '/Patient', plain);
  t.equal(refused.status, 422);
  t.match(refused.json.issue[0], { severity: 'error', details: { coding: [{ code: /profile-min|slice-min/ }] } });
  t.equal((await call('PUT', '/Patient/a', { ...plain, id: 'a' })).status, 422);
  t.equal((await call('POST', '/Basic', { resourceType: 'Basic', code: { text: 'x' } })).status, 201);
});

t.test('alternatives', async (t) => {
  const both = `Patient=${CORE}fr-core-patient-ins, Patient=http://hl7.org/fhir/StructureDefinition/Patient`;
  const { call, close } = await startServer({ REQUIRE_PROFILE: both });
  t.teardown(close);
  t.equal((await call('POST', '/Patient', plain)).status, 201);
});

t.test('VALIDATION=warn stores and tells', async (t) => {
  const { call, close } = await startServer({
    VALIDATION: 'warn',
    REQUIRE_PROFILE: `Patient=${CORE}fr-core-patient-ins`,
  });
  t.teardown(close);
  const answer = await call('POST', '/Patient', plain, { prefer: 'return=OperationOutcome' });
  t.equal(answer.status, 201);
  t.match(answer.json.issue[0], { severity: 'error' });
});

t.test('a profile that cannot be asked for stops the start', async (t) => {
  const start = (REQUIRE_PROFILE: string) => startServer({ REQUIRE_PROFILE });
  await t.rejects(start(`Patient=${CORE}nobody`), /REQUIRE_PROFILE names .*nobody, which is not known/);
  await t.rejects(start(`Location=${CORE}fr-core-patient-ins`), /asks of Location a profile of Patient/);
  await t.rejects(start('Patient'), /Type=canonical pairs/);
});

t.test('the other settings reach the validator', async (t) => {
  const { call, close } = await startServer({
    UNKNOWN_EXTENSIONS: 'error',
    EXAMPLE_URLS: 'refuse',
    HTML_IN_TEXT: 'refuse',
  });
  t.teardown(close);
  const refused = async (more: object) =>
    (await call('POST', '/Patient', { ...plain, ...more })).json.issue[0].details.coding[0].code;
  const extension = [{ url: 'https://ehpad.fr/fhir/unknown', valueString: 'x' }];
  t.equal(await refused({ extension }), 'extension-unknown');
  t.equal(await refused({ identifier: [{ system: 'http://example.org', value: '1' }] }), 'example-url');
  t.equal(await refused({ name: [{ text: '<script>x</script>' }] }), 'html-in-string');
});
