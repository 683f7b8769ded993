/** What R4 itself asks: structure, choices, bindings, references, contained resources, extensions, narrative. */
import t from 'tap';
import { parseObject } from '../../src/r4/json.js';
import { errors, validator } from './support.js';

const patient = (more: object) => ({ resourceType: 'Patient', ...more });
const absent = { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' };
const DIV = '<div xmlns="http://www.w3.org/1999/xhtml">';

t.test('ids of elements, systems of identifiers', async (t) => {
  const patient = (...ids: string[]) => ({
    resourceType: 'Patient',
    name: [{ id: ids[0], family: 'Sansins', _family: { id: ids[1] } }],
    contained: [
      { resourceType: 'Organization', id: 'o', name: 'x', telecom: [{ id: 'a', system: 'phone', value: '1' }] },
    ],
    managingOrganization: { id: ids[2], reference: '#o' },
  });
  t.same(errors(patient('a', 'b', 'c')), [], 'a contained resource has ids of its own');
  t.same(errors(patient('a', 'a', 'c')), ['element-id-twice Patient.name[0].family.id']);
  t.same(errors(patient('a', 'b', 'a')), ['element-id-twice Patient.managingOrganization.id']);
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [0, 1].map(() => ({ resource: patient('a', 'b', 'c') })),
  };
  t.same(errors(bundle), [], 'each resource its own');
  const identified = (system: string) => ({ resourceType: 'Patient', identifier: [{ system, value: '1' }] });
  t.same(errors(identified('urn:oid:1.2.3')), []);
  t.same(errors(identified('1.2.3')), ['identifier-system-relative Patient.identifier[0].system']);
});

t.test('units of UCUM', async (t) => {
  const observation = (unit: object) => ({
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    valueQuantity: { value: 1, ...unit },
  });
  const found = (unit: object) =>
    validator
      .validate(observation(unit))
      .map(({ severity, key, expression, params }) => [severity, key, expression, params.near].join(' ').trim());
  const system = 'http://unitsofmeasure.org';
  for (const code of ['kg', 'mm[Hg]', '{comprimé}'.replace('é', 'e'), 'mg/(24.h)', '10*9/L'])
    t.same(found({ system, code }), [], code);
  t.same(found({ system, code: 'mcg' }), ['warning unit-unknown Observation.value.code ug']);
  t.same(found({ system, code: 'zork' }), ['warning unit-unknown Observation.value.code']);
  t.same(found({ system: 'urn:oid:1.2.3', code: 'zork' }), []);
  t.same(errors(observation({ system, code: 'mcg' })), [], 'a remark: R4 itself has it in examples');
});

t.test('structure', async (t) => {
  t.same(
    errors(patient({ active: true, name: [{ given: ['a', null], _given: [null, { id: 'x', extension: [absent] }] }] })),
    [],
  );
  t.same(errors(patient({})), [], 'a patient needs nothing');
  t.same(errors({ resourceType: 'Pazient' }), ['unknown-resource-type Pazient']);
  t.same(errors({ active: true }), ['no-resource-type Resource']);
  t.same(errors(patient({ nom: 'x' })), ['unknown-element Patient']);
  t.same(errors(patient({ name: { family: 'x' } })), ['single-for-array Patient.name']);
  t.same(errors(patient({ gender: ['male'] })), ['array-for-single Patient.gender']);
  t.same(errors(patient({ name: [] })), ['empty-array Patient.name']);
  t.same(errors(patient({ name: [{}] })), ['empty-object Patient.name[0]']);
  t.same(errors(patient({ name: [{ id: 'a' }] })), ['only-id Patient.name[0]']);
  t.same(errors(patient({ name: [null] })), ['null Patient.name[0]']);
  t.same(errors(patient({ name: [{ given: [null] }] })), ['null Patient.name[0].given[0]']);
  t.same(errors(patient({ name: [{ family: '' }] })), ['empty-string Patient.name[0].family']);
  t.same(errors(patient({ birthDate: '2023-02-29' })), ['primitive Patient.birthDate']);
  t.same(errors(patient({ birthDate: { x: 1 } })), ['not-a-primitive Patient.birthDate']);
  t.same(errors(patient({ name: ['x'] })), ['not-an-object Patient.name[0]']);
  t.same(errors(patient({ link: [{ type: 'refer' }] })), ['missing Patient.link[0]']);
  t.same(errors(patient({ id: 'a_b' })), ['primitive Patient.id']);
  t.same(errors(patient({ constructor: 1, toString: 2 })), ['unknown-element Patient', 'unknown-element Patient']);
});

