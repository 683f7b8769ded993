/** `1.0` and `1e3` are decimals and not integers, which JSON.parse no longer tells. https://hl7.org/fhir/R4/datatypes.html#integer */
import type { Engine } from './engine.js';
import { isObject, type Json } from './explain.js';
import type { Plan } from './plan.js';
import { INTEGERS } from './primitives.js';

export interface RawNumber {
  path: readonly (string | number)[];
  token: string;
}

/** FHIRPath to token, for those tokens that stand where an integer is due. */
export function rawIntegers(resource: Json, numbers: readonly RawNumber[], engine: Engine): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, token } of numbers) {
    // Zero with a sign or more digits than JavaScript keeps are integers still, if there is no point or exponent.
    if (!/[.eE]|^-0/.test(token)) continue;
    const expression = integerAt(resource, path, engine);
    if (expression !== undefined) found.set(expression, token);
  }
  return found;
}

/** The FHIRPath of a JSON path when an integer type stands there. */
function integerAt(resource: Json, path: readonly (string | number)[], engine: Engine): string | undefined {
  let value: unknown = resource;
  let plan = planOf(resource, engine);
  let expression = String(resource.resourceType);
  let type: string | undefined;
  for (const step of path) {
    if (typeof step === 'number') {
      expression += `[${step}]`;
      value = Array.isArray(value) ? value[step] : undefined;
    } else {
      const property = plan?.properties.get(step);
      if (property === undefined || !isObject(value)) return undefined;
      value = value[step];
      expression += `.${property.element}`;
      type = property.typeName;
      plan = property.sibling
        ? engine.elementPlan()
        : property.primitive === undefined && property.resource === 'none'
          ? property.plan()
          : undefined;
    }
    if (isObject(value) && typeof value.resourceType === 'string') plan = planOf(value, engine);
  }
  return type !== undefined && INTEGERS.has(type) ? expression : undefined;
}

function planOf(resource: Json, engine: Engine): Plan | undefined {
  const type = resource.resourceType;
  return typeof type === 'string' && engine.isResourceType(type) ? engine.plan(type) : undefined;
}
