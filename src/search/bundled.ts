/**
 * The resource that a Bundle of type document or message begins with: `composition` and `message` lead into it, and what
 * chains ask of it is indexed with the Bundle. https://hl7.org/fhir/R4/bundle.html#search
 */
import { indexed } from './long-values.js';
import { normaliseReference } from './parameters/reference.js';
import type { Filter, SearchValues } from './query.js';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** By code of the parameter: the type of the Bundle, and of the resource that it begins with. */
const FIRST: Readonly<Record<string, { bundle: string; type: string }>> = {
  composition: { bundle: 'document', type: 'Composition' },
  message: { bundle: 'message', type: 'MessageHeader' },
};
/** The FHIR type of what such a parameter leads to; other references are of type Reference or canonical. */
export const INSIDE = 'Resource';

/** The type of the resource inside that a parameter of `type` leads to; `undefined` for any other. */
export const bundledType = (type: string, code: string): string | undefined =>
  type === 'Bundle' ? FIRST[code]?.type : undefined;

/** The first resource of a Bundle with its own references, where the Bundle is of the type that `code` is about. */
export function firstOf(
  bundle: unknown,
  code: string,
  baseUrl: string,
): { resource: Json; references: string[] } | undefined {
  const wanted = FIRST[code];
  if (wanted === undefined || !isObject(bundle) || bundle.type !== wanted.bundle) return undefined;
  const entry = Array.isArray(bundle.entry) ? bundle.entry[0] : undefined;
  const resource = isObject(entry) ? entry.resource : undefined;
  if (!isObject(resource) || resource.resourceType !== wanted.type) return undefined;
  const own = typeof resource.id === 'string' ? `${wanted.type}/${resource.id}` : undefined;
  const full = typeof entry.fullUrl === 'string' ? normaliseReference(entry.fullUrl, baseUrl) : undefined;
  const references = [...new Set([own, full])].flatMap((one) => (one === undefined ? [] : [indexed(one)]));
  return { resource, references };
}

/** The byte is no character of a parameter's code. */
const keyInside = (key: string, inner: string): string => `${key}\u0006${inner}`;

/** The values of the resource inside as those of the Bundle, under the reference index `key`; its words are the Bundle's already. */
export function addInside(key: string, inside: SearchValues, into: SearchValues): void {
  const moved = <V extends { key: string }>(value: V): V => ({ ...value, key: keyInside(key, value.key) });
  into.tokens.push(...inside.tokens.map(moved));
  into.strings.push(...inside.strings.map(moved));
  into.references.push(...inside.references.map(moved));
  into.dates.push(...inside.dates.map(moved));
  into.uris.push(...inside.uris.map(moved));
  into.numbers.push(...inside.numbers.map(moved));
  into.positions.push(...inside.positions.map(moved));
}

/**
 * What is asked of the resource inside, asked of the Bundle that begins with one; `undefined` where the index does not
 * tell: by `_lastUpdated`, by words, by `_has`, and by parameters that were added (whose keys `isIndexed` refuses).
 */
export function insideFirst(
  key: string,
  type: string,
  where: readonly Filter[],
  isIndexed: (key: string) => boolean,
): Filter | undefined {
  const move = (filter: Filter): Filter | undefined => {
    switch (filter.kind) {
      case 'id':
        return { kind: 'reference', key, anyOf: filter.anyOf.map((id) => `${type}/${id}`) };
      case 'all':
      case 'any': {
        const of = filter.of.map(move);
        return of.includes(undefined) ? undefined : { kind: filter.kind, of: of as Filter[] };
      }
      case 'not': {
        const of = move(filter.of);
        return of === undefined ? undefined : { kind: 'not', of };
      }
      case 'lastUpdated':
      case 'words':
      case 'has':
        return undefined;
      default:
        return isIndexed(filter.key) ? { ...filter, key: keyInside(key, filter.key) } : undefined;
    }
  };
  const moved = where.map(move);
  if (moved.includes(undefined)) return undefined;
  // What is not so inside is asked of Bundles that have something inside.
  return {
    kind: 'all',
    of: [{ kind: 'missing', key, valueKind: 'reference', missing: false }, ...(moved as Filter[])],
  };
}
