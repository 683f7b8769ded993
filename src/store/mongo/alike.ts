/** What has one of the tokens that a create names (`Put.alike`): an exact key each, and many creates in one question. */
import { type AlikeToken, MAX_ALIKE, type StoredVersion } from '../store.js';
import { type Collections, type ResourceDocument, VERSION_FIELDS, versionOf } from './documents.js';
import { tokenKey } from './keys.js';

/** In the order of the questions; of one that many have, as many are found as all may have together. */
export async function alike(
  { resources }: Collections,
  questions: readonly (readonly AlikeToken[])[],
): Promise<StoredVersion[][]> {
  const keys = questions.map((tokens) => tokens.map(({ key, code, system }) => tokenKey(key, code, system)));
  const wanted = [...new Set(keys.flat())];
  const found = await resources
    .find({ k: { $in: wanted }, deleted: false }, { projection: { ...VERSION_FIELDS, k: 1 } })
    .limit(MAX_ALIKE * wanted.length)
    .toArray();
  const byKey = new Map<string, StoredVersion[]>(wanted.map((key) => [key, []]));
  for (const document of found as unknown as ResourceDocument[]) {
    for (const key of document.k) byKey.get(key)?.push(versionOf(document));
  }
  return keys.map((mine) => {
    const versions = mine.flatMap((key) => (byKey.get(key) ?? []).slice(0, MAX_ALIKE));
    return [...new Map(versions.map((version) => [version.id, version])).values()];
  });
}
