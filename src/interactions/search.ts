/** Search on one type, by GET or by form. https://hl7.org/fhir/R4/http.html#search */
import { FhirError } from '../r4/errors.js';
import { outcomeOfErrors } from '../r4/outcome.js';
import { parseSearch } from '../search/parse.js';
import { BadCursor } from '../store/store.js';
import { type Link, queryString, searchBundle } from './bundle.js';
import type { Context, Interaction, InteractionRequest, Result } from './interaction.js';

export const searchType: Interaction = {
  code: 'search-type',
  level: 'type',
  method: 'GET',
  path: '/:type',
  takesBody: false,
  run: search,
};

/** The same search with its parameters in a form (and in the URL too, if the client likes). */
export const searchByPost: Interaction = { ...searchType, method: 'POST', path: '/:type/_search' };

async function search(request: InteractionRequest, context: Context): Promise<Result> {
  const { services, baseUrl, lenient, language } = context;
  const { type } = request;
  const cursor = request.parameters.find(([name]) => name === '_cursor')?.[1];
  const pairs = request.parameters.filter(([name]) => name !== '_cursor').map(([n, v]) => [n, v] as [string, string]);
  const { query, used, ignored } = parseSearch(type, pairs, {
    registry: services.registry,
    lenient,
    baseUrl,
    timeZone: services.timeZone,
    defaultCount: services.defaultCount,
    maxCount: services.maxCount,
  });
  try {
    const page = await services.store.search(cursor === undefined ? query : { ...query, cursor });
    const path = `${baseUrl}/${type}`;
    const links: Link[] = [
      { relation: 'self', url: path + queryString(cursor === undefined ? used : [...used, ['_cursor', cursor]]) },
    ];
    if (page.next !== undefined)
      links.push({ relation: 'next', url: path + queryString([...used, ['_cursor', page.next]]) });
    const outcome = ignored.length === 0 ? undefined : JSON.stringify(outcomeOfErrors(ignored, 'warning', language));
    return { status: 200, text: searchBundle(baseUrl, links, page.total, page.items, outcome) };
  } catch (error) {
    if (error instanceof BadCursor) throw new FhirError('bad-cursor');
    throw error;
  }
}
