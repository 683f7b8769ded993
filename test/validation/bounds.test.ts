/** Profiles that clients store may ask for much: the work is bounded, and what was left out is said. */
import t from 'tap';
import { createValidator } from '../../src/validation/index.js';
import { definitions, errors, validator } from './support.js';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
const SLICES = 3000;
const ITEMS = 5000;

let count = 0;
function profileOf(element: object[]) {
  const url = `http://example.org/StructureDefinition/bounds-${count++}`;
  const baseDefinition = `${CORE}Patient`;
  const head = { resourceType: 'StructureDefinition', url, name: 'Bounds', status: 'active', fhirVersion: '4.0.1' };
  const kind = { kind: 'resource', abstract: false, type: 'Patient', baseDefinition, derivation: 'constraint' };
  return { ...head, ...kind, differential: { element } };
}
/** As clients store it. */
const by = (profile: object) => createValidator(definitions.withStored([profile]));

/** Milliseconds of the processor, since the machine may be busy with other things. */
function cpu(work: () => void): number {
  const { user, system } = process.cpuUsage();
  work();
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / 1000;
}

const concept = (i: number) => ({ coding: [{ system: 'http://example.org/cs', code: `c${i}` }] });
const system = (i: number) => `http://example.org/system-${i}`;
const sliced = (discriminator: object, rules: string, inside: (i: number) => object[]) =>
  profileOf([
    { path: 'Patient.identifier', slicing: { discriminator: [discriminator], rules } },
    ...Array.from({ length: SLICES }, (_, i) => i).flatMap((i) => {
      const [own, ...below] = inside(i);
      return [{ path: 'Patient.identifier', sliceName: `s${i}`, min: 0, max: '1', ...own }, ...below];
    }),
  ]);

t.test('thousands of slices beside thousands of items', async (t) => {
  const patient = (url: string, from: number) => ({
    resourceType: 'Patient',
    meta: { profile: [url] },
    identifier: Array.from({ length: ITEMS }, (_, i) => ({ system: system(from + i), type: concept(from + i) })),
  });
  const kinds: [string, object, (i: number) => object[]][] = [
    [
      'system',
      { type: 'value', path: 'system' },
      (i) => [{}, { path: 'Patient.identifier.system', patternUri: system(i) }],
    ],
    ['$this', { type: 'pattern', path: '$this' }, (i) => [{ patternIdentifier: { system: system(i) } }]],
    [
      'type',
      { type: 'pattern', path: 'type' },
      (i) => [{}, { path: 'Patient.identifier.type', patternCodeableConcept: concept(i) }],
    ],
  ];
  for (const [name, discriminator, inside] of kinds) {
    for (const rules of ['open', 'closed', 'openAtEnd']) {
      const profile = sliced(discriminator, rules, inside);
      const one = by(profile);
      let found: string[] = [];
      const all = patient(profile.url, 0);
      const twice = { ...all, identifier: [...all.identifier.slice(0, 7), ...all.identifier.slice(6)] };
      const time = cpu(() => {
        found = errors(patient(profile.url, 0), {}, one);
        found.push(...errors(twice, {}, one).filter((each) => each.startsWith('slice-max')));
      });
      const outside = rules === 'closed' ? 100 : 0;
      t.equal(found.filter((each) => each.startsWith('slice-closed')).length, outside, `${name}, ${rules}`);
      t.ok(rules === 'closed' || found.includes('slice-max Patient'), 'the one that is there twice');
      t.ok(time < 4000, `${name}, ${rules}: ${Math.round(time)} ms for the profile and four looks at the patient`);
    }
  }
});

t.test('slices that only a look at each item tells', async (t) => {
  const inside = () => [{}, { path: 'Patient.identifier.assigner', min: 1 }];
  const profile = sliced({ type: 'exists', path: 'assigner' }, 'open', inside);
  const identifier = Array.from({ length: ITEMS }, (_, i) => ({ value: String(i) }));
  const one = by(profile);
  const patient = (length: number) => ({
    resourceType: 'Patient',
    meta: { profile: [profile.url] },
    identifier: identifier.slice(0, length),
  });
  t.same(errors(patient(100), {}, one), []);
  let found: string[] = [];
  const time = cpu(() => {
    found = errors(patient(ITEMS), {}, one);
  });
  t.same(found, ['slicing-too-costly Patient'], 'not checked to the end, and said so');
  t.ok(time < 4000, `${Math.round(time)} ms`);
});

t.test('slices of slices of slices', async (t) => {
  const element: object[] = [
    { path: 'Patient.contact', slicing: { discriminator: [{ type: 'value', path: 'gender' }], rules: 'open' } },
  ];
  element.push({
    path: 'Patient.contact.telecom',
    slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' },
  });
  for (let i = 0; i < 400; i++) element.push({ path: 'Patient.contact.telecom', sliceName: `t${i}` });
  for (let i = 0; i < 400; i++) {
    element.push({ path: 'Patient.contact', sliceName: `c${i}` }, { path: 'Patient.contact.gender', min: 1 });
  }
  const profile = profileOf(element);
  let found: string[] = [];
  const time = cpu(() => {
    found = errors(profile);
  });
  t.match(found, [/^differential-size /], 'told where it is posted');
  const patient = { resourceType: 'Patient', meta: { profile: [profile.url] } };
  t.same(errors(patient, {}, by(profile)), ['profile-too-large Patient.meta.profile[0]']);
  t.ok(time < 4000, `${Math.round(time)} ms`);
});

t.test('hundreds of constraints that take long', async (t) => {
  const ten = '(1|2|3|4|5|6|7|8|9|10)';
  const slow = (i: number) =>
    `${ten}.select(${ten}.select(${ten}.select(${ten}.select(${ten}.select(${ten}.select($this + ${i})))))).exists()`;
  const rule = (key: string, expression: string) => ({ key, severity: 'error', human: key, expression });
  const constraint = [
    rule('quick-1', 'name.exists()'),
    ...Array.from({ length: 200 }, (_, i) => rule(`slow-${i}`, slow(i))),
  ];
  const profile = profileOf([{ path: 'Patient', constraint }]);
  const one = by(profile);
  const patient = { resourceType: 'Patient', meta: { profile: [profile.url] }, name: [{ family: 'Sansins' }] };
  for (let i = 0; i < 6; i++) {
    const began = performance.now();
    const found = one.validate(patient);
    const took = performance.now() - began;
    t.match(found, [{ severity: 'warning', key: 'invariants-slow' }], 'what was not evaluated is said, once');
    t.equal(found.length, 1);
    // The first loads the package.
    t.ok(i === 0 || took < 1500, `${Math.round(took)} ms`);
    if (i > 3) t.ok(took < 500, `once it is known: ${Math.round(took)} ms`);
  }
  t.match(
    one.validate({ resourceType: 'Patient', meta: patient.meta }).map(({ key }) => key),
    ['invariant', 'invariants-slow'],
    'what is quick is still looked at',
  );
  t.ok(validator.isValid({ resourceType: 'Patient', name: [{ family: 'Sansins' }] }));
});
