/** Form and target type of a Reference. https://hl7.org/fhir/R4/references.html */
import { type At, below, fail, type Json, type Run, shown } from './explain.js';
import { isId } from './primitives.js';
import { containedById, resolveReference } from './resolve.js';

/** The type named by `Type/id`, with or without a base and a version; `undefined` when the URL does not tell. */
export function typeInUrl(reference: string, isType: (name: string) => boolean): string | undefined {
  const query = reference.search(/[?#]/);
  const parts = (query < 0 ? reference : reference.slice(0, query)).split('/');
  const history = parts.at(-2) === '_history' ? 2 : 0;
  const name = parts[parts.length - 2 - history];
  if (name === undefined || !isType(name)) return undefined;
  return isId(parts[parts.length - 1 - history]) ? name : undefined;
}

/** Whether `#id` resolves and the type pointed to is one of `targets` (any when undefined). */
export function checkReference(
  value: Json,
  targets: ReadonlySet<string> | undefined,
  isType: (name: string) => boolean,
  at: At,
  run: Run,
): boolean {
  const reference = value.reference;
  let found: string | undefined;
  if (typeof reference === 'string') {
    if (reference.charCodeAt(0) === 0x23) {
      const target = reference === '#' ? run.container : containedById(run.container, reference.slice(1));
      if (target === undefined) {
        return fail(run, below(at, 'reference'), 'contained-missing', { value: shown(reference) });
      }
      found = typeof target.resourceType === 'string' ? target.resourceType : undefined;
    } else if (reference.startsWith('urn:')) {
      const { matches } = resolveReference(reference, run);
      found = matches.length === 1 ? String(matches[0]?.resourceType) : undefined;
    } else {
      found = typeInUrl(reference, isType);
      // A relative one has no other form; a search in its place belongs to the entries of a transaction.
      if (found === undefined && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(reference) && !/^[A-Z][A-Za-z]+\?/.test(reference)) {
        return fail(run, below(at, 'reference'), 'reference-form', { value: shown(reference) });
      }
    }
  }
  const named = typeof value.type === 'string' && isType(value.type) ? value.type : undefined;
  if (found !== undefined && named !== undefined && found !== named) {
    return fail(run, below(at, 'type'), 'reference-type-contradiction', { value: named, found });
  }
  found ??= named;
  if (found === undefined || targets === undefined || targets.has(found)) return true;
  return fail(run, at, 'reference-target', { found, allowed: [...targets].join(', ') });
}
