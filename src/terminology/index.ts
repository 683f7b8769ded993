/**
 * Value set membership and subsumption, without a terminology server, for the token modifiers :in, :not-in, :above and
 * :below. https://hl7.org/fhir/R4/search.html#modifiers
 */
import type { Definitions } from '../r4/definitions/index.js';
import { type Coded, listed, MAX_CODES, TooManyCodes } from './code-set.js';
import { Expander } from './expander.js';
import { Sources, type TerminologySource } from './sources.js';

export { type Coded, MAX_CODES, TooManyCodes } from './code-set.js';
export { displayOfGrammar, GRAMMARS, nameOfGrammar } from './grammars.js';
export { type Codes, ValueSets } from './membership.js';
export type { TerminologySource } from './sources.js';
export type { ValueSet } from './value-set.js';

export class Terminology {
  /** `definitions` come first; `stored` is asked each time for what they do not have, since it may change. */
  constructor(
    private readonly definitions: Definitions,
    private readonly stored: TerminologySource,
  ) {}

  /**
   * All codes of a value set, by canonical or `canonical|version`; `undefined` when it is not known or its codes cannot
   * all be told, which is not the same as none. Throws TooManyCodes past MAX_CODES.
   */
  async members(canonical: string): Promise<Coded[] | undefined> {
    return await this.ask((sources) => listed(new Expander(sources, canonical).codes(canonical), canonical));
  }

  /**
   * The code itself and all below it; `undefined` when the code system is not known as a whole, does not have the code,
   * or is not a hierarchy of kinds. Throws TooManyCodes past MAX_CODES.
   */
  async below(system: string, code: string): Promise<string[] | undefined> {
    return bounded(system, await this.ask((sources) => sources.hierarchy(system, undefined)?.below(code)));
  }

  /** The code itself and all above it; else as `below`. */
  async above(system: string, code: string): Promise<string[] | undefined> {
    return bounded(system, await this.ask((sources) => sources.hierarchy(system, undefined)?.above(code)));
  }

  /** Asks again for as long as something is missing that may be stored. What a question may read is bounded by itself. */
  private async ask<T>(question: (sources: Sources) => T): Promise<T> {
    const sources = new Sources(this.definitions);
    for (;;) {
      const answer = question(sources);
      const missing = sources.takeMissing();
      if (missing.length === 0) return answer;
      for (const one of missing) sources.add(one, await this.stored.find(one.type, one.url, one.version));
    }
  }
}

function bounded(system: string, codes: string[] | undefined): string[] | undefined {
  if (codes !== undefined && codes.length > MAX_CODES) throw new TooManyCodes(system);
  return codes;
}
