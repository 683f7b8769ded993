/** Which stored Patients may be the one looked for: searches by few and rare values, that every store answers from its index. */
import { escapedValue } from '../search/escapes.js';
import { dateText, neighbours } from './likeness.js';
import { type Name, numberOf, type Person } from './person.js';

/** The pairs of one search. */
export type Block = [string, string][];

/** Numbers that are looked for at most. */
const MAX_NUMBERS = 20;
/** Letters that two spellings of a name mostly begin with. */
const START = 3;

const token = (number: string): string => {
  const bar = number.indexOf('\n');
  return `${escapedValue(number.slice(0, bar))}|${escapedValue(number.slice(bar + 1))}`;
};
const anyOf = (values: Iterable<string>): string => [...new Set(values)].join(',');

/** By the numbers that a record has. */
function byNumber({ ins, formerIns, numbers }: Person): Block[] {
  const all = [...[...ins].map(([system, value]) => numberOf(system, value)), ...formerIns, ...numbers];
  return all.length === 0 ? [] : [[['identifier', anyOf(all.slice(0, MAX_NUMBERS).map(token))]]];
}

const starts = (names: readonly Name[]): string[] => names.map(({ whole }) => whole.slice(0, START));

/**
 * The looks, from the likeliest: who finds somebody for certain needs no further one. The number or the day (day and month
 * swapped too); the whole name; slips in the date with a name that begins alike, half a date, names in each other's place.
 */
export function looks(person: Person): readonly (readonly Block[])[] {
  const { birthDate, families, givens } = person;
  const hasName = families.length > 0 && givens.length > 0;
  const day: Block[] =
    birthDate?.day === undefined
      ? []
      : [[['birthdate', anyOf([dateText(birthDate), ...neighbours(birthDate).swapped])]]];
  const name: Block[] = hasName ? [named(families, givens)] : [];
  return [[...byNumber(person), ...day], name, [...bySlip(person), ...(hasName ? [named(givens, families)] : [])]];
}

/** `given` by its first word: compound names are often cut. */
const named = (families: readonly Name[], givens: readonly Name[]): Block => [
  ['family', anyOf(families.map(({ whole }) => whole))],
  ['given', anyOf(givens.map(({ words, whole }) => words[0] ?? whole))],
];

/** Names come first: stores ask in this order, and a list of dates is long. */
function bySlip({ birthDate, families, givens }: Person): Block[] {
  if (birthDate === undefined) {
    return families.length > 0 && givens.length === 0 ? [[['family', anyOf(families.map(({ whole }) => whole))]]] : [];
  }
  const { year, month, day } = birthDate;
  const names = starts([...families, ...givens]);
  if (names.length === 0) return [];
  if (day !== undefined) {
    const { slips } = neighbours(birthDate);
    return slips.length === 0
      ? []
      : [
          [
            ['name', anyOf(names)],
            ['birthdate', anyOf(slips)],
          ],
        ];
  }
  // Half a date is a time in which many are born.
  const half: [string, string] = ['birthdate', month === undefined ? String(year) : dateText(birthDate).slice(0, 7)];
  if (families.length === 0 || givens.length === 0) return [[['name', anyOf(names)], half]];
  return [[['family', anyOf(starts(families))], ['given', anyOf(starts(givens))], half]];
}
