/** Resources that define: against their own words, their base, and the definitions that they name. */
import t from 'tap';
import { isExpressionConstraint } from '../../src/validation/definitional/ecl.js';
import { createValidator } from '../../src/validation/index.js';
import { profileOf } from '../support/profiles.js';
import { definitions, errors, validator } from './support.js';

const URL = 'https://ehpad.example.org/fhir';
const codeSystem = (more: object) => ({
  resourceType: 'CodeSystem',
  url: `${URL}/CodeSystem/room`,
  status: 'active',
  content: 'complete',
  ...more,
});
const profile = (element: object[], more: object = {}) =>
  profileOf(`${URL}/StructureDefinition/resident`, element, more);

t.test('canonical URLs are absolute', async (t) => {
  const library = { resourceType: 'Library', status: 'active', type: { text: 'x' } };
  t.same(errors({ ...library, url: 'Library/one' }), ['url-relative Library.url']);
  t.same(errors({ ...library, url: 'urn:oid:1.2.3' }), []);
});

t.test('CodeSystem', async (t) => {
  const of = (more: object) => errors(codeSystem(more));
  t.same(of({ concept: [{ code: 'a' }], count: 1 }), []);
  t.same(of({ concept: [{ code: 'a', concept: [{ code: 'b' }] }], count: 1 }), ['concept-count CodeSystem.count']);
  t.same(of({ concept: [{ code: 'a' }], count: 9, content: 'fragment' }), []);
  t.same(of({ content: 'not-present', concept: [{ code: 'a' }] }), ['content-not-present CodeSystem.concept']);
  t.same(of({ supplements: `${URL}/CodeSystem/other` }), ['supplement-content CodeSystem.content']);
  const property = [{ code: 'floor', type: 'integer' }];
  const has = (each: object) => of({ property, concept: [{ code: 'a', property: [each] }] });
  t.same(has({ code: 'floor', valueInteger: 2 }), []);
  t.same(has({ code: 'inactive', valueBoolean: true }), [], 'a standard one needs no declaration');
  t.same(has({ code: 'floor', valueString: '2' }), ['property-type CodeSystem.concept[0].property[0]']);
  t.same(has({ code: 'wing', valueString: 'B' }), ['property-undeclared CodeSystem.concept[0].property[0].code']);
  const standard = 'http://hl7.org/fhir/concept-properties#notSelectable';
  t.same(of({ property: [{ code: 'abstract', uri: standard, type: 'string' }] }), [
    'property-type CodeSystem.property[0].type',
  ]);
  const coding = { code: 'floor', valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code: 'x' } };
  // What is wrong in itself is not compared with the rest.
  t.same(of({ property: [{ code: 'floor', type: 'Coding' }], concept: [{ code: 'a', property: [coding] }] }), [
    'code-unknown CodeSystem.concept[0].property[0].value.code',
  ]);
  const supplement = { content: 'supplement', supplements: 'http://hl7.org/fhir/administrative-gender' };
  t.same(of({ ...supplement, concept: [{ code: 'male' }] }), []);
  t.same(of({ ...supplement, concept: [{ code: 'mâle' }] }), ['code-unknown CodeSystem.concept[0].code']);
  const twice = codeSystem({ property: [property[0], property[0]] });
  t.match(validator.validate(twice), [{ severity: 'warning', key: 'property-twice' }]);
});

t.test('ValueSet', async (t) => {
  const by = createValidator(
    definitions.with([
      codeSystem({
        property: [
          { code: 'floor', type: 'code' },
          { code: 'near', type: 'Coding' },
          { code: 'lift', type: 'boolean' },
        ],
        concept: [{ code: 'a' }, { code: 'b' }],
      }),
      codeSystem({ url: `${URL}/CodeSystem/more`, content: 'supplement', supplements: `${URL}/CodeSystem/room` }),
    ]),
  );
  const of = (include: object) =>
    errors({ resourceType: 'ValueSet', status: 'active', compose: { include: [include] } }, {}, by).map((each) =>
      each.replace('ValueSet.compose.include[0].', ''),
    );
  const system = `${URL}/CodeSystem/room`;
  const filter = (property: string, op: string, value: string) => of({ system, filter: [{ property, op, value }] });
  t.same(of({ system }), []);
  t.same(of({ system: 'room' }), ['system-relative system']);
  t.same(of({ system: `${URL}/CodeSystem/more` }), ['code-system-supplement system']);
  t.same(filter('concept', 'is-a', 'a'), []);
  t.same(filter('concept', 'is-a', 'z'), ['code-unknown filter[0].value']);
  t.same(filter('concept', 'in', 'a,z'), [], 'a list is not looked into');
  t.same(filter('floor', '=', 'z'), ['code-unknown filter[0].value']);
  t.same(filter('near', '=', `${system}#a`), []);
  t.same(filter('near', '=', `${system}#z`), ['code-unknown filter[0].value']);
  t.same(filter('lift', '=', 'yes'), ['filter-value filter[0].value']);
  t.same(filter('lift', 'exists', 'yes'), ['filter-value filter[0].value']);
  t.same(filter('unknown', '=', 'z'), []);
  const snomed = { system: 'http://snomed.info/sct' };
  t.same(of({ ...snomed, filter: [{ property: 'constraint', op: '=', value: '<< 404684003' }] }), []);
  t.same(of({ ...snomed, filter: [{ property: 'constraint', op: '=', value: '404684003 << 404684003' }] }), [
    'filter-expression filter[0].value',
  ]);
});

