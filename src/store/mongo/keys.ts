/**
 * Search values as keys of one multikey index (the attribute pattern), so that a new SearchParameter needs a re-index
 * but no new index: `Patient.gender|male|http://...`, with control characters for bars.
 */
import { isOfTypeKey } from '../../search/keys.js';
import type { SearchValues } from '../../search/query.js';

/** Stands between the parts of a key. */
export const BAR = '\u0001';
/** The next character: the end of a range of keys. */
const AFTER_BAR = '\u0002';
/** Stands before a system that is looked for with any code. */
const SYSTEM = '\u0003';
const TOP = '\u{10ffff}';

/** Control characters that a value brings are written so that they cannot be taken for ours; prefixes stay prefixes. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the separators
  return /[\u0001-\u0003]/.test(text) ? text.replace(/[\u0001-\u0003]/g, (c) => `\u0002${c.charCodeAt(0)}`) : text;
}

/** Two numbers of a parameter: the ends of a range of time or of numbers, or latitude and longitude. */
export interface RangeEntry {
  k: string;
  l: number;
  h: number;
}

/** What stands before a word of the narrative, and before one of the whole content, in the index of full text. */
export const WORD = { narrative: 'n', content: 'c' } as const;

export const tokenKey = (key: string, code: string, system: string) =>
  key + BAR + escaped(code) + BAR + escaped(system);
export const systemKey = (key: string, system: string) => key + SYSTEM + escaped(system);
export const stringKey = (key: string, folded: string, exact: string) =>
  key + BAR + escaped(folded) + BAR + escaped(exact);
/** References and uris. */
export const plainKey = (key: string, value: string) => key + BAR + escaped(value);

/** A range of keys [from, to). */
export interface KeyRange {
  from: string;
  to: string;
}
/** A code with any system. */
export const codeRange = (key: string, code: string): KeyRange => {
  const from = key + BAR + escaped(code) + BAR;
  return { from, to: from.slice(0, -1) + AFTER_BAR };
};
/** Values that start with a text. */
export const prefixRange = (key: string, start: string): KeyRange => {
  const from = key + BAR + escaped(start);
  return { from, to: from + TOP };
};
/** Every value of a parameter. */
export const allRange = (key: string): KeyRange => ({ from: key + BAR, to: key + AFTER_BAR });

/** What a document holds of a resource's search values. */
export interface Keys {
  k: string[];
  d: RangeEntry[];
  w: string[];
}

export function keysOf(values: SearchValues): Keys {
  const k = new Set<string>();
  for (const { key, code, system } of values.tokens) {
    k.add(tokenKey(key, code, system));
    // The system of an identifier's type is never asked for alone.
    if (system !== '' && !isOfTypeKey(key)) k.add(systemKey(key, system));
  }
  for (const { key, folded, exact } of values.strings) k.add(stringKey(key, folded, exact));
  for (const { key, target } of values.references) k.add(plainKey(key, target));
  for (const { key, value } of values.uris) k.add(plainKey(key, value));
  const d = [...values.dates, ...values.numbers].map(({ key, low, high }) => ({ k: key, l: low, h: high }));
  for (const { key, latitude, longitude } of values.positions) d.push({ k: key, l: latitude, h: longitude });
  const { narrative, content } = values.words;
  const w = [...narrative.map((word) => WORD.narrative + word), ...content.map((word) => WORD.content + word)];
  return { k: [...k], d, w };
}
