/**
 * Keeps what is indexed in step with what is defined. A search parameter beyond R4's own is indexed in every write from
 * the moment that it is known, and served once a re-index has read what was written before: until then it is pending.
 */
import { randomUUID } from 'node:crypto';
import type { Definitions } from '../r4/definitions/index.js';
import type { SearchRegistry, ServedParameter } from '../search/registry.js';
import type { Store } from '../store/store.js';
import { type Progress, ReindexJob } from './reindex-job.js';
import { storedParameters } from './stored-parameters.js';

/** What one version of the server takes from a resource; it rises when R4's own parameters are indexed in another way. */
const FORMAT = 6;
/** Milliseconds after which this process knows what another has changed. */
export const LOOK_EVERY = 2000;
const NAME = 'search-index';

/** Beside the resources, for all processes. */
interface Indexed {
  format: number;
  /** Another text after each change of a SearchParameter. */
  revision: string;
  /** The indexes beyond R4's own that have all resources. */
  complete: string[];
}

export class SearchIndex {
  private seen = '';
  private complete: ReadonlySet<string> = new Set();
  /** False when R4's own indexes are those of an older version. */
  private current = true;
  private looking: NodeJS.Timeout | undefined;
  private readonly job: ReindexJob;

  private constructor(
    private readonly store: Store,
    private readonly registry: SearchRegistry,
    private readonly definitions: Definitions,
  ) {
    this.job = new ReindexJob(store, registry);
    registry.setPending((type, parameter) => this.isPending(type, parameter));
  }

  /** `baseUrl` stands for our own base where a re-index has to begin by itself, after an upgrade. */
  static async open(
    store: Store,
    registry: SearchRegistry,
    definitions: Definitions,
    baseUrl: string,
  ): Promise<SearchIndex> {
    const index = new SearchIndex(store, registry, definitions);
    await index.read();
    if (index.seen === '') await index.begin();
    if (!index.current) await index.start(baseUrl, undefined);
    // A memory store has one process.
    if (store.name !== 'memory') {
      index.looking = setInterval(() => void index.look(), LOOK_EVERY).unref();
    }
    return index;
  }

  /** Ends what it does by itself; a re-index under way stops and says so. */
  async close(): Promise<void> {
    clearInterval(this.looking);
    await this.job.stop();
  }

  /** After a write of a SearchParameter: this process knows at once, others soon. */
  async changed(): Promise<void> {
    await this.write({ revision: randomUUID() });
    await this.read();
  }

  progress(): Promise<Progress | undefined> {
    return this.job.progress();
  }

  /** The parameters that wait, as `Type.code`. */
  pending(): string[] {
    const found = new Set<string>();
    for (const type of this.touchedTypes()) {
      for (const parameter of this.registry.parameters(type)) {
        if (this.isPending(type, parameter)) found.add(`${type}.${parameter.code}`);
      }
    }
    return [...found].sort();
  }

  /**
   * Reads all resources again of the types that have something pending, or of those named. Resolves when that has begun;
   * one that is under way goes on instead.
   */
  async start(baseUrl: string, types: readonly string[] | undefined): Promise<Progress> {
    await this.read();
    const waiting = this.touchedTypes().filter((type) =>
      this.registry.parameters(type).some((parameter) => this.isPending(type, parameter)),
    );
    const isWhole = !this.current;
    const keys = waiting.flatMap((type) => [...this.registry.customKeys(type)]);
    return await this.job.start(baseUrl, [...new Set([...(types ?? []), ...waiting])].sort(), async () => {
      const complete = [...new Set([...(await this.indexed()).complete, ...keys])];
      await this.write({ complete, ...(isWhole ? { format: FORMAT } : {}) });
      await this.read();
    });
  }

  private isPending(type: string, { key, code }: ServedParameter): boolean {
    if (!this.current && (key !== '' || code === '_text' || code === '_content')) return true;
    return this.registry.customKeys(type).has(key) && !this.complete.has(key);
  }

  /** The types that may have something pending. */
  private touchedTypes(): string[] {
    return this.current ? this.registry.customTypes() : [...this.registry.types].sort();
  }

  /** Nothing is known: where there is nothing yet, all is indexed; else the resources are of an older version. */
  private async begin(): Promise<void> {
    const { items } = await this.store.history({ count: 1 });
    const isNew = items.length === 0;
    const complete = isNew ? this.allKeys() : [];
    const indexed: Indexed = { format: isNew ? FORMAT : 0, revision: randomUUID(), complete };
    await this.store.state.setIfAbsent(NAME, JSON.stringify(indexed));
    await this.read();
  }

  private allKeys(): string[] {
    return this.registry.customTypes().flatMap((type) => [...this.registry.customKeys(type)]);
  }

  private async indexed(): Promise<Indexed> {
    const text = await this.store.state.get(NAME);
    return text === undefined ? { format: 0, revision: '', complete: [] } : (JSON.parse(text) as Indexed);
  }

  private async write(change: Partial<Indexed>): Promise<void> {
    await this.store.state.set(NAME, JSON.stringify({ ...(await this.indexed()), ...change }));
  }

  /** Takes over what is stored, if that is news. */
  private async read(): Promise<void> {
    const text = (await this.store.state.get(NAME)) ?? '';
    if (text === this.seen && text !== '') return;
    const parameters = this.registry.types.has('SearchParameter') ? await storedParameters(this.store) : [];
    this.registry.setCustom(parameters.filter(({ url }) => this.definitions.searchParameter(url) === undefined));
    this.seen = text;
    if (text === '') return;
    const { format, complete } = JSON.parse(text) as Indexed;
    this.current = format === FORMAT;
    this.complete = new Set(complete);
    // What is no longer defined is not written either: defined again, it has to be read again.
    const known = new Set(this.allKeys());
    const kept = complete.filter((key) => known.has(key));
    if (kept.length < complete.length) {
      await this.write({ complete: kept });
      await this.read();
    }
  }

  private async look(): Promise<void> {
    try {
      await this.read();
    } catch {
      // The database is away: it will be asked again, and requests say so meanwhile.
    }
  }
}
