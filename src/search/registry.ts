/**
 * The search parameters that the server has, by resource type, from R4's definitions and from those that guides and
 * clients add: the search, the extraction and the CapabilityStatement all read this.
 * https://hl7.org/fhir/R4/searchparameter-registry.html
 */
import type { Definitions, SearchParameter } from '../r4/definitions/index.js';
import type { Bilingual } from '../r4/errors.js';
import { addInside, bundledType, firstOf, INSIDE } from './bundled.js';
import { addWithin, CONTAINED_CODES, containedOf, followed } from './contained.js';
import type { Walk } from './expression.js';
import { type CompiledParameter, ParameterCompiler } from './parameter-compiler.js';
import type { Composition } from './parameters/composite.js';
import type { Extraction, ParameterType } from './parameters/parameter-type.js';
import { reference } from './parameters/reference.js';
import { noValues, type SearchValues } from './query.js';
import { contentWords } from './words.js';

/** Parameters that the stores know by themselves, beside those that have an index of their own. */
export type OwnKind = '_id' | '_lastUpdated' | '_text' | '_content';

export interface ServedParameter {
  code: string;
  /** R4's name of the type, for the CapabilityStatement. */
  type: string;
  url: string;
  /** The index that holds its values; '' for those that the stores know by themselves. */
  key: string;
  kind: ParameterType | OwnKind | 'composite';
  composition?: Composition;
  /** Resource types that a reference may point to; all when it is empty. */
  targets: readonly string[];
  /** FHIR types of the indexed elements. */
  places: ReadonlySet<string>;
  modifiers: readonly string[];
  prefixes: readonly string[];
}

interface TypeEntry {
  type: string;
  served: ServedParameter[];
  byCode: Map<string, ServedParameter[]>;
  /** Codes that are defined and not served. */
  unserved: Set<string>;
  walks: Walk<Extraction>[];
  /** By the index that they fill: parameters with one expression share it, and its walk. */
  walkOf: Map<string, Walk<Extraction>>;
  /** Those of what is asked of it where it is contained. */
  withinWalks: Walk<Extraction>[];
  /** References that are followed into contained resources: the index, and how to find them. */
  follows: Map<string, (resource: Record<string, unknown>) => unknown[]>;
  /** Keys of parameters that R4 does not define. */
  customKeys: Set<string>;
}

const OWN: Readonly<Record<string, { kind: OwnKind; modifiers: readonly string[]; prefixes: readonly string[] }>> = {
  _id: { kind: '_id', modifiers: ['missing', 'not'], prefixes: [] },
  _lastUpdated: {
    kind: '_lastUpdated',
    modifiers: ['missing'],
    prefixes: ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'],
  },
  _text: { kind: '_text', modifiers: [], prefixes: [] },
  _content: { kind: '_content', modifiers: [], prefixes: [] },
};

/** Hops from one contained resource to another. */
const MAX_WITHIN = 2;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of parameters; R4's own about resources and searches as a whole begin with an underscore. */
const CODE = /^[A-Za-z][\w-]{0,63}$/;
const PROBLEMS = {
  code: {
    en: 'its code has to be letters, digits and hyphens, and not a name that searches have for themselves',
    fr: 'son code doit être fait de lettres, chiffres et tirets, sans être un nom réservé aux recherches',
  },
  base: { en: 'no type in base is served here', fr: 'aucun type de base n’est servi ici' },
} as const;

/** By type: a token that the server indexes for itself, under a key that is no parameter's. */
export type Derived = Readonly<Record<string, (resource: unknown) => { key: string; code: string } | undefined>>;

export class SearchRegistry {
  private readonly entries = new Map<string, TypeEntry>();
  private readonly compiler: ParameterCompiler;
  private custom: readonly SearchParameter[] = [];
  private pending: (type: string, parameter: ServedParameter) => boolean = () => false;

  constructor(
    private readonly definitions: Definitions,
    readonly types: ReadonlySet<string>,
    private readonly timeZone: string,
    private readonly derived: Derived = {},
  ) {
    this.compiler = new ParameterCompiler(definitions);
  }

