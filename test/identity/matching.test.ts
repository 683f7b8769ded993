/** Two records, trait by trait. */
import t from 'tap';
import { looks } from '../../src/identity/candidates.js';
import { birthDateOf, dateLikeness, edits, neighbours, slipLikeness, sound } from '../../src/identity/likeness.js';
import { compare, withRivals } from '../../src/identity/matching.js';
import { personOf } from '../../src/identity/person.js';
import { patientOf } from '../bench/match-people.mjs';

const JEANNE = {
  number: 1,
  family: 'Kérouédan',
  used: 'Le Bihan' as string | undefined,
  given: 'Marie-Thérèse',
  further: ['Jeanne', 'Yvonne'],
  date: '1938-02-11',
  place: '44036' as string | undefined,
  gender: 'female',
  ins: '238024403611354',
  hasIns: false,
  ipp: 'A',
};
const person = (more: object = {}, system?: string) => personOf(patientOf({ ...JEANNE, ...more }, system));
const other = (more: object = {}) => compare(person(), person({ ipp: 'B', ...more }));
const of = (comparison: ReturnType<typeof compare>, trait: string) =>
  comparison.evidence.find((one) => one.trait === trait)?.likeness;

t.test('texts', async (t) => {
  t.equal(edits('martin', 'martin', 2), 0);
  t.equal(edits('martin', 'matrin', 2), 1, 'neighbours swapped');
  t.equal(edits('martin', 'martine', 2), 1);
  t.equal(edits('martin', 'artin', 2), 1);
  t.equal(edits('martin', 'mortin', 2), 1);
  t.equal(edits('martin', 'dupont', 2), 3, 'more is not counted');
  t.equal(slipLikeness('roy', 'roi'), undefined, 'too short');
  t.equal(slipLikeness('simon', 'symcon'), 'close');
  t.equal(slipLikeness('kerouedan', 'keruedam'), 'slip');
  for (const [a, b] of [
    ['philippe', 'filipe'],
    ['thibaud', 'tibaut'],
    ['moreau', 'morot'],
    ['lefebvre', 'lefebvres'],
    ['quemener', 'kemener'],
    ['gauthier', 'gotier'],
  ] as const) {
    t.equal(sound(a), sound(b), `${a} ${b}`);
  }
  t.not(sound('martin'), sound('morin'));
});

t.test('dates', async (t) => {
  const likeness = (a: string, b: string) => dateLikeness(birthDateOf(a) as never, birthDateOf(b) as never);
  const cases = [
    ['1938-02-11', '1938-02-11', 'equal'],
    ['1938-02-11', '1938-11-02', 'swapped'],
    ['1938-02-11', '1933-02-11', 'slip'],
    ['1938-02-11', '1983-02-11', 'generation'],
    ['1938-02-11', '1938-02-01', 'slip'],
    ['1938-02-12', '1938-02-21', 'slip'],
    ['1938-09-11', '1938-10-11', 'slip'],
    ['1938-02-11', '1938-02-26', 'part'],
    ['1938-02-11', '1958-02-11', 'generation'],
    ['1938-02-11', '1939-03-11', 'different'],
    ['1938-02-11', '1938', 'partial'],
    ['1938-02-11', '1938-02', 'partial'],
    ['1938-02-11', '1938-03', 'different'],
  ] as const;
  for (const [a, b, expected] of cases) {
    t.equal(likeness(a, b), expected, `${a} ${b}`);
    t.equal(likeness(b, a), expected, `${b} ${a}`);
  }
  for (const none of ['1938-02-30', '2015-02-29', '1938-13-01', '38-02-11', 'x', 5, null])
    t.equal(birthDateOf(none), undefined);
  t.same(birthDateOf('2016-02-29'), { year: 2016, month: 2, day: 29 });
  const { swapped, slips } = neighbours({ year: 1938, month: 2, day: 28 });
  t.same(swapped, [], 'there is no 28th month');
  t.ok(slips.length > 10 && slips.every((one) => likeness(one, '1938-02-28') === 'slip'), `${slips.length} days`);
});

t.test('one person', async (t) => {
  t.match(other(), { grade: 'certain' });
  const same: [string, object, string, string][] = [
    ['without accents', { family: 'KEROUEDAN', given: 'MARIE THERESE' }, 'given', 'equal'],
    ['a name in use alone', { family: 'Le Bihan', used: undefined }, 'family', 'equal'],
    ['a double name', { family: 'Kérouédan-Le Bihan', used: undefined }, 'family', 'part'],
    ['a slip in the name', { family: 'Kerouédam', used: undefined }, 'family', 'slip'],
    ['a compound given name cut', { given: 'Thérèse', further: [] }, 'given', 'part'],
    ['two given names of a compound', { given: 'Marie', further: ['Thérèse', 'Jeanne'] }, 'given', 'part'],
    ['day and month swapped', { date: '1938-11-02' }, 'birthDate', 'swapped'],
    ['a digit in the year', { date: '1933-02-11' }, 'birthDate', 'slip'],
    [
      'names in each other’s place',
      { family: 'Marie-Thérèse', given: 'Kérouédan', used: undefined },
      'family',
      'swapped',
    ],
    ['without a place', { place: undefined }, 'birthDate', 'equal'],
  ];
  for (const [name, more, trait, likeness] of same) {
    const comparison = other(more);
    t.equal(comparison.grade, 'certain', `${name}: ${comparison.weight}`);
    t.equal(of(comparison, trait), likeness, name);
    t.ok(comparison.score > 0.9 && comparison.score <= 1);
  }
  t.same(
    compare(person(), person({ date: '1938-11-02' })),
    compare(person({ date: '1938-11-02' }), person()),
    'either way',
  );
});

