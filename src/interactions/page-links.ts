/** Pages of a search: which one is asked for, and the links to the others. https://hl7.org/fhir/R4/http.html#paging */
import { FhirError } from '../r4/errors.js';
import { newKey, open, type PageToken, savedName, seal } from '../search/page-token.js';
import type { Pair } from '../search/parse.js';
import type { SearchPage } from '../store/store.js';
import { type Link, queryString } from './bundle.js';
import type { Context, Services } from './interaction.js';

/** Clients and proxies cut longer URLs. */
const MAX_LINK = 2000;
/** Characters of a link that are left for the cursors of earlier pages, at least. */
const MIN_BEFORE = 1000;
/** A long search is kept for so many milliseconds after its last page. */
const KEEP = 24 * 3_600_000;

export interface PageRequest {
  pairs: readonly Pair[];
  /** The store's cursor; absent on the first page. */
  place?: string;
  /** What the series shows; absent on a first page that nobody came back to. */
  moment?: string;
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
  const { search, place, moment, before } = opened;
  const pairs = typeof search === 'string' ? await savedSearch(search, services) : search;
  return {
    pairs,
    before,
    ...(place === undefined ? {} : { place }),
    ...(moment === undefined ? {} : { moment }),
  };
}

async function savedSearch(name: string, { store }: Services): Promise<Pair[]> {
  const text = await store.state.get(name);
  if (text === undefined) throw new FhirError('stale-cursor');
  return JSON.parse(text) as Pair[];
}

/**
 * `self`, and `first`, `previous`, `next` where there is another page; these are of the same series, whose moment `found`
 * tells. `used` are the pairs as they were used.
 */
export async function pageLinks(
  address: string,
  used: readonly Pair[],
  page: PageRequest,
  found: Pick<SearchPage, 'next' | 'moment'>,
  context: Context,
): Promise<Link[]> {
  const { next } = found;
  const url = `${context.baseUrl}${address === '' ? '' : `/${address}`}`;
  const plain = url + queryString(used);
  const isFirst = page.place === undefined;
  const isOnly = isFirst && next === undefined;
  if (isOnly && plain.length < MAX_LINK) return [{ relation: 'self', url: plain }];
  const key = await keyOf(context.services);
  const moment = page.moment ?? found.moment;
  const link = (search: PageToken['search'], place: string, before: readonly string[]) => {
    const token = {
      search,
      before,
      ...(place === '' ? {} : { place }),
      ...(moment === undefined ? {} : { moment }),
    };
    return `${url}?_cursor=${seal(key, address, token)}`;
  };
  // The longest of the links holds the search, a place and the places before it.
  const isLong = link(used, page.place ?? next ?? '', []).length > MAX_LINK - MIN_BEFORE;
  const search = isLong ? await saved(used, key, context.services) : used;
  const first = link(search, '', []);
  const isNew = isFirst && page.moment === undefined;
  const self = isNew && plain.length < MAX_LINK ? plain : link(search, page.place ?? '', page.before);
  const links: Link[] = [{ relation: 'self', url: self }];
  if (isOnly) return links;
  links.push({ relation: 'first', url: first });
  const [previous, ...earlier] = page.before;
  if (previous !== undefined) links.push({ relation: 'previous', url: link(search, previous, earlier) });
  if (next !== undefined) {
    const room = MAX_LINK - link(search, next, []).length;
    links.push({ relation: 'next', url: link(search, next, fitting([page.place ?? '', ...page.before], room)) });
  }
  return links;
}

/** As many of the nearest as go into so many characters of a link, where three stand for four. */
function fitting(places: readonly string[], room: number): string[] {
  let left = room * 0.7;
  return places.filter((place) => {
    left -= place.length + 3;
    return left >= 0;
  });
}

async function saved(pairs: readonly Pair[], key: string, { store }: Services): Promise<string> {
  const name = savedName(key, pairs);
  await store.state.set(name, JSON.stringify(pairs), Date.now() + KEEP);
  return name;
}
