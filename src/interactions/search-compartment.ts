/** Search in a compartment: `Patient/123/Encounter`, `Patient/123/*`. https://hl7.org/fhir/R4/http.html#vsearch */
import { COMPARTMENTS, compartmentParameters } from '../r4/compartments.js';
import { FhirError } from '../r4/errors.js';
import { several } from '../search/conditions.js';
import type { Filter } from '../search/query.js';
import { checkId } from './incoming.js';
import type { Context, Interaction, InteractionRequest } from './interaction.js';
import { runSearch } from './run-search.js';

export const searchCompartment: Interaction = {
  code: 'search-compartment',
  level: 'instance',
  method: 'GET',
  path: '/:type/:id/:member',
  takesBody: false,
  async run(request, context) {
    const { type, id, member = '' } = request;
    const { services } = context;
    const base = `${type}/${id}`;
    if (!COMPARTMENTS.includes(type) || (member !== '*' && !services.types.has(member))) {
      throw new FhirError('no-compartment', { type, member: member.slice(0, 64), valid: COMPARTMENTS.join(', ') });
    }
    checkId(id);
    const members = member === '*' ? [...services.types].sort() : [member];
    const filters = new Map<string, Filter>();
    for (const one of members) {
      const filter = memberFilter(request, one, context);
      if (filter !== undefined) filters.set(one, filter);
    }
    if (filters.size === 0) {
      throw new FhirError('not-in-compartment', { type, member });
    }
    return await runSearch(
      { address: `${base}/${member}`, types: () => [...filters.keys()], within: filters },
      request,
      context,
    );
  },
};

export const searchCompartmentByPost: Interaction = {
  ...searchCompartment,
  method: 'POST',
  path: '/:type/:id/:member/_search',
};

/** What makes a resource of a type a member; `undefined` when none of that type is. */
function memberFilter({ type, id }: InteractionRequest, member: string, context: Context): Filter | undefined {
  const filters: Filter[] = member === type ? [{ kind: 'id', anyOf: [id] }] : [];
  for (const code of compartmentParameters(type, member) ?? []) {
    for (const { key, kind, targets } of context.services.registry.parameter(member, code)) {
      const points =
        typeof kind === 'object' && kind.kind === 'reference' && (targets.length === 0 || targets.includes(type));
      if (points) filters.push({ kind: 'reference', key, anyOf: [`${type}/${id}`] });
    }
  }
  return filters.length === 0 ? undefined : several(filters, 'any');
}
