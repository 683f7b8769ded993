/**
 * A search from its parameters to a Bundle: the page, what is included with it, the links to other pages.
 * https://hl7.org/fhir/R4/search.html
 */
import { FhirError } from '../r4/errors.js';
import { outcomeOfErrors } from '../r4/outcome.js';
import { subset, tagged } from '../r4/subset.js';
import { chosenOf, dataOf, elementNames, summaryOf, textOf } from '../r4/summary.js';
import { type Pair, type ParsedSearch, parseTypes } from '../search/parse.js';
import type { Filter } from '../search/query.js';
import { termsOf } from '../search/terms.js';
import { BadCursor, type SearchPage, StaleCursor, type StoredVersion } from '../store/store.js';
import { searchBundle } from './bundle.js';
import { included } from './include.js';
import type { Context, InteractionRequest, Result } from './interaction.js';
import { type PageRequest, pageLinks, requestedPage } from './page-links.js';
import { planOutcome } from './search-plan.js';

/** Where a search is asked and what it is about. */
export interface Scope {
  /** Below the base: `Patient`, `Patient/1/Encounter`, '' for the base itself. */
  address: string;
  /** The types searched, by the pairs of the search. */
  types: (pairs: readonly Pair[]) => readonly string[];
  /** What each type must fit beside the parameters. */
  within?: ReadonlyMap<string, Filter>;
}

export async function runSearch(scope: Scope, request: InteractionRequest, context: Context): Promise<Result> {
  const { services, language } = context;
  const page = await requestedPage(scope.address, request.parameters, context);
  const types = scope.types(page.pairs);
  const parsed = await parsedSearch(scope, types, page.pairs, context);
  const { query, ignored, explain } = parsed;
  try {
    const found = await searchPage(types, parsed, page, context);
    const { items, complete } = await included(found.items, parsed.inclusions, context);
    const links = await pageLinks(scope.address, parsed.used, page, found, context);
    const warnings = [...ignored];
    if (!complete) warnings.push(new FhirError('include-bound', { max: services.maxInclude }));
    const outcomes: string[] = [];
    if (warnings.length > 0) outcomes.push(JSON.stringify(outcomeOfErrors(warnings, 'warning', language)));
    if (explain) outcomes.push(JSON.stringify(planOutcome(await services.store.explain(query))));
    const shape = shaper(parsed, types, context);
    return {
      status: 200,
      text: searchBundle(context.baseUrl, links, found.total, found.items.map(shape), items.map(shape), outcomes),
    };
  } catch (error) {
    if (error instanceof BadCursor) throw new FhirError('bad-cursor');
    if (error instanceof StaleCursor) throw new FhirError('stale-cursor');
    throw error;
  }
}

async function parsedSearch(
  { address, within }: Scope,
  types: readonly string[],
  pairs: readonly Pair[],
  context: Context,
): Promise<ParsedSearch> {
  const { services, baseUrl, lenient } = context;
  // Consumed where the types are found.
  const asked = address === '' ? pairs.filter(([name]) => name !== '_type') : pairs;
  const parsed = parseTypes(types, asked, {
    registry: services.registry,
    lenient,
    baseUrl,
    timeZone: services.timeZone,
    defaultCount: services.defaultCount,
    maxCount: services.maxCount,
    terms: await termsOf(asked, services.terminology),
  });
  parsed.used.unshift(...pairs.filter((pair) => !asked.includes(pair)));
  for (const branch of [parsed.query, ...(parsed.query.also ?? [])]) {
    const filter = within?.get(branch.type);
    if (filter !== undefined) branch.filters.push(filter);
  }
  checkElements(parsed, types, context);
  return parsed;
}

