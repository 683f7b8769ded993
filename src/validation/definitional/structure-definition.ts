/**
 * A profile against its base: every path of its differential is there, and no rule is looser.
 * https://hl7.org/fhir/R4/profiling.html#limitations
 */
import type { Definitions, DifferentialFault } from '../../r4/definitions/index.js';
import { type At, below, fail, type Json, MAX_ISSUES, type Run, shown } from '../explain.js';
import { isExpression } from '../fhirpath.js';
import type { Check } from '../plan.js';
import { list } from '../presence.js';

/** Milliseconds that the reading of all expressions may take; those that are left are not read. */
const TIME_TO_READ = 500;

export function structureDefinitionCheck(definitions: Definitions): Check {
  return (value, at, run) => {
    const elements = list(((value as Json).differential as Json | undefined)?.element);
    if (elements.length === 0) return true;
    let ok = checkExpressions(elements, at, run);
    if (!ok && at === undefined) return false;
    for (const { id, rule, base, found } of definitions.differentialFaults(value).slice(0, MAX_ISSUES)) {
      const index = elements.findIndex(
        (element) => element.id === id || (element.id === undefined && element.path === id),
      );
      const place = at === undefined ? undefined : below(below(at, 'differential'), 'element', index);
      ok = fail(run, place, KEYS[rule] ?? 'differential-loosened', {
        id: shown(id),
        rule,
        base: shown(base),
        found: shown(found),
      });
      if (at === undefined) return false;
    }
    return ok;
  };
}

const KEYS: Partial<Record<DifferentialFault['rule'], 'differential-path' | 'differential-size'>> = {
  path: 'differential-path',
  size: 'differential-size',
};

/** Constraints say something that can be evaluated. http://hl7.org/fhirpath/N1/ */
function checkExpressions(elements: readonly Json[], at: At, run: Run): boolean {
  let ok = true;
  const began = performance.now();
  elements.forEach((element, i) => {
    list(element.constraint).forEach(({ expression, key }, j) => {
      if (typeof expression !== 'string' || performance.now() - began > TIME_TO_READ || isExpression(expression))
        return;
      const above = at === undefined ? undefined : below(below(at, 'differential'), 'element', i);
      const place = above === undefined ? undefined : below(below(above, 'constraint', j), 'expression');
      ok = fail(run, place, 'expression-unreadable', { key: shown(key) });
    });
  });
  return ok;
}
