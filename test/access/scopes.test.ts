/** SMART scopes: what is written is what is granted, and what is not written so grants nothing. */
import t from 'tap';
import { parseScope, parseScopes } from '../../src/access/scopes.js';

const isType = (name: string) => ['Patient', 'Observation', 'Condition'].includes(name);
const shown = (text: string) => {
  const scope = parseScope(text, isType);
  return scope && `${scope.level} ${scope.type} ${[...scope.permissions].join()} ${JSON.stringify(scope.narrowing)}`;
};

t.test('version 1', async (t) => {
  t.equal(shown('patient/Observation.read'), 'patient Observation read,search []');
  t.equal(shown('user/*.write'), 'user * create,update,delete []');
  t.equal(shown('system/Patient.*'), 'system Patient create,read,update,delete,search []');
});

t.test('version 2: subsets of cruds in their order, and searches that narrow', async (t) => {
  t.equal(shown('user/Patient.cruds'), 'user Patient create,read,update,delete,search []');
  t.equal(shown('user/Patient.rs'), 'user Patient read,search []');
  t.equal(shown('system/*.c'), 'system * create []');
  t.equal(
    shown('patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory'),
    'patient Observation read,search [["category","http://terminology.hl7.org/CodeSystem/observation-category|laboratory"]]',
  );
  t.equal(
    shown('user/Observation.s?code=a%26b&date=ge2026'),
    'user Observation search [["code","a&b"],["date","ge2026"]]',
  );
});

t.test('what is not written so grants nothing', async (t) => {
  for (const text of [
    '',
    'openid',
    'launch/patient',
    'patient/Observation',
    'patient/Observation.',
    'patient/Observation.sr',
    'patient/Observation.rr',
    'patient/Observation.Read',
    'patient/Observation.reads',
    'patient/observation.read',
    'patient/Unknown.read',
    'patient/Observation.read?category=laboratory',
    'patient/Observation.rs?',
    'patient/Observation.rs?&',
    'patient/Observation.rs?=laboratory',
    'patient/Observation.rs?category',
    'patient/Observation.rs?category=%zz',
    'patients/Observation.rs',
    'Patient/Observation.rs',
    'xpatient/Observation.rs',
    'user/**.rs',
    'user/Patient/1.rs',
    'user/Patient.rs\n',
  ]) {
    t.equal(shown(text), undefined, JSON.stringify(text));
  }
});

t.test('a list keeps what is about resources', async (t) => {
  const scopes = parseScopes('openid fhirUser launch/patient patient/*.rs offline_access patient/Patient.sr', isType);
  t.same(
    scopes.map(({ type }) => type),
    ['*'],
  );
});
