/**
 * FHIR R4's own definitions and our French profiles, read from disk when they are first asked for, so that a start
 * costs one small index. https://hl7.org/fhir/R4/downloads.html
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodeSystems, type CodeSystemTexts, textsOf } from './code-systems.js';
import { CodeHierarchy, type CodeSystemContent } from './hierarchy.js';
import type { Package } from './package.js';
import { parameterOf } from './search-parameter.js';
import { type Differential, type DifferentialFault, snapshotElements } from './snapshot.js';
import type { ElementDefinition, SearchParameter, StructureDefinition } from './types.js';
import { ValueSetCodes } from './value-set.js';

export { CodeHierarchy, type CodeSystemContent } from './hierarchy.js';
export { type Package, readPackage } from './package.js';
export { parameterOf } from './search-parameter.js';
export { capitalised, type DifferentialFault } from './snapshot.js';
export type * from './types.js';
export { ValueSetCodes } from './value-set.js';

interface Index {
  resourceTypes: string[];
  /** Canonical to file name. */
  structures: Record<string, string>;
  valueSets: Record<string, number>;
}
interface Conformance {
  resourceType: string;
  url?: string;
  version?: string;
}
interface ParameterIndex {
  byBase: ReadonlyMap<string, SearchParameter[]>;
  byUrl: ReadonlyMap<string, SearchParameter>;
}

/** A StructureDefinition as it is published: snapshot, differential or both. */
type Authored = Omit<StructureDefinition, 'snapshot'> & {
  snapshot?: StructureDefinition['snapshot'];
  differential?: { element: Differential[] };
};

/** `2.10.0` is newer than `2.9.1`. */
export function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0;
}

/** Published snapshots name the type of ids and urls by a FHIRPath system type. */
function systemTypes(element: ElementDefinition): ElementDefinition {
  const type = element.type?.[0];
  if (type === undefined || !type.code.startsWith('http://hl7.org/fhirpath/System.')) return element;
  return { ...element, type: [{ code: element.path === 'Extension.url' ? 'uri' : 'string' }] };
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BASE = 'http://hl7.org/fhir/StructureDefinition/';

function json<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}

export class Definitions {
  /** The concrete resource types of R4, sorted. */
  readonly resourceTypes: readonly string[];
  private readonly structures = new Map<string, StructureDefinition | undefined>();
  private readonly valueSets = new Map<string, ValueSetCodes>();
  private readonly completing = new Set<Authored>();
  /** Canonicals with versions of what clients stored. */
  private readonly stored = new Set<string>();
  private readonly local = new Map<string, Conformance>();
  private readonly hierarchies = new Map<Conformance, CodeHierarchy | undefined>();
  private readonly texts = new WeakMap<Conformance, CodeSystemTexts>();
  private parameters: ParameterIndex | undefined;
  private versions: (string | null)[] | undefined;

  private constructor(
    private readonly folder: string,
    private readonly index: Index,
    profiles: readonly Conformance[],
    private readonly codeSystems = new CodeSystems(folder),
  ) {
    this.resourceTypes = index.resourceTypes;
    for (const resource of profiles) this.add(resource);
  }

  /** Without a version in the canonical the newest counts; of the same version the one that came last. */
  private add(resource: Conformance): void {
    const { url, version = '' } = resource;
    if (url === undefined) return;
    this.local.set(`${url}|${version}`, resource);
    const known = this.local.get(url);
    if (known === undefined || !isNewer(known.version ?? '', version)) this.local.set(url, resource);
  }

  /** Adds what a guide's package defines, which hides what is known under the same canonical and version. */
  addPackage({ resources }: Package): void {
    for (const resource of resources) {
      // R4's own types are what everything is compiled from.
      if (!this.isOfR4(resource)) this.add(resource);
    }
    this.forget();
  }

  private forget(): void {
    this.parameters = undefined;
    this.structures.clear();
    this.hierarchies.clear();
  }

  private isOfR4({ resourceType, url = '' }: Conformance): boolean {
    return resourceType === 'StructureDefinition' && Object.hasOwn(this.index.structures, url);
  }

  /**
   * The same definitions with those that clients stored, which hide nothing: neither R4's own, nor a profile, value set
   * or code system that the operator brought, whose canonical without a version goes on to mean what it did.
   */
  withStored(resources: readonly object[]): Definitions {
    const more = this.with([]);
    for (const [canonical, structure] of this.structures) {
      if (structure !== undefined) more.structures.set(canonical, structure);
    }
    for (const canonical of this.stored) more.stored.add(canonical);
    for (const resource of resources as readonly Conformance[]) {
      const { url, version = '' } = resource;
      if (url === undefined || this.hiddenBy(resource) !== undefined) continue;
      more.stored.add(`${url}|${version}`);
      if (!this.local.has(url)) more.add(resource);
      else more.local.set(`${url}|${version}`, resource);
    }
    return more;
  }

