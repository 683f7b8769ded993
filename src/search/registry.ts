/**
 * The search parameters that the server has, by resource type, from R4's definitions: the search, the extraction and
 * the CapabilityStatement all read this. https://hl7.org/fhir/R4/searchparameter-registry.html
 */
import type { Definitions, SearchParameter } from '../r4/definitions/index.js';
import { compile, type Walk } from './expression.js';
import { alternatives, type Expression, headOf, parseExpression } from './expression-syntax.js';
import { date } from './parameters/date.js';
import type { Extraction, ParameterType } from './parameters/parameter-type.js';
import { reference } from './parameters/reference.js';
import { string } from './parameters/string.js';
import { token } from './parameters/token.js';
import { uri } from './parameters/uri.js';
import type { SearchValues } from './query.js';
import { Schema } from './schema.js';

const TYPES: Readonly<Record<string, ParameterType>> = { token, string, reference, date, uri };

export interface ServedParameter {
  code: string;
  /** R4's name of the type, for the CapabilityStatement. */
  type: string;
  url: string;
  /** The index that holds its values. `_id` and `_lastUpdated` have none: the stores know them. */
  key: string;
  kind: ParameterType | '_id' | '_lastUpdated';
  /** Resource types that a reference may point to. */
  targets: readonly string[];
}

interface TypeEntry {
  served: ServedParameter[];
  byCode: Map<string, ServedParameter>;
  /** Codes that R4 defines and this version does not serve. */
  unserved: Set<string>;
  walks: Walk<Extraction>[];
}

export class SearchRegistry {
  private readonly entries = new Map<string, TypeEntry>();
  private readonly schema: Schema;

  constructor(
    private readonly definitions: Definitions,
    readonly types: ReadonlySet<string>,
    private readonly timeZone: string,
  ) {
    this.schema = new Schema(definitions);
  }

  /** The parameters served for a type, in the order of their codes. */
  parameters(type: string): readonly ServedParameter[] {
    return this.entry(type).served;
  }
  parameter(type: string, code: string): ServedParameter | undefined {
    return this.entry(type).byCode.get(code);
  }
  /** True for a parameter that R4 defines on the type and that is not served. */
  isUnserved(type: string, code: string): boolean {
    return this.entry(type).unserved.has(code);
  }

  /** The search values of a resource. `baseUrl` is our own base. */
  extract(type: string, resource: unknown, baseUrl: string): SearchValues {
    const values: SearchValues = { tokens: [], strings: [], references: [], dates: [], uris: [] };
    const state: Extraction = { values, baseUrl, timeZone: this.timeZone };
    for (const walk of this.entry(type).walks) walk(resource, state);
    return values;
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
    const entry: TypeEntry = { served: [], byCode: new Map(), unserved: new Set(), walks: [] };
    const shared = new Map<string, string>();
    for (const parameter of this.definitions.searchParameters(type)) this.add(type, parameter, entry, shared);
    entry.served.sort((a, b) => (a.code < b.code ? -1 : 1));
    return entry;
  }

  private add(type: string, parameter: SearchParameter, entry: TypeEntry, shared: Map<string, string>): void {
    const { code, url } = parameter;
    const special = code === '_id' || code === '_lastUpdated' ? code : undefined;
    const kind = special ?? TYPES[parameter.type];
    if (kind === undefined || parameter.expression === undefined) {
      entry.unserved.add(code);
      return;
    }
    // Also those that are not served here: references to them are stored and found.
    const targets = parameter.target ?? [];
    const served: ServedParameter = { code, type: parameter.type, url, key: '', kind, targets };
    if (typeof kind !== 'string') {
      const walk = this.compile(type, parameter.expression, `${type}.${code}`, kind, shared);
      if (walk.key === undefined) {
        entry.unserved.add(code);
        return;
      }
      served.key = walk.key;
      if (walk.targets.length > 0) served.targets = walk.targets;
      if (walk.walk !== undefined) entry.walks.push(walk.walk);
    }
    if (entry.byCode.has(code)) return;
    entry.byCode.set(code, served);
    entry.served.push(served);
  }

  /** Parameters of one kind with the same part of an expression share one key: nothing is stored twice. */
  private compile(
    type: string,
    expression: string,
    name: string,
    kind: ParameterType,
    shared: Map<string, string>,
  ): { key: string | undefined; targets: string[]; walk?: Walk<Extraction> } {
    // Expressions shared by many types are unions; only the parts about this type count.
    const own = alternatives(parseExpression(expression)).filter((part) => {
      const head = headOf(part);
      // `name | alias` of InsurancePlan names no type: it is about the only one.
      return head === type || head === 'Resource' || head === 'DomainResource' || /^[a-z]/.test(head ?? '');
    });
    const signature = `${kind.kind}:${JSON.stringify(own)}`;
    const targets = narrowedTargets(own);
    const known = shared.get(signature);
    if (known !== undefined) return { key: known, targets };
    const walks = own
      .map((part) =>
        compile(this.schema, part, this.schema.root(type), (place) => kind.extractor(place, name, this.definitions)),
      )
      .filter((walk) => walk !== undefined);
    if (walks.length === 0) return { key: undefined, targets };
    shared.set(signature, name);
    return {
      key: name,
      targets,
      walk: (node, state) => {
        for (const walk of walks) walk(node, state);
      },
    };
  }
}

/** The types that `where(resolve() is T)` leaves, when each part of an expression has one. */
function narrowedTargets(parts: readonly Expression[]): string[] {
  const types = parts.map((part) =>
    part.op === 'where' && part.test.op === 'is' && part.test.of.op === 'resolve' ? part.test.type : undefined,
  );
  return types.some((type) => type === undefined) ? [] : [...new Set(types as string[])];
}

/** `types` are the resource types served. Types are compiled when they are first used. */
export function createSearchRegistry(
  definitions: Definitions,
  types: ReadonlySet<string>,
  options: { timeZone: string },
): SearchRegistry {
  return new SearchRegistry(definitions, types, options.timeZone);
}
