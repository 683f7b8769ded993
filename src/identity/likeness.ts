/** How texts and dates are alike, as people mistype and mishear them. Names come folded: without case, accents, spaces. */

/**
 * Edits between two texts: letters put in, left out, replaced, or two neighbours swapped. Beyond `most` the answer is
 * `most + 1`.
 */
export function edits(a: string, b: string, most: number): number {
  if (a === b) return 0;
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (above[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (above[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] as number) + 1);
      }
      row.push(cost);
      if (cost < least) least = cost;
    }
    if (least > most) return most + 1;
    before = above;
    above = row;
  }
  return Math.min(above[b.length] as number, most + 1);
}

/**
 * slip: one of the keyboard, two in a long text; close: two in a text of middle length. Shorter texts that differ are
 * others; `least` is how short a text may be.
 */
export function slipLikeness(a: string, b: string, least = 4): 'slip' | 'close' | undefined {
  const shorter = Math.min(a.length, b.length);
  if (shorter < least) return undefined;
  const count = edits(a, b, shorter >= 5 ? 2 : 1);
  if (count === 1 || (count === 2 && shorter >= 8)) return 'slip';
  return count === 2 && shorter >= 5 ? 'close' : undefined;
}

const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/ph/g, 'f'],
  [/(.)\1+/g, '$1'],
  [/[cs]h|sch/g, '8'],
  [/gn/g, '9'],
  [/qu|q|ck|c(?![eiy])/g, 'k'],
  [/g(?=[eiy])/g, 'j'],
  [/[cz]/g, 's'],
  [/h/g, ''],
  [/[ae]in|[iy][nm](?![aeiouy])/g, '1'],
  [/[ae][nm](?![aeiouy])/g, '2'],
  [/o[nm](?![aeiouy])/g, '3'],
  [/eau|au/g, 'o'],
  [/ai|ei/g, 'e'],
  [/oe|eu/g, 'e'],
  [/y/g, 'i'],
  [/w/g, 'v'],
  [/(?:e?[sxz]|[dtp]|e)+$/, ''],
];

/** How a name sounds in French, roughly: names of one sound get one text. */
export function sound(name: string): string {
  return SOUNDS.reduce((text, [pattern, by]) => text.replace(pattern, by), name);
}

/** Parts that the record does not have are absent. */
export interface BirthDate {
  year: number;
  month?: number;
  day?: number;
}

export function birthDateOf(text: unknown): BirthDate | undefined {
  if (typeof text !== 'string') return undefined;
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  if (!exists({ year: Number(year), month: Number(month ?? 1), day: Number(day ?? 1) })) return undefined;
  return {
    year: Number(year),
    ...(month !== undefined && { month: Number(month) }),
    ...(day !== undefined && { day: Number(day) }),
  };
}

const two = (number: number): string => String(number).padStart(2, '0');
export const dateText = ({ year, month = 0, day = 0 }: BirthDate): string => `${year}-${two(month)}-${two(day)}`;

/**
 * equal; swapped: day for month; slip: one digit is another, two neighbours changed places, the next day or month; part: day, month or year
 * is another; generation: the year alone, by many; partial: one says less, and what it says agrees; different.
 */
export type DateLikeness = 'equal' | 'swapped' | 'slip' | 'part' | 'generation' | 'partial' | 'different';

/** Beyond so many years it is not one digit, it is a generation: fathers and sons have one name, and sometimes one birthday. */
const GENERATION = 15;

export function dateLikeness(a: BirthDate, b: BirthDate): DateLikeness {
  if (a.day === undefined || b.day === undefined || a.month === undefined || b.month === undefined) {
    const agrees = a.year === b.year && (a.month === undefined || b.month === undefined || a.month === b.month);
    return agrees ? 'partial' : 'different';
  }
  const years = Math.abs(a.year - b.year);
  if (years === 0 && a.month === b.month && a.day === b.day) return 'equal';
  if (years === 0 && a.month === b.day && a.day === b.month) return 'swapped';
  const differing = [years !== 0, a.month !== b.month, a.day !== b.day].filter(Boolean).length;
  if (differing !== 1) return 'different';
  if (years >= GENERATION) return 'generation';
  const [left, right] = [dateText(a), dateText(b)];
  const isNext = Math.abs(a.month - b.month) + Math.abs(a.day - b.day) === 1;
  return isNext || oneDigit(left, right) || edits(left, right, 1) === 1 ? 'slip' : 'part';
}

function oneDigit(a: string, b: string): boolean {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count === 1;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function exists({ year, month = 0, day = 0 }: BirthDate): boolean {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  return year >= 1000 && day >= 1 && day <= last;
}

/** Days that `dateLikeness` calls swapped, and those that it calls a slip, as YYYY-MM-DD. */
export function neighbours(date: BirthDate): { swapped: string[]; slips: string[] } {
  const { month, day } = date;
  if (month === undefined || day === undefined) return { swapped: [], slips: [] };
  const swap = { ...date, month: day, day: month };
  const slips = new Set<string>();
  const text = dateText(date);
  const take = (candidate: string): void => {
    const found = birthDateOf(candidate);
    if (found !== undefined && dateLikeness(date, found) === 'slip') slips.add(candidate);
  };
  for (let i = 2; i < text.length; i++) {
    if (text[i] === '-') continue;
    for (let digit = 0; digit <= 9; digit++) take(text.slice(0, i) + digit + text.slice(i + 1));
    const next = text[i + 1];
    if (next !== undefined && next !== '-') take(text.slice(0, i) + next + text[i] + text.slice(i + 2));
  }
  for (const step of [-1, 1]) {
    take(dateText({ ...date, month: month + step }));
    take(dateText({ ...date, day: day + step }));
  }
  return { swapped: day !== month && exists(swap) ? [dateText(swap)] : [], slips: [...slips] };
}
