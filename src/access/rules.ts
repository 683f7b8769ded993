/** What a store as a caller sees it is made from: his permissions, and the helpers that they need. */
import type { Definitions } from '../r4/definitions/index.js';
import type { SearchRegistry } from '../search/registry.js';
import type { StoredVersion } from '../store/store.js';
import { HiddenElements } from './hidden-elements.js';
import type { KnownSets } from './known-sets.js';
import type { Extent, Permissions } from './permissions.js';
import type { Action } from './policy.js';

export class Rules {
  private readonly elements = new Map<string, string | undefined>();
  private readonly hiding = new Map<string, HiddenElements | undefined>();

  constructor(
    readonly permissions: Permissions,
    readonly registry: SearchRegistry,
    private readonly definitions: Definitions,
    readonly baseUrl: string,
    /** For the trace and for what is kept of a caller. */
    readonly callerId: string,
    /** What is known without a search; absent within a transaction, whose own writes may change it. */
    readonly known?: KnownSets,
  ) {}

  /** The same without what is known. */
  inTransaction(): Rules {
    const { permissions, registry, definitions, baseUrl, callerId } = this;
    return new Rules(permissions, registry, definitions, baseUrl, callerId);
  }

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

  /** Do two reference indexes of a type hold the references of one element? */
  isSameElement(type: string, one: string, other: string): boolean {
    if (one === other) return true;
    const element = this.elementOf(type, one);
    return element !== undefined && element === this.elementOf(type, other);
  }

  /** `subject` for `Observation.subject.where(resolve() is Patient)`; undefined for what is not as plain as that. */
  private elementOf(type: string, key: string): string | undefined {
    const name = `${type} ${key}`;
    if (this.elements.has(name)) return this.elements.get(name);
    const urls = this.registry
      .parameters(type)
      .filter((one) => one.key === key)
      .map(({ url }) => url);
    const expressions = this.definitions
      .searchParameters(type)
      .filter(({ url }) => urls.includes(url))
      .map(({ expression = '' }) => expression);
    const parts = expressions.flatMap((text) => text.split('|').filter((part) => part.trim().startsWith(`${type}.`)));
    const found = parts.map((part) => /^\w+\.(\w+)(\.where\(resolve\(\) is Patient\))?$/.exec(part.trim())?.[1]);
    const element = found.length > 0 && found.every((one) => one === found[0]) ? found[0] : undefined;
    this.elements.set(name, element);
    return element;
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
