/** Slices by every kind of discriminator that is compiled, and constraints by FHIRPath. */
import t from 'tap';
import { createValidator } from '../../src/validation/index.js';
import { definitions, errors, validator } from './support.js';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
let count = 0;
/** Errors of a resource against a profile of one type with this differential. */
function against(type: string, element: object[], resource: object): string[] {
  const url = `http://example.org/StructureDefinition/slicing-${count++}`;
  const profile = {
    resourceType: 'StructureDefinition',
    url,
    type,
    kind: 'resource',
    abstract: false,
    derivation: 'constraint',
    baseDefinition: CORE + type,
    differential: { element },
  };
  return errors({ resourceType: type, ...resource }, { profiles: [url] }, createValidator(definitions.with([profile])));
}
const by = (type: string, path: string, rules = 'open') => ({ discriminator: [{ type, path }], rules });

t.test('value and pattern', async (t) => {
  const element = [
    { path: 'Patient.telecom', slicing: by('value', 'system', 'closed') },
    { path: 'Patient.telecom', sliceName: 'phone', min: 1, max: '2' },
    { path: 'Patient.telecom.system', min: 1, patternCode: 'phone' },
    { path: 'Patient.telecom', sliceName: 'email', min: 0, max: '1' },
    { path: 'Patient.telecom.system', min: 1, fixedCode: 'email' },
    { path: 'Patient.telecom.use', min: 1 },
  ];
  const phone = { system: 'phone', value: '1' };
  const email = { system: 'email', value: 'a@b.fr', use: 'work' };
  const check = (...telecom: object[]) => against('Patient', element, { telecom });
  t.same(check(phone, email), []);
  t.same(check(email), ['slice-min Patient']);
  t.same(check(phone, phone, phone), ['slice-max Patient']);
  t.same(check(phone, { system: 'email', value: 'a@b.fr' }), ['profile-min Patient.telecom[1]']);
  t.same(check(phone, { system: 'fax', value: '1' }), ['slice-closed Patient.telecom[1]']);
});

t.test('a constant above the discriminator, and parts below it', async (t) => {
  const concept = { coding: [{ system: 'http://example.org/cs', code: 'a' }] };
  const element = (path: string) => [
    { path: 'Patient.identifier', slicing: by('value', path) },
    { path: 'Patient.identifier', sliceName: 'a', min: 1, max: '1' },
    { path: 'Patient.identifier.type', min: 1, patternCodeableConcept: concept },
  ];
  const patient = (code: string) => ({
    identifier: [{ type: { coding: [{ system: 'http://example.org/cs', code }] }, value: '1' }],
  });
  for (const path of ['type', 'type.coding.code']) {
    t.same(against('Patient', element(path), patient('a')), [], path);
    t.same(against('Patient', element(path), patient('b')), ['slice-min Patient'], path);
  }
});

t.test('a discriminator that cannot be read is said to be unchecked', async (t) => {
  const element = [
    { path: 'Patient.telecom', slicing: by('value', 'system.lower()', 'closed') },
    { path: 'Patient.telecom', sliceName: 'phone', min: 0, max: '1' },
    { path: 'Patient.telecom.system', min: 1, patternCode: 'phone' },
  ];
  const url = 'http://example.org/StructureDefinition/unreadable';
  const core = { type: 'Patient', kind: 'resource', abstract: false, derivation: 'constraint' };
  const profile = {
    resourceType: 'StructureDefinition',
    url,
    ...core,
    baseDefinition: `${CORE}Patient`,
    differential: { element },
  };
  const found = createValidator(definitions.with([profile])).validate(
    {
      resourceType: 'Patient',
      telecom: [
        { system: 'fax', value: '1' },
        { system: 'phone', value: '2' },
      ],
    },
    { profiles: [url] },
  );
  t.match(found, [
    { severity: 'information', key: 'slicing-unchecked', params: { slicing: 'Patient.telecom (phone)' } },
  ]);
  t.equal(found.length, 1);
});

