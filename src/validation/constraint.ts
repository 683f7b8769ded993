/**
 * Constraints of profiles. The expressions that the French guides use most are functions of ours, by their exact text;
 * any other is evaluated by the fhirpath package, loaded when first needed, within a time. http://hl7.org/fhirpath/N1/
 */
import type { Constraint } from '../r4/definitions/index.js';
import { isBound } from './binding.js';
import { isObject, type Json, type Run } from './explain.js';
import { COMPILED } from './expressions.js';
import { compiled, type Evaluate, type Functions, knowing, within } from './fhirpath.js';
import type { Invariant } from './plan.js';
import { resolveReference } from './resolve.js';
import type { Surroundings } from './slicing.js';

/** Of a value whose type is not known nothing is said. */
const unknown = (): boolean => true;

/** Milliseconds that all expressions of clients about one resource may take together. */
const TIME_IN_ALL = 2000;
/** An expression that took too long so often is not evaluated any more. */
const MAX_TIMEOUTS = 3;

export class ConstraintEvaluator {
  /** `isForeign` tells, by `canonical|version`, the profiles that clients stored. */
  constructor(
    private readonly isForeign: (profile: string) => boolean,
    private readonly around: Pick<Surroundings, 'codes' | 'conforms'>,
  ) {}

  /**
   * `path` is where the constraint stands, as in `Patient.contact`; `primitivePath` is what a primitive value there is
   * evaluated from, `undefined` where its type is not known.
   */
  invariant(
    { key, severity, human }: Constraint,
    expression: string,
    path: string,
    primitivePath: string | undefined,
  ): Invariant {
    const evaluated = this.evaluated(key, expression, path);
    const ofObject = COMPILED.get(expression) ?? evaluated;
    const ofPrimitive =
      primitivePath === path
        ? evaluated
        : primitivePath === undefined
          ? unknown
          : this.evaluated(key, expression, primitivePath);
    const holds: Invariant['holds'] = (value, run) =>
      isObject(value) ? ofObject(value, run) : ofPrimitive(value, run);
    return { key, severity: severity === 'warning' ? 'warning' : 'error', human: human ?? key, holds };
  }

  /** What expressions ask about the world around the resource. https://hl7.org/fhir/R4/fhirpath.html#functions */
  private functions(run: Run): Functions {
    const { codes, conforms } = this.around;
    return {
      resolve: (item) => {
        const reference = isObject(item) ? item.reference : item;
        return typeof reference === 'string' ? resolveReference(reference, run).matches.slice(0, 1) : [];
      },
      memberOf: (item, valueSet) => {
        const known = codes(valueSet);
        if (known === undefined) throw new Error('a value set that is not known');
        return isBound(known, item, isObject(item) && item.coding !== undefined ? 'CodeableConcept' : 'Coding');
      },
      conformsTo: (item, profile) => {
        const verdict = conforms(profile, item, run);
        if (verdict === undefined) throw new Error('a profile that is not known');
        return verdict;
      },
    };
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
        // Around the time that it has: what ends when that is over does not tidy up.
        const result = knowing(this.functions(run), () => (isForeign ? within(work) : work()));
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
