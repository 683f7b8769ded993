/** FHIRPath Patch against the official cases. https://hl7.org/fhir/R4/fhirpatch.html */
import t from 'tap';
import { shapesOf } from '../../../src/r4/definitions/shapes.js';
import { FhirError } from '../../../src/r4/errors.js';
import { parseTree, pruned } from '../../../src/r4/lossless.js';
import { applyFhirPathPatch } from '../../../src/r4/patch/fhirpath-patch.js';
import { plainPlaces } from '../../../src/r4/patch/plain-path.js';
import { jsonOfXml } from '../../../src/r4/xml/read.js';
import { placesOf } from '../../../src/validation/fhirpath.js';
import { read, without } from '../../validation/corpus.js';
import { definitions } from '../../validation/support.js';

type Tree = Record<string, unknown>;
const shapes = shapesOf(definitions);
const treeOf = (xml: string) => parseTree(jsonOfXml(xml, shapes)) as Tree;
/** A narrative that came in an attribute has other line ends and quotes than one that came as elements. */
const even = (tree: unknown) =>
  JSON.parse(JSON.stringify(tree).replaceAll('\\r\\n', '\\n').replaceAll('&quot;', '\\"'));

t.test('the official cases', { skip: without('patch') }, async (t) => {
  const text = read('patch/fhir-patch-tests.xml').replace(/<!--[\s\S]*?-->/g, '');
  const cases = [...text.matchAll(/<case name="([^"]*)"[^>]*>([\s\S]*?)<\/case>/g)];
  t.ok(cases.length >= 33, `${cases.length}`);
  const part = (body: string, name: string) => new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(body)?.[1]?.trim();
  for (const [, name = '', body = ''] of cases) {
    const [input, diff, output] = ['input', 'diff', 'output'].map((one) => part(body, one));
    if (input === undefined || diff === undefined) throw new Error(`the case ${name} cannot be read`);
    const resource = treeOf(input);
    const places = (expression: string, one: Tree) => plainPlaces(expression, one, shapes) ?? placesOf(expression, one);
    try {
      applyFhirPathPatch(resource, treeOf(diff), shapes, places);
      t.same(even(pruned(resource)), output === undefined ? 'an error' : even(treeOf(output)), name);
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      t.equal(output, undefined, `${name}: ${JSON.stringify(error.params)}`);
    }
  }
});

t.test('paths that only name elements lead where FHIRPath leads', async (t) => {
  const resource = {
    resourceType: 'Patient',
    deceasedBoolean: true,
    name: [{ given: ['a', 'b'] }, { given: ['c'] }],
    contact: [{ name: { text: 'x' } }],
    contained: [{ resourceType: 'Observation', valueInteger: 1 }],
  };
  for (const path of [
    'Patient',
    'Patient.deceased',
    'Patient.name',
    'Patient.name.given',
    'Patient.name[1].given[0]',
    'Patient.name.given[2]',
    'Patient.contact[0].name.text',
    'Patient.photo',
    'Observation.name',
    'Patient.contained[0].value',
  ]) {
    t.same(plainPlaces(path, resource, shapes), placesOf(path, resource), path);
  }
});