t.test('exists, type', async (t) => {
  const exists = [
    { path: 'Patient.identifier', slicing: by('exists', 'assigner') },
    { path: 'Patient.identifier', sliceName: 'assigned', max: '1' },
    { path: 'Patient.identifier.assigner', min: 1 },
  ];
  const assigned = { value: '1', assigner: { display: 'x' } };
  t.same(against('Patient', exists, { identifier: [assigned, { value: '2' }] }), []);
  t.same(against('Patient', exists, { identifier: [assigned, assigned] }), ['slice-max Patient']);
  const type = [
    { path: 'Bundle.entry', slicing: by('type', 'resource') },
    { path: 'Bundle.entry', sliceName: 'patient', min: 1, max: '1' },
    { path: 'Bundle.entry.resource', min: 1, type: [{ code: 'Patient' }] },
  ];
  const bundle = (...types: string[]) => ({
    type: 'collection',
    entry: types.map((resourceType) => ({ resource: { resourceType } })),
  });
  t.same(against('Bundle', type, bundle('Patient', 'Practitioner')), []);
  t.same(against('Bundle', type, bundle('Practitioner')), ['slice-min Bundle']);
});

t.test('choices', async (t) => {
  const only = [{ path: 'Observation.value[x]', min: 1, type: [{ code: 'Quantity' }] }];
  const observation = (more: object) => ({ status: 'final', code: { text: 'x' }, ...more });
  t.same(against('Observation', only, observation({ valueQuantity: { value: 1 } })), []);
  t.same(against('Observation', only, observation({ valueString: 'x' })), ['profile-type-of-choice Observation.value']);
  t.same(against('Observation', only, observation({})), ['profile-min Observation']);
  const sliced = [
    { path: 'Observation.value[x]', slicing: by('type', '$this') },
    { path: 'Observation.value[x]', sliceName: 'valueQuantity', max: '1', type: [{ code: 'Quantity' }] },
    { path: 'Observation.value[x].code', min: 1 },
  ];
  t.same(against('Observation', sliced, observation({ valueString: 'x' })), []);
  t.same(against('Observation', sliced, observation({ valueQuantity: { value: 1 } })), [
    'profile-min Observation.value',
  ]);
});

t.test('profiles of resources, each for its own type', async (t) => {
  const profile = (name: string, type: string, element: object[], derivation = 'constraint') => ({
    resourceType: 'StructureDefinition',
    url: `http://example.org/StructureDefinition/${name}`,
    type,
    kind: 'resource',
    abstract: false,
    derivation,
    baseDefinition: CORE + type,
    differential: { element },
  });
  const active = (type: string) => profile(`active-${type}`, type, [{ path: `${type}.active`, min: 1 }]);
  const typed = (code: string) => ({ code, profile: [active(code).url] });
  const bundle = profile('bundle', 'Bundle', [
    { path: 'Bundle.entry', slicing: by('profile', 'resource', 'closed') },
    { path: 'Bundle.entry', sliceName: 'patient', min: 1, max: '1' },
    { path: 'Bundle.entry.resource', min: 1, type: [typed('Patient')] },
    { path: 'Bundle.entry', sliceName: 'actor', min: 0, max: '1' },
    { path: 'Bundle.entry.resource', min: 1, type: [typed('Practitioner'), typed('PractitionerRole')] },
    { path: 'Bundle.entry', sliceName: 'list', min: 0, max: '1' },
    { path: 'Bundle.entry.resource', min: 1, type: [{ code: 'Resource', profile: [`${CORE}List`] }] },
  ]);
  // Some authors call a profile a specialization; it narrows its type all the same.
  const named = profile('named', 'Patient', [{ path: 'Patient.name', min: 1 }], 'specialization');
  const all = [bundle, named, active('Patient'), active('Practitioner'), active('PractitionerRole')];
  const validator = createValidator(definitions.with(all));
  const check = (...types: string[]) =>
    errors(
      {
        resourceType: 'Bundle',
        type: 'collection',
        entry: types.map((resourceType) => ({ resource: { resourceType, active: true } })),
      },
      { profiles: [bundle.url] },
      validator,
    );
  t.same(check('Patient'), []);
  t.same(check('Patient', 'PractitionerRole'), []);
  t.same(check('Practitioner'), ['slice-min Bundle']);
  t.same(check('Patient', 'Patient'), ['slice-max Bundle']);
  t.same(check('Patient', 'Practitioner', 'PractitionerRole'), ['slice-max Bundle']);
  t.same(check('Patient', 'Organization'), ['invariant Bundle.entry[1].resource', 'slice-closed Bundle.entry[1]']);
  t.same(errors({ resourceType: 'Patient' }, { profiles: [named.url] }, validator), ['profile-min Patient']);
});

