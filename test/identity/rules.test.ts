/** The rules of identities, one by one, with a resident who does not exist. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { type IdentityPolicy, identityIssues } from '../../src/identity/rules.js';
import { RELIABILITY } from '../../src/identity/traits.js';

// biome-ignore lint/suspicious/noExplicitAny: the cases change whatever they like
type Any = any;
const FIXTURE = readFileSync(new URL('../../fixtures/patient-ins.json', import.meta.url), 'utf8');
const POLICY: IdentityPolicy = { key: 'warn', environment: 'any' };
const CODES = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-';

const found = (change: (patient: Any) => void, policy: Partial<IdentityPolicy> = {}, traitsChecked = false) => {
  const patient = JSON.parse(FIXTURE);
  change(patient);
  return identityIssues(patient, { ...POLICY, ...policy }, () => traitsChecked).map(
    ({ severity, key }) => `${severity} ${key}`,
  );
};
const status = (code: string, system = 'v2-0445', ...more: object[]) => ({
  url: RELIABILITY,
  extension: [{ url: 'identityStatus', valueCoding: { system: CODES + system, code } }, ...more],
});
const insi = { url: 'methodCollection', valueCoding: { system: `${CODES}method-collection`, code: 'INSI' } };

t.test('a qualified identity', async (t) => {
  t.same(
    found(() => undefined),
    [],
  );
  t.same(
    found((p) => {
      p.identifier = undefined;
      p.extension = undefined;
    }),
    [],
    'none at all',
  );
});

t.test('matricules', async (t) => {
  const value = (text: string) => (p: Any) => {
    p.identifier[0].value = text;
  };
  t.same(found(value('238024403611355')), ['warning ins-key']);
  t.same(found(value('238024403611355'), { key: 'enforce' }), ['error ins-key']);
  t.same(found(value('2380244036113')), ['error ins-form']);
  const system = (last: number) => (p: Any) => {
    p.identifier[0].system = `urn:oid:1.2.250.1.213.1.4.${last}`;
  };
  t.same(found(system(10), { environment: 'production' }), ['error ins-test-in-production']);
  t.same(found(system(11), { environment: 'production' }), ['error ins-test-in-production']);
  t.same(found(system(8), { environment: 'test' }), ['error ins-real-in-test']);
  t.same(found(system(9), { environment: 'test' }), ['error ins-real-in-test']);
  for (const last of [8, 9]) t.same(found(system(last), { environment: 'production' }), []);
  t.same(found(system(10), { environment: 'test' }), []);
  const nss = (p: Any) => {
    system(8)(p);
    p.extension.shift();
    p.identifier[0].type.coding = [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'NH' }];
  };
  t.same(found(nss), [], 'the social security number of FR Core 2.1.0');
});

t.test('status, FR Core 2.2.0', async (t) => {
  const only =
    (...all: object[]) =>
    (p: Any) =>
      p.extension.splice(0, 1, ...all);
  t.same(
    found((p) => p.extension.shift()),
    ['error ins-not-qualified'],
    'none is told',
  );
  t.same(found(only(status('PROV'))), ['error ins-not-qualified']);
  t.same(found(only(status('DOUT'))), ['error ins-not-qualified']);
  t.same(found(only(status('VALI'), status('DOUT'))), ['error identity-attribute-status', 'error ins-not-qualified']);
  t.same(found(only(status('VALI'), status('PROV'))), ['error identity-statuses']);
  const without =
    (...all: object[]) =>
    (p: Any) => {
      only(...all)(p);
      p.identifier.shift();
    };
  t.same(found(without(status('PROV'), status('DOUT'))), []);
  t.same(found(without(status('PROV'), status('FICT'))), []);
  t.same(found(without(status('DOUT'), status('FICT'))), ['error identity-doubtful-fictitious']);
  t.same(found(without(status('DOUT', 'v2-0445', insi))), ['error identity-attribute-insi']);
});

t.test('status, the coming rewrite', async (t) => {
  const only =
    (...all: object[]) =>
    (p: Any) =>
      p.extension.splice(0, 1, ...all);
  const next = (code: string, ...more: object[]) => status(code, 'identity-status', ...more);
  t.same(found(only(next('QUAL'))), []);
  for (const code of ['PROV', 'RECUP', 'VALI']) t.same(found(only(next(code))), ['error ins-not-qualified'], code);
  t.same(found(only(next('QUAL'), next('RECUP'))), ['error identity-statuses']);
  const comment = (code: string) => ({ url: 'comment', valueCoding: { code } });
  t.same(found(only(next('QUAL', comment('FICT')))), ['error identity-attribute-status', 'error ins-not-qualified']);
  const asked = { url: 'dateInterrogationINSi', valueDate: '2026-11-02' };
  t.same(
    found((p) => {
      only(next('PROV', comment('DOUT'), asked))(p);
      p.identifier.shift();
    }),
    ['error identity-attribute-insi'],
  );
  const claim = (version: string) => (p: Any) => {
    p.meta.profile = [`https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins|${version}`];
    p.extension[0].extension[0].valueCoding = { code: 'VALI' };
  };
  t.same(found(claim('2.2.0')), [], 'a code without system means what the claimed version says');
  t.same(found(claim('2.3.0')), ['error ins-not-qualified']);
});

t.test('traits', async (t) => {
  const cases: [string, (p: Any) => void][] = [
    ['birth name', (p) => delete p.name[0].family],
    ['first given name', (p) => delete p.name[0].given],
    ['given names', (p) => delete p.name[0].extension],
    ['gender', (p) => delete p.gender],
    [
      'gender other',
      (p) => {
        p.gender = 'other';
      },
    ],
    ['birth date', (p) => delete p.birthDate],
    ['birth place', (p) => p.extension.pop()],
  ];
  for (const [name, change] of cases) {
    t.same(found(change), ['error ins-traits'], name);
    t.same(found(change, {}, true), [], `${name}: the profile says it`);
  }
  t.same(
    found(
      (p) => {
        p.birthDate = '1938';
      },
      {},
      true,
    ),
    ['error ins-traits'],
    'a profile takes a year',
  );
  t.same(
    found((p) => {
      p.name[0].extension[0].valueString = 'Jeanne Marie-Thérèse';
    }),
    ['error ins-first-given'],
  );
  t.same(
    found((p) => {
      p.name[0].extension[0].valueString = 'MARIE THERESE JEANNE';
    }),
    [],
  );
});
