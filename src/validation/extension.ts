/** Extensions: value or nested ones, and their own definition where it is known. https://hl7.org/fhir/R4/extensibility.html */
import { type At, below, fail, type Json, type Run, shown } from './explain.js';
import type { Check } from './plan.js';

const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:/;

export function hasValue(extension: Json): boolean {
  for (const key in extension) {
    if (key.startsWith('value') || key.startsWith('_value')) return true;
  }
  return false;
}

/** `rulesOf` gives the rules of a definition by its url, `undefined` where it is not known. */
export function extensionCheck(rulesOf: (url: string) => Check | undefined): Check {
  return (value, at, run) => {
    const extension = value as Json;
    const { url } = extension;
    if (typeof url !== 'string') return true;
    if (hasValue(extension) === (extension.extension !== undefined)) {
      return fail(run, at, 'extension-value', { url: shown(url) });
    }
    // A relative url names a part of the extension around it, whose definition checks it.
    if (!ABSOLUTE.test(url)) return true;
    const rules = rulesOf(url);
    return rules === undefined || rules(extension, at, run);
  };
}

/** Outside an extension a url must be absolute, and it never carries a version. */
export function checkExtensionUrl(extension: Json, at: At, run: Run): boolean {
  const { url } = extension;
  if (typeof url !== 'string') return true;
  if (!ABSOLUTE.test(url)) return fail(run, below(at, 'url'), 'extension-url-relative', { url: shown(url) });
  return !url.includes('|') || fail(run, below(at, 'url'), 'extension-url-version', { url: shown(url) });
}
