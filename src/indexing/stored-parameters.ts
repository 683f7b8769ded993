/** The SearchParameters that clients stored. https://hl7.org/fhir/R4/searchparameter.html */
import { parameterOf, type SearchParameter } from '../r4/definitions/index.js';
import type { Store } from '../store/store.js';
import { everyStored } from './stored.js';

/** More than these are not served: each costs every write of its types. */
export const MAX_STORED = 1000;

/** Those in use, ordered by their URL. */
export async function storedParameters(store: Store): Promise<SearchParameter[]> {
  const found: SearchParameter[] = [];
  for await (const { text } of everyStored(store, 'SearchParameter')) {
    const parameter = parameterOf(JSON.parse(text));
    if (parameter !== undefined) found.push(parameter);
    if (found.length === MAX_STORED) break;
  }
  return found.sort((a, b) => (a.url < b.url ? -1 : a.url > b.url ? 1 : 0));
}
