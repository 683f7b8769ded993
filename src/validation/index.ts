/**
 * Validation against StructureDefinitions: compiled at the first use; a first pass that only says yes or no, and on a
 * no a second one that explains. https://hl7.org/fhir/R4/validation.html
 */
import type { Definitions } from '../r4/definitions/index.js';
import type { Issue } from '../r4/errors.js';
import { Engine, type ValidatorSettings } from './engine.js';
import { type At, isObject, type Json, MAX_ISSUES, Run, shown, type Unchecked } from './explain.js';
import { type RawNumber, rawIntegers } from './raw-numbers.js';
import { softIssues } from './soft-bindings.js';

export type { ValidatorSettings } from './engine.js';

export interface ValidationOptions {
  /** Canonicals to validate against besides those that the resource claims. */
  profiles?: readonly string[];
  /** Canonicals of which one must be kept, whatever the resource claims. */
  oneOf?: readonly string[];
  /** Questionnaires that QuestionnaireResponses name and the definitions do not have, by the text that names them. */
  questionnaires?: ReadonlyMap<string, object>;
  /** The Bundle that the resource came in, in which its questionnaire is looked for. */
  around?: object;
  /** Number tokens whose text is not what JavaScript would print. */
  rawNumbers?: readonly RawNumber[];
}
export interface Validator {
  /** Findings, the errors first; none for a valid resource without remarks. */
  validate(resource: object, options?: ValidationOptions): Issue[];
  /** The first pass alone: no errors? */
  isValid(resource: object, options?: ValidationOptions): boolean;
  /** Is there a profile of this canonical that can be validated against? */
  knows(profile: string): boolean;
}

/** What the name of what was left is called in the message. */
const UNCHECKED: Record<Unchecked, string> = {
  'value-set-unchecked': 'valueSet',
  'slicing-unchecked': 'slicing',
  'invariant-unusable': 'key',
};

/** What nobody could check is told once each, and needs no second pass. */
function unchecked({ resourceType }: Json, run: Run): Issue[] {
  if (run.unchecked.length === 0 && run.slow === undefined) return [];
  const expression = typeof resourceType === 'string' ? shown(resourceType) : 'Resource';
  const slow = [...(run.slow ?? [])].map(([profile, keys]): Issue => {
    const params = { profile, count: keys.size, keys: shown([...keys].join(', ')) };
    return { severity: 'warning', key: 'invariants-slow', params, expression };
  });
  const others = run.unchecked.map(
    ({ key, name }): Issue => ({
      severity: key === 'invariant-unusable' ? 'warning' : 'information',
      key,
      params: { [UNCHECKED[key]]: name },
      expression,
    }),
  );
  return [...slow, ...others];
}

const RANK = { fatal: 0, error: 1, warning: 2, information: 3 };

export function createValidator(definitions: Definitions, settings: ValidatorSettings = {}): Validator {
  const engine = new Engine(definitions, settings);

  function run(resource: Json, options: ValidationOptions, at: At, state: Run): boolean {
    state.questionnaires = options.questionnaires as ReadonlyMap<string, Json> | undefined;
    state.around = options.around as Json | undefined;
    let ok = engine.checkResource(resource, at, state, false);
    const type = resource.resourceType;
    if (typeof type !== 'string' || (options.profiles === undefined && options.oneOf === undefined)) return ok;
    state.container = resource;
    if (type === 'Bundle') state.bundle = resource;
    if ((ok || at !== undefined) && options.oneOf !== undefined) {
      if (!engine.checkOneOf(options.oneOf, resource, type, at, state)) ok = false;
    }
    for (const profile of options.profiles ?? []) {
      if (!ok && at === undefined) return false;
      if (!engine.checkProfile(profile, resource, type, at, at, state)) ok = false;
    }
    return ok;
  }

  function firstPass(resource: Json, options: ValidationOptions, state: Run): boolean {
    if (!run(resource, options, undefined, state)) return false;
    const raw = options.rawNumbers;
    return raw === undefined || raw.length === 0 || rawIntegers(resource, raw, engine).size === 0;
  }

  const remarks = (value: Json, state: Run): Issue[] => [
    ...softIssues(value, state, (type) => engine.plan(type)),
    ...unchecked(value, state),
  ];

  return {
    knows: (profile) => definitions.structure(profile) !== undefined,
    isValid: (resource, options = {}) => firstPass(resource as Json, options, new Run()),
    validate(resource, options = {}) {
      const value = resource as Json;
      const quick = new Run();
      if (isObject(value) && firstPass(value, options, quick) && !quick.noted) {
        return remarks(value, quick).slice(0, MAX_ISSUES);
      }
      const slow = new Run();
      // What expressions of clients said, and the time that they took.
      const { expressions, foreignTime, foreignTimes } = quick.shared;
      Object.assign(slow.shared, { expressions, foreignTime, foreignTimes });
      slow.rawTokens = rawIntegers(value, options.rawNumbers ?? [], engine);
      const name = typeof value.resourceType === 'string' ? shown(value.resourceType) : 'Resource';
      run(value, options, { parent: undefined, name, index: -1 }, slow);
      const found = [...slow.issues, ...remarks(value, slow)].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
      return found.slice(0, MAX_ISSUES);
    },
  };
}
