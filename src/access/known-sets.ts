/**
 * Which resources fit the conditions that policies ask most, such as the patients in a caller's care: known for a while, so
 * that a read is not a search. What this process writes shows at once, what another one writes after LOOK_EVERY.
 */
import type { Filter, SearchValues } from '../search/query.js';
import type { Store } from '../store/store.js';

/** Milliseconds, as for what else other processes change. */
const LOOK_EVERY = 2000;
/** A set of more is not kept: its resources are asked one by one. */
const MOST = 1000;
/** Questions for a set before it is read (again): in between each is answered by the store. */
const WORTH = 3;

/** Versions of which the values that conditions look at are kept: they never change. */
const VALUES = 20_000;

interface Known {
  /** Types whose writes may change it. */
  types: readonly string[];
  ids?: ReadonlySet<string>;
  stamp: number;
  /** The total at which the stamp was seen to hold. */
  total: number;
  until: number;
  asked: number;
  isRead: boolean;
}

export class KnownSets {
  /** By the filter of a caller's permissions, which lives as long as they do. */
  private readonly sets = new WeakMap<Filter, Known>();
  /** Of all revisions. */
  private total = 0;
  private readonly values = new Map<string, SearchValues>();
  private readonly revisions = new Map<string, number>();

  /** `watch` is told of which types `written` must be told. */
  constructor(
    private readonly store: Store,
    private readonly watch: (type: string) => void,
  ) {}

  /** A resource of this type was written. */
  written(type: string): void {
    const revision = this.revisions.get(type);
    if (revision === undefined) return;
    this.revisions.set(type, revision + 1);
    this.total++;
  }

  /** Those of one version, by a name that says which. */
  valuesOf(name: string, read: () => SearchValues): SearchValues {
    let found = this.values.get(name);
    if (found !== undefined) return found;
    found = read();
    const [oldest] = this.values.keys();
    if (this.values.size >= VALUES && oldest !== undefined) this.values.delete(oldest);
    this.values.set(name, found);
    return found;
  }

  /** The ids of a type that fit `where`, kept under `filter`; undefined where that is not known now. */
  get(filter: Filter, type: string, where: readonly Filter[]): ReadonlySet<string> | undefined {
    let known = this.sets.get(filter);
    if (known === undefined) {
      const types = [...new Set([type, ...where.flatMap(typesIn)])];
      for (const one of types) {
        if (this.revisions.has(one)) continue;
        this.revisions.set(one, 0);
        this.watch(one);
      }
      known = { types, stamp: -1, total: -1, until: 0, asked: 0, isRead: false };
      this.sets.set(filter, known);
    }
    if (this.isCurrent(known)) return known.ids;
    if (++known.asked >= WORTH && !known.isRead) void this.read(known, type, where);
    return undefined;
  }

  private isCurrent(known: Known): boolean {
    if (known.total !== this.total) {
      if (known.stamp !== this.stampOf(known)) return false;
      known.total = this.total;
    }
    return known.until > Date.now();
  }

  private stampOf({ types }: Known): number {
    return types.reduce((sum, type) => sum + (this.revisions.get(type) ?? 0), 0);
  }

  private async read(known: Known, type: string, where: readonly Filter[]): Promise<void> {
    known.isRead = true;
    // What is written meanwhile makes it old at once.
    const stamp = this.stampOf(known);
    const until = Date.now() + LOOK_EVERY;
    try {
      const page = await this.store.search({ type, filters: [...where], sort: [], count: MOST });
      if (page.next === undefined) known.ids = new Set(page.items.map(({ id }) => id));
      else delete known.ids;
      Object.assign(known, { stamp, total: -1, until, asked: 0 });
    } catch {
      // The request that asks the store next is told what is wrong with it.
    } finally {
      known.isRead = false;
    }
  }
}

/** The types that a filter looks into. */
function typesIn(filter: Filter): string[] {
  switch (filter.kind) {
    case 'chain':
    case 'has':
      return [filter.type, ...filter.where.flatMap(typesIn)];
    case 'all':
    case 'any':
      return filter.of.flatMap(typesIn);
    case 'not':
      return typesIn(filter.of);
    default:
      return [];
  }
}
