/** maxLength, minValue[x], maxValue[x]. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_ */
import type { ElementDefinition } from '../r4/definitions/index.js';
import { quantityIsAfter } from './compare.js';
import { fail, isObject, shown } from './explain.js';
import { isAfter } from './invariants.js';
import type { Check } from './plan.js';

/** Is `a` beyond `b`? Values that cannot be compared (other units, other types) are not. */
function isBeyond(a: unknown, b: unknown, type: string): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a > b;
  if (isObject(a)) return quantityIsAfter(a, b);
  if (type === 'Time') return typeof a === 'string' && typeof b === 'string' && a > b;
  return isAfter(a, b);
}

export function limitChecks(element: ElementDefinition): Check[] {
  const checks: Check[] = [];
  const { maxLength } = element;
  if (maxLength !== undefined) {
    checks.push(
      (value, at, run) =>
        typeof value !== 'string' ||
        [...value].length <= maxLength ||
        fail(run, at, 'too-long', { max: maxLength, length: value.length }),
    );
  }
  for (const name in element) {
    const found = /^(min|max)Value([A-Z]\w*)$/.exec(name);
    // A limit of minValueQuantity on a date is a distance from today, which changes the verdict with the day.
    if (found === null) continue;
    const [, side, type = ''] = found;
    const limit: unknown = element[name];
    checks.push((value, at, run) => {
      if (side === 'min' ? !isBeyond(limit, value, type) : !isBeyond(value, limit, type)) return true;
      return fail(run, at, side === 'min' ? 'value-below' : 'value-above', {
        value: shown(value),
        limit: shown(limit),
      });
    });
  }
  return checks;
}
