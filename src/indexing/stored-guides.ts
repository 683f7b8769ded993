/**
 * The profiles, value sets and code systems that clients stored, at work from the moment that they are stored: in this
 * process at once, in others within seconds. https://hl7.org/fhir/R4/profiling.html
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Store } from '../store/store.js';
import { LOOK_EVERY } from './search-index.js';
import { everyStored } from './stored.js';

/** The types that say what is valid. */
export const GUIDE_TYPES = ['StructureDefinition', 'ValueSet', 'CodeSystem'] as const;
/** More characters of them than these are not used: they are all kept in memory. */
const MAX_LENGTH = 128 * 1024 * 1024;
const NAME = 'guides';

export class StoredGuides {
  /** `Type/id` to the resource and the length of its text. */
  private readonly known = new Map<string, { resource: object; length: number }>();
  /** `null` until it was read: a store of an older version has guides and no revision. */
  private seen: string | undefined | null = null;
  private looking: NodeJS.Timeout | undefined;

  /** `changed` is told all of them, each time that they are others. */
  constructor(
    private readonly store: Store,
    private readonly types: ReadonlySet<string>,
    private readonly log: Logger,
    private readonly changed: (resources: readonly object[]) => void,
  ) {}

  /** Reads what is stored. */
  async open(): Promise<void> {
    await this.look();
    // A memory store has one process.
    if (this.store.name === 'memory') return;
    this.looking = setInterval(() => void this.lookAgain(), LOOK_EVERY).unref();
  }

  close(): void {
    clearInterval(this.looking);
  }

  /** After writes of some of them. */
  async written(places: readonly { type: string; id: string }[]): Promise<void> {
    for (const { type, id } of places) {
      const version = await this.store.read(type, id);
      if (version === undefined || version.deleted) this.known.delete(`${type}/${id}`);
      else this.take(type, id, version.text);
    }
    const revision = randomUUID();
    await this.store.state.set(NAME, revision);
    this.seen = revision;
    this.tell();
  }

  private async lookAgain(): Promise<void> {
    try {
      await this.look();
    } catch {
      // The database is away: it will be asked again, and requests say so meanwhile.
    }
  }

  private async look(): Promise<void> {
    const revision = await this.store.state.get(NAME);
    if (revision === this.seen) return;
    this.known.clear();
    for (const type of GUIDE_TYPES) {
      if (!this.types.has(type)) continue;
      for await (const { id, text } of everyStored(this.store, type)) this.take(type, id, text);
    }
    this.seen = revision;
    this.tell();
  }

  private take(type: string, id: string, text: string): void {
    this.known.set(`${type}/${id}`, { resource: JSON.parse(text) as object, length: text.length });
  }

  private tell(): void {
    const resources: object[] = [];
    let length = 0;
    for (const each of this.known.values()) {
      length += each.length;
      if (length > MAX_LENGTH) {
        this.log.warn(
          { used: resources.length, stored: this.known.size },
          'stored definitions beyond the limit are not used',
        );
        break;
      }
      const { status } = each.resource as { status?: unknown };
      if (status !== 'retired') resources.push(each.resource);
    }
    this.changed(resources);
  }
}
