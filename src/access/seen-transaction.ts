/**
 * What a caller may write: what he sees and may change, and only so that he might have written it where it ends up. What
 * was written is asked at the end of the transaction, since its parts may grant each other.
 * docs/adr/0040-a-caller-sees-a-store-of-his-own.md
 */
import { FhirError } from '../r4/errors.js';
import type { Filter } from '../search/query.js';
import {
  type AlikeToken,
  type Expectation,
  MAX_ALIKE,
  type Put,
  type PutResult,
  type StoredVersion,
  type Transaction,
} from '../store/store.js';
import { isFree, isOwner, named, namedBinaries, setOwner } from './binaries.js';
import type { Action } from './policy.js';
import type { Rules } from './rules.js';
import { SeenReader } from './seen-reader.js';

const TOGETHER = 200;

export class SeenTransaction extends SeenReader {
  /** What has to fit when all is written: ids by action and type. */
  private readonly pending = new Map<string, { type: string; action: Action; ids: Set<string> }>();
  /** Binaries that documents of this transaction name and did not before. */
  private readonly newlyNamed = new Set<string>();

  private constructor(
    protected override readonly raw: Transaction,
    rules: Rules,
    private readonly written: Map<string, Set<string>>,
  ) {
    super(raw, rules, written);
  }

  static of(raw: Transaction, rules: Rules): SeenTransaction {
    return new SeenTransaction(raw, rules.inTransaction(), new Map());
  }

  /** As a plain object of functions, which others spread. */
  asTransaction(): Transaction {
    return {
      state: this.raw.state,
      lock: (name) => this.raw.lock(name),
      jobs: this.raw.jobs,
      read: (type, id) => this.read(type, id),
      readVersion: (type, id, version) => this.readVersion(type, id, version),
      search: (query) => this.search(query),
      history: (query) => this.history(query),
      put: (put) => this.put(put),
      putAll: (puts) => this.putAll(puts),
      alike: (lists) => this.alike(lists),
      ...(this.raw.conclude !== undefined && { conclude: this.raw.conclude }),
      ...(this.raw.server !== undefined && { server: this.raw.server }),
    };
  }

  async alike(lists: readonly (readonly AlikeToken[])[]): Promise<StoredVersion[][]> {
    const found = await this.raw.alike(lists);
    const seen: StoredVersion[][] = [];
    for (const versions of found) seen.push(await this.alikeSeen(versions));
    return seen;
  }

  /** Who has hidden elements of a type is not told who is like whom: it would tell them. */
  private async alikeSeen(versions: readonly StoredVersion[]): Promise<StoredVersion[]> {
    const [first] = versions;
    if (first === undefined || this.rules.hidden(first.type) !== undefined) return [];
    const seen = await this.visible(
      first.type,
      versions.map(({ id }) => id),
      'search',
    );
    return versions.filter(({ id }) => seen.has(id));
  }

  async putAll(puts: readonly Put[]): Promise<PutResult[]> {
    if (puts.every((put) => isPlain(put, this.rules))) return await this.raw.putAll(puts);
    const results: PutResult[] = [];
    for (const put of puts) results.push(await this.put(put));
    return results;
  }

  /** Throws `access-refused`, `access-content`, `access-element`, `not-found`. */
  async put(put: Put): Promise<PutResult> {
    const { type, id, content, method, expect } = put;
    const isCreate = content !== null && method === 'POST' && expect === 'absent';
    if (isCreate) return await this.create(put);
    const own = this.isOwn(type, id);
    const now = own ? undefined : await this.changeable(put, content === null ? 'delete' : 'update');
    if (now === 'absent') return absent(content, expect);
    if (now === 'free') return await this.create(put);
    const hidden = content === null ? undefined : this.rules.hidden(type);
    const stored = hidden === undefined ? undefined : (now ?? (await this.raw.read(type, id)));
    const asked = hidden !== undefined && stored?.deleted === false ? hidden.kept(put, stored) : put;
    await this.noteDocument(put, now ?? stored);
    const result = await this.raw.put(asked);
    if (result.outcome === 'updated' && !own) this.note(type, id, 'update');
    return this.cutResult(result);
  }

  private async create(put: Put): Promise<PutResult> {
    const { type, id } = put;
    if (this.rules.extent(type, 'create') === 'none') throw refused(type, 'create');
    await this.noteDocument(put, undefined);
    const { alike: tokens, ...alone } = put;
    const found = tokens === undefined ? undefined : (await this.alike([tokens]))[0]?.slice(0, MAX_ALIKE);
    const result = await this.raw.put(alone);
    if (result.outcome === 'created') {
      this.note(type, id, 'create');
      if (type === 'Binary' && !isFree(this.rules)) await setOwner(this.raw, id, this.rules);
    }
    const cut = this.cutResult(result);
    return cut.outcome === 'created' && found !== undefined ? { ...cut, alike: found } : cut;
  }

