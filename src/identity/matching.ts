/**
 * Are two records of one person? Each trait that both have adds to the evidence or takes from it, by a table; the sum
 * gives the grade. Nothing is learnt and nothing is random: the same two records get the same answer, and it can be told
 * why. https://hl7.org/fhir/R4/patient-operation-match.html
 */
import { isGivenName } from './given-names.js';
import { dateLikeness, edits, slipLikeness, sound } from './likeness.js';
import { type Name, numberOf, type Person } from './person.js';

/** https://hl7.org/fhir/R4/valueset-match-grade.html */
export type Grade = 'certain' | 'probable' | 'possible' | 'certainly-not';

/**
 * What each likeness of a trait weighs: about the binary logarithm of how much oftener it is found in two records of
 * one person than in records of two.
 */
const WEIGHTS = {
  ins: { equal: 30, former: 14, slip: 8, different: -16 },
  number: { equal: 18 },
  family: { equal: 10, part: 7, slip: 8, sound: 7, close: 4, swapped: 8, different: -9 },
  given: { equal: 7, part: 5, slip: 5, sound: 4, close: 2, listed: -2, initial: 1, swapped: 6, different: -10 },
  further: { equal: 4, different: -2 },
  birthDate: { equal: 14, swapped: 9, slip: 8, part: 2, generation: -4, partial: 4, different: -10 },
  gender: { equal: 1, different: -5 },
  birthPlace: { equal: 7, slip: 0, different: -4 },
} as const satisfies Record<string, Record<string, number>>;

export type Trait = keyof typeof WEIGHTS;
export interface Evidence {
  trait: Trait;
  likeness: string;
  weight: number;
}

/** From so much evidence on; measured with `npm run bench -- --parts match`. */
const CERTAIN = 28;
const PROBABLE = 20;
const POSSIBLE = 12;
/** Half of the score stands here, and so much more evidence makes it twice as sure. */
const MIDDLE = 16;
const STEP = 3;

export interface Comparison {
  weight: number;
  grade: Grade;
  /** From 0 to 1, in steps of a ten-thousandth. */
  score: number;
  evidence: readonly Evidence[];
  /** Why the grade is lower than the evidence alone would make it. */
  remark?: 'ins-different' | 'ins-alone' | 'name-different' | 'date-different' | 'rival';
}

export function compare(a: Person, b: Person): Comparison {
  const evidence: Evidence[] = [];
  const say = <T extends Trait>(trait: T, likeness: (keyof (typeof WEIGHTS)[T] & string) | undefined) => {
    if (likeness === undefined) return;
    evidence.push({ trait, likeness, weight: (WEIGHTS[trait] as Record<string, number>)[likeness] as number });
  };
  const names = namesSwapped(a, b) ? 'swapped' : undefined;
  say('ins', insLikeness(a, b));
  say('number', [...a.numbers].some((number) => b.numbers.has(number)) ? 'equal' : undefined);
  say('family', names ?? familyLikeness(a.families, b.families));
  say('given', names ?? givenLikeness(a, b));
  say('further', furtherLikeness(a, b));
  say('birthDate', a.birthDate && b.birthDate && dateLikeness(a.birthDate, b.birthDate));
  say(
    'gender',
    a.gender === undefined || b.gender === undefined ? undefined : a.gender === b.gender ? 'equal' : 'different',
  );
  say('birthPlace', placeLikeness(a.birthPlace, b.birthPlace));
  const weight = evidence.reduce((sum, one) => sum + one.weight, 0);
  const remark = remarkOn(evidence);
  const all = gradeOf(weight);
  const grade = remark === undefined ? all : lower(all, remark === 'ins-different' ? 'possible' : 'probable');
  return {
    weight,
    grade,
    score: scoreOf(weight, grade),
    evidence,
    ...(remark !== undefined && all !== grade && { remark }),
  };
}