t.test('least and most values', async (t) => {
  const element = [
    { path: 'Patient.birthDate', minValueDate: '1900-01-01' },
    { path: 'Patient.multipleBirth[x]', type: [{ code: 'integer' }], maxValueInteger: 9 },
  ];
  t.same(against('Patient', element, { birthDate: '1900', multipleBirthInteger: 9 }), []);
  t.same(against('Patient', element, { birthDate: '1899-12-31' }), ['value-below Patient.birthDate']);
  t.same(against('Patient', element, { multipleBirthInteger: 10 }), ['value-above Patient.multipleBirth']);
  const system = 'http://unitsofmeasure.org';
  const weight = [
    { path: 'Observation.value[x]', type: [{ code: 'Quantity' }], minValueQuantity: { value: 0, system, code: 'kg' } },
  ];
  const value = (quantity: object) =>
    against('Observation', weight, {
      status: 'final',
      code: { text: 'x' },
      valueQuantity: { unit: 'kg', system, ...quantity },
    });
  t.same(value({ value: 0, code: 'kg' }), []);
  t.same(value({ value: -1, code: 'kg' }), ['value-below Observation.value']);
  t.same(value({ value: -1, code: 'g' }), ['value-below Observation.value'], 'a unit of the same kind is converted');
  t.same(value({ value: -1, code: 'm' }), [], 'one of another kind is not compared');
});

t.test('constants, targets, lengths', async (t) => {
  const element = [
    { path: 'Patient.active', fixedBoolean: true },
    { path: 'Patient.generalPractitioner', type: [{ code: 'Reference', targetProfile: [`${CORE}Practitioner`] }] },
    { path: 'Patient.name.family', maxLength: 5 },
    { path: 'Patient.photo', max: '0' },
  ];
  t.same(against('Patient', element, { active: true, generalPractitioner: [{ reference: 'Practitioner/1' }] }), []);
  t.same(against('Patient', element, { active: false }), ['fixed Patient.active']);
  t.same(against('Patient', element, { generalPractitioner: [{ reference: 'Organization/1' }] }), [
    'reference-target Patient.generalPractitioner[0]',
  ]);
  t.same(against('Patient', element, { name: [{ family: 'Martin' }] }), ['too-long Patient.name[0].family']);
  t.same(against('Patient', element, { photo: [{ title: 'x' }] }), ['profile-max Patient.photo']);
});

t.test('constraints that are not compiled are evaluated', async (t) => {
  const rule = (expression?: string) => [
    {
      path: 'Patient',
      constraint: [{ key: 'x-1', severity: 'error', human: 'x', ...(expression ? { expression } : {}) }],
    },
  ];
  const named = rule("name.where(use = 'official').family.exists()");
  t.same(against('Patient', named, { name: [{ use: 'official', family: 'x' }] }), []);
  t.same(against('Patient', named, { name: [{ family: 'x' }] }), ['invariant Patient']);
  t.same(against('Patient', rule(), { active: true }), [], 'one without an expression is skipped');
  t.same(
    against('Patient', rule('this is ( not FHIRPath'), { active: true }),
    [],
    'nor is a broken one the patient’s fault',
  );
});

t.test('slices of slices', (t) => {
  const element = [
    { id: 'Patient.identifier', path: 'Patient.identifier', slicing: by('value', 'system') },
    {
      id: 'Patient.identifier:a',
      path: 'Patient.identifier',
      sliceName: 'a',
      min: 0,
      max: '2',
      slicing: by('value', 'use', 'closed'),
    },
    { id: 'Patient.identifier:a.system', path: 'Patient.identifier.system', min: 1, fixedUri: 'http://a.fr' },
    { id: 'Patient.identifier:a/o', path: 'Patient.identifier', sliceName: 'a/o', min: 1, max: '1' },
    { id: 'Patient.identifier:a/o.use', path: 'Patient.identifier.use', min: 1, fixedCode: 'official' },
    { id: 'Patient.identifier:a/o.value', path: 'Patient.identifier.value', min: 1 },
  ];
  const one = { system: 'http://a.fr', value: '1' };
  const check = (...identifier: object[]) => against('Patient', element, { identifier });
  t.same(check({ ...one, use: 'official' }, { system: 'http://b.fr', value: '1' }), []);
  t.same(check({ ...one, use: 'official' }, { ...one, use: 'usual' }), ['slice-closed Patient.identifier[1]']);
  t.same(check({ ...one, use: 'usual' }), ['slice-closed Patient.identifier[0]', 'slice-min Patient']);
  t.same(check({ system: 'http://a.fr', use: 'official' }), ['profile-min Patient.identifier[0]']);
  t.same(check({ system: 'http://b.fr', value: '1' }), [], 'none of them need be there');
  t.end();
});