  /**
   * What is there, where he may change it; `free` where a new resource may stand under the id, `absent` where what is
   * deleted is not there for him. Throws `not-found` and `access-refused`.
   */
  private async changeable(
    { type, id }: Put,
    action: 'update' | 'delete',
  ): Promise<StoredVersion | undefined | 'free' | 'absent'> {
    const { rules, raw } = this;
    const found = await this.found(type, id, action);
    if (found?.deleted === false) return found;
    const readable = await this.found(type, id, 'read');
    if (readable?.deleted === false) throw refused(type, action);
    if (action === 'delete') {
      // For those who see all, what is deleted is told.
      return rules.extent(type, 'read') === 'all' && rules.extent(type, 'delete') === 'all' ? undefined : 'absent';
    }
    // Under a condition nobody chooses ids: whether it is free or hidden, it is not there.
    const there = await raw.read(type, id);
    const isFreeId = rules.extent(type, 'read') === 'all' && (there === undefined || there.deleted);
    if (!isFreeId || (type === 'Binary' && !isFree(rules))) throw new FhirError('not-found', { type, id });
    return 'free';
  }

  private note(type: string, id: string, action: Action): void {
    const own = this.written.get(type) ?? new Set();
    this.written.set(type, own.add(id));
    const name = `${action} ${type}`;
    const all = this.pending.get(name) ?? { type, action, ids: new Set<string>() };
    all.ids.add(id);
    this.pending.set(name, all);
  }

  /** Who may not read a content may not take it into a document of his own. */
  private async noteDocument({ type, content }: Put, before: StoredVersion | undefined): Promise<void> {
    if (type !== 'DocumentReference' || content === null || isFree(this.rules)) return;
    const { rules } = this;
    const already =
      before === undefined || before.deleted
        ? []
        : namedBinaries(rules.registry.extract(type, JSON.parse(before.text), rules.baseUrl).uris, rules);
    for (const id of namedBinaries(content.values.uris, rules)) if (!already.includes(id)) this.newlyNamed.add(id);
  }

  /** When all is written. Throws `access-content`. */
  async finish(): Promise<void> {
    for (const { type, action, ids } of this.pending.values()) await this.checkWritten(type, action, [...ids]);
    await this.checkContents();
  }

  private async checkWritten(type: string, action: Action, ids: readonly string[]): Promise<void> {
    const extent = this.rules.extent(type, action);
    if (extent === 'all') return;
    if (extent === 'none') throw refused(type, action);
    for (let from = 0; from < ids.length; from += TOGETHER) {
      const anyOf = ids.slice(from, from + TOGETHER);
      const fitting = await this.raw.search({
        type,
        filters: [{ kind: 'id', anyOf }, ...extent],
        sort: [],
        count: TOGETHER,
      });
      const fit = new Set(fitting.items.map(({ id }) => id));
      for (const id of anyOf) {
        if (fit.has(id)) continue;
        // What was written and then deleted is no more.
        if ((await this.raw.read(type, id))?.deleted !== true) throw new FhirError('access-content', { type });
      }
    }
  }

  private async checkContents(): Promise<void> {
    const foreign = [...this.newlyNamed].filter((id) => !this.isOwn('Binary', id));
    if (foreign.length === 0) return;
    const mine = this.written.get('DocumentReference') ?? new Set<string>();
    const seen = await this.visibleBut(foreign, mine);
    if (foreign.some((id) => !seen.has(id))) throw new FhirError('access-content', { type: 'DocumentReference' });
  }

  /** Contents that are seen without these documents. */
  private async visibleBut(ids: readonly string[], documents: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const { raw, rules } = this;
    const filters: readonly Filter[] | undefined = this.documents();
    const seen = filters === undefined ? new Set<string>() : await named(ids, raw, rules, filters, documents);
    for (const id of ids) if (!seen.has(id) && (await isOwner(raw, id, rules))) seen.add(id);
    return seen;
  }

  private cutResult(result: PutResult): PutResult {
    const { version } = result;
    if (version === undefined) return result;
    return { ...result, version: this.rules.cut(version) } as PutResult;
  }
}

/** Is nothing to be asked of a write? */
export function isPlain({ type, content, method, expect, alike }: Put, rules: Rules): boolean {
  if (rules.hidden(type) !== undefined) return false;
  if ((type === 'DocumentReference' || type === 'Binary') && !isFree(rules)) return false;
  const all = (action: Action) => rules.extent(type, action) === 'all';
  if (content !== null && method === 'POST' && expect === 'absent') {
    return all('create') && (alike === undefined || all('search'));
  }
  if (!all('read')) return false;
  return content === null ? all('delete') : all('update') && all('create');
}

/** As a store answers to a write on what was never there. */
function absent(content: Put['content'], expect: Expectation): PutResult {
  if (content !== null) throw new Error('only a deletion is of what is not there');
  return { outcome: expect === 'any' ? 'unchanged' : 'conflict', version: undefined };
}

export const refused = (type: string, action: Action): FhirError => new FhirError('access-refused', { type, action });