const GRADES: readonly Grade[] = ['certainly-not', 'possible', 'probable', 'certain'];
const lower = (a: Grade, b: Grade): Grade => (GRADES.indexOf(a) < GRADES.indexOf(b) ? a : b);

function gradeOf(weight: number): Grade {
  if (weight >= CERTAIN) return 'certain';
  if (weight >= PROBABLE) return 'probable';
  return weight >= POSSIBLE ? 'possible' : 'certainly-not';
}

/** The score of what is held back stays below that of the next grade. */
function scoreOf(weight: number, grade: Grade): number {
  const top = { certain: Number.POSITIVE_INFINITY, probable: CERTAIN, possible: PROBABLE, 'certainly-not': POSSIBLE };
  const counted = Math.min(weight, top[grade]);
  return Math.round(10_000 / (1 + 2 ** ((MIDDLE - counted) / STEP))) / 10_000;
}

const WEAK_NAMES = new Set([undefined, 'different', 'listed', 'initial', 'close']);
const WEAK_DATES = new Set([undefined, 'different', 'generation']);

/** What no sum makes up for. */
function remarkOn(evidence: readonly Evidence[]): Comparison['remark'] {
  const of = (trait: Trait) => evidence.find((one) => one.trait === trait)?.likeness;
  const ins = of('ins');
  if (ins === 'different') return 'ins-different';
  const rest = evidence.filter(({ trait }) => trait !== 'ins' && trait !== 'number');
  const isContradicted = rest.filter(({ likeness }) => likeness === 'different').length > 1;
  if (ins === 'equal') return isContradicted ? 'ins-alone' : undefined;
  if (WEAK_NAMES.has(of('given'))) return 'name-different';
  if (WEAK_DATES.has(of('birthDate'))) return 'date-different';
  return undefined;
}

function insLikeness(a: Person, b: Person) {
  for (const [system, value] of a.ins) if (b.ins.get(system) === value) return 'equal';
  const former = (one: Person, other: Person) =>
    [...one.ins].some(([system, value]) => other.formerIns.has(numberOf(system, value)));
  if (former(a, b) || former(b, a)) return 'former';
  for (const [system, value] of a.ins) {
    const other = b.ins.get(system);
    if (other !== undefined) return edits(value, other, 1) === 1 ? 'slip' : 'different';
  }
  return undefined;
}

/** The better of all pairs of names that both have; `undefined` when one has none. */
function best<T extends string>(
  left: readonly Name[],
  right: readonly Name[],
  likeness: (a: Name, b: Name) => T,
  order: readonly T[],
): T | undefined {
  let found = -1;
  for (const a of left) {
    for (const b of right) {
      const rank = order.indexOf(likeness(a, b));
      if (found < 0 || rank < found) found = rank;
    }
  }
  return order[found];
}

const FAMILY = ['equal', 'slip', 'sound', 'part', 'close', 'different'] as const;
/** Words that many names have. */
const PARTICLES = new Set('d da de del des di du el la le les l st saint ben van von'.split(' '));

const familyLikeness = (a: readonly Name[], b: readonly Name[]) =>
  best(
    a,
    b,
    (one, other) => {
      if (one.whole === other.whole) return 'equal';
      const slip = slipLikeness(one.whole, other.whole);
      if (slip === 'slip') return slip;
      if (haveOneSound(one, other)) return 'sound';
      return isPart(one, other) || isPart(other, one) ? 'part' : (slip ?? 'different');
    },
    FAMILY,
  );

function soundOf(name: Name): string {
  name.sound ??= sound(name.whole);
  return name.sound;
}

const haveOneSound = (a: Name, b: Name): boolean =>
  a.whole.length > 3 && b.whole.length > 3 && soundOf(a) === soundOf(b);

