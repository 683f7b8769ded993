/** Search over several types at once. https://hl7.org/fhir/R4/http.html#search */
import { FhirError } from '../r4/errors.js';
import { nearMiss } from '../r4/near-miss.js';
import type { Pair } from '../search/parse.js';
import type { Context, Interaction } from './interaction.js';
import { runSearch } from './run-search.js';

export const searchSystem: Interaction = {
  code: 'search-system',
  level: 'system',
  method: 'GET',
  path: '/',
  takesBody: false,
  run: (request, context) => runSearch({ address: '', types: (pairs) => typesOf(pairs, context) }, request, context),
};

export const searchSystemByPost: Interaction = { ...searchSystem, method: 'POST', path: '/_search' };

/** The types that `_type` names, in its order; all that are served without it. */
function typesOf(pairs: readonly Pair[], { services, lenient }: Context): readonly string[] {
  const all = [...services.types].sort();
  const lists = pairs.filter(([name]) => name === '_type').map(([, value]) => value.split(','));
  const [first, ...others] = lists;
  if (first === undefined) return all;
  for (const type of lists.flat()) {
    if (services.types.has(type) || lenient) continue;
    throw new FhirError('unknown-type-parameter', { type: type.slice(0, 64), near: nearMiss(type, services.types) });
  }
  // Repeated, each must hold.
  const named = first.filter((type) => services.types.has(type) && others.every((list) => list.includes(type)));
  return [...new Set(named)];
}
