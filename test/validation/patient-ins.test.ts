/** The French patient profiles, with patients that do not exist. */
import t from 'tap';
import { errors, FR_CORE, INS_PROFILE, insPatient, validator } from './support.js';

const PATIENT_PROFILE = `${FR_CORE}StructureDefinition/fr-core-patient`;
type Patient = ReturnType<typeof insPatient>;
const broken = (change: (patient: Patient) => void) => {
  const patient = insPatient();
  change(patient);
  return errors(patient);
};
const part = <T>(list: readonly T[], index = 0): T => list[index] as T;

t.test('a qualified identity', async (t) => {
  t.match(validator.validate(insPatient()), [{ severity: 'information', key: 'value-set-unchecked' }]);
  t.same(errors(insPatient(), { profiles: [PATIENT_PROFILE, `${INS_PROFILE}|2.2.0`] }), []);
  t.same(
    validator.validate(insPatient(), { profiles: [`${INS_PROFILE}|9.9`] }).map(({ key }) => key),
    ['profile-unknown', 'value-set-unchecked'],
  );
  t.same(errors({ resourceType: 'Basic', code: { text: 'x' } }, { profiles: [INS_PROFILE] }), ['profile-type Basic']);
});

t.test('traits', async (t) => {
  t.same(
    broken((p) => Reflect.deleteProperty(p, 'birthDate')),
    ['profile-min Patient'],
  );
  t.same(
    broken((p) => Reflect.deleteProperty(p, 'gender')),
    ['profile-min Patient'],
  );
  t.same(
    broken((p) => Object.assign(p, { gender: 'other' })),
    ['not-in-value-set Patient.gender'],
  );
  t.same(
    broken((p) => part(p.name).given.push('Anne-Laure')),
    ['profile-max Patient.name[0].given'],
  );
  t.same(
    broken((p) => Reflect.deleteProperty(part(p.name), 'extension')),
    ['profile-min Patient.name[0]', 'slice-min Patient.name[0]'],
  );
  t.same(
    broken((p) => Object.assign(part(p.name), { use: 'usual' })),
    ['slice-min Patient'],
  );
  t.same(
    broken((p) => p.extension.pop()),
    ['slice-min Patient'],
    'no birth place',
  );
  t.same(
    broken((p) => Reflect.deleteProperty(part(p.extension, 1).valueAddress as object, 'extension')),
    ['profile-min Patient.extension[1].value', 'slice-min Patient.extension[1].value'],
    'no COG code',
  );
});

t.test('identifiers', async (t) => {
  t.same(
    broken((p) => Reflect.deleteProperty(part(p.identifier), 'value')),
    ['profile-min Patient.identifier[0]'],
  );
  t.same(
    broken((p) => Object.assign(part(p.identifier), { system: 'urn:oid:1.2.250.1.213.1.4.8' })),
    ['pattern Patient.identifier[0].system', 'invariant Patient'],
  );
  t.same(broken((p) => p.identifier.pop()).includes('empty-array Patient.identifier'), true);
  const second = { use: 'official', system: 'https://hopital.fr/ipp', value: '1', type: { text: 'IPP' } };
  const ipp = (more: object) =>
    broken((p) => Object.assign(p, { identifier: [...p.identifier, { ...second, ...more }] }));
  t.same(ipp({}), ['invariant Patient'], 'fr-core-2: one official identifier');
  const coding = [
    { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'PI', display: 'Patient internal identifier' },
  ];
  t.same(ipp({ use: 'usual', type: { coding } }), []);
  t.same(ipp({ use: 'old', type: { coding } }), [], 'after a merge');
  t.same(ipp({ type: { coding } }), ['not-in-value-set Patient.identifier[1].use', 'invariant Patient']);
});

t.test('reliability', async (t) => {
  const code = (index: number, value: string) => (p: Patient) =>
    Object.assign(part(part(p.extension).extension ?? [], index).valueCoding, { code: value });
  t.same(
    broken(code(1, 'CC')),
    ['not-in-value-set Patient.extension[0].extension[1].value'],
    'CC does not validate an INS',
  );
  t.same(broken(code(0, 'PROV')), []);
  t.same(
    broken((p) => Object.assign(part(part(p.extension).extension ?? []), { url: 'statut' })),
    ['extension-part Patient.extension[0].extension[0]'],
    'a part that the extension does not have',
  );
});

t.test('an unknown birth place is a warning', async (t) => {
  const patient = insPatient();
  const address = part(patient.extension, 1).valueAddress;
  Object.assign(part(address?.extension ?? []).valueCoding, { code: '99999' });
  t.same(
    validator.validate(patient).map(({ severity, key, params }) => [severity, key, params.key]),
    [
      ['warning', 'invariant', 'fr-core-3'],
      ['information', 'value-set-unchecked', undefined],
    ],
  );
});
