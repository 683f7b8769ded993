/** Pages of a search: which one is asked for, and the links to the others. https://hl7.org/fhir/R4/http.html#paging */
import { FhirError } from '../r4/errors.js';
import { newKey, open, type PageToken, savedName, seal } from '../search/page-token.js';
import type { Pair } from '../search/parse.js';
import { type Link, queryString } from './bundle.js';
import type { Context, Services } from './interaction.js';

/** Clients and proxies cut longer URLs. */
const MAX_LINK = 2000;
/** Characters of the cursors of earlier pages that a link carries. */
const MAX_BEFORE = 1000;
/** A long search is kept for so many milliseconds after its last page. */
const KEEP = 24 * 3_600_000;

export interface PageRequest {
  pairs: readonly Pair[];
  /** The store's cursor; absent on the first page. */
  place?: string;
  /** Cursors of earlier pages, nearest first; the first page's is ''. */
  before: readonly string[];
}

const keys = new WeakMap<Services['store'], Promise<string>>();

/** The tenant's own key: every process on one database has the same, another tenant has another. */
function keyOf({ store }: Services): Promise<string> {
  let key = keys.get(store);
  if (key === undefined) {
    key = store.state.setIfAbsent('cursor-key', newKey());
    // One that could not be had is asked for again.
    key.catch(() => keys.delete(store));
    keys.set(store, key);
  }
  return key;
}

/** Throws `bad-cursor`, `stale-cursor`, `cursor-alone`. */
export async function requestedPage(
  address: string,
  parameters: readonly Pair[],
  { services }: Context,
): Promise<PageRequest> {
  const token = parameters.find(([name]) => name === '_cursor')?.[1];
  if (token === undefined) return { pairs: parameters, before: [] };
  const other = parameters.find(([name]) => name !== '_cursor') ?? parameters[1];
  if (other !== undefined) throw new FhirError('cursor-alone', { name: other[0].slice(0, 64) });
  const opened = open(await keyOf(services), address, token);
  if (opened === undefined) throw new FhirError('bad-cursor');
  const { search, place, before } = opened;
  const pairs = typeof search === 'string' ? await savedSearch(search, services) : search;
  return { pairs, before, ...(place === undefined ? {} : { place }) };
}

async function savedSearch(name: string, { store }: Services): Promise<Pair[]> {
  const text = await store.state.get(name);
  if (text === undefined) throw new FhirError('stale-cursor');
  return JSON.parse(text) as Pair[];
}

/** `self`, and `first`, `previous`, `next` where there is another page. `used` are the pairs as they were used. */
export async function pageLinks(
  address: string,
  used: readonly Pair[],
  page: PageRequest,
  next: string | undefined,
  context: Context,
): Promise<Link[]> {
  const url = `${context.baseUrl}${address === '' ? '' : `/${address}`}`;
  const plain = url + queryString(used);
  const isOnly = page.place === undefined && next === undefined;
  if (isOnly && plain.length < MAX_LINK) return [{ relation: 'self', url: plain }];
  const key = await keyOf(context.services);
  const link = (token: PageToken) => `${url}?_cursor=${seal(key, address, token)}`;
  // The longest of the links holds the search, a place and the places before it.
  const isLong = link({ search: used, place: page.place ?? next ?? '', before: [] }).length > MAX_LINK - MAX_BEFORE;
  const search = isLong ? await saved(used, key, context.services) : used;
  const first = plain.length < MAX_LINK ? plain : link({ search, before: [] });
  const here = page.place ?? '';
  const self = page.place === undefined ? first : link({ search, place: page.place, before: page.before });
  const links: Link[] = [{ relation: 'self', url: self }];
  if (isOnly) return links;
  links.push({ relation: 'first', url: first });
  const [previous, ...earlier] = page.before;
  if (previous === '') links.push({ relation: 'previous', url: first });
  else if (previous !== undefined) {
    links.push({ relation: 'previous', url: link({ search, place: previous, before: earlier }) });
  }
  if (next !== undefined) {
    links.push({ relation: 'next', url: link({ search, place: next, before: fitting([here, ...page.before]) }) });
  }
  return links;
}

/** As many of the nearest as a link has room for. */
function fitting(places: readonly string[]): string[] {
  let room = MAX_BEFORE * 0.7;
  return places.filter((place) => {
    room -= place.length + 3;
    return room >= 0;
  });
}

async function saved(pairs: readonly Pair[], key: string, { store }: Services): Promise<string> {
  const name = savedName(key, pairs);
  await store.state.set(name, JSON.stringify(pairs), Date.now() + KEEP);
  return name;
}
