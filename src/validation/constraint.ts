/**
 * Constraints of profiles. The expressions that the French guides use most are functions of ours, by their exact text;
 * any other is evaluated by the fhirpath package, loaded when first needed. http://hl7.org/fhirpath/N1/
 */
import { createRequire } from 'node:module';
import type { Json, Run } from './explain.js';
import { COMPILED } from './expressions.js';
import type { Invariant } from './plan.js';

type Evaluate = (value: unknown, environment: Json) => unknown[];
interface FhirPath {
  compile: (path: { base: string; expression: string }, model: unknown) => Evaluate;
}

export class ConstraintEvaluator {
  private loaded: { fhirpath: FhirPath; model: unknown } | undefined;

  /** `path` is where the constraint stands, as in `Patient.contact`. */
  invariant(key: string, severity: string, human: string | undefined, expression: string, path: string): Invariant {
    const holds = COMPILED.get(expression) ?? this.evaluated(expression, path);
    return { key, severity: severity === 'warning' ? 'warning' : 'error', human: human ?? key, holds };
  }

  private evaluated(expression: string, path: string): Invariant['holds'] {
    let evaluate: Evaluate | undefined;
    let broken = false;
    return (value: Json, run: Run) => {
      if (broken) return true;
      try {
        evaluate ??= this.compile(expression, path);
        const resource = run.container;
        const result = evaluate(value, { resource, rootResource: resource, context: value });
        return result.length > 0 && result[0] !== false;
      } catch {
        // The expression itself cannot be evaluated: that is the guide's fault and not the resource's.
        broken = evaluate === undefined;
        return true;
      }
    };
  }

  private compile(expression: string, path: string): Evaluate {
    if (this.loaded === undefined) {
      const require = createRequire(import.meta.url);
      this.loaded = {
        fhirpath: require('fhirpath') as FhirPath,
        model: require('fhirpath/fhir-context/r4') as unknown,
      };
    }
    return this.loaded.fhirpath.compile({ base: path, expression }, this.loaded.model);
  }
}
