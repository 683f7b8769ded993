/** fixed[x] and pattern[x]. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
import type { ElementDefinition } from '../r4/definitions/index.js';
import { isObject } from './explain.js';

export function isEqual(value: unknown, fixed: unknown): boolean {
  if (value === fixed) return true;
  if (Array.isArray(fixed)) {
    return Array.isArray(value) && value.length === fixed.length && fixed.every((item, i) => isEqual(value[i], item));
  }
  if (!isObject(fixed) || !isObject(value)) return false;
  const keys = Object.keys(fixed);
  return keys.length === Object.keys(value).length && keys.every((key) => isEqual(value[key], fixed[key]));
}

/** Everything in the pattern is in the value; each item of a pattern's array matches some item. Taken apart once. */
export function patternTest(pattern: unknown): (value: unknown) => boolean {
  if (Array.isArray(pattern)) {
    const parts = pattern.map(patternTest);
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return (value) => hasSome(value, only);
    return (value) => parts.every((part) => hasSome(value, part));
  }
  if (!isObject(pattern)) return (value) => value === pattern;
  const names = Object.keys(pattern);
  const tests = names.map((name) => patternTest(pattern[name]));
  return (value) => {
    if (!isObject(value)) return false;
    for (let i = 0; i < names.length; i++) {
      if (!(tests[i] as (value: unknown) => boolean)(value[names[i] as string])) return false;
    }
    return true;
  };
}

function hasSome(value: unknown, test: (value: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (test(value[i])) return true;
  return false;
}

export interface Constant {
  kind: 'fixed' | 'pattern';
  value: unknown;
  holds: (value: unknown) => boolean;
}

/** The fixed or pattern value of an element, if it has one. */
export function constantOf(element: ElementDefinition): Constant | undefined {
  for (const key in element) {
    const constant = element[key];
    if (/^fixed[A-Z]/.test(key)) return { kind: 'fixed', value: constant, holds: (value) => isEqual(value, constant) };
    if (/^pattern[A-Z]/.test(key)) {
      return { kind: 'pattern', value: constant, holds: patternTest(constant) };
    }
  }
  return undefined;
}
