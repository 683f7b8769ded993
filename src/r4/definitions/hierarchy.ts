/** The codes of one code system and what each stands below. https://hl7.org/fhir/R4/codesystem.html#hierarchy */

interface Concept {
  code?: string;
  property?: { code?: string; valueCode?: string }[];
  concept?: Concept[];
}
/** What of a CodeSystem is looked at. */
export interface CodeSystemContent {
  resourceType?: string;
  url?: string;
  version?: string;
  content?: string;
  hierarchyMeaning?: string;
  property?: { code?: string; uri?: string }[];
  concept?: Concept[];
}

const PROPERTIES = 'http://hl7.org/fhir/concept-properties#';

/** Which way a property leads, by its published address; a system that declares none means it by its plain name. */
function directionOf({ property = [] }: CodeSystemContent): (code: string | undefined) => 'up' | 'down' | undefined {
  const uris = new Map(property.map(({ code, uri }) => [code, uri]));
  return (code) => {
    const uri = uris.get(code);
    const name = uri?.startsWith(PROPERTIES) ? uri.slice(PROPERTIES.length) : code;
    if (name === 'parent' || name === 'subsumedBy') return 'up';
    return name === 'child' ? 'down' : undefined;
  };
}

export class CodeHierarchy {
  private children: Map<string, string[]> | undefined;

  /**
   * `parents` has every code of the system. `subsumes` is false where standing below another code does not mean to be
   * a kind of it.
   */
  constructor(
    private readonly parents: ReadonlyMap<string, readonly string[]>,
    readonly version: string | undefined,
    private readonly subsumes = true,
  ) {}

  /** Of a CodeSystem that holds all of its codes; `undefined` for a fragment, an example, a supplement. */
  static of(system: CodeSystemContent): CodeHierarchy | undefined {
    const { content, concept, version, hierarchyMeaning = 'is-a' } = system;
    if (content !== 'complete' || concept === undefined) return undefined;
    const direction = directionOf(system);
    const parents = new Map<string, string[]>();
    const pairs: [child: string, parent: string][] = [];
    // A list of what is still to do rather than a recursion: what a client stored may be nested deeply.
    const open: { list: Concept[]; parent?: string }[] = [{ list: concept }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const { code, property = [], concept: nested } of next.list) {
        if (code === undefined) continue;
        if (!parents.has(code)) parents.set(code, []);
        if (next.parent !== undefined) pairs.push([code, next.parent]);
        for (const { code: name, valueCode } of property) {
          const way = valueCode === undefined ? undefined : direction(name);
          if (way === 'up') pairs.push([code, valueCode as string]);
          if (way === 'down') pairs.push([valueCode as string, code]);
        }
        if (nested !== undefined) open.push({ list: nested, parent: code });
      }
    }
    for (const [child, parent] of pairs) if (parents.has(parent)) parents.get(child)?.push(parent);
    return new CodeHierarchy(parents, version, hierarchyMeaning === 'is-a');
  }

  has(code: string): boolean {
    return this.parents.has(code);
  }
  get size(): number {
    return this.parents.size;
  }
  /** Every code of the system. */
  codes(): Iterable<string> {
    return this.parents.keys();
  }

  /** The code and all that stand below it; `undefined` for a code that is not there or that nothing is known of. */
  below(code: string): string[] | undefined {
    return this.reach(code, () => this.down());
  }
  /** The code and all that stand above it; `undefined` as for `below`. */
  above(code: string): string[] | undefined {
    return this.reach(code, () => this.parents);
  }

  /** Those right above the code. */
  parentsOf(code: string): readonly string[] {
    return this.parents.get(code) ?? [];
  }

  /** Those right below the code. */
  childrenOf(code: string): readonly string[] {
    return this.down().get(code) ?? [];
  }

  private reach(code: string, links: () => ReadonlyMap<string, readonly string[]>): string[] | undefined {
    if (!this.subsumes || !this.parents.has(code)) return undefined;
    const next = links();
    const found = new Set([code]);
    // A set is walked in the order of its making, so it is its own queue, and a circle in the data ends.
    for (const one of found) for (const other of next.get(one) ?? []) found.add(other);
    return [...found];
  }

  private down(): ReadonlyMap<string, readonly string[]> {
    if (this.children !== undefined) return this.children;
    const children = new Map<string, string[]>();
    for (const [child, parents] of this.parents) {
      for (const parent of parents) {
        const list = children.get(parent);
        if (list === undefined) children.set(parent, [child]);
        else list.push(child);
      }
    }
    this.children = children;
    return children;
  }
}
