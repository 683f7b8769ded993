/**
 * A store as one reader sees it: documents that are masked from him are not there, nor are their contents. The seam for
 * who knows the part that somebody plays: `storeSeenBy(store, 'patient')` in the services of his requests.
 */
import type { Query } from '../search/query.js';
import type { Store, StoredVersion } from '../store/store.js';
import { isFiled } from './filed.js';
import type { Json } from './profiles.js';
import { maySee, type Reader, visibleTo } from './visibility.js';

/** Reads and searches are masked; writes are not, since who may write is another question. */
export function storeSeenBy(store: Store, reader: Reader): Store {
  const more = visibleTo(reader);
  if (more.length === 0) return store;
  const masked = (query: Query): Query => ({
    ...query,
    filters: query.type === 'DocumentReference' ? [...query.filters, ...more] : query.filters,
    ...(query.also !== undefined && {
      also: query.also.map((one) =>
        one.type === 'DocumentReference' ? { ...one, filters: [...one.filters, ...more] } : one,
      ),
    }),
  });
  const isSeen = async (version: StoredVersion): Promise<boolean> => {
    const { type, id, deleted } = version;
    if (deleted || (type !== 'DocumentReference' && type !== 'Binary')) return true;
    if (type === 'DocumentReference') {
      // A past version is masked as the document is now.
      const now = await store.read(type, id);
      return [version, now].every((one) => !one || one.deleted || maySee(JSON.parse(one.text) as Json, reader));
    }
    if (!isFiled(JSON.parse(version.text) as Json)) return true;
    const value = `Binary/${id}`;
    const location: Query = {
      type: 'DocumentReference',
      filters: [{ kind: 'uri', key: 'DocumentReference.location', anyOf: [{ mode: 'exact', value }] }],
      sort: [],
      count: 1,
    };
    return (await store.search(masked(location))).items.length > 0;
  };
  const seen = async (version: StoredVersion | undefined) =>
    version !== undefined && (await isSeen(version)) ? version : undefined;
  const allSeen = async (items: readonly StoredVersion[]) => {
    const found: StoredVersion[] = [];
    for (const item of items) if (await isSeen(item)) found.push(item);
    return found;
  };
  return {
    state: store.state,
    contents: store.contents,
    trail: store.trail,
    jobs: store.jobs,
    name: store.name,
    maxTextBytes: store.maxTextBytes,
    read: async (type, id) => seen(await store.read(type, id)),
    readVersion: async (type, id, version) => seen(await store.readVersion(type, id, version)),
    search: async (query) => {
      const page = await store.search(masked(query));
      return { ...page, items: query.type === 'Binary' ? await allSeen(page.items) : page.items };
    },
    explain: (query) => store.explain(masked(query)),
    history: async (query) => {
      const { total: _, ...page } = await store.history(query);
      return { ...page, items: await allSeen(page.items) };
    },
    put: (put) => store.put(put),
    transact: (locks, work) => store.transact(locks, work),
    reindex: (items) => store.reindex(items),
    ready: () => store.ready(),
    close: () => store.close(),
  };
}
