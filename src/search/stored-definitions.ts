/** ValueSets and CodeSystems that clients stored, by their canonical URL. https://hl7.org/fhir/R4/references.html#canonical */
import type { TerminologySource } from '../terminology/index.js';
import { indexed } from './long-values.js';
import type { Filter } from './query.js';

/** The part of a store that this needs. */
interface Searched {
  search(query: { type: string; filters: Filter[]; sort: []; count: number }): Promise<{ items: { text: string }[] }>;
}

export function storedDefinitions(store: Searched): TerminologySource {
  return {
    async find(type, url, version) {
      const filters: Filter[] = [{ kind: 'uri', key: `${type}.url`, anyOf: [{ mode: 'exact', value: indexed(url) }] }];
      if (version !== undefined) {
        filters.push({ kind: 'token', key: `${type}.version`, anyOf: [{ code: indexed(version) }] });
      }
      // Newest first: the last one stored counts.
      const { items } = await store.search({ type, filters, sort: [], count: 1 });
      return items[0] === undefined ? undefined : (JSON.parse(items[0].text) as object);
    },
  };
}
