/** One value set to be asked: its codes one by one where they have an end, else whether a code is in it. */
import type { Definitions } from '../r4/definitions/index.js';
import { type CodeSet, MAX_CODES, sizeOf, TooManyCodes } from './code-set.js';
import { Expander } from './expander.js';
import type { Coded } from './index.js';
import { type Codes, ValueSets } from './membership.js';
import { Sources } from './sources.js';
import type { ValueSet } from './value-set.js';

export class ValueSetContent {
  private constructor(
    private readonly expand: (expander: Expander) => CodeSet | undefined,
    private readonly tell: (valueSets: ValueSets) => Codes | undefined,
    private readonly definitions: Definitions,
    private readonly canonical: string,
  ) {}

  /** One that is at hand. */
  static written(valueSet: object, definitions: Definitions): ValueSetContent {
    const set = valueSet as ValueSet;
    return new ValueSetContent(
      (expander) => expander.written(set),
      (valueSets) => valueSets.ofWritten(set),
      definitions,
      'valueSet',
    );
  }

  /** By canonical; `undefined` for one that is not known. */
  static known(canonical: string, definitions: Definitions): ValueSetContent | undefined {
    const isKnown = new Sources(definitions).valueSet(canonical) !== undefined;
    if (!isKnown && new ValueSets(definitions).codes(canonical) === undefined) return undefined;
    return new ValueSetContent(
      (expander) => expander.codes(canonical),
      (valueSets) => valueSets.codes(canonical),
      definitions,
      canonical,
    );
  }

  /** Every code; `undefined` where they cannot all be told. Throws TooManyCodes past MAX_CODES. */
  list(): Coded[] | undefined {
    const set = this.expand(new Expander(new Sources(this.definitions), this.canonical));
    if (set === undefined) return undefined;
    if (sizeOf(set) > MAX_CODES) throw new TooManyCodes(this.canonical);
    return [...set].flatMap(([system, codes]) => [...codes].map((code) => ({ system, code })));
  }

  membership(): Codes | undefined {
    return this.tell(new ValueSets(this.definitions));
  }
}
