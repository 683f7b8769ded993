/** What has one of the tokens that a create names: an exact key each, and many creates in one question. */
import type { ClientSession } from 'mongodb';
import type { AlikeToken, StoredVersion } from '../store.js';
import { type Collections, type ResourceDocument, VERSION_FIELDS, versionOf } from './documents.js';
import { tokenKey } from './keys.js';

const FIELDS = { ...VERSION_FIELDS, k: 1 } as const;
type Found = Pick<ResourceDocument, '_id' | 'k' | keyof typeof VERSION_FIELDS>;

/** For each of the lists; of each token `most` at most, the newest first. */
export async function alike(
  { resources }: Collections,
  lists: readonly (readonly AlikeToken[])[],
  most: number,
  session?: ClientSession,
): Promise<StoredVersion[][]> {
  const keys = lists.map((tokens) => tokens.map(({ key, code, system }) => tokenKey(key, code, system)));
  const wanted = [...new Set(keys.flat())];
  const options = session === undefined ? {} : { session };
  const limit = most * wanted.length;
  let found: Found[] = await resources
    .find({ k: { $in: wanted }, deleted: false }, { ...options, projection: FIELDS })
    .limit(limit + 1)
    .toArray();
  if (found.length > limit) {
    // Some key has more than its share, and would leave none to the others: each is asked for by itself.
    const newestOf = (k: string) =>
      resources
        .find({ k, deleted: false }, { ...options, projection: FIELDS })
        .sort({ n: -1 })
        .limit(most)
        .toArray();
    found = [];
    // A session takes one question at a time.
    if (session === undefined) found = (await Promise.all(wanted.map(newestOf))).flat();
    else for (const key of wanted) found.push(...(await newestOf(key)));
  }
  // One that has several of the keys comes with each.
  const distinct = [...new Map(found.map((document) => [document._id, document])).values()];
  distinct.sort((a, b) => (a.n < b.n ? 1 : -1));
  const byKey = new Map<string, StoredVersion[]>(wanted.map((key) => [key, []]));
  for (const document of distinct) {
    const version = versionOf(document);
    for (const key of document.k) byKey.get(key)?.push(version);
  }
  return keys.map((mine) => [
    ...new Map(
      mine.flatMap((key) => byKey.get(key)?.slice(0, most) ?? []).map((version) => [version.id, version]),
    ).values(),
  ]);
}
