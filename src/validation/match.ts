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

/** Everything in the pattern is in the value; each item of a pattern's array matches some item. */
export function hasPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every((part) => value.some((item) => hasPattern(item, part)));
  }
  if (!isObject(pattern)) return value === pattern;
  if (!isObject(value)) return false;
  for (const key in pattern) if (!hasPattern(value[key], pattern[key])) return false;
  return true;
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
      return { kind: 'pattern', value: constant, holds: (value) => hasPattern(value, constant) };
    }
  }
  return undefined;
}
