/** Pages of a search: which one is asked for, and the links to the others. https://hl7.org/fhir/R4/http.html#paging */
import { FhirError } from '../r4/errors.js';
import { newKey, open, type PageToken, savedName, seal } from '../search/page-token.js';
import type { Pair } from '../search/parse.js';
import { type SearchPage, StoreFull, StoreUnavailable } from '../store/store.js';
import { type Link, queryString } from './bundle.js';
import type { Context, Services } from './interaction.js';

/** Clients and proxies cut longer URLs. */
const MAX_LINK = 2000;
/** Characters of a link that are left for the cursors of earlier pages, at least. */
const MIN_BEFORE = 1000;
/** A long search is kept for so many milliseconds after its last page. */
const KEEP = 24 * 3_600_000;

/** A page that is asked for: its token with the search as it is. A first page that nobody came back to has no `moment`. */
export interface PageRequest extends Omit<PageToken, 'search'> {
  pairs: readonly Pair[];
}

/** The way back. */
type Earlier = Pick<PageToken, 'before' | 'older'>;

/** By the contents, which a tenant's stores share whoever sees them. */
const keys = new WeakMap<Services['store']['contents'], Promise<string>>();

/** The tenant's own key: every process on one database has the same, another tenant has another. */
function keyOf({ store }: Services): Promise<string> {
  let key = keys.get(store.contents);
  if (key === undefined) {
    key = store.state.setIfAbsent('cursor-key', newKey());
    // One that could not be had is asked for again.
    key.catch(() => keys.delete(store.contents));
    keys.set(store.contents, key);
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
  // The way back is replaced as a whole: one that was read from the store may have nothing before it.
  const { search, before: _before, older: _older, ...page } = opened;
  const pairs = typeof search === 'string' ? await savedSearch(search, services) : search;
  return { ...page, pairs, ...(await earlier(opened, services)) };
}

async function savedSearch(name: string, { store }: Services): Promise<Pair[]> {
  const text = await store.state.get(name);
  if (text === undefined) throw new FhirError('stale-cursor');
  return JSON.parse(text) as Pair[];
}

/** At least one of the pages before, where there is one that is still kept. */
async function earlier({ before, older }: Earlier, { store }: Services): Promise<Earlier> {
  if (older === undefined) return { before };
  if (before.length > 0) return { before, older };
  const text = await store.state.get(older);
  return text === undefined ? { before } : (JSON.parse(text) as Earlier);
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
  const link = (search: PageToken['search'], place: string, earlier: Earlier) => {
    const token = {
      search,
      ...earlier,
      ...(place === '' ? {} : { place }),
      ...(moment === undefined ? {} : { moment }),
    };
    return `${url}?_cursor=${seal(key, address, token)}`;
  };
  // The longest of the links holds the search, a place and the places before it.
  const isLong = link(used, page.place ?? next ?? '', NONE).length > MAX_LINK - MIN_BEFORE;
  const search = isLong ? await saved(JSON.stringify(used), key, context.services) : used;
  const first = link(search, '', NONE);
  const isNew = isFirst && page.moment === undefined;
  const own = { before: page.before, ...(page.older === undefined ? {} : { older: page.older }) };
  const self = isNew && plain.length < MAX_LINK ? plain : link(search, page.place ?? '', own);
  const links: Link[] = [{ relation: 'self', url: self }];
  if (isOnly) return links;
  links.push({ relation: 'first', url: first });
  const [previous, ...before] = own.before;
  if (previous !== undefined) links.push({ relation: 'previous', url: link(search, previous, { ...own, before }) });
  if (next !== undefined) {
    const all = { ...own, before: [page.place ?? '', ...own.before] };
    const room = MAX_LINK - link(search, next, { before: [], older: NAME }).length;
    links.push({ relation: 'next', url: link(search, next, await fitting(all, room, key, context.services)) });
  }
  return links;
}

const NONE: Earlier = { before: [] };
/** As long as the names of what is kept. */
const NAME = savedName('', '');

/**
 * Cursors that go into so many characters of a link, where three stand for four. What does not fit is kept for the day;
 * a store that takes no writes now answers the page all the same, and the series goes back less far.
 */
async function fitting(all: Earlier, room: number, key: string, services: Services): Promise<Earlier> {
  const most = room * 0.7;
  const lengthOf = (places: readonly string[]) => places.reduce((sum, place) => sum + place.length + 3, 0);
  if (lengthOf(all.before) <= most) return all;
  const nearest = all.before.slice(0, 1);
  const here = lengthOf(nearest) <= most ? nearest : [];
  try {
    const rest = { ...all, before: all.before.slice(here.length) };
    return { before: here, older: await saved(JSON.stringify(rest), key, services) };
  } catch (error) {
    if (!(error instanceof StoreFull || error instanceof StoreUnavailable)) throw error;
    return { before: here };
  }
}

async function saved(text: string, key: string, { store }: Services): Promise<string> {
  const name = savedName(key, text);
  await store.state.set(name, text, Date.now() + KEEP);
  return name;
}
