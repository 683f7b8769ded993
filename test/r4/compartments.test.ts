/** The compartments are HL7's of FHIR 4.0.1, and their parameters are ones that a search has. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { COMPARTMENTS, compartmentParameters } from '../../src/r4/compartments.js';
import { Definitions } from '../../src/r4/definitions/index.js';

const OFFICIAL = fileURLToPath(new URL('../../../shared/data/hl7.fhir.r4.core/', import.meta.url));
const skip = existsSync(OFFICIAL) ? false : 'shared/data/hl7.fhir.r4.core is not there';

const definitions = Definitions.load({ guides: false });

t.test('who belongs to whom', async (t) => {
  t.strictSame([...COMPARTMENTS].sort(), ['Device', 'Encounter', 'Patient', 'Practitioner', 'RelatedPerson']);
  t.strictSame(compartmentParameters('Patient', 'Condition'), ['patient', 'asserter']);
  t.strictSame(compartmentParameters('Encounter', 'Observation'), ['encounter']);
  t.strictSame(compartmentParameters('Patient', 'Patient'), ['_id', 'link']);
  t.strictSame(compartmentParameters('Patient', 'Medication'), []);
  t.strictSame(compartmentParameters('Patient', 'constructor'), []);
  t.equal(compartmentParameters('Location', 'Encounter'), undefined);
  t.equal(compartmentParameters('constructor', 'Encounter'), undefined);
});

t.test('the focal resource is in its own compartment, and `_id` says it there alone', async (t) => {
  for (const compartment of COMPARTMENTS)
    for (const type of definitions.resourceTypes) {
      const codes = compartmentParameters(compartment, type);
      t.equal(codes?.includes('_id'), type === compartment, `${compartment}: ${type}`);
    }
});

t.test('each is a reference that can point to the focal type', async (t) => {
  for (const compartment of COMPARTMENTS)
    for (const type of definitions.resourceTypes)
      for (const code of compartmentParameters(compartment, type) ?? []) {
        if (code === '_id') continue;
        const parameter = definitions.searchParameters(type).find((one) => one.code === code);
        t.equal(parameter?.type, 'reference', `${compartment}: ${type}.${code}`);
        t.ok(parameter?.target?.includes(compartment), `${compartment}: ${type}.${code} leads there`);
      }
});

t.test('they are what HL7 publishes', { skip }, async (t) => {
  /** HL7 leaves the focal resource out of these two. */
  const withoutFocal = new Set(['Patient', 'Device']);
  for (const compartment of COMPARTMENTS) {
    const name = compartment.charAt(0).toLowerCase() + compartment.slice(1);
    const official = JSON.parse(readFileSync(`${OFFICIAL}CompartmentDefinition-${name}.json`, 'utf8')) as {
      code: string;
      resource: { code: string; param?: string[] }[];
    };
    t.equal(official.code, compartment);
    const published = new Map(official.resource.map(({ code, param = [] }) => [code, param]));
    t.ok(published.size > 100);
    for (const type of new Set([...definitions.resourceTypes, ...published.keys()])) {
      const expected = (published.get(type) ?? []).map((one) => (one === '{def}' ? '_id' : one));
      if (type === compartment && withoutFocal.has(type)) expected.unshift('_id');
      t.strictSame(compartmentParameters(compartment, type), expected, `${compartment}: ${type}`);
    }
  }
});
