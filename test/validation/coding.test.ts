/** Codes beside code systems whose codes are all known, and extensions that are not. */
import t from 'tap';
import { createValidator } from '../../src/validation/index.js';
import { definitions, errors, validator } from './support.js';

const URL = 'https://ehpad.example.org/CodeSystem';
const system = (name: string, more: object) => ({
  resourceType: 'CodeSystem',
  url: `${URL}/${name}`,
  status: 'active',
  concept: [{ code: 'bed', concept: [{ code: 'chair' }] }],
  ...more,
});
const by = createValidator(
  definitions.with([
    system('whole', { content: 'complete' }),
    system('part', { content: 'fragment' }),
    system('more', { content: 'supplement', supplements: `${URL}/whole` }),
    system('also', { content: 'complete', supplements: `${URL}/whole` }),
  ]),
);
const found = (coding: object) =>
  errors({ resourceType: 'Basic', code: { coding: [coding] } }, {}, by).map((each) => each.replace('Basic.code.', ''));

t.test('codes', async (t) => {
  t.same(found({ system: `${URL}/whole`, code: 'bed' }), []);
  t.same(found({ system: `${URL}/whole`, code: 'chair' }), [], 'a nested one');
  t.same(found({ system: `${URL}/whole`, code: 'sofa' }), ['code-unknown coding[0].code']);
  t.same(found({ system: `${URL}/whole` }), [], 'no code at all');
  t.same(found({ system: `${URL}/part`, code: 'sofa' }), [], 'a part of a system tells nothing of the rest');
  t.same(found({ system: `${URL}/unknown`, code: 'sofa' }), []);
  t.same(found({ system: `${URL}/more`, code: 'bed' }), ['code-system-supplement coding[0].system']);
  t.same(found({ system: `${URL}/also`, code: 'bed' }), ['code-system-supplement coding[0].system']);
  t.same(found({ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'PI' }), [], 'of HL7');
  t.same(found({ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'QQQ' }).length, 1);
});

t.test('unknown extensions as errors', async (t) => {
  const strict = createValidator(definitions, { unknownExtensions: 'error' });
  const of = (url: string, check = strict) =>
    errors({ resourceType: 'Basic', code: { text: 'a' }, extension: [{ url, valueString: 'b' }] }, {}, check);
  t.same(of('https://ehpad.example.fr/StructureDefinition/x'), ['extension-unknown Basic.extension[0]']);
  t.same(of('https://ehpad.example.fr/StructureDefinition/x', validator), [], 'a warning by default');
  t.same(of('http://hl7.org/fhir/uv/sdc/StructureDefinition/x').length, 1, 'of a guide of HL7');
  t.same(of('http://hl7.org/fhir/5.0/StructureDefinition/extension-Basic.x'), [], 'of another version of FHIR');
});
