/** All stored resources of a type, page by page. */
import type { Store, StoredVersion } from '../store/store.js';

const PAGE = 200;

export async function* everyStored(store: Store, type: string): AsyncGenerator<StoredVersion> {
  let cursor: string | undefined;
  do {
    const page = await store.search({
      type,
      filters: [],
      sort: [{ by: '_id', descending: false }],
      count: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}
