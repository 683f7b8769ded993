/**
 * Constraints of profiles. The expressions that the French guides use most are functions of ours, by their exact text;
 * any other is evaluated by the fhirpath package, loaded when first needed, within a time. http://hl7.org/fhirpath/N1/
 */
import type { Constraint } from '../r4/definitions/index.js';
import { isBound } from './binding.js';
import { isObject, type Json, type Run } from './explain.js';
import { COMPILED } from './expressions.js';
import { compiled, type Evaluate, type Functions, isTimeout, knowing, loadFhirPath, within } from './fhirpath.js';
import type { Invariant } from './plan.js';
import { resolveReference } from './resolve.js';
import type { Surroundings } from './slicing.js';

/** Of a value whose type is not known nothing is said. */
const unknown = (): boolean => true;

/** Milliseconds that all expressions of clients about one resource may take together. */
const TIME_IN_ALL = 400;
/** Those that the expressions of a profile get which used that up as often as is said below. */
const TIME_OF_SLOW = 50;
/** A profile that used up more than this share of it each time is slow. */
const SHARE = TIME_IN_ALL / 4;
/** An expression, or a profile, that took too long so often gets no more time, or less. */
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
    const evaluation = (value: Json, run: Run): (() => unknown[]) => {
      evaluate ??= compiled(expression, path);
      const ready = evaluate;
      const resource = run.container;
      return () => ready(value, { resource, rootResource: resource, context: value });
    };
    const trusted = (value: Json, run: Run): boolean | 'unusable' => {
      try {
        return isTrue(knowing(this.functions(run), evaluation(value, run)));
      } catch {
        // The expression cannot be evaluated: that is the guide's fault and not the resource's.
        isUnusable = evaluate === undefined;
        return 'unusable';
      }
    };
    /** A client's own gets its time, which costs a millisecond. */
    const foreign = (value: Json, run: Run, profile: string): Verdict => {
      const left = timeouts >= MAX_TIMEOUTS ? 0 : this.timeLeft(profile, run);
      if (left <= 0) return 'slow';
      loadFhirPath();
      const began = performance.now();
      try {
        // Around the time that it has: what ends when that is over does not tidy up.
        return isTrue(knowing(this.functions(run), () => within(() => evaluation(value, run)(), left)));
      } catch (error) {
        if (!isTimeout(error)) {
          isUnusable = evaluate === undefined;
          return 'unusable';
        }
        if (performance.now() - began > SHARE) timeouts++;
        return 'slow';
      } finally {
        this.spent(profile, performance.now() - began, run);
      }
    };
    return (value: Json, run: Run) => {
      const { profile } = run;
      if (isUnusable) run.leaveUnchecked('invariant-unusable', key);
      if (isUnusable) return true;
      const isForeign = profile !== undefined && this.isForeign(profile);
      if (!isForeign) return told(trusted(value, run), key, '', run);
      // Both passes are told the same, whatever time the first has left.
      const verdicts = verdictsOf(foreign, isObject(value) ? undefined : run.container, run);
      const verdict = verdicts.get(value) ?? foreign(value, run, profile);
      verdicts.set(value, verdict);
      return told(verdict, key, profile, run);
    };
  }

  /** By profile: how often it used up the time. */
  private readonly slow = new Map<string, number>();

  private timeLeft(profile: string, { shared }: Run): number {
    const isSlow = (this.slow.get(profile) ?? 0) >= MAX_TIMEOUTS;
    const own = (isSlow ? TIME_OF_SLOW : TIME_IN_ALL) - (shared.foreignTimes?.get(profile) ?? 0);
    return Math.min(own, TIME_IN_ALL - shared.foreignTime);
  }

  private spent(profile: string, time: number, { shared }: Run): void {
    const before = shared.foreignTime;
    shared.foreignTime += time;
    shared.foreignTimes ??= new Map();
    shared.foreignTimes.set(profile, (shared.foreignTimes.get(profile) ?? 0) + time);
    if (before >= TIME_IN_ALL || shared.foreignTime < TIME_IN_ALL) return;
    for (const [one, its] of shared.foreignTimes) {
      if (its > SHARE) this.slow.set(one, (this.slow.get(one) ?? 0) + 1);
    }
  }
}

type Verdict = boolean | 'unusable' | 'slow';

const isTrue = (result: readonly unknown[]): boolean => result.length > 0 && result[0] !== false;

/** By value; a primitive is told by the resource around it too. */
function verdictsOf(expression: object, around: object | undefined, { shared }: Run): Map<unknown, Verdict> {
  shared.expressions ??= new Map();
  const verdicts = mapIn(shared.expressions, expression);
  return (around === undefined ? verdicts : mapIn(verdicts, around)) as Map<unknown, Verdict>;
}

function mapIn(maps: Map<unknown, unknown>, key: unknown): Map<unknown, unknown> {
  const found = (maps.get(key) as Map<unknown, unknown> | undefined) ?? new Map<unknown, unknown>();
  maps.set(key, found);
  return found;
}

/** What was not evaluated is said, and refuses nothing. */
function told(verdict: Verdict, key: string, profile: string, run: Run): boolean {
  if (typeof verdict === 'boolean') return verdict;
  if (verdict === 'slow') run.leaveSlow(profile, key);
  else run.leaveUnchecked('invariant-unusable', key);
  return true;
}