/** Without an order several types come one after the other; with one, the store merges them. */
async function searchPage(
  types: readonly string[],
  { query: asked }: ParsedSearch,
  { place, moment }: PageRequest,
  { services, baseUrl }: Context,
): Promise<SearchPage> {
  const { store, registry } = services;
  if (types.length === 0) return { items: [], total: 0 };
  const past = (type: string, text: string) => registry.extract(type, JSON.parse(text), baseUrl);
  const query = { ...asked, past, ...(moment === undefined ? {} : { moment }) };
  if (query.also === undefined || query.sort.length > 0 || query.count === 0) {
    return await store.search(place === undefined ? query : { ...query, cursor: place });
  }
  const { also, ...first } = query;
  const branches = [first, ...also.map((branch) => ({ ...first, ...branch }))];
  const start = place === undefined ? { branch: 0 } : placeOf(place, branches.length);
  const items: StoredVersion[] = [];
  // Those that begin later show the moment of the first.
  let seen = moment;
  for (let i = start.branch; i < branches.length; i++) {
    const branch = branches[i] as (typeof branches)[number];
    const cursor = i === start.branch ? start.cursor : undefined;
    const page = await store.search({
      ...branch,
      total: false,
      count: query.count - items.length,
      ...(cursor === undefined ? {} : { cursor }),
      ...(seen === undefined ? {} : { moment: seen }),
    });
    items.push(...page.items);
    seen ??= page.moment;
    const more = seen === undefined ? {} : { moment: seen };
    if (page.next !== undefined) return await withTotal({ items, next: `${i}:${page.next}`, ...more }, query, store);
    if (items.length >= query.count && i + 1 < branches.length) {
      return await withTotal({ items, next: `${i + 1}:`, ...more }, query, store);
    }
  }
  return place === undefined ? { items, total: items.length } : await withTotal({ items }, query, store);
}

async function withTotal(
  page: SearchPage,
  query: ParsedSearch['query'],
  store: Context['services']['store'],
): Promise<SearchPage> {
  if (query.total !== true) return page;
  const { total } = await store.search({ ...query, count: 0 });
  return total === undefined ? page : { ...page, total };
}

/** The branch that a page begins in, and its own cursor there. */
function placeOf(place: string, branches: number): { branch: number; cursor?: string } {
  const [, number = '', cursor = ''] = /^(\d{1,3}):(.*)$/s.exec(place) ?? [];
  if (number === '' || Number(number) >= branches) throw new BadCursor('a place outside of the search');
  return cursor === '' ? { branch: Number(number) } : { branch: Number(number), cursor };
}

/** Throws for a name that none of the types has, and for parts that R4 does not let go together. */
function checkElements(
  { elements, inclusions, summary }: ParsedSearch,
  types: readonly string[],
  context: Context,
): void {
  if (summary === 'text' && inclusions.length > 0) {
    throw new FhirError('bad-parameter', {
      name: '_summary',
      reason: { en: 'text does not go with inclusions', fr: 'text ne va pas avec des inclusions' },
    });
  }
  if (elements.length === 0 || context.lenient) return;
  const valid = new Set(types.flatMap((type) => elementNames(context.services.definitions, type)));
  for (const name of elements) {
    if (valid.has(name)) continue;
    throw new FhirError('bad-parameter', {
      name: '_elements',
      reason: { en: `there is no element ${name}`, fr: `il n’y a pas d’élément ${name}` },
    });
  }
}

/** How a resource goes out: whole, or with some of its elements and a tag that says so. */
function shaper(
  { summary, elements }: ParsedSearch,
  types: readonly string[],
  { services }: Context,
): (version: StoredVersion) => StoredVersion {
  const isWhole = (summary === 'false' || summary === 'count') && elements.length === 0;
  if (isWhole) return (version) => version;
  const { definitions } = services;
  const kept = new Map<string, ReturnType<typeof summaryOf>>();
  const keptOf = (type: string) => {
    if (summary === 'true') return summaryOf(definitions, type);
    if (summary === 'text') return textOf(definitions, type);
    if (summary === 'data') return dataOf(definitions, type);
    // Names are those of the types searched; what is included beside them stays whole.
    return types.includes(type) ? chosenOf(definitions, type, elements) : undefined;
  };
  return (version) => {
    const known = kept.get(version.type) ?? keptOf(version.type);
    if (known === undefined) return version;
    kept.set(version.type, known);
    return { ...version, text: tagged(subset(version.text, known)) };
  };
}
