/**
 * A store whose AuditEvents are its trail: read, searched and appended, never changed.
 * https://hl7.org/fhir/R4/auditevent.html, docs/adr/0042-the-trace-is-a-trail-of-batches.md
 */
import { FhirError } from '../../r4/errors.js';
import { matchesAll } from '../../search/matches.js';
import type { Filter, Query, SearchValues } from '../../search/query.js';
import {
  BadCursor,
  type HistoryPage,
  type HistoryQuery,
  type Put,
  type PutResult,
  renderText,
  type SearchPage,
  type Store,
  type StoredVersion,
  type Transaction,
} from '../../store/store.js';
import type { TrailBatch, TrailQuery } from '../../store/trail.js';
import { auditEventOf } from './audit-event.js';
import { type Line, patientsIn, type SentLine } from './line.js';
import { sentKey, type TrailWriter } from './trail-writer.js';

const TYPE = 'AuditEvent';
const REASONS = {
  alone: { en: 'not together with other types', fr: 'pas avec d’autres types' },
  chain: { en: 'no chain leads through them', fr: 'aucune chaîne ne les traverse' },
  order: { en: '_sort is date or _lastUpdated', fr: '_sort est date ou _lastUpdated' },
} as const;
const refused = (reason: keyof typeof REASONS) => new FhirError('audit-search', { reason: REASONS[reason] });

/** Batches that are asked of the trail at a time. */
const BATCHES = 2;
/** Lines that one search looks at; then it ends its page and says where to go on. */
const MAX_LINES = 200_000;

export interface AuditedOptions {
  /** The search values of an AuditEvent. */
  extract(resource: unknown): SearchValues;
  /** The server's name. */
  software: string;
}

/** Where a line stands. */
interface Place {
  batch: TrailBatch;
  index: number;
}

export function auditedStore(raw: Store, writer: TrailWriter, options: AuditedOptions): Store {
  const trail = new AuditTrail(raw, writer, options);
  return {
    state: raw.state,
    contents: raw.contents,
    trail: raw.trail,
    jobs: raw.jobs,
    name: raw.name,
    maxTextBytes: raw.maxTextBytes,
    read: (type, id) => (type === TYPE ? trail.read(id) : raw.read(type, id)),
    readVersion: async (type, id, version) =>
      type !== TYPE ? raw.readVersion(type, id, version) : version === 1 ? trail.read(id) : undefined,
    search: (query) => trail.searchOr(query, (other) => raw.search(other)),
    explain: async (query) =>
      query.type === TYPE
        ? { indexes: ['trail'], keysExamined: 0, resourcesRead: (await trail.search(query)).items.length }
        : raw.explain(withoutTrail(query)),
    history: (query) => trail.historyOr(query, (other) => raw.history(other)),
    put: (put) => (put.type === TYPE ? trail.append(put) : raw.put(put)),
    async transact(locks, work) {
      let sent: Put[] = [];
      const done = await raw.transact(locks, (inner) => {
        // It may be run again from its start.
        sent = [];
        return work(trail.inside(inner, sent));
      });
      for (const put of sent) await trail.append(put);
      return done;
    },
    reindex: (items) => raw.reindex(items.filter(({ version }) => version.type !== TYPE)),
    ready: () => raw.ready(),
    close: () => raw.close(),
  };
}

function outside(): never {
  throw new FhirError('audit-outside', { allowed: 'GET, HEAD' });
}

class AuditTrail {
  constructor(
    private readonly raw: Store,
    private readonly writer: TrailWriter,
    private readonly options: AuditedOptions,
  ) {}

  /** What others read was written before. */
  private async flushed(): Promise<void> {
    await this.writer.seal();
  }

  async read(id: string): Promise<StoredVersion | undefined> {
    await this.flushed();
    const place = placeOf(id);
    if (place !== undefined) {
      const batch = await this.raw.trail.batch(place.chain, place.number);
      const text = batch?.text.split('\n')[place.index];
      return batch === undefined || text === undefined || text === ''
        ? undefined
        : this.versionOf({ batch, index: place.index }, text);
    }
    for (const batch of await this.raw.trail.walk({ key: sentKey(id), descending: false, count: 2 })) {
      const texts = batch.text.split('\n');
      const index = texts.findIndex((text) => text.includes(`"id":"${id}"`) && sentOf(text)?.id === id);
      if (index >= 0) return this.versionOf({ batch, index }, texts[index] as string);
    }
    return undefined;
  }

  private versionOf({ batch, index }: Place, text: string): StoredVersion {
    const line = JSON.parse(text) as Line | SentLine;
    const id = 'sent' in line ? line.id : `${batch.chain}-${batch.number}-${index}`;
    const resource = 'sent' in line ? line.sent : auditEventOf(line, id, this.options.software);
    return {
      type: TYPE,
      id,
      version: 1,
      lastUpdated: line.t,
      method: 'POST',
      deleted: false,
      text: JSON.stringify(resource),
    };
  }