t.test('what is in no slice comes at the end', (t) => {
  const element = [
    { path: 'Patient.telecom', slicing: { ...by('value', 'system', 'openAtEnd'), ordered: true } },
    { path: 'Patient.telecom', sliceName: 'phone', min: 0, max: '*' },
    { path: 'Patient.telecom.system', min: 1, fixedCode: 'phone' },
  ];
  const of = (system: string) => ({ system, value: '1' });
  const check = (...systems: string[]) => against('Patient', element, { telecom: systems.map(of) });
  t.same(check('phone', 'phone', 'fax', 'url'), []);
  t.same(check('phone', 'fax', 'phone'), ['slice-at-end Patient.telecom[2]']);
  t.end();
});

t.test('a choice with closed slices has one of their types', (t) => {
  const element = [
    { path: 'Observation.value[x]', slicing: by('type', '$this', 'closed') },
    { path: 'Observation.value[x]', sliceName: 'valueQuantity', min: 0, max: '1', type: [{ code: 'Quantity' }] },
  ];
  const observation = { status: 'final', code: { text: 'x' } };
  t.same(against('Observation', element, { ...observation, valueQuantity: { value: 1 } }), []);
  t.same(against('Observation', element, { ...observation, valueBoolean: true }), ['slice-closed Observation.value']);
  t.end();
});

t.test('the type of a target that is not at hand is that of the reference', (t) => {
  const CORE_TYPE = (type: string) => [{ code: 'Reference', targetProfile: [CORE + type] }];
  const element = [
    { path: 'Patient.generalPractitioner', slicing: by('type', 'resolve()', 'closed') },
    { path: 'Patient.generalPractitioner', sliceName: 'person', min: 1, max: '1', type: CORE_TYPE('Practitioner') },
  ];
  const check = (reference: object) => against('Patient', element, { generalPractitioner: [reference] });
  t.same(check({ reference: 'Practitioner/1' }), []);
  t.same(check({ reference: 'https://example.org/fhir/Practitioner/1/_history/2' }), []);
  t.same(check({ type: 'Practitioner', identifier: { value: '1' } }), []);
  t.same(check({ reference: 'Organization/1' }), ['slice-closed Patient.generalPractitioner[0]', 'slice-min Patient']);
  t.end();
});

t.test('constraints on primitives, and with functions about more than the resource', (t) => {
  const rule = (expression: string) => ({ constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression }] });
  const on = (path: string, expression: string, resource: object) =>
    against('Patient', [{ path, ...rule(expression) }], resource);
  t.same(on('Patient.active', '$this = true', { active: true }), []);
  t.same(on('Patient.active', '$this = true', { active: false }), ['invariant Patient.active']);
  t.same(on('Patient.birthDate', '$this < today()', { birthDate: '1940-01-01' }), []);
  t.same(on('Patient.birthDate', '$this > today()', { birthDate: '1940-01-01' }), ['invariant Patient.birthDate']);
  t.same(on('Patient.name.given', "matches('^[A-Z]+$')", { name: [{ given: ['ANNE', 'Zoé'] }] }), [
    'invariant Patient.name[0].given[1]',
  ]);
  t.same(on('Patient.deceased[x]', '$this = true', { deceasedBoolean: false }), [], 'a choice of two primitives');
  const organization = {
    contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }],
    managingOrganization: { reference: '#o' },
  };
  t.same(on('Patient', 'managingOrganization.resolve() is Organization', organization), []);
  t.same(on('Patient', 'managingOrganization.resolve() is Practitioner', organization), ['invariant Patient']);
  const set = (name: string) => `gender.memberOf('http://hl7.org/fhir/ValueSet/${name}')`;
  t.same(on('Patient', set('administrative-gender'), { gender: 'male' }), []);
  t.same(on('Patient', set('marital-status'), { gender: 'male' }), ['invariant Patient']);
  t.same(on('Patient', set('nowhere'), { gender: 'male' }), [], 'what is not known is not checked');
  t.same(on('Patient', `conformsTo('${CORE}Observation')`, { gender: 'male' }), ['invariant Patient']);
  t.end();
});

t.test('an extension is there as often as its definition says', (t) => {
  const born = { url: `${CORE}patient-birthPlace`, valueAddress: { city: 'Rennes' } };
  const said = (extension: object[]) =>
    validator.validate({ resourceType: 'Patient', extension }).map(({ key, severity }) => `${severity} ${key}`);
  t.same(said([born]), []);
  t.same(said([born, born]), ['warning extension-max']);
  t.end();
});
