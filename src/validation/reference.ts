/** Form and target type of a Reference. https://hl7.org/fhir/R4/references.html */
import { isAbsolute } from './definitional/canonical.js';
import { type At, below, fail, type Json, note, type Run, shown } from './explain.js';
import { isIdWithin } from './primitives.js';
import { containedById, resolveReference } from './resolve.js';

/** The type named by `Type/id`, with or without a base and a version; `undefined` when the URL does not tell. */
export function typeInUrl(reference: string, isType: (name: string) => boolean): string | undefined {
  let end = reference.indexOf('#');
  if (end < 0) end = reference.length;
  const query = reference.indexOf('?');
  if (query >= 0 && query < end) end = query;
  let slash = reference.lastIndexOf('/', end - 1);
  if (slash < 0) return undefined;
  let before = reference.lastIndexOf('/', slash - 1);
  if (reference.slice(before + 1, slash) === '_history') {
    end = before;
    slash = reference.lastIndexOf('/', end - 1);
    before = reference.lastIndexOf('/', slash - 1);
  }
  if (slash <= 0) return undefined;
  const name = reference.slice(before + 1, slash);
  return isIdWithin(reference, slash + 1, end) && isType(name) ? name : undefined;
}

/**
 * A transaction cannot rewrite what no entry is, and refuses it; elsewhere it can be of no use, which is a remark.
 * https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/bundle.html#references
 */
function checkUrn(reference: string, { type }: Json, at: At, run: Run): boolean {
  if (!/^urn:(uuid|oid):/.test(reference)) return true;
  const place = below(at, 'reference');
  if (type === 'transaction') return fail(run, place, 'urn-not-in-bundle', { value: shown(reference) });
  if (type !== 'document' && type !== 'message') return true;
  return note(run, place, 'warning', 'urn-not-in-bundle', { value: shown(reference) });
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
      if (matches.length === 0 && run.bundle !== undefined && !checkUrn(reference, run.bundle, at, run)) return false;
    } else {
      found = typeInUrl(reference, isType);
      // A relative one has no other form; a search in its place belongs to the entries of a transaction.
      if (found === undefined && !isAbsolute(reference) && !/^[A-Z][A-Za-z]+\?/.test(reference)) {
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
