/**
 * A profile against its base: every path of its differential is there, and no rule is looser.
 * https://hl7.org/fhir/R4/profiling.html#limitations
 */
import type { Definitions } from '../../r4/definitions/index.js';
import { type At, below, fail, type Json, type Run, shown } from '../explain.js';
import { isExpression } from '../fhirpath.js';
import type { Check } from '../plan.js';
import { list } from '../presence.js';

/** Beyond this many elements a differential is not compared, for the time it would take. */
const MAX_ELEMENTS = 2000;

export function structureDefinitionCheck(definitions: Definitions): Check {
  return (value, at, run) => {
    const elements = list(((value as Json).differential as Json | undefined)?.element);
    if (elements.length === 0 || elements.length > MAX_ELEMENTS) return true;
    let ok = checkExpressions(elements, at, run);
    if (!ok && at === undefined) return false;
    for (const { id, rule, base, found } of definitions.differentialFaults(value)) {
      const index = elements.findIndex(
        (element) => element.id === id || (element.id === undefined && element.path === id),
      );
      const place = at === undefined ? undefined : below(below(at, 'differential'), 'element', index);
      ok = fail(run, place, rule === 'path' ? 'differential-path' : 'differential-loosened', {
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

/** Constraints say something that can be evaluated. http://hl7.org/fhirpath/N1/ */
function checkExpressions(elements: readonly Json[], at: At, run: Run): boolean {
  let ok = true;
  elements.forEach((element, i) => {
    list(element.constraint).forEach(({ expression, key }, j) => {
      if (typeof expression !== 'string' || isExpression(expression)) return;
      const above = at === undefined ? undefined : below(below(at, 'differential'), 'element', i);
      const place = above === undefined ? undefined : below(below(above, 'constraint', j), 'expression');
      ok = fail(run, place, 'expression-unreadable', { key: shown(key) });
    });
  });
  return ok;
}