t.test('siblings of primitives', async (t) => {
  t.same(errors(patient({ _birthDate: { extension: [absent] } })), []);
  t.same(errors(patient({ birthDate: '2020', _birthDate: { id: 'a' } })), []);
  t.same(errors(patient({ _birthDate: { id: 'a' } })), ['only-id Patient.birthDate']);
  t.same(errors(patient({ _birthDate: [{ id: 'a' }] })), ['array-for-single Patient.birthDate']);
  t.same(errors(patient({ birthDate: '2020', _birthDate: { value: 1 } })), ['unknown-element Patient.birthDate']);
  t.same(errors(patient({ _name: [{ extension: [absent] }] })), ['unknown-element Patient']);
  const goal = { resourceType: 'Goal', description: { text: 'x' }, subject: { reference: 'Patient/1' } };
  t.same(errors({ ...goal, _lifecycleStatus: { extension: [absent] } }), [], 'a required element by its extension');
});

t.test('choices', async (t) => {
  t.same(errors(patient({ deceasedBoolean: true, _deceasedBoolean: { id: 'x' } })), []);
  t.same(errors(patient({ deceasedBoolean: true, deceasedDateTime: '2020' })), ['several-choices Patient.deceased']);
  t.same(errors(patient({ deceasedString: 'x' })), ['unknown-element Patient']);
});

t.test('numbers as they are written', async (t) => {
  const check = (text: string) => {
    const { value, rawNumbers } = parseObject(text);
    return errors(value, { rawNumbers });
  };
  t.same(check('{"resourceType":"Patient","multipleBirthInteger":2}'), []);
  t.same(check('{"resourceType":"Patient","multipleBirthInteger":2.0}'), ['primitive Patient.multipleBirth']);
  t.same(check('{"resourceType":"Patient","multipleBirthInteger":1e1}'), ['primitive Patient.multipleBirth']);
  const slot = '{"resourceType":"Basic","code":{"text":"x"},"contained":[{"resourceType":"Patient","id":"p",';
  t.same(check(`${slot}"multipleBirthInteger":2.0}],"subject":{"reference":"#p"}}`), [
    'primitive Basic.contained[0].multipleBirth',
  ]);
  const quantity = '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}';
  t.same(check(quantity), []);
});

t.test('bindings', async (t) => {
  t.same(errors(patient({ gender: 'm' })), ['not-in-value-set Patient.gender']);
  const [issue] = validator.validate(patient({ gender: 'm' }));
  t.match(String(issue?.params.codes), /male, female/);
  const condition = (system: string, code: string) => ({
    resourceType: 'Condition',
    subject: { reference: 'Patient/1' },
    clinicalStatus: { coding: [{ system, code }] },
  });
  const system = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
  t.same(errors(condition(system, 'active')), []);
  const told = ['code-unknown Condition.clinicalStatus.coding[0].code', 'not-in-value-set Condition.clinicalStatus'];
  t.same(errors(condition(system, 'actif')), told, 'not of its system, and so not of the value set');
  t.same(errors(condition('http://example.org', 'active')), ['not-in-value-set Condition.clinicalStatus']);
});

t.test('references', async (t) => {
  const general = (reference: object) => patient({ generalPractitioner: [reference] });
  t.same(errors(general({ reference: 'Practitioner/1' })), []);
  t.same(errors(general({ reference: 'https://a.fr/fhir/Practitioner/1/_history/2' })), []);
  t.same(errors(general({ reference: 'urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21' })), []);
  t.same(errors(general({ display: 'Dr Le Goff' })), []);
  t.same(errors(general({ reference: 'Patient/1' })), ['reference-target Patient.generalPractitioner[0]']);
  t.same(errors(general({ type: 'Device', display: 'x' })), ['reference-target Patient.generalPractitioner[0]']);
  t.same(errors(general({ type: 'Organization', reference: 'Practitioner/1' })), [
    'reference-type-contradiction Patient.generalPractitioner[0].type',
  ]);
  t.same(errors(general({ reference: '#gp' })), ['contained-missing Patient.generalPractitioner[0].reference']);
});

