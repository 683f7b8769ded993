/**
 * Where a finding stands and how it is told. Every check runs without a place first, which costs nothing and only says
 * no; then, on a no, again with one. https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
 */
import type { Issue, Params } from '../r4/errors.js';

/** A linked path from the element to the root; `undefined` in the first pass. */
export interface Place {
  parent: Place | undefined;
  name: string;
  /** -1 where the element does not repeat. */
  index: number;
}
export type At = Place | undefined;
export type Json = Record<string, unknown>;

/** No more are told: beyond, a reader needs the first ones mended anyway. */
export const MAX_ISSUES = 100;

/** A binding that leaves a choice, and was not followed. */
export interface SoftBinding {
  strength: string;
  valueSet: string;
  params: () => Params;
  profile: string | undefined;
}

export interface Shared {
  /** Whether a resource keeps a profile, by `canonical`; yes for as long as that is being looked at. */
  verdicts: Map<Json, Map<string, boolean>> | undefined;
  /** Resources that led here by their references. */
  depth: number;
  /** Milliseconds that expressions of clients have taken, in all and by profile. */
  foreignTime: number;
  foreignTimes: Map<string, number> | undefined;
  /** What they said, by expression and value. */
  expressions: Map<unknown, unknown> | undefined;
  /** Looks at items to tell their slices. */
  looks: number;
  /** Units that had to be looked at. */
  units: number;
}

/** Why something was not checked. */
export type Unchecked = 'value-set-unchecked' | 'slicing-unchecked' | 'invariant-unusable';

/** What one validation carries along. */
export class Run {
  readonly issues: Issue[] = [];
  /** A warning was met in the first pass, so the second is needed to tell it. */
  noted = false;
  /** The resource in which `#id` is looked up: never a contained one. */
  container: Json | undefined;
  /** The Bundle around, in which references between entries are looked up. */
  bundle: Json | undefined;
  /** `canonical|version` of the profile whose rules are walked. */
  profile: string | undefined;
  /** What all runs about one resource share. */
  shared: Shared = {
    verdicts: undefined,
    depth: 0,
    foreignTime: 0,
    foreignTimes: undefined,
    expressions: undefined,
    looks: 0,
    units: 0,
  };
  /** Questionnaires that the definitions do not have, by the text that names them. */
  questionnaires: ReadonlyMap<string, Json> | undefined;
  /** The Bundle that the resource came in. */
  around: Json | undefined;
  /** Path in its definition and type of the element that is walked, for the context of its extensions. */
  hostPath = '';
  hostType = '';
  /** Ids of the elements of the resource that is walked. */
  ids: Set<unknown> | undefined;
  /** Paths of number tokens that are not written as integers are, with the token. */
  rawTokens: ReadonlyMap<string, string> | undefined;

  /** What could not be checked, told once each whatever the pass. */
  readonly unchecked: { key: Unchecked; name: string }[] = [];

  /** By profile: the keys of the constraints that were left out for the time they take. */
  slow: Map<string, Set<string>> | undefined;

  leaveSlow(profile: string, key: string): void {
    this.slow ??= new Map();
    const keys = this.slow.get(profile);
    if (keys === undefined) this.slow.set(profile, new Set([key]));
    else keys.add(key);
  }

  leaveUnchecked(key: Unchecked, name: string): void {
    if (!this.unchecked.some((one) => one.key === key && one.name === name)) this.unchecked.push({ key, name });
  }

  /** Values outside an extensible or preferred value set; a profile's binding takes the place of the base's. */
  soft: Map<Json, SoftBinding> | undefined;

  /** Another one for the same place, whose findings are asked for apart. */
  aside(): Run {
    const other = new Run();
    other.container = this.container;
    other.bundle = this.bundle;
    other.shared = this.shared;
    other.questionnaires = this.questionnaires;
    other.around = this.around;
    return other;
  }
}

/** One level below `at`; nothing in the first pass. */
export function below(at: At, name: string, index = -1): At {
  return at === undefined ? undefined : { parent: at, name, index };
}

/** FHIRPath of a place: `Patient.name[0].given[1]`. */
export function expressionOf(place: Place): string {
  const own = place.index < 0 ? place.name : `${place.name}[${place.index}]`;
  return place.parent === undefined ? own : `${expressionOf(place.parent)}.${own}`;
}

/** Records an error in the second pass; always false, so that checks can return it. */
export function fail(run: Run, at: At, key: Issue['key'], params: Params = {}): false {
  if (at !== undefined) record(run, at, 'error', key, params);
  return false;
}

/** Records what is not an error; always true. In the first pass it asks for the second. */
export function note(run: Run, at: At, severity: 'warning' | 'information', key: Issue['key'], params: Params): true {
  if (at === undefined) run.noted = true;
  else record(run, at, severity, key, params);
  return true;
}

function record(run: Run, at: Place, severity: Issue['severity'], key: Issue['key'], params: Params): void {
  const expression = expressionOf(at);
  const full = isFull(run);
  // An error takes the place of what is none: remarks may hide no fault.
  const spare = full && severity === 'error' ? run.issues.findIndex((issue) => issue.severity !== 'error') : -1;
  if (full && spare < 0) return;
  const text = JSON.stringify(params);
  const same = (issue: Issue) =>
    issue.key === key && issue.expression === expression && JSON.stringify(issue.params) === text;
  if (run.issues.some(same)) return;
  if (full) run.issues.splice(spare, 1);
  const { profile } = run;
  run.issues.push({ severity, key, params, expression, ...(profile === undefined ? {} : { profile }) });
}

/** Nothing more that is found will be told, unless it is an error among remarks. */
export const isFull = (run: Run): boolean => run.issues.length >= MAX_ISSUES;

/** A value for a message: short, on one line. */
export function shown(value: unknown): string {
  // A number beyond all bounds would be shown as null.
  const plain = typeof value === 'string' || typeof value === 'number';
  const text = plain ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