/** Is one name some neighbouring words of the other? */
function isPart({ whole }: Name, { words }: Name): boolean {
  if (words.length < 2 || whole.length < 3 || PARTICLES.has(whole)) return false;
  for (let from = 0; from < words.length; from++) {
    let joined = '';
    for (let to = from; to < words.length && joined.length < whole.length; to++) {
      joined += words[to];
      if (joined === whole) return true;
    }
  }
  return false;
}

const GIVEN = ['equal', 'part', 'slip', 'sound', 'close', 'different'] as const;

function givenLikeness(a: Person, b: Person) {
  const found = best(
    a.givens,
    b.givens,
    (one, other) => {
      if (one.whole === other.whole) return 'equal';
      if (isPart(one, other) || isPart(other, one)) return 'part';
      // Two names that are both given to children are two children.
      const areNames = one.words.every(isGivenName) && other.words.every(isGivenName);
      if (areNames) return 'different';
      const slip = slipLikeness(one.whole, other.whole, 3);
      return slip !== 'slip' && haveOneSound(one, other) ? 'sound' : (slip ?? 'different');
    },
    GIVEN,
  );
  if (found !== 'different') return found;
  // `Jean Pierre` as two given names is `Jean-Pierre` as one.
  if (isSpelt(a, b) || isSpelt(b, a)) return 'equal';
  if (isInitial(a, b) || isInitial(b, a)) return 'initial';
  const isListed = (one: Person, other: Person) =>
    one.givens.some(({ words }) => words.every((w) => other.givenWords.has(w)));
  return isListed(a, b) || isListed(b, a) ? 'listed' : 'different';
}

const isSpelt = (one: Person, other: Person): boolean =>
  one.givens.some(
    ({ words }) =>
      words.length > 1 &&
      words.every((word) => other.givenWords.has(word)) &&
      other.givens.some(({ whole }) => whole === words[0]),
  );

const isInitial = (one: Person, other: Person): boolean =>
  one.givens.some(({ whole }) => whole.length === 1 && other.givens.some((name) => name.whole.startsWith(whole)));

/** Family and given name in each other's place, one of them perhaps with a slip. */
function namesSwapped(a: Person, b: Person): boolean {
  const likeness = (families: readonly Name[], givens: readonly Name[]) =>
    best(
      families,
      givens,
      ({ whole }, other) => (whole === other.whole ? 'equal' : (slipLikeness(whole, other.whole) ?? 'different')),
      ['equal', 'slip', 'close', 'different'],
    );
  if (likeness(a.givens, b.givens) === 'equal') return false;
  const both = [likeness(a.families, b.givens), likeness(b.families, a.givens)];
  return both.includes('equal') && both.every((one) => one === 'equal' || one === 'slip');
}

function furtherLikeness({ further: a }: Person, { further: b }: Person) {
  if (a.length === 0 || b.length === 0) return undefined;
  return a.some((word) => b.some((other) => word === other || slipLikeness(word, other) === 'slip'))
    ? 'equal'
    : 'different';
}

function placeLikeness(a: string | undefined, b: string | undefined) {
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return 'equal';
  return edits(a, b, 1) === 1 ? 'slip' : 'different';
}

/**
 * Candidates are seen together: of two that are certain and not one person none is, unless one is clearly closer. `margin`
 * is what closer means.
 */
export function withRivals<T extends { person: Person; comparison: Comparison }>(
  candidates: readonly T[],
  margin = 6,
): T[] {
  const certain = candidates.filter(({ comparison }) => comparison.grade === 'certain');
  return candidates.map((one) => {
    if (one.comparison.grade !== 'certain') return one;
    const isRivalled = certain.some(
      (other) =>
        other !== one &&
        other.comparison.weight > one.comparison.weight - margin &&
        compare(one.person, other.person).grade !== 'certain',
    );
    return isRivalled ? { ...one, comparison: heldBack(one.comparison) } : one;
  });
}

function heldBack(comparison: Comparison): Comparison {
  return { ...comparison, grade: 'probable', score: scoreOf(comparison.weight, 'probable'), remark: 'rival' };
}