  /**
   * What a client stores and nobody will ever look at: R4 or the operator defines the same. `undefined` where it is at
   * work.
   */
  hiddenBy(resource: object): 'R4' | 'operator' | undefined {
    const { url, version = '', resourceType } = resource as Conformance;
    if (typeof url !== 'string') return undefined;
    if (this.isOfR4(resource as Conformance)) return 'R4';
    if (resourceType === 'ValueSet' && this.numberOf(url) !== undefined) return 'R4';
    if (resourceType === 'CodeSystem' && this.codeSystems.hierarchy(url) !== undefined) return 'R4';
    return this.local.get(`${url}|${version}`)?.resourceType === resourceType ? 'operator' : undefined;
  }

  /** The same definitions with more of them, which hide those of the same canonical and version. */
  with(resources: readonly object[]): Definitions {
    const more = new Definitions(this.folder, this.index, [], this.codeSystems);
    for (const [canonical, resource] of this.local) more.local.set(canonical, resource);
    const added = resources as readonly Conformance[];
    for (const { url } of added) if (url !== undefined) more.local.delete(url);
    for (const resource of added) more.add(resource);
    return more;
  }

  /** What the build step made: R4's own, and, unless `guides` is false, the French guides of `profiles/`. */
  static load({ guides = true } = {}): Definitions {
    const folder = join(ROOT, 'generated');
    const r4 = join(folder, 'r4');
    const profiles = guides ? json<Conformance[]>(folder, 'profiles.json') : [];
    return new Definitions(r4, json<Index>(r4, 'index.json'), profiles);
  }

  /** By canonical, `canonical|version`, or the bare name of a type (`Patient`, `HumanName`). */
  structure(canonical: string): StructureDefinition | undefined {
    if (this.structures.has(canonical)) return this.structures.get(canonical);
    const found = this.findStructure(canonical);
    // Canonicals come from clients too, and those that lead nowhere have no end.
    if (found !== undefined || this.local.has(canonical)) this.structures.set(canonical, found);
    return found;
  }

  private findStructure(canonical: string): StructureDefinition | undefined {
    const local = this.local.get(canonical);
    if (local?.resourceType === 'StructureDefinition') return this.complete(local as unknown as Authored);
    const [url = '', version] = canonical.split('|');
    const { structures } = this.index;
    // Canonicals come from clients too: `__proto__` is none.
    const name = [url, BASE + url].filter((one) => Object.hasOwn(structures, one)).map((one) => structures[one])[0];
    if (name === undefined) return undefined;
    const found = json<StructureDefinition>(this.folder, 'structures', `${name}.json`);
    return version === undefined || version === '' || version === found.version ? found : undefined;
  }

  /** With a snapshot, made from the differential where the author gave none; `undefined` if it cannot be made. */
  private complete(authored: Authored): StructureDefinition | undefined {
    const { baseDefinition, differential, snapshot } = authored;
    if (snapshot !== undefined) return { ...authored, snapshot: { element: snapshot.element.map(systemTypes) } };
    if (baseDefinition === undefined || differential === undefined) return undefined;
    // A profile based on itself, in however many steps, finds nothing here instead of running for ever.
    if (this.completing.has(authored)) return undefined;
    this.completing.add(authored);
    try {
      const element = snapshotElements(baseDefinition, differential.element, (url) => this.structure(url));
      return element === undefined ? undefined : { ...authored, snapshot: { element } };
    } finally {
      this.completing.delete(authored);
    }
  }

  /**
   * What is wrong with a StructureDefinition's differential beside its base: nothing where the base is not known, or
   * where it is a base itself. https://hl7.org/fhir/R4/profiling.html
   */
  differentialFaults(structure: unknown): DifferentialFault[] {
    const { baseDefinition, differential, derivation } = structure as Authored;
    if (derivation !== 'constraint' || baseDefinition === undefined || !Array.isArray(differential?.element)) return [];
    const faults: DifferentialFault[] = [];
    const elements = differential.element.filter(({ path }) => typeof path === 'string');
    snapshotElements(baseDefinition, elements, (url) => this.structure(url), faults);
    return faults;
  }

  /**
   * Why a StructureDefinition cannot stand on its base: it is not known here, or leads back to the definition itself.
   * One with a snapshot stands by itself.
   */
  baseProblem(structure: unknown): 'base-unknown' | 'base-cycle' | undefined {
    const { url, baseDefinition, derivation, snapshot } = structure as Authored;
    if (snapshot !== undefined || derivation !== 'constraint' || typeof baseDefinition !== 'string') return undefined;
    const met = new Set<unknown>([url]);
    let base: string | undefined = baseDefinition;
    while (base !== undefined) {
      const name: string = base.split('|')[0] as string;
      if (met.has(name)) return 'base-cycle';
      met.add(name);
      const found: StructureDefinition | undefined = this.structure(base);
      if (found === undefined) return 'base-unknown';
      base = found.derivation === 'constraint' ? found.baseDefinition : undefined;
    }
    return undefined;
  }

  /** The first fault of a profile that is known and cannot be used because of it. */
  fault(canonical: string): DifferentialFault | undefined {
    const local = this.local.get(canonical);
    if (local?.resourceType !== 'StructureDefinition' || this.structure(canonical) !== undefined) return undefined;
    return this.differentialFaults(local).find(({ rule }) => rule === 'path' || rule === 'size');
  }

