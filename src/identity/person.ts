/** A Patient as matching compares it: names folded and taken apart, the date read, numbers by their systems. */
import { fold } from '../search/fold.js';
import { type BirthDate, birthDateOf } from './likeness.js';
import { AUTHORITIES } from './matricule.js';
import { isObject, type Json, objects, traitsOf } from './traits.js';

/** A name as one folded text, and its words. */
export interface Name {
  whole: string;
  words: readonly string[];
  /** How it sounds, once somebody asked: a stored name is compared often. */
  sound?: string;
}

export interface Person {
  /** Of birth and in use, each once; that of birth is the first where it is known. */
  families: readonly Name[];
  /** First given names: of birth, in use. */
  givens: readonly Name[];
  /** All words of all given names. */
  givenWords: ReadonlySet<string>;
  /** The given names of birth after the first, where the list is known. */
  further: readonly string[];
  birthDate: BirthDate | undefined;
  gender: string | undefined;
  birthPlace: string | undefined;
  /** Matricules in use by OID, and those of before. */
  ins: ReadonlyMap<string, string>;
  formerIns: ReadonlySet<string>;
  /** Other numbers, as `numberOf` writes them. */
  numbers: ReadonlySet<string>;
}

/** One text of both; a line end stands between them, which neither has. */
export const numberOf = (system: string, value: string): string => `${system}\n${value}`;

function nameOf(text: string): Name | undefined {
  const whole = fold(text);
  if (whole === '') return undefined;
  return { whole, words: text.split(/[\s\-'’.,_]+/u).flatMap((word) => fold(word) || []) };
}

/** Names in the order in which they count: those of birth, then the others. */
function orderedNames(patient: Json): Json[] {
  const rank = ({ use }: Json) => (use === 'official' || use === 'maiden' ? 0 : 1);
  return objects(patient.name).sort((a, b) => rank(a) - rank(b));
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** Takes whatever a Patient may hold; what is of no right shape is left out. */
export function personOf(patient: Json): Person {
  const families = new Map<string, Name>();
  const givens = new Map<string, Name>();
  const givenWords = new Set<string>();
  const add = (names: Map<string, Name>, text: string): Name | undefined => {
    const name = nameOf(text);
    if (name !== undefined && !names.has(name.whole)) names.set(name.whole, name);
    return name;
  };
  for (const { family, given } of orderedNames(patient)) {
    if (typeof family === 'string') add(families, family);
    const list = texts(given);
    if (list[0] !== undefined) add(givens, list[0]);
    for (const one of list) for (const word of nameOf(one)?.words ?? []) givenWords.add(word);
  }
  const { givenNames, birthPlace } = traitsOf(patient);
  const listed = givenNames === undefined ? [] : (nameOf(givenNames)?.words ?? []);
  for (const word of listed) givenWords.add(word);
  const first = [...givens.values()][0]?.words ?? [];
  const { gender } = patient;
  return {
    families: [...families.values()],
    givens: [...givens.values()],
    givenWords,
    further: listed.slice(first.length),
    birthDate: birthDateOf(patient.birthDate),
    gender: gender === 'male' || gender === 'female' ? gender : undefined,
    birthPlace,
    ...numbersOf(patient),
  };
}

function numbersOf(patient: Json): Pick<Person, 'ins' | 'formerIns' | 'numbers'> {
  const ins = new Map<string, string>();
  const formerIns = new Set<string>();
  const numbers = new Set<string>();
  const list: unknown = patient.identifier;
  for (const one of Array.isArray(list) ? list : []) {
    if (!isObject(one) || typeof one.system !== 'string' || typeof one.value !== 'string' || one.value === '') continue;
    const { system, value } = one;
    if (!AUTHORITIES.has(system)) numbers.add(numberOf(system, value));
    else if (one.use === 'old') formerIns.add(numberOf(system, value));
    else ins.set(system, value);
  }
  return { ins, formerIns, numbers };
}
