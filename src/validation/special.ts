/** Rules that R4 states in words or FHIRPath and that are told best by hand: narrative, bundles, contained resources. */
import { type At, below, fail, isObject, type Json, note, type Run, shown } from './explain.js';
import { narrativeFault } from './narrative.js';
import { base64Size } from './primitives.js';
import { typeInUrl } from './reference.js';

const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** txt-1, txt-2. https://hl7.org/fhir/R4/narrative.html */
export function checkNarrative(value: unknown, at: At, run: Run): boolean {
  const div = (value as Json).div;
  if (typeof div !== 'string') return true;
  const fault = narrativeFault(div);
  if (fault === undefined) return true;
  return fail(run, below(at, 'div'), 'narrative', { fault: fault.fault, found: shown(fault.found) });
}

/** `size` is the number of bytes of `data`. https://hl7.org/fhir/R4/datatypes.html#Attachment */
export function checkAttachment(value: unknown, at: At, run: Run): boolean {
  const { data, size } = value as Json;
  if (typeof data !== 'string' || typeof size !== 'number') return true;
  const bytes = base64Size(data);
  return bytes === size || fail(run, below(at, 'size'), 'attachment-size', { size, bytes });
}

/**
 * The system of URIs, of which the value is then one, whole. A warning: examples of HL7 itself forget `urn:oid:`.
 * https://hl7.org/fhir/R4/datatypes.html#Identifier
 */
export function checkIdentifier(identifier: unknown, at: At, run: Run): boolean {
  const { system, value } = identifier as Json;
  if (system !== 'urn:ietf:rfc:3986' || typeof value !== 'string' || ABSOLUTE.test(value)) return true;
  return note(run, below(at, 'value'), 'warning', 'identifier-uri', { value: shown(value) });
}

/** fullUrl: absolute, and the same identity as the resource. https://hl7.org/fhir/R4/bundle.html#bundle-unique */
export function bundleCheck(isType: (name: string) => boolean) {
  return (value: unknown, at: At, run: Run): boolean => {
    const entries = (value as Json).entry;
    if (!Array.isArray(entries)) return true;
    let ok = true;
    for (let i = 0; i < entries.length && (ok || at !== undefined); i++) {
      const entry: unknown = entries[i];
      if (!isObject(entry) || typeof entry.fullUrl !== 'string') continue;
      const { fullUrl, resource } = entry;
      const place = at === undefined ? undefined : below(below(at, 'entry', i), 'fullUrl');
      if (!ABSOLUTE.test(fullUrl)) {
        ok = fail(run, place, 'full-url-relative', { value: shown(fullUrl) });
        continue;
      }
      if (!isObject(resource) || typeof resource.id !== 'string' || !/^https?:/.test(fullUrl)) continue;
      const identity = `${String(resource.resourceType)}/${resource.id}`;
      const type = typeInUrl(fullUrl, isType);
      if (type !== undefined && !fullUrl.endsWith(`/${identity}`)) {
        ok = fail(run, place, 'full-url-identity', { value: shown(fullUrl), identity });
      }
    }
    return ok;
  };
}

/** dom-2 to dom-5 and the ids of contained resources. https://hl7.org/fhir/R4/references.html#contained */
export function checkContained(value: Json, at: At, run: Run): boolean {
  const { contained } = value;
  if (!Array.isArray(contained)) return true;
  let ok = true;
  const ids = new Set<unknown>();
  for (let i = 0; i < contained.length && (ok || at !== undefined); i++) {
    const resource: unknown = contained[i];
    if (!isObject(resource)) continue;
    const place = below(at, 'contained', i);
    const { id, meta } = resource;
    if (typeof id !== 'string') ok = fail(run, place, 'contained-without-id', {});
    else if (ids.has(id)) ok = fail(run, place, 'contained-id-twice', { id: shown(id) });
    ids.add(id);
    if (resource.contained !== undefined) ok = fail(run, below(place, 'contained'), 'contained-nested', {});
    if (isObject(meta) && (has(meta, 'versionId') || has(meta, 'lastUpdated') || meta.security !== undefined)) {
      ok = fail(run, below(place, 'meta'), 'contained-meta', {});
    }
    if (typeof id === 'string' && !isReferred(value, contained, i, id)) {
      ok = fail(run, place, 'contained-orphan', { id: shown(id) });
    }
  }
  return ok;
}

const has = (value: Json, name: string): boolean => value[name] !== undefined || value[`_${name}`] !== undefined;

/** Is `#id` said somewhere outside the resource itself, or `#` inside it? */
function isReferred(container: Json, contained: readonly unknown[], index: number, id: string): boolean {
  if (says(contained[index], '#')) return true;
  for (const key in container) {
    if (key !== 'contained' && says(container[key], `#${id}`)) return true;
  }
  return contained.some((other, i) => i !== index && says(other, `#${id}`));
}

function says(value: unknown, text: string): boolean {
  if (value === text) return true;
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) if (says((value as Json)[key], text)) return true;
  return false;
}
