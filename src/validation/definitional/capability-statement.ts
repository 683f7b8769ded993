/** A CapabilityStatement against the search parameters that it names. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { Definitions } from '../../r4/definitions/index.js';
import { type At, below, fail, type Json, type Run, shown } from '../explain.js';
import type { Check } from '../plan.js';
import { list } from '../presence.js';

export function capabilityStatementCheck(definitions: Definitions): Check {
  const checkParameters = (parameters: unknown, above: At, run: Run): boolean => {
    let ok = true;
    list(parameters).forEach(({ definition, type }, i) => {
      if (typeof definition !== 'string' || (!ok && above === undefined)) return;
      const known = definitions.searchParameter(definition.split('|')[0] as string);
      if (known === undefined || known.type === type) return;
      const place = below(above, 'searchParam', i);
      ok = fail(run, below(place, 'type'), 'derived-type', { found: shown(type), wanted: known.type });
    });
    return ok;
  };
  return (value, root, run) => {
    let ok = true;
    list((value as Json).rest).forEach((rest, i) => {
      const place = below(root, 'rest', i);
      if (!checkParameters(rest.searchParam, place, run)) ok = false;
      list(rest.resource).forEach((resource, j) => {
        if (!checkParameters(resource.searchParam, below(place, 'resource', j), run)) ok = false;
      });
    });
    return ok;
  };
}