  /** Durable when it resolves. Throws `audit-kept` for all but a create. */
  async append({ id, content, expect }: Put): Promise<PutResult> {
    if (content === null || expect !== 'absent') throw new FhirError('audit-kept', { allowed: 'GET, HEAD' });
    const t = Date.now();
    const text = renderText(content.text, id, 1, t);
    const sent = JSON.parse(text) as Record<string, unknown>;
    this.writer.add({ t, id, sent, patients: patientsIn(text).patients });
    await this.writer.flush();
    const version: StoredVersion = { type: TYPE, id, version: 1, lastUpdated: t, method: 'POST', deleted: false, text };
    return { outcome: 'created', version };
  }

  /**
   * A transaction in which AuditEvents are collected, to be appended once it is durable. None are read in it: the trail is
   * written beside it, and would wait for its end.
   */
  inside(inner: Transaction, sent: Put[]): Transaction {
    const put = async (one: Put): Promise<PutResult> => {
      if (one.type !== TYPE) return await inner.put(one);
      if (one.content === null || one.expect !== 'absent') throw new FhirError('audit-kept', { allowed: 'GET, HEAD' });
      sent.push(one);
      const lastUpdated = Date.now();
      const text = renderText(one.content.text, one.id, 1, lastUpdated);
      return {
        outcome: 'created',
        version: { type: TYPE, id: one.id, version: 1, lastUpdated, method: 'POST', deleted: false, text },
      };
    };
    return {
      ...inner,
      put,
      putAll: async (puts) => {
        if (!puts.some(({ type }) => type === TYPE)) return await inner.putAll(puts);
        const results: PutResult[] = [];
        for (const one of puts) results.push(await put(one));
        return results;
      },
      read: async (type, id) => (type === TYPE ? outside() : inner.read(type, id)),
      readVersion: async (type, id, version) => (type === TYPE ? outside() : inner.readVersion(type, id, version)),
      search: async (query) => (query.type === TYPE ? outside() : inner.search(withoutTrail(query))),
      history: async (query) => (query.type === TYPE ? outside() : inner.history(query)),
    };
  }

  async searchOr(query: Query, other: (query: Query) => Promise<SearchPage>): Promise<SearchPage> {
    return query.type === TYPE ? await this.search(query) : await other(withoutTrail(query));
  }

  /** Throws `audit-search` for what the trail cannot be asked: chains, and orders other than by time. */
  async search(query: Query): Promise<SearchPage> {
    if (query.also !== undefined) throw refused('alone');
    const descending = isDescending(query);
    await this.flushed();
    const ids = query.filters.find((filter) => filter.kind === 'id');
    if (ids !== undefined) return await this.amongThese(ids.anyOf, query);
    const asked = { ...boundsOf(query.filters), descending };
    const from = query.cursor === undefined ? undefined : cursorOf(query.cursor);
    const items: StoredVersion[] = [];
    let total = 0;
    let lines = 0;
    let last: Place | undefined;
    const wantsTotal = query.total === true || query.count === 0;
    for await (const place of this.places(asked, from)) {
      lines++;
      const isFull = items.length >= query.count;
      if ((isFull && !wantsTotal) || lines > MAX_LINES) {
        const next = last === undefined ? {} : { next: cursorText(last) };
        return { items, moment: 'trail', ...(query.count > 0 && next) };
      }
      const version = this.matching(place, query.filters, asked.key);
      if (version !== undefined) {
        total++;
        if (!isFull) items.push(version);
      }
      if (!isFull) last = place;
    }
    const isAll = total <= items.length;
    return {
      items,
      moment: 'trail',
      ...(wantsTotal || query.cursor === undefined ? { total } : {}),
      ...(!isAll && query.count > 0 && last !== undefined && { next: cursorText(last) }),
    };
  }

  /** A search that names ids, as a read under a condition does. */
  private async amongThese(ids: readonly string[], { filters, count }: Query): Promise<SearchPage> {
    const found = await Promise.all([...new Set(ids)].map((id) => this.read(id)));
    const items = found.filter((version) => version !== undefined).filter((version) => this.fits(version, filters));
    return { items: items.slice(0, count), moment: 'trail', total: items.length };
  }

  /** Lines in the order of the walk, from behind `after` on. */
  private async *places(
    asked: Omit<TrailQuery, 'count' | 'after'>,
    after?: { chain: string; number: number; index: number },
  ): AsyncGenerator<Place & { text: string }> {
    let at: TrailBatch | undefined;
    if (after !== undefined) {
      at = await this.raw.trail.batch(after.chain, after.number);
      if (at === undefined) throw new BadCursor('no such batch');
      yield* linesOf(at, asked.descending, after.index);
    }
    for (;;) {
      const page = await this.raw.trail.walk({ ...asked, count: BATCHES, ...(at !== undefined && { after: at }) });
      for (const batch of page) yield* linesOf(batch, asked.descending);
      at = page.at(-1);
      if (page.length < BATCHES) return;
    }
  }

