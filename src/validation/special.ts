/** Rules that R4 states in words or FHIRPath and that are told best by hand: narrative, attachments, contained resources. */
import { isAbsolute } from './definitional/canonical.js';
import { type At, below, fail, isObject, type Json, note, type Run, shown } from './explain.js';
import { narrativeFault } from './narrative.js';
import { base64Size } from './primitives.js';

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
 * The system is absolute. That of URIs says that the value is one, whole; a warning, since examples of HL7 itself forget
 * `urn:oid:`. https://hl7.org/fhir/R4/datatypes.html#Identifier
 */
export function checkIdentifier(identifier: unknown, at: At, run: Run): boolean {
  const { system, value } = identifier as Json;
  if (typeof system === 'string' && !system.startsWith('urn:') && !isAbsolute(system)) {
    return fail(run, below(at, 'system'), 'identifier-system-relative', { system: shown(system) });
  }
  if (system !== 'urn:ietf:rfc:3986' || typeof value !== 'string' || isAbsolute(value)) return true;
  return note(run, below(at, 'value'), 'warning', 'identifier-uri', { value: shown(value) });
}

/** An element's id is of one element in a resource. https://hl7.org/fhir/R4/element-definitions.html#Element.id */
export function checkElementId(id: unknown, at: At, run: Run): boolean {
  run.ids ??= new Set();
  if (run.ids.has(id)) return fail(run, at, 'element-id-twice', { id: shown(id) });
  run.ids.add(id);
  return true;
}

/** dom-2 to dom-5 and the ids of contained resources. https://hl7.org/fhir/R4/references.html#contained */
export function checkContained(value: Json, at: At, run: Run): boolean {
  const { contained } = value;
  if (!Array.isArray(contained)) return true;
  let ok = true;
  const ids = new Set<unknown>();
  const said = fragmentsOf(value, contained);
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
    if (typeof id === 'string' && !isReferred(said, i, id)) {
      ok = fail(run, place, 'contained-orphan', { id: shown(id) });
    }
  }
  return ok;
}

const has = (value: Json, name: string): boolean => value[name] !== undefined || value[`_${name}`] !== undefined;

/** Where each `#...` is said: the numbers of the contained resources, -1 for the rest of the container. */
type Fragments = Map<string, Set<number>>;

/** One walk for all, since a container may hold thousands. */
function fragmentsOf(container: Json, contained: readonly unknown[]): Fragments {
  const said: Fragments = new Map();
  for (const key in container) if (key !== 'contained') gather(container[key], -1, said);
  contained.forEach((resource, i) => {
    gather(resource, i, said);
  });
  return said;
}

function gather(value: unknown, where: number, said: Fragments): void {
  if (typeof value === 'string') {
    if (value.charCodeAt(0) !== 0x23) return;
    const known = said.get(value);
    if (known === undefined) said.set(value, new Set([where]));
    else known.add(where);
  } else if (Array.isArray(value)) for (const item of value) gather(item, where, said);
  else if (typeof value === 'object' && value !== null) {
    for (const key in value) gather((value as Json)[key], where, said);
  }
}

/** Is `#id` said somewhere outside the resource itself, or `#` inside it? */
function isReferred(said: Fragments, index: number, id: string): boolean {
  if (said.get('#')?.has(index) === true) return true;
  const places = said.get(`#${id}`);
  return places !== undefined && (places.size > 1 || !places.has(index));
}