t.test('contained resources', async (t) => {
  const holder = (contained: object[], reference = '#gp') =>
    patient({ contained, generalPractitioner: [{ reference }] });
  const practitioner = { resourceType: 'Practitioner', id: 'gp' };
  t.same(errors(holder([practitioner])), []);
  t.same(errors(holder([{ resourceType: 'Patient', id: 'gp' }])), ['reference-target Patient.generalPractitioner[0]']);
  t.same(errors(holder([practitioner, { resourceType: 'Basic', id: 'b', code: { text: 'x' } }])), [
    'contained-orphan Patient.contained[1]',
  ]);
  t.same(errors(holder([practitioner, { resourceType: 'Basic', code: { text: 'x' } }])), [
    'contained-without-id Patient.contained[1]',
  ]);
  t.same(errors(holder([practitioner, practitioner])), ['contained-id-twice Patient.contained[1]']);
  t.same(errors(holder([{ ...practitioner, meta: { versionId: '1' } }])), ['contained-meta Patient.contained[0].meta']);
  const nested = { ...practitioner, contained: [{ resourceType: 'Practitioner', id: 'x' }] };
  t.ok(errors(holder([nested])).includes('contained-nested Patient.contained[0].contained'));
});

t.test('bundles and parameters hold resources of any type', async (t) => {
  const bundle = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'collection', entry });
  const url = 'https://a.fr/fhir/Patient/1';
  t.same(errors(bundle({ fullUrl: url, resource: patient({ id: '1' }) })), []);
  t.same(errors(bundle({ fullUrl: url, resource: patient({ id: '2' }) })), [
    'full-url-identity Bundle.entry[0].fullUrl',
  ]);
  t.same(errors(bundle({ fullUrl: 'Patient/1', resource: patient({}) })), [
    'full-url-relative Bundle.entry[0].fullUrl',
  ]);
  t.same(errors(bundle({ resource: patient({ gender: 'm' }) })), ['not-in-value-set Bundle.entry[0].resource.gender']);
  t.same(errors(bundle({ resource: patient({}), request: { method: 'GET', url: 'x' } })), ['invariant Bundle']);
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'a', resource: patient({ x: 1 }) }] };
  t.same(errors(parameters), ['unknown-element Parameters.parameter[0].resource']);
});

t.test('extensions', async (t) => {
  const one = (extension: object) => errors(patient({ extension: [extension] }));
  const place = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
  t.same(one({ url: place, valueAddress: { city: 'Brest' } }), []);
  t.same(one({ url: place, valueString: 'Brest' }), ['profile-type-of-choice Patient.extension[0].value']);
  t.same(one({ url: place }), ['extension-value Patient.extension[0]']);
  t.same(one({ valueString: 'x' }), ['missing Patient.extension[0]']);
  t.same(one({ url: 'lieu', valueString: 'x' }), ['extension-url-relative Patient.extension[0].url']);
  t.same(one({ url: `${place}|4.0.1`, valueAddress: { city: 'x' } }), [
    'extension-url-version Patient.extension[0].url',
  ]);
  t.same(
    errors({ resourceType: 'Organization', name: 'x', extension: [{ url: place, valueAddress: { city: 'x' } }] }),
    ['extension-context Organization.extension[0]'],
  );
  const modifier = patient({ modifierExtension: [{ url: 'https://inconnu.fr/x', valueBoolean: true }] });
  t.same(errors(modifier), ['modifier-unknown Patient.modifierExtension[0]']);
  const unknown = validator.validate(patient({ extension: [{ url: 'https://inconnu.fr/x', valueBoolean: true }] }));
  t.same(
    unknown.map(({ severity, key }) => [severity, key]),
    [['warning', 'extension-unknown']],
  );
});

