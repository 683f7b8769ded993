/** Version numbers in If-Match, If-None-Match and ETag. https://hl7.org/fhir/R4/http.html#versioning */
import { FhirError } from '../r4/errors.js';
import type { StoredVersion } from '../store/store.js';

/** `W/"3"`. */
export function etag(version: StoredVersion): string {
  return `W/"${version.version}"`;
}

/**
 * The versions that If-Match names: `W/"3"`, `"3"` or `3`, or a list of them. `undefined` when the header is absent,
 * 'any' for `*`. A tag that this server never gave names no version: -1, which no resource has. Throws `bad-header`.
 */
export function versionsOf(header: string | undefined): number[] | 'any' | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return 'any';
  return header.split(',').map((text) => {
    const match = /^(?:W\/)?"([^"]*)"$|^([\w.-]+)$/.exec(text.trim());
    if (match === null) {
      const reason = { en: 'W/"1" is expected', fr: 'W/"1" est attendu' };
      throw new FhirError('bad-header', { name: 'If-Match', reason });
    }
    const tag = match[1] ?? match[2] ?? '';
    return /^[1-9]\d{0,14}$/.test(tag) ? Number(tag) : -1;
  });
}

/** True when If-None-Match (a list of tags, or `*`) names this version. */
export function noneMatchHolds(header: string, version: StoredVersion): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${version.version}"`);
}
