/**
 * What two conditional interactions with the same criteria have in common, for `Store.transact`. Criteria that name an
 * identifier or id lock each of its values, so that further criteria beside it do not let two requests pass each other.
 */

/** `pairs` are search criteria; the keys come sorted, without repetition. */
export function lockKeys(type: string, pairs: readonly (readonly [string, string])[]): string[] {
  const identities = pairs.filter(([name]) => name === 'identifier' || name === '_id');
  if (identities.length === 0) {
    const all = pairs.map(([name, value]) => `${name}=${value}`).sort();
    return [`${type}?${all.join('&')}`];
  }
  // By the value alone: `urn:x|1` and `1` may mean one resource.
  const bare = (one: string) => (one.endsWith('|') ? one : one.slice(one.lastIndexOf('|') + 1));
  const keys = identities.flatMap(([name, value]) => value.split(',').map((one) => `${type}?${name}=${bare(one)}`));
  return [...new Set(keys)].sort();
}
