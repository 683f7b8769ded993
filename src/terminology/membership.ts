/** Which codes a value set has, answered at once, from the definitions at hand. https://hl7.org/fhir/R4/terminologies.html#binding */
import type { Definitions } from '../r4/definitions/index.js';
import { type Coded, type CodeSet, listed, TooManyCodes } from './code-set.js';
import { Expander } from './expander.js';
import { GRAMMARS, OPEN_VALUE_SETS } from './grammars.js';
import { Sources } from './sources.js';
import type { ValueSet } from './value-set.js';

/** A value set of which every code can be told. */
export interface Codes {
  has(system: string, code: string): boolean;
  /** For elements of type `code`, whose system is implied. */
  hasCode(code: string): boolean;
  /** Those that are listed, for messages. */
  codes(): Iterable<string>;
}

function ofSet(set: CodeSet): Codes {
  let all: Set<string> | undefined;
  const every = () => {
    all ??= new Set([...set.values()].flatMap((codes) => [...codes]));
    return all;
  };
  return {
    has: (system, code) => set.get(system)?.has(code) === true,
    hasCode: (code) => every().has(code),
    codes: every,
  };
}

function ofGrammar(system: string, holds: (code: string) => boolean): Codes {
  return { has: (one, code) => one === system && holds(code), hasCode: holds, codes: () => [system] };
}

function union(parts: readonly Codes[]): Codes {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return {
    has: (system, code) => parts.some((part) => part.has(system, code)),
    hasCode: (code) => parts.some((part) => part.hasCode(code)),
    codes: () => parts.flatMap((part) => [...part.codes()]),
  };
}

/** Canonicals come from clients too: those that lead nowhere have no end and are not kept. */
const MAX_KNOWN = 5000;

const made = new WeakMap<Definitions, ValueSets>();

export class ValueSets {
  private readonly known = new Map<string, Codes>();

  private constructor(private readonly definitions: Definitions) {}

  /** One for all who ask about the same definitions: what one has worked out serves the others. */
  static of(definitions: Definitions): ValueSets {
    let sets = made.get(definitions);
    if (sets === undefined) {
      sets = new ValueSets(definitions);
      made.set(definitions, sets);
    }
    return sets;
  }

  /** Is there a value set of this canonical? */
  knows(canonical: string): boolean {
    return new Sources(this.definitions).valueSet(canonical) !== undefined || this.codes(canonical) !== undefined;
  }

  /**
   * Every code of a value set, by canonical or at hand; `undefined` where they cannot all be told, or have no end. Throws
   * TooManyCodes past MAX_CODES.
   */
  list(set: string | ValueSet): Coded[] | undefined {
    const canonical = typeof set === 'string' ? set : 'valueSet';
    const expander = new Expander(new Sources(this.definitions), canonical);
    return listed(typeof set === 'string' ? expander.codes(set) : expander.written(set), canonical);
  }

  /**
   * By canonical; `undefined` where some code cannot be told. A version that is not at hand falls back to the one that
   * is: guides name versions of each other that nobody keeps apart.
   */
  codes(canonical: string): Codes | undefined {
    const there = this.known.get(canonical);
    if (there !== undefined) return there;
    const found = this.find(canonical, []);
    if (found !== undefined && this.known.size < MAX_KNOWN) this.known.set(canonical, found);
    return found;
  }

  /** Of a value set that is at hand. */
  ofWritten(set: ValueSet): Codes | undefined {
    return this.whole((expander) => expander.written(set)) ?? this.open(set, []);
  }

  private find(canonical: string, path: readonly string[]): Codes | undefined {
    const [url = '', version] = canonical.split('|');
    if (path.includes(url) || path.length > 20) return undefined;
    const ofR4 = this.definitions.valueSetVersion(url);
    const written = ofR4 !== undefined && version === ofR4 ? undefined : this.written(canonical, url);
    if (written !== undefined)
      return this.whole((expander) => expander.codes(written.canonical)) ?? this.open(written.set, [...path, url]);
    const codes = this.definitions.valueSetCodes(url);
    if (codes !== undefined) return codes;
    return this.all(OPEN_VALUE_SETS.get(url)?.map((system) => this.system(system)) ?? []);
  }

  private written(canonical: string, url: string): { canonical: string; set: ValueSet } | undefined {
    for (const one of [canonical, url]) {
      const set = this.definitions.authored('ValueSet', one) as ValueSet | undefined;
      if (set !== undefined) return { canonical: one, set };
    }
    return undefined;
  }

  private whole(expand: (expander: Expander) => CodeSet | undefined): Codes | undefined {
    try {
      const set = expand(new Expander(new Sources(this.definitions), 'valueSet'));
      return set === undefined ? undefined : ofSet(set);
    } catch (error) {
      if (error instanceof TooManyCodes) return undefined;
      throw error;
    }
  }

  /** Made of whole systems that a grammar tells, lists, and value sets. */
  private open({ compose }: ValueSet, path: readonly string[]): Codes | undefined {
    if (compose?.include === undefined || compose.exclude !== undefined) return undefined;
    return this.all(
      compose.include.map(({ system, concept, filter, valueSet = [] }) => {
        if (filter !== undefined || (system !== undefined && valueSet.length > 0)) return undefined;
        if (system === undefined) {
          return valueSet.length === 1 ? this.find(valueSet[0] as string, path) : undefined;
        }
        if (concept === undefined) return this.system(system);
        return ofSet(new Map([[system, new Set(concept.flatMap(({ code }) => code ?? []))]]));
      }),
    );
  }

  private system(system: string): Codes | undefined {
    const hierarchy = this.definitions.hierarchy(system);
    if (hierarchy !== undefined) return ofSet(new Map([[system, new Set(hierarchy.codes())]]));
    const grammar = GRAMMARS.get(system);
    return grammar === undefined ? undefined : ofGrammar(system, grammar);
  }

  private all(parts: readonly (Codes | undefined)[]): Codes | undefined {
    return parts.length === 0 || parts.includes(undefined) ? undefined : union(parts as Codes[]);
  }
}
