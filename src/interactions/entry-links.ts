/**
 * What the entries of a transaction say of each other, rewritten to where their resources will live; conditional
 * references to what they find. https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/bundle.html#references
 */
import { shapesOf } from '../r4/definitions/shapes.js';
import { FhirError } from '../r4/errors.js';
import { jsonPathExpression } from '../r4/json.js';
import { withStrings } from '../r4/json-text.js';
import { type Link, linksOf, relinked } from '../r4/links.js';
import { parseCriteria } from './criteria.js';
import type { Entry } from './entries.js';
import type { Context } from './interaction.js';

const CONDITIONAL = /^([A-Z][A-Za-z]+)\?(.+)$/s;
const VERSIONED = /^(.*)\/_history\/[A-Za-z0-9.-]{1,64}$/s;
const RELATIVE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/;
const RESTFUL = /^(.+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/s;

/** Where the resource of an entry will live: `Type/id`. */
export type PlaceOf = (entry: Entry) => string | undefined;

export class EntryLinks {
  private readonly places = new Map<string, string>();
  private readonly links = new Map<Entry, readonly Link[]>();

  constructor(entries: readonly Entry[], placeOf: PlaceOf, { services }: Context) {
    const shapes = shapesOf(services.definitions);
    for (const entry of entries) {
      const { resource, fullUrl } = entry;
      if (resource !== undefined) this.links.set(entry, linksOf(resource.value, shapes));
      const place = placeOf(entry);
      if (place === undefined) continue;
      if (fullUrl !== undefined) this.places.set(fullUrl, place);
      // A create's own id is only a name within the Bundle.
      const id = resource?.value.id;
      const name = typeof id === 'string' ? `${entry.request.type}/${id}` : undefined;
      if (name !== undefined && !this.places.has(name)) this.places.set(name, place);
    }
  }

  /** Does an entry refer to something by a search? What that finds is known when the others are written. */
  isConditional(entry: Entry): boolean {
    return this.linksOf(entry).some(({ kind, text }) => kind === 'reference' && CONDITIONAL.test(text));
  }

  /** Does an entry refer to a version of another's resource, which only the store can number? */
  isVersioned(entry: Entry): boolean {
    return this.linksOf(entry).some(({ text }) => {
      const [, whole] = VERSIONED.exec(text) ?? [];
      return whole !== undefined && this.place(whole, entry) !== undefined;
    });
  }

  /**
   * The text of an entry's resource with its links rewritten. Throws `reference-not-found`, `reference-ambiguous`,
   * `reference-not-in-bundle`.
   */
  async rewritten(entry: Entry, context: Context): Promise<string | undefined> {
    const { resource } = entry;
    if (resource === undefined) return undefined;
    const replacements = new Map<string, string>();
    for (const link of this.linksOf(entry)) {
      const condition = link.kind === 'reference' ? CONDITIONAL.exec(link.text) : null;
      const to =
        condition === null
          ? await this.target(link, entry, context)
          : await found(condition[1] as string, condition[2] as string, context);
      if (to !== link.text) replacements.set(jsonPathExpression(link.path), to);
    }
    return withStrings(resource.text, replacements);
  }

  private linksOf(entry: Entry): readonly Link[] {
    return this.links.get(entry) ?? [];
  }

  private async target(link: Link, entry: Entry, context: Context): Promise<string> {
    const [, whole] = VERSIONED.exec(link.text) ?? [];
    const versioned = whole === undefined ? undefined : this.place(whole, entry);
    if (versioned !== undefined) return await numbered(versioned, context);
    if (link.kind === 'reference' && /^urn:(uuid|oid):/.test(link.text) && this.place(link.text, entry) === undefined) {
      throw new FhirError('reference-not-in-bundle', {}, { expression: expressionOf(link, entry) });
    }
    return relinked(link, (text) => this.place(text, entry));
  }

  /** By `fullUrl`, or relative to the base of the entry's own. */
  private place(link: string, { fullUrl }: Entry): string | undefined {
    const exact = this.places.get(link);
    if (exact !== undefined || !RELATIVE.test(link) || fullUrl === undefined) return exact;
    const [, base] = RESTFUL.exec(fullUrl) ?? [];
    return base === undefined ? undefined : this.places.get(base + link);
  }
}

const expressionOf = ({ path }: Link, { request }: Entry): string => `${request.type}.${jsonPathExpression(path)}`;

/** The version that the transaction makes of a resource: it is written after what refers to it, or before. */
async function numbered(place: string, { services }: Context): Promise<string> {
  const [type = '', id = ''] = place.split('/');
  const now = await services.store.read(type, id);
  return `${place}/_history/${now?.version ?? 1}`;
}

/** Exactly one must fit: https://hl7.org/fhir/R4/http.html#transaction */
async function found(type: string, query: string, context: Context): Promise<string> {
  const { services } = context;
  if (!services.types.has(type)) throw new FhirError('unknown-type', { type, near: '' });
  const criteria = await parseCriteria(type, query, context);
  const { items } = await services.store.search({ ...criteria.query, count: 2 });
  const [match, other] = items;
  if (match === undefined) throw new FhirError('reference-not-found', { type });
  if (other !== undefined) throw new FhirError('reference-ambiguous', { type });
  return `${type}/${match.id}`;
}