  /** Did a client store what is known as `canonical|version`, or as `canonical` where it has no version? */
  isStored(canonical: string): boolean {
    return this.stored.has(canonical.includes('|') ? canonical : `${canonical}|`);
  }

  /** Is this the canonical of a value set, of R4 or of a guide? */
  isValueSet(canonical: string): boolean {
    return this.numberOf(canonical) !== undefined || this.authored('ValueSet', canonical) !== undefined;
  }

  /** The parameters of a type, those of Resource and DomainResource included; those of guides come after R4's own. */
  searchParameters(type: string): SearchParameter[] {
    const { byBase } = this.allParameters();
    const of = (base: string) => byBase.get(base) ?? [];
    return [...of(type), ...of('DomainResource'), ...of('Resource')].sort(
      (a, b) => Number(a.custom) - Number(b.custom),
    );
  }

  /** By canonical. */
  searchParameter(url: string): SearchParameter | undefined {
    return this.allParameters().byUrl.get(url);
  }

  /** The bases of the parameters that guides define, without a look at R4's own. */
  customBases(): string[] {
    const parameters = [...this.local.values()].filter(({ resourceType }) => resourceType === 'SearchParameter');
    return [...new Set(parameters.flatMap((resource) => parameterOf(resource)?.base ?? []))];
  }

  private allParameters(): ParameterIndex {
    if (this.parameters !== undefined) return this.parameters;
    const byBase = new Map<string, SearchParameter[]>();
    const byUrl = new Map<string, SearchParameter>();
    const add = (parameter: SearchParameter) => {
      byUrl.set(parameter.url, parameter);
      for (const base of parameter.base) byBase.set(base, [...(byBase.get(base) ?? []), parameter]);
    };
    for (const parameter of json<SearchParameter[]>(this.folder, 'search-parameters.json')) {
      add({ ...parameter, custom: false });
    }
    const guides = [...this.local].filter(([canonical]) => !canonical.includes('|')).map(([, resource]) => resource);
    for (const resource of guides.sort((a, b) => ((a.url ?? '') < (b.url ?? '') ? -1 : 1))) {
      const parameter = resource.resourceType === 'SearchParameter' ? parameterOf(resource) : undefined;
      // A guide that restates one of R4's own adds nothing.
      if (parameter !== undefined && !byUrl.has(parameter.url)) add(parameter);
    }
    this.parameters = { byBase, byUrl };
    return this.parameters;
  }

  /** The codes of a value set of R4, when all of them are known; a version in the canonical is not looked at. */
  valueSetCodes(canonical: string): ValueSetCodes | undefined {
    const url = canonical.split('|')[0] as string;
    const known = this.valueSets.get(url);
    if (known !== undefined) return known;
    const number = this.numberOf(url);
    if (number === undefined) return undefined;
    const codes = new ValueSetCodes(json<Record<string, string[]>>(this.folder, 'value-sets', `${number}.json`));
    this.valueSets.set(url, codes);
    return codes;
  }

  /** The name of a code system and the displays of its codes, of guides or of R4; `undefined` where it is not known. */
  codeSystemTexts(canonical: string): CodeSystemTexts | undefined {
    const local = this.authored('CodeSystem', canonical) as Conformance | undefined;
    if (local === undefined) return this.codeSystems.textsOf(canonical.split('|')[0] as string);
    let texts = this.texts.get(local);
    if (texts === undefined) {
      texts = textsOf(local as Parameters<typeof textsOf>[0]);
      this.texts.set(local, texts);
    }
    return texts;
  }

  private numberOf(url: string): number | undefined {
    return Object.hasOwn(this.index.valueSets, url) ? this.index.valueSets[url] : undefined;
  }

  /** The version of a value set of R4 whose codes are all known; `undefined` for others. */
  valueSetVersion(url: string): string | undefined {
    const number = this.numberOf(url);
    if (number === undefined) return undefined;
    this.versions ??= json<(string | null)[]>(this.folder, 'value-sets', 'versions.json');
    return this.versions[number] ?? undefined;
  }

  /** A resource of `profiles/` or of a package as its authors wrote it, by canonical or `canonical|version`. */
  authored(type: string, canonical: string): object | undefined {
    const found = this.local.get(canonical);
    return found?.resourceType === type ? found : undefined;
  }

  /** A code system whose codes are all known, by canonical or `canonical|version`: those of guides, then R4's. */
  hierarchy(canonical: string): CodeHierarchy | undefined {
    const local = this.authored('CodeSystem', canonical) as Conformance | undefined;
    if (local !== undefined) {
      if (!this.hierarchies.has(local)) this.hierarchies.set(local, CodeHierarchy.of(local as CodeSystemContent));
      return this.hierarchies.get(local);
    }
    const [url = '', version] = canonical.split('|');
    const found = this.codeSystems.hierarchy(url);
    return version === undefined || version === '' || version === found?.version ? found : undefined;
  }
}
