/** Rules of a Bundle on its entries: their fullUrl, and what a document must bring along. https://hl7.org/fhir/R4/bundle.html */
import { isAbsolute } from './definitional/canonical.js';
import { type At, below, fail, isObject, type Json, type Run, shown } from './explain.js';
import type { Check } from './plan.js';
import { list } from './presence.js';
import { typeInUrl } from './reference.js';
import { resolveReference } from './resolve.js';

export function bundleCheck(isType: (name: string) => boolean): Check {
  return (value, at, run) => {
    const bundle = value as Json;
    if (!Array.isArray(bundle.entry)) return true;
    const ok = checkFullUrls(bundle.entry, isType, at, run);
    if ((!ok && at === undefined) || bundle.type !== 'document') return ok;
    return checkDocument(bundle, at, run) && ok;
  };
}

/** Absolute, and the same identity as the resource. https://hl7.org/fhir/R4/bundle.html#bundle-unique */
function checkFullUrls(entries: readonly unknown[], isType: (name: string) => boolean, at: At, run: Run): boolean {
  let ok = true;
  for (let i = 0; i < entries.length && (ok || at !== undefined); i++) {
    const entry: unknown = entries[i];
    if (!isObject(entry) || typeof entry.fullUrl !== 'string') continue;
    const { fullUrl, resource } = entry;
    const place = at === undefined ? undefined : below(below(at, 'entry', i), 'fullUrl');
    if (!isAbsolute(fullUrl)) {
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
}

/** Members of a Composition whose targets the document includes. https://hl7.org/fhir/R4/documents.html#bundle */
const INCLUDED = ['subject', 'encounter', 'author', 'custodian'];

function checkDocument(bundle: Json, at: At, run: Run): boolean {
  const first: unknown = (bundle.entry as unknown[])[0];
  const composition = isObject(first) ? first.resource : undefined;
  if (!isObject(composition) || composition.resourceType !== 'Composition') return true;
  const { container, bundle: outer } = run;
  run.container = composition;
  run.bundle = bundle;
  const place = at === undefined ? undefined : below(below(at, 'entry', 0), 'resource');
  const ok = checkIncluded(composition, place, run);
  run.container = container;
  run.bundle = outer;
  return ok;
}

function checkIncluded(composition: Json, at: At, run: Run): boolean {
  let ok = true;
  const included = (reference: unknown, place: At): void => {
    if (!isObject(reference) || typeof reference.reference !== 'string' || (!ok && at === undefined)) return;
    if (!checkResolves(reference.reference, place, run)) ok = false;
  };
  for (const name of INCLUDED) {
    const value = composition[name];
    if (!Array.isArray(value)) included(value, below(at, name));
    else
      value.forEach((each, i) => {
        included(each, below(at, name, i));
      });
  }
  list(composition.attester).forEach(({ party }, i) => {
    included(party, below(below(at, 'attester', i), 'party'));
  });
  list(composition.event).forEach(({ detail }, i) => {
    list(detail).forEach((each, j) => {
      included(each, below(below(at, 'event', i), 'detail', j));
    });
  });
  const sections = (above: Json, place: At): void => {
    list(above.section).forEach((section, i) => {
      const here = below(place, 'section', i);
      list(section.entry).forEach((each, j) => {
        included(each, below(here, 'entry', j));
      });
      sections(section, here);
    });
  };
  sections(composition, at);
  return ok;
}

function checkResolves(reference: string, at: At, run: Run): boolean {
  const { matches } = resolveReference(reference, run);
  if (matches.length === 1) return true;
  const key = matches.length === 0 ? 'document-missing' : 'document-ambiguous';
  return fail(run, below(at, 'reference'), key, { value: shown(reference), count: matches.length });
}
