/** The French profiles at work, ours beside the published ones. https://hl7.fr/ig/fhir/core/2.2.0/ */
import t from 'tap';
import type { Validator } from '../../src/validation/index.js';
import { publishedValidator, read, refuses, resourceFiles, without } from './corpus.js';
import { CASES, claiming } from './fr-core-cases.js';
import { Mutator, mutantsOf } from './mutation.js';
import { definitions, errors, FR_CORE, INS_PROFILE, insPatient, validator } from './support.js';

/** Sorted, and each once: two rules that refuse the same are one finding only when they say it in the same words. */
const verdict = (resource: object, by?: Validator) => [...new Set(errors(resource, {}, by))].sort();

for (const one of CASES) {
  t.test(one.profile, async (t) => {
    t.same(verdict(claiming(one)), []);
    for (const [expected, changes] of one.faults) {
      t.same(verdict(claiming(one, changes)), [expected].flat(), `${expected}: ${JSON.stringify(changes)}`);
    }
  });
}

t.test('slices that nothing tells apart hold as many as both', async (t) => {
  const department = CASES.find(({ profile }) => profile === 'fr-core-organization');
  if (department === undefined) throw new Error('no such case');
  const note = (text: string) => ({ url: 'http://hl7.org/fhir/StructureDefinition/note', valueAnnotation: { text } });
  const withNotes = (...notes: string[]) => verdict(claiming(department, { extension: notes.map(note) }));
  t.same(withNotes('ouverture', 'fermeture'), []);
  t.match(withNotes('a', 'b', 'c').join(), 'slice-max');
});

t.test('a required binding of a profile that is met ends the remark of the base', async (t) => {
  const place = CASES.find(({ profile }) => profile === 'fr-core-location');
  if (place === undefined) throw new Error('no such case');
  t.notOk(validator.validate(claiming(place)).some(({ key }) => key === 'not-in-extensible'));
});

const THEIRS = 'ig/hl7.fhir.fr.core';
t.test('the published definitions come to the same verdicts', { skip: without(THEIRS) }, async (t) => {
  const official = publishedValidator(THEIRS);
  for (const one of CASES) {
    for (const changes of [{}, ...one.faults.map(([, changes]) => changes)]) {
      const resource = claiming(one, changes);
      t.same(verdict(resource), verdict(resource, official), `${one.profile} ${JSON.stringify(changes)}`);
    }
  }
});

t.test('and on the published examples', { skip: without(`${THEIRS}/example`) }, async (t) => {
  const official = publishedValidator(THEIRS);
  const examples = resourceFiles(`${THEIRS}/example`);
  t.ok(examples.length > 0);
  for (const file of examples) {
    const resource = JSON.parse(read(file)) as object;
    t.same(verdict(resource), verdict(resource, official), file);
  }
});

t.test('and on 500 mutations a profile', { skip: without(THEIRS) }, async (t) => {
  const official = publishedValidator(THEIRS);
  const valid = CASES.map(({ profile, resource }) => [`${FR_CORE}StructureDefinition/${profile}`, resource] as const);
  for (const [profile, resource] of [[INS_PROFILE, insPatient()] as const, ...valid]) {
    const all = mutantsOf(new Mutator(definitions, resource), definitions, profile, 500);
    const differing = all
      .filter((each) => refuses(validator, each.resource, [profile]) !== refuses(official, each.resource, [profile]))
      .map((each) => each.name);
    t.same(differing, [], `${profile}: ${all.length} mutations`);
    t.equal(all.length, 500, profile);
  }
});
