/** What a store as a caller sees it is made from: his permissions, and the helpers that they need. */
import type { Definitions } from '../r4/definitions/index.js';
import type { SearchRegistry } from '../search/registry.js';
import type { StoredVersion } from '../store/store.js';
import { HiddenElements } from './hidden-elements.js';
import type { Extent, Permissions } from './permissions.js';
import type { Action } from './policy.js';

export class Rules {
  private readonly hiding = new Map<string, HiddenElements | undefined>();

  constructor(
    readonly permissions: Permissions,
    readonly registry: SearchRegistry,
    private readonly definitions: Definitions,
    readonly baseUrl: string,
    /** For the trace and for what is kept of a caller. */
    readonly callerId: string,
  ) {}

  extent(type: string, action: Action): Extent {
    return this.permissions.extent(type, action);
  }

  hidden(type: string): HiddenElements | undefined {
    if (this.hiding.has(type)) return this.hiding.get(type);
    const elements = this.permissions.hidden(type);
    const hidden =
      elements.length === 0
        ? undefined
        : new HiddenElements(type, elements, this.registry, this.definitions, this.baseUrl);
    this.hiding.set(type, hidden);
    return hidden;
  }

  cut(version: StoredVersion): StoredVersion {
    return this.hidden(version.type)?.cut(version) ?? version;
  }

  /** Are all resources of a type read and found, whole? */
  isOpen(type: string): boolean {
    return (
      this.extent(type, 'read') === 'all' && this.extent(type, 'search') === 'all' && this.hidden(type) === undefined
    );
  }
}
