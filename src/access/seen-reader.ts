/**
 * What a caller sees of a store or of a transaction, for reading. What he does not see is not there.
 * docs/adr/0040-a-caller-sees-a-store-of-his-own.md
 */
import { FhirError } from '../r4/errors.js';
import type { Filter, Query } from '../search/query.js';
import type { HistoryPage, HistoryQuery, SearchPage, StoredVersion } from '../store/store.js';
import { isFree, isOwner, named, type Readable, securityContextOf } from './binaries.js';
import { NEVER } from './condition.js';
import { decided } from './decision.js';
import type { Action } from './policy.js';
import type { Rules } from './rules.js';
import { seenHistory } from './seen-history.js';
import { type OwnWrites, SeenQuery } from './seen-query.js';

/** Ids that one question names. */
const TOGETHER = 200;

export class SeenReader {
  protected readonly queries: SeenQuery;

  constructor(
    protected readonly raw: Readable,
    protected readonly rules: Rules,
    protected readonly own?: OwnWrites,
  ) {
    this.queries = new SeenQuery(rules, own);
  }

  async read(type: string, id: string): Promise<StoredVersion | undefined> {
    const found = await this.found(type, id, 'read');
    return found && this.rules.cut(found);
  }

  /** Whole, as it is stored: for writes. */
  protected async found(type: string, id: string, action: Action): Promise<StoredVersion | undefined> {
    const { rules, raw } = this;
    if (this.isOwn(type, id)) return await raw.read(type, id);
    const extent = rules.extent(type, action);
    if (extent === 'none') return undefined;
    if (type === 'Binary' && !(extent === 'all' && isFree(rules))) {
      return (await this.visible('Binary', [id], action)).has(id) ? await raw.read(type, id) : undefined;
    }
    if (extent === 'all') return await raw.read(type, id);
    if (rules.known !== undefined) {
      const version = await raw.read(type, id);
      if (version === undefined || version.deleted) return undefined;
      const fits = decided(version, extent, rules);
      if (fits !== undefined) return fits ? version : undefined;
    }
    const { items } = await raw.search({ type, filters: [oneId(id), ...extent], sort: [], count: 1 });
    return items[0];
  }

  async readVersion(type: string, id: string, version: number): Promise<StoredVersion | undefined> {
    const { rules, raw } = this;
    const isAll = rules.extent(type, 'read') === 'all' && (type !== 'Binary' || isFree(rules));
    // Past versions are seen by whoever sees the current one.
    if (!isAll && (await this.found(type, id, 'read')) === undefined) return undefined;
    const found = await raw.readVersion(type, id, version);
    return found && rules.cut(found);
  }

  async search(query: Query): Promise<SearchPage> {
    const { raw, rules } = this;
    const types = [query.type, ...(query.also ?? []).map(({ type }) => type)];
    if (types.every((type) => rules.extent(type, 'search') === 'none' && this.own?.get(type) === undefined)) {
      return { items: [], total: 0 };
    }
    const asked = this.queries.query(await this.withBinaries(query));
    const page = await raw.search(asked);
    // A series shows what was at its start; who sees it no longer does not see it there either.
    const items = query.moment === undefined ? page.items : await this.stillSeen(page.items);
    return { ...page, items: items.map((item) => rules.cut(item)) };
  }

  private async stillSeen(items: readonly StoredVersion[]): Promise<StoredVersion[]> {
    const seen = await this.visibleByType(items, 'search');
    return items.filter(({ type, id }) => seen.get(type)?.has(id) === true);
  }

  /** Contents are found by their ids alone, those that are seen. */
  private async withBinaries(query: Query): Promise<Query> {
    const { rules } = this;
    if (isFree(rules)) return query;
    const seen = async (type: string, filters: Filter[]): Promise<Filter[]> => {
      if (type !== 'Binary') return filters;
      const named = filters.find((one) => one.kind === 'id');
      if (named?.kind !== 'id') return [NEVER];
      return [...filters, { kind: 'id', anyOf: [...(await this.visible('Binary', named.anyOf, 'search'))] }];
    };
    const filters = await seen(query.type, query.filters);
    if (query.also === undefined) return { ...query, filters };
    const also: { type: string; filters: Filter[] }[] = [];
    for (const one of query.also) also.push({ type: one.type, filters: await seen(one.type, one.filters) });
    return { ...query, filters, also };
  }

