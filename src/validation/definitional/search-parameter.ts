/** A SearchParameter against the one it is derived from. https://hl7.org/fhir/R4/searchparameter.html */
import type { Definitions } from '../../r4/definitions/index.js';
import { below, fail, type Json, shown } from '../explain.js';
import type { Check } from '../plan.js';

export function searchParameterCheck(definitions: Definitions): Check {
  return (value, at, run) => {
    const { derivedFrom, base, type } = value as Json;
    const origin =
      typeof derivedFrom === 'string' ? definitions.searchParameter(derivedFrom.split('|')[0] as string) : undefined;
    if (origin === undefined) return true;
    if (type !== origin.type) {
      return fail(run, below(at, 'type'), 'derived-type', { found: shown(type), wanted: origin.type });
    }
    const open = origin.base.some((name) => name === 'Resource' || name === 'DomainResource');
    const beyond =
      open || !Array.isArray(base) ? undefined : base.find((name) => !origin.base.includes(name as string));
    if (beyond === undefined) return true;
    return fail(run, below(at, 'base'), 'derived-base', { found: shown(beyond), allowed: origin.base.join(', ') });
  };
}
