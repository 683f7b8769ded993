/** What is indexed of a resource. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { Definitions } from '../../src/r4/definitions/index.js';
import { ParameterCompiler } from '../../src/search/parameter-compiler.js';
import { noValues } from '../../src/search/query.js';
import { createSearchRegistry } from '../../src/search/registry.js';

const definitions = Definitions.load();
const registry = createSearchRegistry(definitions, new Set(definitions.resourceTypes), { timeZone: 'Europe/Paris' });
const BASE = 'http://localhost:8080/fhir';

function fixture(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));
}
function extract(resource: Record<string, unknown>) {
  return registry.extract(resource.resourceType as string, resource, BASE);
}

t.test('every expression of R4 compiles', async (t) => {
  const expected = new Set<string>();
  for (const type of definitions.resourceTypes) {
    for (const { code, expression } of definitions.searchParameters(type)) {
      if (expression === undefined) continue;
      if (registry.parameter(type, code).length === 0) expected.add(`${type}.${code}: ${expression}`);
    }
  }
  t.same([...expected], []);
});

t.test('a resident', async (t) => {
  const values = extract(fixture('patient-ins.json'));
  const has = (list: unknown[], one: unknown) =>
    t.ok(
      list.some((v) => JSON.stringify(v) === JSON.stringify(one)),
      JSON.stringify(one),
    );
  has(values.tokens, { key: 'Patient.gender', system: 'http://hl7.org/fhir/administrative-gender', code: 'female' });
  has(values.tokens, { key: 'Patient.active', system: '', code: 'true' });
  has(values.tokens, { key: 'Patient.deceased', system: '', code: 'false' });
  t.ok(values.tokens.some((v) => v.key === 'Patient.identifier' && v.system === 'urn:oid:1.2.250.1.213.1.4.10'));
  has(values.uris, {
    key: 'Patient._profile',
    value: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins',
  });
  const family = values.strings.filter((v) => v.key === 'Patient.family');
  t.equal(family.length, 2, 'birth name and used name');
  t.equal(registry.parameter('Patient', 'phonetic')[0]?.key, 'Patient.name', 'one expression, one index');
  const [birth] = values.dates.filter((v) => v.key === 'Patient.birthdate');
  t.equal((birth?.high ?? 0) - (birth?.low ?? 0), 86_400_000);
  const total =
    values.tokens.length +
    values.strings.length +
    values.references.length +
    values.dates.length +
    values.uris.length +
    values.numbers.length;
  t.ok(total < 60, `${total} values`);
});

t.test('references, periods, choices', async (t) => {
  const encounter = extract({
    resourceType: 'Encounter',
    subject: { reference: `${BASE}/Patient/1/_history/3` },
    serviceProvider: { reference: 'https://other.example/fhir/Organization/9' },
    partOf: { reference: '#here' },
    period: { start: '2026-01-17' },
  });
  t.same(
    encounter.references.filter((v) => v.key === 'Encounter.subject'),
    [{ key: 'Encounter.subject', target: 'Patient/1' }],
  );
  t.ok(
    encounter.references.some((v) => v.key === 'Encounter.patient' && v.target === 'Patient/1'),
    'where(resolve() is Patient)',
  );
  t.ok(encounter.references.some((v) => v.target === 'https://other.example/fhir/Organization/9'));
  t.notOk(encounter.references.some((v) => v.key === 'Encounter.part-of'));
  const [period] = encounter.dates.filter((v) => v.key === 'Encounter.date');
  t.equal(period?.high, 8.64e15, 'open');
  t.equal(period?.low, Date.parse('2026-01-16T23:00:00Z'));
  const group = extract({ resourceType: 'Encounter', subject: { reference: 'Group/1' } });
  t.notOk(group.references.some((v) => v.key === 'Encounter.patient'));
  const observation = extract({
    resourceType: 'Observation',
    effectiveInstant: '2026-01-01T00:00:00Z',
    valueCodeableConcept: { coding: [{ system: 'urn:a', code: 'b' }] },
  });
  t.ok(observation.dates.some((v) => v.key === 'Observation.date'));
  t.ok(observation.tokens.some((v) => v.key === 'Observation.value-concept' && v.code === 'b'));
  t.same(
    extract({ resourceType: 'Patient', deceasedDateTime: '2020' })
      .tokens.filter((v) => v.key === 'Patient.deceased')
      .map((v) => v.code),
    ['true'],
  );
  t.same(
    extract({ resourceType: 'Patient', deceasedBoolean: false })
      .tokens.filter((v) => v.key === 'Patient.deceased')
      .map((v) => v.code),
    ['false'],
  );
});

t.test('nonsense does not stop it', async (t) => {
  for (const value of [1, 'x', true, null, [], [null], [[1]], { a: 1 }]) {
    const wrong = {
      resourceType: 'Patient',
      name: value,
      identifier: value,
      birthDate: value,
      managingOrganization: value,
      link: value,
      address: value,
      telecom: value,
      meta: value,
      deceasedBoolean: value,
    };
    t.ok(extract(wrong));
  }
});

t.test('expressions of guides and clients', async (t) => {
  const compiler = new ParameterCompiler(definitions);
  const FOLDED = 'http://example.org/StructureDefinition/home';
  const resource = {
    resourceType: 'Patient',
    extension: [
      { url: FOLDED, valueAddress: { city: 'Quimper' } },
      { url: 'http://example.org/StructureDefinition/other', valueAddress: { city: 'Brest' } },
      { url: FOLDED, valueString: 'Quimperlé' },
    ],
    birthDate: '1938-02-24',
    _birthDate: {
      id: 'b',
      extension: [{ url: 'http://example.org/birthTime', valueDateTime: '1938-02-24T06:00:00Z' }],
    },
    name: [
      {
        given: ['Jeanne', null],
        _given: [{ extension: [{ url: 'http://example.org/call', valueString: 'Jeannette' }] }],
      },
      { given: ['Anne'], family: 'Le Bihan' },
    ],
  };
  const valuesOf = (type: 'string' | 'date' | 'token', expression: string) => {
    const url = 'http://example.org/SearchParameter/x';
    const made = compiler.of('Patient')({ url, code: 'x', type, base: ['Patient'], expression, custom: true });
    t.ok(
      made?.walk,
      compiler.problem('Patient', { url, code: 'x', type, base: ['Patient'], expression })?.en ?? expression,
    );
    const values = noValues();
    made?.walk?.(resource, { values, resource, baseUrl: BASE, timeZone: 'Europe/Paris' });
    return values;
  };
  const strings = (expression: string) => valuesOf('string', expression).strings.map(({ exact }) => exact);
  t.same(strings(`Patient.extension.where(url = '${FOLDED}').value.city`), ['Quimper']);
  t.same(strings(`(Patient.extension('${FOLDED}').value as Address).city`), ['Quimper']);
  t.same(strings("Patient.name.given.extension('http://example.org/call').value"), ['Jeannette']);
  t.equal(valuesOf('date', "Patient.birthDate.extension('http://example.org/birthTime').value").dates.length, 1);
  t.same(strings('Patient.name.where(family.hasValue()).given'), ['Anne']);
  t.same(strings('Patient.name.last().given'), ['Anne']);
  t.same(strings('Patient.name.select(given | family)'), ['Jeanne', 'Anne', 'Le Bihan']);
});
