/**
 * What was filed and comes again, as from a client that missed the answer: it gets that answer, and nothing is written. Only
 * what says exactly what was said then is the same, whatever was changed since. docs/adr/0022-documents-as-interactions.md
 */
import { parseCriteria } from '../interactions/criteria.js';
import type { Entry } from '../interactions/entries.js';
import { entryResponse, responseBundle } from '../interactions/entry-response.js';
import type { Context, Result } from '../interactions/interaction.js';
import type { StoredVersion } from '../store/store.js';
import { read, saysTheSame } from './filed.js';
import { knownAs } from './filing.js';
import { attachmentsOf } from './integrity.js';
import { isObject, itemsOf, type Json, textOf } from './profiles.js';

/** Thrown so that what was written of it is undone. */
export class FiledBefore extends Error {
  override name = 'FiledBefore';
  constructor(readonly result: Result) {
    super('filed before');
  }
}

/** Sets that list one document are looked at up to so many: there is one. */
const MOST = 20;

/** What a transaction of ITI-65 wrote. */
interface Written {
  entries: readonly Entry[];
  set: Entry | undefined;
  documents: readonly Entry[];
}

/** Throws FiledBefore, with the answer, where all that was just written is what was written before under other ids. */
export async function sentAgain(lot: Written, results: ReadonlyMap<Entry, Result>, context: Context): Promise<void> {
  const versions = new Map<Entry, StoredVersion>();
  const made = new Set<Entry>();
  for (const entry of lot.entries) {
    const { version, status } = results.get(entry) ?? {};
    if (version === undefined) return;
    versions.set(entry, version);
    if (entry.method === 'POST' && status === 201) made.add(entry);
    else if (entry.method !== 'POST' && (await changes(version, context))) return;
  }
  const pairs = await contentPairs(lot, versions, context);
  const setVersion = lot.set && versions.get(lot.set);
  const [firstKnown] = [...pairs.values()];
  if (setVersion === undefined || firstKnown === undefined) return;
  for (const set of await setsOf(firstKnown, context)) {
    const all = new Map([...pairs, ...listedPairs(setVersion.text, set.text)]).set(placeOf(setVersion), placeOf(set));
    const before = await asBefore(versions, made, all, context);
    if (before === undefined) continue;
    const answers = lot.entries.map((entry) => {
      const version = before.get(entry) as StoredVersion;
      const shown = context.returns === undefined && version.type !== 'Binary';
      const answering: Context = shown ? { ...context, returns: 'representation' } : context;
      const { located = false } = results.get(entry) ?? {};
      return entryResponse(entry, { status: 200, version, located }, answering);
    });
    throw new FiledBefore({ status: 200, text: responseBundle('transaction-response', answers) });
  }
}

const placeOf = ({ type, id }: { type: string; id: string }): string => `${type}/${id}`;

/** Is it another than the version before, but for its number? */
async function changes({ type, id, version, text }: StoredVersion, { services }: Context): Promise<boolean> {
  const before = await services.store.readVersion(type, id, version - 1);
  return before === undefined || before.deleted || !saysTheSame(read(before.text), read(text));
}

/** Places of documents and of their contents as they were written now, with those of before; none where one is new. */
async function contentPairs(
  { documents }: Written,
  versions: ReadonlyMap<Entry, StoredVersion>,
  context: Context,
): Promise<Map<string, string>> {
  const pairs = new Map<string, string>();
  for (const entry of documents) {
    const version = versions.get(entry) as StoredVersion;
    const resource = read(version.text);
    const [known] = await knownAs({ id: version.id, resource }, context);
    if (known === undefined) return new Map();
    pairs.set(placeOf(version), placeOf(known));
    const urls = attachmentsOf(read(known.text)).map(({ attachment }) => textOf(attachment.url));
    attachmentsOf(resource).forEach(({ attachment }, i) => {
      const [url, before] = [textOf(attachment.url), urls[i]];
      if (url !== undefined && before !== undefined) pairs.set(url, before);
    });
  }
  return pairs;
}

/** The Lists that have a document in them. */
async function setsOf(document: string, context: Context): Promise<StoredVersion[]> {
  const { query } = await parseCriteria('List', [['item', document]], context);
  return (await context.services.store.search({ ...query, count: MOST })).items;
}

/** What two Lists have at the same place. */
function listedPairs(now: string, before: string): [string, string][] {
  const [items, others] = [now, before].map((text) =>
    itemsOf(read(text).entry).map(({ item }) => (isObject(item) ? (textOf(item.reference) ?? '') : '')),
  ) as [string[], string[]];
  return items.map((item, i) => [item, others[i] ?? '']);
}

/** What is there for each entry, where each was first written as it is now; `undefined` where one was not. */
async function asBefore(
  versions: ReadonlyMap<Entry, StoredVersion>,
  made: ReadonlySet<Entry>,
  places: ReadonlyMap<string, string>,
  { services }: Context,
): Promise<Map<Entry, StoredVersion> | undefined> {
  const { store } = services;
  const found = new Map<Entry, StoredVersion>();
  for (const [entry, version] of versions) {
    // What was there is what it was.
    const isMade = made.has(entry);
    const place = isMade ? places.get(placeOf(version)) : placeOf(version);
    if (place === undefined) return undefined;
    const [type = '', id = ''] = place.split('/');
    const now = await store.read(type, id);
    if (now === undefined || now.deleted) return undefined;
    found.set(entry, now);
    if (!isMade) continue;
    const first = await store.readVersion(type, id, 1);
    if (first === undefined || !saysTheSame(renamed(read(version.text), places), read(first.text))) return undefined;
  }
  return found;
}

/** With the places of before for those of now. */
function renamed<T>(tree: T, places: ReadonlyMap<string, string>): T {
  if (typeof tree === 'string') return (places.get(tree) ?? tree) as T;
  if (Array.isArray(tree)) return tree.map((one) => renamed(one, places)) as T;
  if (!isObject(tree)) return tree;
  return Object.fromEntries(Object.entries(tree as Json).map(([name, one]) => [name, renamed(one, places)])) as T;
}