  /** Another number after each change of what is served. */
  revision = 0;

  /** Replaces the parameters that clients added. */
  setCustom(parameters: readonly SearchParameter[]): void {
    if (parameters.length + this.custom.length === 0) return;
    this.custom = parameters;
    this.entries.clear();
    this.revision++;
  }
  /** The types that have parameters beyond R4's own, sorted. */
  customTypes(): string[] {
    const bases = [...this.definitions.customBases(), ...this.custom.flatMap(({ base }) => base)];
    return [...this.types].filter((type) => bases.some((base) => isBaseOf(base, type))).sort();
  }
  /** Why a definition cannot be served, in a few words; `undefined` when it can. */
  problemOf(parameter: SearchParameter): Bilingual | undefined {
    const { code, base } = parameter;
    if (!CODE.test(code) || code in OWN) return PROBLEMS.code;
    const types = [...this.types].filter((type) => base.some((one) => isBaseOf(one, type)));
    if (types.length === 0) return PROBLEMS.base;
    const problems = types.map((type) => this.compiler.problem(type, { ...parameter, custom: true }));
    return problems.includes(undefined) ? undefined : problems[0];
  }

  /** Says which parameters wait for a re-index. */
  setPending(pending: (type: string, parameter: ServedParameter) => boolean): void {
    this.pending = pending;
    this.revision++;
  }
  isPending(type: string, parameter: ServedParameter): boolean {
    return this.pending(type, parameter);
  }

  /** The parameters served for a type, in the order of their codes; two definitions of one code are both there. */
  parameters(type: string): readonly ServedParameter[] {
    return this.entry(type).served;
  }
  /** All definitions of a code; none when it is not served. */
  parameter(type: string, code: string): readonly ServedParameter[] {
    return this.entry(type).byCode.get(code) ?? [];
  }
  /** True for a parameter that is defined on the type and cannot be served. */
  isUnserved(type: string, code: string): boolean {
    return this.entry(type).unserved.has(code);
  }
  /** The keys of a type's indexes that come from definitions beyond R4's own. */
  customKeys(type: string): ReadonlySet<string> {
    return this.entry(type).customKeys;
  }

  /** The search values of a resource. `baseUrl` is our own base. */
  extract(type: string, resource: unknown, baseUrl: string): SearchValues {
    const values = noValues();
    const state: Extraction = { values, resource, baseUrl, timeZone: this.timeZone };
    for (const walk of this.entry(type).walks) walk(resource, state);
    if (isRecord(resource) && resource.contained !== undefined) this.follow(type, resource, state, 0);
    const own = this.derived[type]?.(resource);
    if (own !== undefined) values.tokens.push({ key: own.key, system: '', code: own.code });
    values.words = contentWords(resource);
    return values;
  }

  /** Is an index filled by a walk of its own? */
  hasIndex(type: string, key: string): boolean {
    return this.entry(type).walkOf.has(key);
  }
  /** The search values of a few indexes alone. */
  extractOnly(type: string, resource: unknown, baseUrl: string, keys: readonly string[]): SearchValues {
    const values = noValues();
    const state: Extraction = { values, resource, baseUrl, timeZone: this.timeZone };
    const { walkOf } = this.entry(type);
    for (const key of keys) walkOf.get(key)?.(resource, state);
    return values;
  }

  /** Adds what chains ask of resources that `resource.contained` holds; `state.resource` is what contains them. */
  private follow(type: string, resource: Record<string, unknown>, state: Extraction, hops: number): void {
    for (const [key, references] of this.entry(type).follows) {
      for (const one of containedOf(references(resource), state.resource)) {
        const target = one.resourceType;
        if (typeof target !== 'string' || !this.types.has(target)) continue;
        const values = noValues();
        for (const walk of this.entry(target).withinWalks) walk(one, { ...state, values });
        if (hops < MAX_WITHIN) this.follow(target, one, { ...state, values }, hops + 1);
        addWithin(key, values, state.values);
      }
    }
  }

