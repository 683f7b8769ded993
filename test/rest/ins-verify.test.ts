/** Patient/[id]/$ins-verify with the simulator of INSi, on every store. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { insiSimulator } from '../../src/identity/insi.js';
import { verified } from '../../src/identity/verified.js';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const FR = 'https://hl7.fr/ig/fhir/core/';
const RELIABILITY = `${FR}StructureDefinition/fr-core-identity-reliability`;
const fixture = () => JSON.parse(readFileSync(new URL('../../fixtures/patient-ins.json', import.meta.url), 'utf8'));
const mode = {
  url: 'validationMode',
  valueCoding: { system: `${FR}CodeSystem/fr-core-cs-mode-validation-identity`, code: 'CN' },
};
const status = (code: string, system = 'v2-0445') => ({
  url: 'identityStatus',
  valueCoding: { system: `${FR}CodeSystem/fr-core-cs-${system}`, code },
});
const yann = (id: string, told: object[], more: object = {}) => ({
  resourceType: 'Patient',
  id,
  extension: [{ url: RELIABILITY, extension: told }],
  name: [{ use: 'official', family: 'Quéméner', given: ['Yann'] }],
  gender: 'male',
  birthDate: '1941-03-12',
  ...more,
});
// biome-ignore lint/suspicious/noExplicitAny: any resource
type Any = any;
const part = ({ json }: { json: Any }, name: string) => {
  const found = json.parameter.find((one: Any) => one.name === name);
  return found?.valueCode ?? found?.valueString ?? found?.resource;
};
const told = (patient: Any) =>
  Object.fromEntries(
    patient.extension
      .filter(({ url }: Any) => url === RELIABILITY)
      .flatMap(({ extension }: Any) => extension)
      .map((one: Any) => [one.url, one.valueDate ?? one.valueCoding?.code]),
  );
const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Paris' }).format(new Date());

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store, INSI: 'simulator' });
  t.teardown(close);
  const put = async (resource: { resourceType: string; id: string }) => {
    const answer = await call('PUT', `/${resource.resourceType}/${resource.id}`, resource);
    t.ok(answer.status < 300, answer.text.slice(0, 300));
  };
  const verify = async (id: string) => await call('POST', `/Patient/${id}/$ins-verify`);
  const outcome = (code: string) => ({ json: { issue: [{ details: { coding: [{ code }] } }] } });

  await t.test('00, papers seen: the identity is qualified, with the matricule and all traits', async (t) => {
    await put(yann('yann', [status('PROV'), mode]));
    const answer = await verify('yann');
    t.equal(answer.status, 200, answer.text);
    t.same([part(answer, 'code'), part(answer, 'status')], ['00', 'verified']);
    const patient = (await call('GET', '/Patient/yann')).json;
    t.same(part(answer, 'patient'), patient);
    t.equal(patient.meta.versionId, '2');
    t.match(told(patient), {
      identityStatus: 'VALI',
      methodCollection: 'INSI',
      dateCollection: today,
      validationMode: 'CN',
    });
    t.match(patient.identifier, [
      { use: 'official', system: 'urn:oid:1.2.250.1.213.1.4.10', value: /^1410329019045\d\d$/ },
    ]);
    const profile = `${FR}StructureDefinition/fr-core-patient-ins`;
    const validated = await call('POST', `/Patient/$validate?profile=${profile}`, patient);
    t.notOk(
      validated.json.issue.some(({ severity }: Any) => severity === 'error'),
      validated.text,
    );
    t.equal((await verify('yann')).status, 200, 'and again');
    t.equal((await call('GET', '/Patient/yann')).json.identifier.length, 1);
  });

  await t.test('00, no papers: retrieved, without the matricule', async (t) => {
    await put(yann('retrieved', [status('PROV')]));
    t.equal(part(await verify('retrieved'), 'status'), 'verified');
    const patient = (await call('GET', '/Patient/retrieved')).json;
    t.match(told(patient), { identityStatus: 'PROV', methodCollection: 'INSI', dateCollection: today });
    t.notOk('identifier' in patient);
  });

  await t.test('01 and 02: nobody, and several', async (t) => {
    await put(yann('nobody', [status('PROV'), mode], { birthDate: '1941-03-13' }));
    const none = await verify('nobody');
    t.same([part(none, 'code'), part(none, 'status')], ['01', 'unknown']);
    t.match(told((await call('GET', '/Patient/nobody')).json), {
      identityStatus: 'PROV',
      methodCollection: 'INSI',
      dateCollection: today,
    });
    const paul = { name: [{ use: 'official', family: 'Martin', given: ['Paul'] }], birthDate: '1955-07-14' };
    await put(yann('paul', [status('PROV')], paul));
    t.same(part(await verify('paul'), 'code'), '02');
    t.notOk('identifier' in (await call('GET', '/Patient/paul')).json);
  });

  await t.test('the resident of the fixtures, and a matricule that is not hers', async (t) => {
    await put(fixture());
    t.equal(part(await verify('resident-kerouedan'), 'status'), 'verified');
    t.equal((await call('GET', '/Patient/resident-kerouedan')).json.meta.versionId, '2');
    const other = { ...fixture(), id: 'wrong' };
    other.identifier[0].value = '238024403611451';
    await put(other);
    const answer = await verify('wrong');
    t.same([part(answer, 'status'), part(answer, 'difference')], ['different', 'matricule']);
    t.equal((await call('GET', '/Patient/wrong')).json.meta.versionId, '1', 'nothing is written');
    const unknown = { ...fixture(), id: 'unknown', birthDate: '1938-02-12' };
    await put(unknown);
    t.same(part(await verify('unknown'), 'status'), 'different', 'a matricule of somebody whom INSi does not know');
  });

  await t.test('what is no question', async (t) => {
    await put(yann('doubtful', [status('DOUT')]));
    t.match(await verify('doubtful'), { status: 422, ...outcome('insi-not-asked') });
    await put(yann('little', [status('PROV')], { birthDate: '1941' }));
    t.match(await verify('little'), { status: 422, ...outcome('insi-traits') });
    t.equal((await verify('nowhere')).status, 404);
    t.equal((await call('POST', '/Practitioner/yann/$ins-verify')).status, 404);
  });
}

t.test('without INSi', async (t) => {
  const { call, close } = await startServer();
  t.teardown(close);
  await call('PUT', '/Patient/yann', yann('yann', [status('PROV')]));
  const refused = await call('POST', '/Patient/yann/$ins-verify');
  t.match(refused, { status: 501, json: { issue: [{ code: 'not-supported', details: { text: /INSI/ } }] } });
});

t.test('the coming rewrite has statuses of its own', async (t) => {
  const question = { birthName: 'quemener', firstGiven: 'YANN', gender: 'male', birthDate: '1941-03-12' };
  const answer = await insiSimulator().search(question);
  const identity = answer.code === '00' ? answer.identity : undefined;
  t.ok(identity);
  const after = (code: string, found: boolean, ...more: object[]) =>
    told(verified(yann('x', [status(code, 'identity-status'), ...more]), found ? identity : undefined, '2026-12-01'))
      .identityStatus;
  t.equal(after('PROV', true), 'RECUP');
  t.equal(after('PROV', true, mode), 'QUAL');
  t.equal(after('VALI', true), 'QUAL');
  t.equal(after('VALI', false), 'VALI');
  t.equal(after('RECUP', false), 'PROV');
});

await onEveryStore(run);
