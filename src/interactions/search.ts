/** Search on one type, by GET or by form. https://hl7.org/fhir/R4/http.html#search */
import type { Interaction } from './interaction.js';
import { runSearch } from './run-search.js';

export const searchType: Interaction = {
  code: 'search-type',
  level: 'type',
  method: 'GET',
  path: '/:type',
  takesBody: false,
  run: (request, context) => runSearch({ address: request.type, types: () => [request.type] }, request, context),
};

/** The same search with its parameters in a form (and in the URL too, if the client likes). */
export const searchByPost: Interaction = { ...searchType, method: 'POST', path: '/:type/_search' };