  async history(query: HistoryQuery): Promise<HistoryPage> {
    const { raw, rules } = this;
    const { type, id } = query;
    if (type !== undefined && id !== undefined) {
      const isAll = rules.extent(type, 'read') === 'all' && (type !== 'Binary' || isFree(rules));
      if (!isAll && (await this.found(type, id, 'read')) === undefined) return { items: [] };
      const page = await raw.history(query);
      return { ...page, items: page.items.map((one) => rules.cut(one)) };
    }
    if (type !== undefined && rules.extent(type, 'search') === 'none') return { items: [] };
    if (type !== undefined && rules.extent(type, 'search') === 'all' && (type !== 'Binary' || isFree(rules))) {
      const page = await raw.history(query);
      return { ...page, items: page.items.map((one) => rules.cut(one)) };
    }
    const page = await seenHistory(query, raw, async (versions) => {
      const seen = await this.visibleByType(versions, 'search');
      return versions.filter((one) => seen.get(one.type)?.has(one.id) === true);
    });
    return { ...page, items: page.items.map((one) => rules.cut(one)) };
  }

  private async visibleByType(
    versions: readonly StoredVersion[],
    action: Action,
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const ids = new Map<string, Set<string>>();
    for (const { type, id } of versions) ids.set(type, (ids.get(type) ?? new Set<string>()).add(id));
    const seen = new Map<string, ReadonlySet<string>>();
    for (const [type, some] of ids) seen.set(type, await this.visible(type, [...some], action));
    return seen;
  }

  /** Of these ids, those of which he sees the current version; deleted ones too where he sees all. */
  async visible(type: string, ids: readonly string[], action: Action): Promise<ReadonlySet<string>> {
    const { rules, raw } = this;
    const own = this.own?.get(type);
    const mine = ids.filter((id) => own?.has(id) === true);
    const extent = rules.extent(type, action);
    if (extent === 'none') return new Set(mine);
    const isContent = type === 'Binary' && !isFree(rules);
    if (extent === 'all' && !isContent) return new Set(ids);
    const found: StoredVersion[] = [];
    for (let from = 0; from < ids.length; from += TOGETHER) {
      const anyOf = ids.slice(from, from + TOGETHER);
      const filters: Filter[] = [{ kind: 'id', anyOf }, ...(extent === 'all' ? [] : extent)];
      found.push(...(await raw.search({ type, filters, sort: [], count: TOGETHER })).items);
    }
    const fitting = isContent ? await this.contents(found) : new Set(found.map(({ id }) => id));
    for (const id of mine) fitting.add(id);
    return fitting;
  }

  /** Of these Binaries, those of documents that he sees, and his own that no document names yet. */
  private async contents(binaries: readonly StoredVersion[]): Promise<Set<string>> {
    const { rules, raw } = this;
    const seen = new Set<string>();
    const asked: string[] = [];
    for (const { id, text } of binaries) {
      const context = securityContextOf(text, rules);
      if (context === undefined) asked.push(id);
      else if (context[0] !== 'Binary' && (await this.found(...context, 'read'))?.deleted === false) seen.add(id);
    }
    const documents = this.documents();
    if (documents !== undefined) for (const id of await named(asked, raw, rules, documents)) seen.add(id);
    for (const id of asked) if (!seen.has(id) && (await isOwner(raw, id, rules))) seen.add(id);
    return seen;
  }

  /** What documents must fit to be read; undefined where none may be. */
  protected documents(): readonly Filter[] | undefined {
    const extent = this.rules.extent('DocumentReference', 'read');
    if (extent === 'none') return undefined;
    return extent === 'all' ? [] : extent;
  }

  protected isOwn(type: string, id: string): boolean {
    return this.own?.get(type)?.has(id) === true;
  }
}

export const oneId = (id: string): Filter => ({ kind: 'id', anyOf: [id] });

/** How a search is done tells how much there is: only who sees all of what it looks into is told. */
export function checkExplained({ type, filters, also = [] }: Query, rules: Rules): void {
  const types = new Set([type, ...also.map((one) => one.type)]);
  const walk = (filter: Filter): void => {
    if (filter.kind === 'chain' || filter.kind === 'has') {
      types.add(filter.type);
      filter.where.forEach(walk);
    } else if (filter.kind === 'all' || filter.kind === 'any') filter.of.forEach(walk);
    else if (filter.kind === 'not') walk(filter.of);
  };
  for (const filter of [...filters, ...also.flatMap((one) => one.filters)]) walk(filter);
  if (![...types].every((one) => rules.isOpen(one))) throw new FhirError('access-explain');
}
