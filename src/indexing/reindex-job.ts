/**
 * Reads stored resources again and gives them their search values anew, one page after the other, with its progress
 * kept in the store so that every process can tell it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Filter } from '../search/query.js';
import type { SearchRegistry } from '../search/registry.js';
import type { Store, StoredVersion } from '../store/store.js';

export interface Progress {
  status: 'running' | 'completed' | 'failed' | 'stopped';
  types: string[];
  /** Resources read, of so many that there were. */
  done: number;
  total: number;
  /** Milliseconds since 1970. */
  started: number;
  /** The last sign of life; the end, when it has ended. */
  at: number;
}

const NAME = 'reindex';
const PAGE = 200;
/** A job that has said nothing for so long is no longer run by anybody. */
const DEAD_AFTER = 30_000;
/** Other processes know of a new parameter by then; what they wrote before is read once more. */
const GRACE = 5000;

export class ReindexJob {
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly store: Store,
    private readonly registry: SearchRegistry,
  ) {}

  /** `undefined` when there has never been one. */
  async progress(): Promise<Progress | undefined> {
    const text = await this.store.state.get(NAME);
    if (text === undefined) return undefined;
    const progress = JSON.parse(text) as Progress;
    const isDead = progress.status === 'running' && Date.now() - progress.at > DEAD_AFTER;
    return isDead ? { ...progress, status: 'stopped' } : progress;
  }

  /** `ended` is called when all has been read. Resolves when it has begun; with the other's progress if one is under way. */
  async start(baseUrl: string, types: string[], ended: () => Promise<void>): Promise<Progress> {
    const before = await this.progress();
    if (this.running !== undefined || before?.status === 'running') {
      return before ?? { status: 'running', types, done: 0, total: 0, started: Date.now(), at: Date.now() };
    }
    const progress: Progress = { status: 'running', types, done: 0, total: 0, started: Date.now(), at: Date.now() };
    for (const type of types) progress.total += await this.count(type);
    await this.say(progress);
    const work = async () => {
      try {
        await this.readAll(progress, baseUrl);
        if (!this.stopping) await ended();
        await this.say({ ...progress, status: this.stopping ? 'stopped' : 'completed' });
      } catch {
        // The resource or the error may hold what nobody should read in a log: the status says that it failed.
        await this.say({ ...progress, status: 'failed' }).catch(() => undefined);
      } finally {
        this.running = undefined;
      }
    };
    this.running = work();
    return progress;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async count(type: string): Promise<number> {
    const { total } = await this.store.search({ type, filters: [], sort: [], count: 0 });
    return total ?? 0;
  }

  private async readAll(progress: Progress, baseUrl: string): Promise<void> {
    for (const type of progress.types) await this.readType(type, [], progress, baseUrl);
    if (this.store.name === 'memory' || this.stopping) return;
    const wait = progress.started + GRACE - Date.now();
    for (let left = wait; left > 0 && !this.stopping; left -= 100) await sleep(Math.min(100, left));
    const low = progress.started - GRACE;
    const late: Filter = { kind: 'lastUpdated', anyOf: [{ prefix: 'ge', low, high: low + 1 }] };
    const again = { ...progress };
    for (const type of progress.types) await this.readType(type, [late], again, baseUrl);
  }

  private async readType(type: string, filters: Filter[], progress: Progress, baseUrl: string): Promise<void> {
    let cursor: string | undefined;
    do {
      // In an order that never changes; what is created meanwhile is indexed by whoever writes it.
      const page = await this.store.search({
        type,
        filters,
        sort: [{ by: '_id', descending: false }],
        count: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      await this.store.reindex(page.items.map((version) => ({ version, values: this.valuesOf(version, baseUrl) })));
      progress.done += page.items.length;
      progress.at = Date.now();
      await this.say(progress);
      cursor = page.next;
      // Whoever waits for an answer comes first.
      await sleep(0);
    } while (cursor !== undefined && !this.stopping);
  }

  private valuesOf({ type, text }: StoredVersion, baseUrl: string) {
    return this.registry.extract(type, JSON.parse(text), baseUrl);
  }

  private async say(progress: Progress): Promise<void> {
    await this.store.state.set(NAME, JSON.stringify({ ...progress, at: Date.now() }));
  }
}