  private matching(
    { text, ...place }: Place & { text: string },
    filters: readonly Filter[],
    key: string | undefined,
  ): StoredVersion | undefined {
    // Most lines of a batch are about others; their ids stand there as they are.
    if (key !== undefined && !text.includes(key.slice(key.indexOf('/') + 1))) return undefined;
    const version = this.versionOf(place, text);
    return this.fits(version, filters) ? version : undefined;
  }

  private fits({ id, lastUpdated, text }: StoredVersion, filters: readonly Filter[]): boolean {
    const values = this.options.extract(JSON.parse(text));
    return matchesAll(filters, { type: TYPE, id, lastUpdated, values }, () => {
      throw refused('chain');
    });
  }

  async historyOr(query: HistoryQuery, other: (query: HistoryQuery) => Promise<HistoryPage>): Promise<HistoryPage> {
    const { type, id, since, at, count, cursor } = query;
    if (type !== TYPE) return await other(query);
    if (id !== undefined) {
      const version = await this.read(id);
      const isIn =
        version !== undefined && version.lastUpdated >= (since ?? 0) && version.lastUpdated < (at?.high ?? Infinity);
      return { items: isIn ? [version] : [], total: isIn ? 1 : 0 };
    }
    const low = since ?? 0;
    const range: Filter[] = [{ kind: 'lastUpdated', anyOf: [{ prefix: 'ge', low, high: low }] }];
    if (at !== undefined) range.push({ kind: 'lastUpdated', anyOf: [{ prefix: 'lt', low: at.high, high: at.high }] });
    const page = await this.search({
      type: TYPE,
      filters: range,
      sort: [],
      count,
      ...(cursor !== undefined && { cursor }),
    });
    return { items: page.items, ...(page.next !== undefined && { next: page.next }) };
  }
}

function* linesOf(batch: TrailBatch, descending: boolean, behind?: number): Generator<Place & { text: string }> {
  const texts = batch.text.split('\n');
  // The last line ends with a line's end.
  texts.pop();
  const step = descending ? -1 : 1;
  const first = behind === undefined ? (descending ? texts.length - 1 : 0) : behind + step;
  for (let index = first; index >= 0 && index < texts.length; index += step) {
    yield { batch, index, text: texts[index] as string };
  }
}

function sentOf(text: string): SentLine | undefined {
  const line = JSON.parse(text) as Line | SentLine;
  return 'sent' in line ? line : undefined;
}

function placeOf(id: string): { chain: string; number: number; index: number } | undefined {
  const [, chain, number, index] = /^([0-9a-f]{12})-(\d{1,9})-(\d{1,9})$/.exec(id) ?? [];
  return chain === undefined ? undefined : { chain, number: Number(number), index: Number(index) };
}
const cursorText = ({ batch, index }: Place): string => `${batch.chain}-${batch.number}-${index}`;
function cursorOf(text: string): { chain: string; number: number; index: number } {
  const place = placeOf(text);
  if (place === undefined) throw new BadCursor('not of the trail');
  return place;
}

function isDescending({ sort: [first, second] }: Query): boolean {
  if (first === undefined) return true;
  const isTime = first.by === '_lastUpdated' || (first.by === 'value' && first.key === `${TYPE}.date`);
  if (!isTime || second !== undefined) throw refused('order');
  return first.descending;
}

/** What the trail itself can be asked of the filters that all have to hold. */
function boundsOf(filters: readonly Filter[]): { key?: string; from?: number; to?: number } {
  const bounds: { key?: string; from?: number; to?: number } = {};
  const all = filters.flatMap((filter) => (filter.kind === 'all' ? filter.of : [filter]));
  for (const filter of all) {
    if (filter.kind === 'reference' && filter.anyOf.length === 1 && filter.anyOf[0]?.startsWith('Patient/')) {
      bounds.key ??= filter.anyOf[0];
    }
    const isTime = filter.kind === 'lastUpdated' || (filter.kind === 'date' && filter.key === `${TYPE}.date`);
    const [match, other] = isTime ? filter.anyOf : [];
    if (match === undefined || other !== undefined) continue;
    if (['eq', 'gt', 'ge', 'sa'].includes(match.prefix)) bounds.from = Math.max(bounds.from ?? 0, match.low);
    if (['eq', 'lt', 'le', 'eb'].includes(match.prefix)) bounds.to = Math.min(bounds.to ?? Infinity, match.high);
  }
  return bounds;
}

/** AuditEvents are no part of a search over all types; what leads to them by `_has` or a chain is refused. */
function withoutTrail(query: Query): Query {
  const visit = (filter: Filter): void => {
    if (filter.kind === 'has' || filter.kind === 'chain') {
      if (filter.type === TYPE) throw refused('chain');
      filter.where.forEach(visit);
    } else if (filter.kind === 'all' || filter.kind === 'any') filter.of.forEach(visit);
    else if (filter.kind === 'not') visit(filter.of);
  };
  query.filters.forEach(visit);
  if (query.also === undefined) return query;
  for (const { filters } of query.also) filters.forEach(visit);
  return { ...query, also: query.also.filter(({ type }) => type !== TYPE) };
}