t.test('two people', async (t) => {
  const others: [string, object, string][] = [
    ['a twin', { given: 'Annick', further: [] }, 'probable'],
    ['a twin whose name differs by a letter', { given: 'Marie-Thérésa', further: [] }, 'certain'],
    ['a daughter called so', { date: '1963-05-30', place: '44109' }, 'certainly-not'],
    ['a daughter called so, born on her birthday', { date: '1968-02-11' }, 'probable'],
    ['a homonym', { date: '1941-07-04', place: '29019', further: ['Annick'] }, 'certainly-not'],
    [
      'somebody',
      { family: 'Abadie', used: undefined, given: 'Annick', further: [], date: '1950-01-01', place: '31555' },
      'certainly-not',
    ],
  ];
  for (const [name, more, grade] of others) {
    const comparison = other(more);
    t.equal(comparison.grade, grade, `${name}: ${comparison.weight}`);
  }
  const twins = compare(person({ given: 'Julie', further: [] }), person({ given: 'Julia', further: [], ipp: 'B' }));
  t.equal(of(twins, 'given'), 'different', 'two names that are both given');
  t.not(twins.grade, 'certain');
  t.equal(
    compare(person({ given: 'Julie', further: ['Anne'] }), person({ given: 'Anne', further: ['Julie'], ipp: 'B' }))
      .grade,
    'probable',
  );
});

t.test('numbers', async (t) => {
  const withIns = (more: object = {}) => person({ hasIns: true, ...more });
  t.match(compare(withIns(), withIns({ ipp: 'B' })), { grade: 'certain' });
  const another = compare(withIns(), withIns({ ins: '238024403611451', ipp: 'B' }));
  t.match(another, { grade: 'possible', remark: 'ins-different' }, 'whatever else agrees');
  t.ok(another.score < 0.75);
  const slip = compare(withIns(), withIns({ ins: '238024403611355', ipp: 'B' }));
  t.equal(of(slip, 'ins'), 'slip');
  t.equal(slip.grade, 'certain');
  const stolen = compare(
    withIns(),
    withIns({ family: 'Abadie', used: undefined, given: 'Annick', date: '1970-01-01', further: [], ipp: 'B' }),
  );
  t.match(stolen, { grade: 'certainly-not' }, 'a matricule under which another person stands');
  const half = compare(
    withIns(),
    withIns({ family: 'Abadie', used: undefined, given: 'Annick', further: [], ipp: 'B' }),
  );
  t.match(half, { grade: 'probable', remark: 'ins-alone' });
  const changed = compare(withIns({ date: '1940-09-09', place: undefined }), withIns({ place: undefined, ipp: 'B' }));
  t.equal(changed.grade, 'certain', 'one trait that contradicts');
  const former = patientOf({ ...JEANNE, hasIns: true, ipp: 'B' }) as { identifier: { use: string }[] };
  (former.identifier[0] as { use: string }).use = 'old';
  t.equal(of(compare(withIns(), personOf(former)), 'ins'), 'former');
});

t.test('rivals', async (t) => {
  const seen = (...all: object[]) =>
    withRivals(
      all.map((more, i) => {
        const one = person({ ipp: `C${i}`, ...more });
        return { person: one, comparison: compare(person({ further: [], place: undefined }), one) };
      }),
    ).map(({ comparison }) => comparison.grade);
  t.same(seen({}), ['certain']);
  t.same(seen({}, {}), ['certain', 'certain'], 'one person who is there twice');
  const two = seen({ hasIns: true }, { hasIns: true, ins: '238024403611451' });
  t.same(two, ['probable', 'probable'], 'which of two who have their own INS?');
  t.same(seen({}, { given: 'Annick' }), ['certain', 'possible'], 'another one is no rival');
});

t.test('whatever comes', async (t) => {
  const nothing = personOf({});
  t.same(looks(nothing).flat(), []);
  t.match(compare(nothing, nothing), { grade: 'certainly-not', evidence: [] });
  const odd = {
    name: [null, 5, { family: 7, given: 'x' }, { given: [null, 3, '...'] }],
    identifier: {},
    birthDate: [],
    extension: 'x',
  };
  t.same(looks(personOf(odd)).flat(), []);
  const hostile = personOf({
    name: [{ family: 'a,b|c\\', given: ['$'] }],
    identifier: [{ system: 's,|', value: 'v\\,' }],
  });
  t.same(looks(hostile).flat()[0], [['identifier', 's\\,\\||v\\\\\\,']]);
});
