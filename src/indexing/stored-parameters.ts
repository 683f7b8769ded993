/** The SearchParameters that clients stored. https://hl7.org/fhir/R4/searchparameter.html */
import { parameterOf, type SearchParameter } from '../r4/definitions/index.js';
import type { Store } from '../store/store.js';

/** More than these are not served: each costs every write of its types. */
export const MAX_STORED = 1000;
const PAGE = 200;

/** Those in use, ordered by their URL. */
export async function storedParameters(store: Store): Promise<SearchParameter[]> {
  const found: SearchParameter[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search({
      type: 'SearchParameter',
      filters: [],
      sort: [{ by: '_id', descending: false }],
      count: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { text } of page.items) {
      const parameter = parameterOf(JSON.parse(text));
      if (parameter !== undefined) found.push(parameter);
    }
    cursor = page.next;
  } while (cursor !== undefined && found.length < MAX_STORED);
  return found.slice(0, MAX_STORED).sort((a, b) => (a.url < b.url ? -1 : a.url > b.url ? 1 : 0));
}
