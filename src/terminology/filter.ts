/** The filters of a ValueSet that a hierarchy alone can answer. https://hl7.org/fhir/R4/valueset-filter-operator.html */
import type { CodeHierarchy } from '../r4/definitions/index.js';
import type { Filter } from './value-set.js';

/** The codes that a filter keeps; `undefined` for one that is not known here, or names a code that is not there. */
export function filtered(hierarchy: CodeHierarchy, { property, op, value }: Filter): Set<string> | undefined {
  if (value === undefined || (property !== 'concept' && property !== 'code')) return undefined;
  if (op === '=') return hierarchy.has(value) ? new Set([value]) : undefined;
  if (op !== 'is-a' && op !== 'descendent-of') return undefined;
  const below = hierarchy.below(value);
  if (below === undefined) return undefined;
  const codes = new Set(below);
  if (op === 'descendent-of') codes.delete(value);
  return codes;
}
