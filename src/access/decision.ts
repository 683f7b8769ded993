/**
 * Does a version fit what a caller may see? Told from its text and from what is known, without a search, where that can be.
 */
import { ownKey, WITHIN } from '../search/keys.js';
import { type Ask, matchesAll } from '../search/matches.js';
import type { Filter } from '../search/query.js';
import type { StoredVersion } from '../store/store.js';
import type { Rules } from './rules.js';

/** No address is below it. */
const NOWHERE = 'urn:passerelle:nowhere';
/** A set that is not known now. */
const UNKNOWN = Symbol('unknown');
/** The indexes that conditions look at, as a text and as a list; `more` where they ask for more than single values. */
const looked = new WeakMap<readonly Filter[], Looked | 'more'>();

interface Looked {
  name: string;
  keys: readonly string[];
}

/** `undefined` where only the store can say. */
export function decided(version: StoredVersion, extent: readonly Filter[], rules: Rules): boolean | undefined {
  const { type, id, lastUpdated, text } = version;
  const { registry, known } = rules;
  let indexes = looked.get(extent);
  if (indexes === undefined) {
    const all = [...new Set(extent.flatMap(keysIn))].sort();
    const keys = all.map(ownKey);
    const isPlain = all.every((key) => !key.includes(WITHIN) && registry.hasIndex(type, ownKey(key)));
    indexes = isPlain ? { name: keys.join(), keys } : 'more';
    looked.set(extent, indexes);
  }
  if (indexes === 'more' || known === undefined) return undefined;
  const { name, keys } = indexes;
  const values = known.valuesOf(`${type}/${id}/${version.version} ${name}`, () =>
    registry.extractOnly(type, JSON.parse(text), NOWHERE, keys),
  );
  // Whether an absolute address leads here was found out when it was written, and stands in the index.
  if (values.references.some(({ target }) => target.includes(':'))) return undefined;
  const ask: Ask = (filter, candidate) => {
    const ids =
      filter.kind === 'chain'
        ? known.get(filter, filter.type, filter.where)
        : known.get(filter, candidate.type, [filter]);
    if (ids === undefined) throw UNKNOWN;
    if (filter.kind === 'has') return ids.has(candidate.id);
    const start = `${filter.type}/`;
    return candidate.values.references.some(
      ({ key, target }) => key === filter.key && target.startsWith(start) && ids.has(target.slice(start.length)),
    );
  };
  try {
    return matchesAll(extent, { type, id, lastUpdated, values }, ask);
  } catch (error) {
    if (error === UNKNOWN) return undefined;
    throw error;
  }
}

/** Of the resource itself; words have no single key. */
function keysIn(filter: Filter): string[] {
  switch (filter.kind) {
    case 'id':
    case 'lastUpdated':
    case 'has':
      return [];
    case 'words':
      return [WITHIN];
    case 'all':
    case 'any':
      return filter.of.flatMap(keysIn);
    case 'not':
      return keysIn(filter.of);
    default:
      return [filter.key];
  }
}
