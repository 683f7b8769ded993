/**
 * Chains into contained resources: documents are shared with their authors inside. What such chains ask is indexed with
 * the resource itself. https://hl7.org/fhir/R4/search.html#chaining, https://interop.esante.gouv.fr/ig/fhir/pdsm/
 */
import { WITHIN } from './keys.js';
import type { Filter, SearchValues } from './query.js';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

const AUTHOR_ORG = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-authorOrg';

/** The references that are followed, by type and code: each costs every write of its type. */
const FOLLOWED: Readonly<Record<string, Readonly<Record<string, (resource: Json) => unknown[]>>>> = {
  DocumentReference: {
    author: ({ author }) => listOf(author),
    authenticator: ({ authenticator }) => listOf(authenticator),
  },
  List: {
    source: ({ source }) => listOf(source),
    authorOrg: ({ extension, source }) =>
      [...listOf(extension), ...listOf(isObject(source) ? source.extension : undefined)].flatMap((one) =>
        isObject(one) && one.url === AUTHOR_ORG ? listOf(one.valueReference) : [],
      ),
  },
  PractitionerRole: {
    practitioner: ({ practitioner }) => listOf(practitioner),
    organization: ({ organization }) => listOf(organization),
  },
};

/** Parameters of a contained resource that are indexed. */
export const CONTAINED_CODES: ReadonlySet<string> = new Set(['identifier', 'name', 'family', 'given']);

export const followed = (type: string): Readonly<Record<string, (resource: Json) => unknown[]>> => FOLLOWED[type] ?? {};
export const isFollowed = (type: string, code: string): boolean => code in followed(type);

/** The contained resources that the references at hand lead to. */
export function containedOf(references: unknown[], container: unknown): Json[] {
  const contained = isObject(container) ? listOf(container.contained).filter(isObject) : [];
  return references.flatMap((one) => {
    const text = isObject(one) && typeof one.reference === 'string' ? one.reference : '';
    const found = text.startsWith('#') ? contained.find(({ id }) => id === text.slice(1)) : undefined;
    return found === undefined ? [] : [found];
  });
}

/** The values of a contained resource as those of what leads to it by the reference index `key`. */
export function addWithin(key: string, within: SearchValues, into: SearchValues): void {
  const moved = <V extends { key: string }>(value: V): V => ({ ...value, key: key + WITHIN + value.key });
  into.tokens.push(...within.tokens.map(moved));
  into.strings.push(...within.strings.map(moved));
}

/** What `where` asks of a resource that a reference leads to, asked of one that is contained; `undefined` if it cannot be. */
export function withinContained(key: string, where: readonly Filter[]): Filter | undefined {
  const moved = where.map((filter) => within(key, filter));
  if (moved.some((one) => one === undefined)) return undefined;
  const [only, other] = moved as Filter[];
  return only !== undefined && other === undefined ? only : { kind: 'all', of: moved as Filter[] };
}

function within(key: string, filter: Filter): Filter | undefined {
  if (filter.kind === 'token' && filter.not === true) return undefined;
  if (filter.kind === 'token' || filter.kind === 'string') return { ...filter, key: key + WITHIN + filter.key };
  if (filter.kind === 'all') return withinContained(key, filter.of);
  if (filter.kind !== 'any') return undefined;
  // A chain from a contained resource into a stored one is not followed.
  const of = filter.of.map((one) => within(key, one)).filter((one) => one !== undefined);
  return of.length === 0 ? undefined : { kind: 'any', of };
}
