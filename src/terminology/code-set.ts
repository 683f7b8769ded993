/** Sets of codes by their system, and how large they may get. https://hl7.org/fhir/R4/valueset.html#compositions */

/** System to its codes. The parts of it are shared: nobody writes into one that was handed out. */
export type CodeSet = ReadonlyMap<string, ReadonlySet<string>>;

/** So many codes a search can still look for one by one. */
export const MAX_CODES = 10_000;

/** A value set, or what stands below or above a code, is larger than can be looked for. */
export class TooManyCodes extends Error {
  override readonly name = 'TooManyCodes';
  /** `canonical` is what was asked for, `limit` how many codes there may be. */
  constructor(
    readonly canonical: string,
    readonly limit: number = MAX_CODES,
  ) {
    super(`${canonical} has more than ${limit} codes, or takes too much to work out.`);
  }
}

/** `system` is never empty: a code without a system is in no value set. */
export interface Coded {
  system: string;
  code: string;
}

/** One by one; `undefined` for `undefined`. Throws TooManyCodes past MAX_CODES. */
export function listed(set: CodeSet | undefined, canonical: string): Coded[] | undefined {
  if (set === undefined) return undefined;
  if (sizeOf(set) > MAX_CODES) throw new TooManyCodes(canonical);
  return [...set].flatMap(([system, codes]) => [...codes].map((code) => ({ system, code })));
}

export function sizeOf(set: CodeSet): number {
  let size = 0;
  for (const codes of set.values()) size += codes.size;
  return size;
}

/** The codes that are in both. */
export function intersection(a: CodeSet, b: CodeSet): CodeSet {
  const both = new Map<string, ReadonlySet<string>>();
  for (const [system, codes] of a) {
    const others = b.get(system);
    if (others !== undefined) both.set(system, new Set([...codes].filter((code) => others.has(code))));
  }
  return both;
}

/** The codes that are in some of `included` and in none of `excluded`. */
export function combination(included: readonly CodeSet[], excluded: readonly CodeSet[]): CodeSet {
  const result = new Map<string, Set<string>>();
  for (const set of included) {
    for (const [system, codes] of set) {
      const known = result.get(system) ?? new Set();
      for (const code of codes) known.add(code);
      result.set(system, known);
    }
  }
  for (const set of excluded) {
    for (const [system, codes] of set) for (const code of codes) result.get(system)?.delete(code);
  }
  return result;
}
