/** Works out the codes of one value set by its definition. https://hl7.org/fhir/R4/valueset.html#compositions */
import type { CodeHierarchy } from '../r4/definitions/index.js';
import { type CodeSet, combination, intersection, MAX_CODES, sizeOf, TooManyCodes } from './code-set.js';
import { expandedCodes } from './expansion.js';
import { filtered } from './filter.js';
import type { Sources } from './sources.js';
import type { Part, ValueSet } from './value-set.js';

/** Codes that may be gathered on the way: a small set can be what remains of large ones. */
const MAX_GATHERED = 20 * MAX_CODES;
/** Value sets and code systems that one may be made of. */
const MAX_SOURCES = 200;

/** For one question only: it remembers what it has read, which may be another thing for the next question. */
export class Expander {
  private readonly sets = new Map<string, CodeSet | undefined>();
  private readonly systems = new Map<string, CodeHierarchy | undefined>();
  private gathered = 0;

  /** `asked` is the canonical that an error names. */
  constructor(
    private readonly sources: Sources,
    private readonly asked: string,
  ) {}

  /** The codes of a value set; `undefined` when some part is not known. Throws TooManyCodes. */
  codes(canonical: string): CodeSet | undefined {
    if (this.sets.has(canonical)) return this.sets.get(canonical);
    // What is under way has no codes to tell yet: a value set that leads back to itself is not known, and ends here.
    this.sets.set(canonical, undefined);
    this.countSources();
    const found = this.sources.valueSet(canonical);
    if (found === undefined) return undefined;
    const codes = 'codes' in found ? found.codes : this.written(found.written);
    this.sets.set(canonical, codes);
    return codes;
  }

  /** The definition first: an expansion is what it came to at some time. */
  /** The codes of a value set that is at hand. */
  written({ compose, expansion }: ValueSet): CodeSet | undefined {
    // Which codes are still in use the definitions here do not say.
    if (compose?.include !== undefined && compose.inactive !== false) {
      const included = this.all(compose.include);
      const excluded = included && this.all(compose.exclude ?? []);
      if (included !== undefined && excluded !== undefined) return combination(included, excluded);
    }
    return expansion === undefined ? undefined : expandedCodes(expansion);
  }

  private all(parts: readonly Part[]): CodeSet[] | undefined {
    const sets: CodeSet[] = [];
    for (const part of parts) {
      const codes = this.part(part);
      if (codes === undefined) return undefined;
      sets.push(codes);
    }
    return sets;
  }

  /** The codes that fit all that one `include` or `exclude` states: the system, and each of its value sets. */
  private part(part: Part): CodeSet | undefined {
    const { system, concept, filter, valueSet = [] } = part;
    let codes: CodeSet | undefined;
    if (system !== undefined) {
      const own = this.ofSystem(system, part);
      if (own === undefined) return undefined;
      codes = this.weighed(new Map([[system, own]]));
    } else if (concept !== undefined || filter !== undefined) return undefined;
    for (const canonical of valueSet) {
      const other = this.codes(canonical);
      if (other === undefined) return undefined;
      this.weighed(other);
      codes = codes === undefined ? other : intersection(codes, other);
    }
    return codes;
  }

  private ofSystem(system: string, part: Part): ReadonlySet<string> | undefined {
    const { version, concept, filter = [] } = part;
    if (concept !== undefined) {
      if (filter.length > 0) return undefined;
      return new Set(concept.flatMap(({ code }) => code ?? []));
    }
    const hierarchy = this.hierarchy(system, version);
    if (hierarchy === undefined) return undefined;
    if (filter.length === 0) return new Set(hierarchy.codes());
    let codes: ReadonlySet<string> | undefined;
    for (const one of filter) {
      const kept = filtered(hierarchy, one);
      if (kept === undefined) return undefined;
      this.weigh(kept.size);
      const before = codes;
      codes = before === undefined ? kept : new Set([...kept].filter((code) => before.has(code)));
    }
    return codes;
  }

  private hierarchy(system: string, version: string | undefined): CodeHierarchy | undefined {
    const key = `${system}|${version ?? ''}`;
    if (!this.systems.has(key)) {
      this.countSources();
      this.systems.set(key, this.sources.hierarchy(system, version));
    }
    return this.systems.get(key);
  }

  private weighed(set: CodeSet): CodeSet {
    this.weigh(sizeOf(set));
    return set;
  }
  private weigh(codes: number): void {
    this.gathered += codes;
    if (this.gathered > MAX_GATHERED) throw new TooManyCodes(this.asked);
  }
  private countSources(): void {
    if (this.sets.size + this.systems.size > MAX_SOURCES) throw new TooManyCodes(this.asked);
  }
}
