/** The validator against mutations of valid resources, each judged by HL7's own validator. */
import { readdirSync } from 'node:fs';
import t from 'tap';
import { createValidator } from '../../src/validation/index.js';
import { isRefused, read, resourceFiles, without } from './corpus.js';
import { DATA, definitions, validator } from './support.js';

const FOLDER = 'validation/mutants';
const skip = without(FOLDER) || without('ig');

interface Mutant {
  id: string;
  /** The intent of the mutation and the verdict agree. */
  gold?: boolean;
  valid: boolean;
  profiles?: string[];
  resource?: object;
  raw?: string;
}
const mutants = (type: string): Mutant[] =>
  read(`${FOLDER}/${type}.ndjson`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Mutant)
    .filter(({ gold }) => gold === true);

/** Compares the verdicts; every valid one that is refused is named. */
function compare(type: string, by = validator) {
  const all = mutants(type);
  const falsely: string[] = [];
  let agreed = 0;
  for (const { id, valid, raw, resource, profiles } of all) {
    const refused = isRefused(raw ?? JSON.stringify(resource), profiles, by);
    if (refused !== valid) agreed++;
    else if (refused) falsely.push(id);
  }
  return { falsely, agreed, of: all.length };
}

t.test('patients, with the definitions that the server brings along', { skip }, async (t) => {
  const { falsely, agreed, of } = compare('Patient');
  t.same(falsely, [], 'nothing valid is refused');
  // The other three carry an extension of which no definition exists: a warning here.
  t.ok(agreed >= 253 && of === 256, `agreed on ${agreed} of ${of}`);
});

/**
 * Agreement, of how many, with the published French guides loaded. What is missed: extensions without a definition (a
 * warning here), upper case in urn:uuid (allowed here), the guides of IHE that are not at hand.
 */
const AGREED: Record<string, [agreed: number, of: number]> = {
  Appointment: [200, 202],
  Bundle: [262, 272],
  CarePlan: [209, 210],
  DocumentReference: [151, 155],
  Encounter: [181, 182],
  List: [72, 73],
  Location: [155, 155],
  Observation: [190, 193],
  Organization: [159, 160],
  Patient: [253, 256],
  Practitioner: [162, 163],
  PractitionerRole: [111, 112],
  Questionnaire: [94, 97],
  QuestionnaireResponse: [107, 108],
  RelatedPerson: [146, 151],
  Schedule: [155, 156],
  Slot: [133, 136],
};

t.test('all types, with the French guides', { skip }, async (t) => {
  const guides = resourceFiles('ig')
    .filter((file) => /\/(StructureDefinition|ValueSet|CodeSystem)-/.test(file))
    .filter((file) => !file.includes('/example/') && !file.includes('core-2.1.0/'));
  const by = createValidator(definitions.with(guides.map((file) => JSON.parse(read(file)) as object)));
  const types = readdirSync(DATA + FOLDER).flatMap((name) => /^(\w+)\.ndjson$/.exec(name)?.[1] ?? []);
  t.same(types.sort(), Object.keys(AGREED).sort());
  for (const type of types) {
    const { falsely, agreed, of } = compare(type, by);
    const [least, count] = AGREED[type] ?? [Number.POSITIVE_INFINITY, 0];
    t.same(falsely, [], `${type}: nothing valid is refused`);
    t.equal(of, count, `${type}: ${of} mutants`);
    t.ok(agreed >= least, `${type}: agreed on ${agreed} of ${of}`);
  }
});