t.test('ECL', async (t) => {
  const good = [
    '404684003',
    '404684003 |Clinical finding|',
    '<< 73211009 OR << 38341003',
    '< 19829001 AND < 301867009 AND 404684003',
    '(< 19829001 OR < 301867009) MINUS << 195967001',
    '< 404684003 : 363698007 = << 39057004, 116676008 = << 415582006',
    '< 373873005 : { [1..*] 127489000 = < 105590001, R 246075003 = * }',
    '^ 700043003',
    '^ [referencedComponentId] 700043003',
    '< 91723000 : 1142135004 >= #5',
    '*',
    '<! 404684003 . 363698007 . 272741003',
    '< 64572001 {{ term = "heart" }}',
  ];
  for (const text of good) t.equal(isExpressionConstraint(text), true, text);
  const bad = [
    '',
    '12345',
    '404684003 404684003',
    '<<',
    '(< 19829001',
    '< 19829001 AND',
    '73211009 AND 38341003 OR 1',
    ': 1 = 2',
  ];
  for (const text of bad) t.equal(isExpressionConstraint(text), false, text);
  t.equal(isExpressionConstraint(`${'('.repeat(5000)}*${')'.repeat(5000)}`), false, 'bounded in depth');
});

t.test('SearchParameter and CapabilityStatement beside the parameters that they name', async (t) => {
  const parameter = {
    resourceType: 'SearchParameter',
    url: `${URL}/SearchParameter/name`,
    name: 'Name',
    status: 'active',
    description: 'x',
    code: 'name',
    base: ['Organization'],
    type: 'string',
    derivedFrom: 'http://hl7.org/fhir/SearchParameter/Organization-name',
  };
  t.same(errors(parameter), []);
  t.same(errors({ ...parameter, type: 'token' }), ['derived-type SearchParameter.type']);
  t.same(errors({ ...parameter, base: ['Patient'] }), ['derived-base SearchParameter.base']);
  const statement = (type: string) => ({
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-27',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    implementation: { description: 'x' },
    rest: [
      {
        mode: 'server',
        resource: [
          {
            type: 'Patient',
            searchParam: [
              { name: 'birthdate', type, definition: 'http://hl7.org/fhir/SearchParameter/individual-birthdate' },
            ],
          },
        ],
      },
    ],
  });
  t.same(errors(statement('date')), []);
  t.same(errors(statement('token')), ['derived-type CapabilityStatement.rest[0].resource[0].searchParam[0].type']);
});

t.test('StructureDefinition beside its base', async (t) => {
  const of = (...element: object[]) => errors(profile(element)).map((each) => each.replace('StructureDefinition.', ''));
  const first = 'differential.element[0]';
  t.same(of({ path: 'Patient.name', min: 1 }, { path: 'Patient.name.family', min: 1 }), []);
  t.same(of({ path: 'Patient.namme', min: 1 }), [`differential-path ${first}`]);
  t.same(of({ path: 'Patient.name.famly', min: 1 }), [`differential-path ${first}`]);
  t.same(of({ path: 'Patient.gender', max: '2' }), [`differential-loosened ${first}`]);
  t.same(of({ path: 'Patient.link.other', min: 0 }), [`differential-loosened ${first}`]);
  t.same(of({ path: 'Patient.gender', type: [{ code: 'string' }] }), [`differential-loosened ${first}`]);
  t.same(of({ path: 'Patient.deceased[x]', type: [{ code: 'boolean' }] }), []);
  t.same(of({ path: 'Patient.deceasedBoolean', fixedBoolean: false }), [], 'one type of a choice');
  const unknown = profile([{ path: 'Patient.namme' }], { baseDefinition: `${URL}/StructureDefinition/unknown` });
  t.same(errors(unknown), [], 'a base that is not known says nothing');
  t.same(
    errors(
      profile([{ path: 'Parameters.parameter.part.part.name', min: 1 }], {
        type: 'Parameters',
        baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Parameters',
      }),
    ),
    [],
    'through a content reference',
  );
});

t.test('a resource that claims a profile which cannot be used', async (t) => {
  const by = createValidator(definitions.with([profile([{ path: 'Patient.namme', min: 1 }])]));
  const claim = { resourceType: 'Patient', meta: { profile: [`${URL}/StructureDefinition/resident`] } };
  t.same(errors(claim, {}, by), ['profile-broken Patient.meta.profile[0]']);
});
