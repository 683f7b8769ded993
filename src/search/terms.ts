/**
 * The value sets and code hierarchies that a query names, looked up before it is read, so that reading it stays a plain
 * function. https://hl7.org/fhir/R4/search.html#modifiers
 */
import { type Coded, type Terminology, TooManyCodes } from '../terminology/index.js';
import { split, unescaped } from './escapes.js';
import { filterTerms } from './filter-conditions.js';

/** What a name stands for; `unknown` when it is not known here, `too-many` past the bound. */
export type Lookup<T> = T | 'unknown' | 'too-many';

export interface Terms {
  /** The codes of a value set. */
  members(valueSet: string): Lookup<readonly Coded[]>;
  /** A code and all below it. */
  below(system: string, code: string): Lookup<readonly string[]>;
  /** A code and all above it. */
  above(system: string, code: string): Lookup<readonly string[]>;
}

/** For queries that name none. */
export const NO_TERMS: Terms = { members: () => 'unknown', below: () => 'unknown', above: () => 'unknown' };

const NAMES = /:(in|not-in|below|above)$/;
/** Names that one query may look up. */
const MAX_LOOKUPS = 20;

/** Looks up what the pairs of a query name. */
export async function termsOf(pairs: readonly (readonly [string, string])[], terminology: Terminology): Promise<Terms> {
  const wanted = new Map<string, () => Promise<unknown>>();
  const want = (modifier: string, value: string) => {
    if (modifier === 'in' || modifier === 'not-in') wanted.set(`in ${value}`, () => terminology.members(value));
    else {
      const [system, code] = split(value, '|').map(unescaped);
      if (system === undefined || code === undefined) return;
      const way = modifier === 'below' ? 'below' : 'above';
      wanted.set(`${way} ${system}|${code}`, () => terminology[way](system, code));
    }
  };
  for (const [name, value] of pairs) {
    if (name === '_filter') for (const [modifier, text] of filterTerms(value)) want(modifier, text);
    const modifier = NAMES.exec(name)?.[1];
    if (modifier === undefined) continue;
    const texts = split(value, ',');
    for (const text of texts) want(modifier, modifier.endsWith('in') ? unescaped(text) : text);
  }
  if (wanted.size === 0) return NO_TERMS;
  const found = new Map<string, Lookup<unknown>>();
  for (const [name, look] of [...wanted].slice(0, MAX_LOOKUPS)) {
    try {
      found.set(name, (await look()) ?? 'unknown');
    } catch (error) {
      if (!(error instanceof TooManyCodes)) throw error;
      found.set(name, 'too-many');
    }
  }
  const get = <T>(name: string) => (found.get(name) ?? (wanted.has(name) ? 'too-many' : 'unknown')) as Lookup<T>;
  return {
    members: (valueSet) => get(`in ${valueSet}`),
    below: (system, code) => get(`below ${system}|${code}`),
    above: (system, code) => get(`above ${system}|${code}`),
  };
}
