/**
 * Constraints of profiles. The expressions that the French guides use most are functions of ours, by their exact text;
 * any other is evaluated by the fhirpath package, loaded when first needed, within a time. http://hl7.org/fhirpath/N1/
 */
import { createRequire } from 'node:module';
import { createContext, Script } from 'node:vm';
import type { Constraint } from '../r4/definitions/index.js';
import type { Json, Run } from './explain.js';
import { COMPILED } from './expressions.js';
import type { Invariant } from './plan.js';
import { findsIn } from './regular-expression.js';

type Evaluate = (value: unknown, environment: Json) => unknown[];
interface FhirPath {
  parse: (expression: string) => unknown;
  compile: (path: { base: string; expression: string }, model: unknown, options: object) => Evaluate;
}

/** Milliseconds that one evaluation may take, for expressions come from clients too. */
const TIME = 500;
/** And all of them about one resource together. */
const TIME_IN_ALL = 2000;
/** An expression that took too long so often is not evaluated any more. */
const MAX_TIMEOUTS = 3;

let library: { fhirpath: FhirPath; model: unknown } | undefined;
function load(): NonNullable<typeof library> {
  if (library === undefined) {
    const require = createRequire(import.meta.url);
    library = {
      fhirpath: require('fhirpath') as FhirPath,
      model: require('fhirpath/fhir-context/r4') as unknown,
    };
  }
  return library;
}

/** Is the text an expression at all? */
export function isExpression(text: string): boolean {
  try {
    load().fhirpath.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** `matches` in linear time; what that engine does not know is JavaScript's own matter, within the time. */
const FUNCTIONS = {
  matches: {
    fn: ([text]: unknown[], pattern: string): unknown => {
      if (typeof text !== 'string') return [];
      return findsIn(pattern, text) ?? new RegExp(pattern, 'su').test(text);
    },
    arity: { 1: ['String'] },
    internalStructures: false,
  },
};

const sandbox: { work: () => unknown } = { work: () => undefined };
const context = createContext(sandbox);
const script = new Script('work()');

/** What `work` returns. Throws when it throws, and when it takes longer than `TIME`. */
function within<T>(work: () => T): T {
  sandbox.work = work;
  return script.runInContext(context, { timeout: TIME }) as T;
}

export class ConstraintEvaluator {
  /** `isForeign` tells, by `canonical|version`, the profiles that clients stored. */
  constructor(private readonly isForeign: (profile: string) => boolean) {}

  /** `path` is where the constraint stands, as in `Patient.contact`. */
  invariant({ key, severity, human }: Constraint, expression: string, path: string): Invariant {
    const holds = COMPILED.get(expression) ?? this.evaluated(key, expression, path);
    return { key, severity: severity === 'warning' ? 'warning' : 'error', human: human ?? key, holds };
  }

  private evaluated(key: string, expression: string, path: string): Invariant['holds'] {
    let evaluate: Evaluate | undefined;
    let isUnusable = false;
    let timeouts = 0;
    return (value: Json, run: Run) => {
      // A client's own gets its time, which costs a millisecond; the operator's are trusted.
      const isForeign = run.profile !== undefined && this.isForeign(run.profile);
      if (isUnusable || (isForeign && run.shared.foreignTime > TIME_IN_ALL)) return leave(run);
      const began = isForeign ? performance.now() : 0;
      try {
        evaluate ??= compiled(expression, path);
        const ready = evaluate;
        const resource = run.container;
        const work = () => ready(value, { resource, rootResource: resource, context: value });
        const result = isForeign ? within(work) : work();
        return result.length > 0 && result[0] !== false;
      } catch (error) {
        // The expression cannot be evaluated: that is the guide's fault and not the resource's.
        const isLate = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
        isUnusable = evaluate === undefined || (isLate && ++timeouts >= MAX_TIMEOUTS);
        return leave(run);
      } finally {
        if (isForeign) run.shared.foreignTime += performance.now() - began;
      }
    };

    function leave(run: Run): true {
      run.leaveUnchecked('invariant-unusable', key);
      return true;
    }
  }
}

function compiled(expression: string, path: string): Evaluate {
  const { fhirpath, model } = load();
  return fhirpath.compile({ base: path, expression }, model, { userInvocationTable: FUNCTIONS });
}