t.test('an identifier in the system of URIs', async (t) => {
  const found = (value: string) =>
    validator
      .validate(patient({ identifier: [{ system: 'urn:ietf:rfc:3986', value }] }))
      .map(({ severity, key, expression }) => `${severity} ${key} ${expression}`);
  t.same(found('urn:oid:1.2.250.1'), []);
  t.same(found('1.2.250.1'), ['warning identifier-uri Patient.identifier[0].value']);
});

t.test('narrative', async (t) => {
  const text = (div: string) => errors(patient({ text: { status: 'generated', div } }));
  t.same(text(`${DIV}<p class="a">A&amp;B&#233;<br/></p><!-- x --></div>`), []);
  const wrong = ['narrative Patient.text.div'];
  t.same(text('<p>x</p>'), wrong);
  t.same(text('<div>x</div>'), wrong, 'the namespace is missing');
  t.same(text(`${DIV}<p>x</div>`), wrong);
  t.same(text(`${DIV}x</div><div/>`), wrong);
  t.same(text(`${DIV}<script>x</script></div>`), wrong);
  t.same(text(`${DIV}<p onclick="x()">x</p></div>`), wrong);
  t.same(text(`${DIV}<a href="javascript:x()">x</a></div>`), wrong);
  t.same(text(`${DIV}a&nbsp;b</div>`), wrong);
  t.same(text(`${DIV} </div>`), wrong, 'empty');
});

t.test('invariants', async (t) => {
  const appointment = (more: object) => ({
    resourceType: 'Appointment',
    status: 'booked',
    participant: [{ status: 'accepted', actor: { reference: 'Patient/1' } }],
    start: '2026-01-05T10:00:00Z',
    end: '2026-01-05T10:30:00Z',
    ...more,
  });
  t.same(errors(appointment({})), []);
  t.same(errors(appointment({ status: 'noshow', cancelationReason: { text: 'x' } })), [], 'app-4 as it was meant');
  t.same(errors(appointment({ cancelationReason: { text: 'x' } })), ['invariant Appointment']);
  t.same(errors(appointment({ participant: [{ status: 'accepted' }] })), ['invariant Appointment.participant[0]']);
  t.same(errors(patient({ contact: [{ gender: 'male' }] })), ['invariant Patient.contact[0]']);
  const period = (start: string, end: string) => errors(patient({ address: [{ period: { start, end } }] }));
  t.same(period('2023', '2024-05-01'), []);
  t.same(period('2024', '2024'), []);
  t.same(period('2016-12-31T23:59:60Z', '2017-01-01T00:00:01Z'), [], 'a leap second');
  t.same(period('2024', '2024-05-01'), ['invariant Patient.address[0].period'], 'which comes first is not known');
  t.same(period('2024-05-01', '2024-05-01T09:00:00Z'), ['invariant Patient.address[0].period']);
  t.same(period('2024-05-02', '2024-05-01'), ['invariant Patient.address[0].period']);
  t.same(period('2024-05-01T10:00:00+02:00', '2024-05-01T09:00:00Z'), []);
});

t.test('forms of references', async (t) => {
  const organization = (reference: string) => errors(patient({ managingOrganization: { reference } }));
  for (const reference of [
    'Organization/1',
    'Organization/1/_history/2',
    'https://elsewhere.example/x',
    'urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21',
    'Organization?identifier=1',
  ]) {
    t.same(organization(reference), [], reference);
  }
  for (const reference of ['Foo/1', 'hello world', `Organization/${'x'.repeat(65)}`, 'Organization']) {
    t.same(organization(reference), ['reference-form Patient.managingOrganization.reference'], reference);
  }
});

t.test('a hundred remarks hide no error', (t) => {
  const remarks = Array.from({ length: 150 }, (_, i) => ({ url: `https://unknown.fr/${i}`, valueString: 'x' }));
  const hidden = patient({ extension: remarks, gender: 'nobody' });
  t.same(errors(hidden), ['not-in-value-set Patient.gender']);
  t.equal(validator.validate(hidden).length, 100);
  const faults = Array.from({ length: 150 }, (_, i) => ({ url: `https://unknown.fr/${i}` }));
  t.equal(errors(patient({ extension: [...remarks, ...faults] })).length, 100);
  t.end();
});