  /** A parameter that leads to the first resource of a Bundle. */
  private bundled(code: string, type: string): CompiledParameter {
    const key = `Bundle.${code}`;
    return {
      served: {
        key,
        kind: reference,
        targets: [type],
        places: new Set([INSIDE]),
        modifiers: ['missing'],
        prefixes: [],
      },
      walk: (bundle, state) => {
        const first = firstOf(bundle, code, state.baseUrl);
        if (first === undefined || !this.types.has(type)) return;
        for (const target of first.references) state.values.references.push({ key, target });
        const { walkOf, customKeys } = this.entry(type);
        const values = noValues();
        for (const [own, walk] of walkOf) {
          if (!customKeys.has(own)) walk(first.resource, { ...state, values, resource: first.resource });
        }
        addInside(key, values, state.values);
      },
    };
  }

  private entry(type: string): TypeEntry {
    let entry = this.entries.get(type);
    if (entry === undefined) {
      entry = this.build(type);
      this.entries.set(type, entry);
    }
    return entry;
  }

  private build(type: string): TypeEntry {
    const entry: TypeEntry = {
      type,
      served: [],
      byCode: new Map(),
      unserved: new Set(),
      walks: [],
      walkOf: new Map(),
      withinWalks: [],
      follows: new Map(),
      customKeys: new Set(),
    };
    const compile = this.compiler.of(type);
    for (const parameter of this.definitions.searchParameters(type)) this.add(parameter, compile, entry);
    const more = this.custom.filter(({ base }) => base.some((one) => isBaseOf(one, type)));
    for (const parameter of more) this.add({ ...parameter, custom: true }, compile, entry);
    for (const code of entry.byCode.keys()) entry.unserved.delete(code);
    const asked = [...CONTAINED_CODES].flatMap((code) => entry.byCode.get(code) ?? []);
    for (const key of new Set(asked.map((one) => one.key))) {
      const walk = entry.walkOf.get(key);
      if (walk !== undefined) entry.withinWalks.push(walk);
    }
    entry.served.sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
    return entry;
  }

  private add(
    parameter: SearchParameter,
    compile: (parameter: SearchParameter) => CompiledParameter | undefined,
    entry: TypeEntry,
  ): void {
    const { code, url, type } = parameter;
    const own = parameter.custom === true ? undefined : OWN[code];
    const inside = parameter.custom === true ? undefined : bundledType(entry.type, code);
    const compiled =
      inside !== undefined ? this.bundled(code, inside) : own === undefined ? compile(parameter) : undefined;
    if (own === undefined && compiled === undefined) {
      entry.unserved.add(code);
      return;
    }
    const served: ServedParameter =
      own === undefined
        ? { code, url, type, ...(compiled as CompiledParameter).served }
        : { code, url, type, key: '', targets: [], places: new Set(), ...own };
    if (compiled?.walk !== undefined) entry.walks.push(compiled.walk);
    if (compiled?.walk !== undefined) entry.walkOf.set(served.key, compiled.walk);
    const references = followed(entry.type)[code];
    if (references !== undefined && type === 'reference') entry.follows.set(served.key, references);
    // One that fills no index of its own is indexed already.
    if (parameter.custom === true && compiled?.walk !== undefined) entry.customKeys.add(served.key);
    const known = entry.byCode.get(code);
    if (known === undefined) entry.byCode.set(code, [served]);
    // The same index under the same name would be asked twice.
    else if (known.some((one) => one.key === served.key && one.targets.join() === served.targets.join())) return;
    else known.push(served);
    entry.served.push(served);
  }
}

function isBaseOf(base: string, type: string): boolean {
  return base === type || base === 'Resource' || base === 'DomainResource';
}

/** `types` are the resource types served. Types are compiled when they are first used. */
export function createSearchRegistry(
  definitions: Definitions,
  types: ReadonlySet<string>,
  options: { timeZone: string; derived?: Derived },
): SearchRegistry {
  return new SearchRegistry(definitions, types, options.timeZone, options.derived);
}
