/**
 * Bundles of answers, put together as text so that stored resources go out as they came in.
 * https://hl7.org/fhir/R4/bundle.html
 */
import type { StoredVersion } from '../store/store.js';
import { etag } from './etag.js';

export interface Link {
  relation: 'self' | 'first' | 'previous' | 'next';
  url: string;
}

/** A query string from pairs; '' when there are none. Colons and commas stay readable. */
export function queryString(pairs: readonly (readonly [string, string])[]): string {
  if (pairs.length === 0) return '';
  const encode = (text: string) =>
    encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%7C', '|');
  return `?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`;
}

function bundle(type: string, links: readonly Link[], total: number | undefined, entries: readonly string[]): string {
  let text = `{"resourceType":"Bundle","type":"${type}"`;
  if (total !== undefined) text += `,"total":${total}`;
  text += `,"link":${JSON.stringify(links)}`;
  // An empty array is not allowed in FHIR JSON.
  if (entries.length > 0) text += `,"entry":[${entries.join(',')}]`;
  return `${text}}`;
}

/** https://hl7.org/fhir/R4/http.html#search. `outcomes` are OperationOutcomes in JSON about the search itself. */
export function searchBundle(
  baseUrl: string,
  links: readonly Link[],
  total: number | undefined,
  matches: readonly StoredVersion[],
  included: readonly StoredVersion[],
  outcomes: readonly string[],
): string {
  const entry = ({ type, id, text }: StoredVersion, mode: string) =>
    `{"fullUrl":"${baseUrl}/${type}/${id}","resource":${text},"search":{"mode":"${mode}"}}`;
  const entries = matches.map((version) => entry(version, 'match'));
  for (const version of included) entries.push(entry(version, 'include'));
  for (const outcome of outcomes) entries.push(`{"resource":${outcome},"search":{"mode":"outcome"}}`);
  return bundle('searchset', links, total, entries);
}

/** https://hl7.org/fhir/R4/http.html#history */
export function historyBundle(
  baseUrl: string,
  links: readonly Link[],
  total: number | undefined,
  versions: readonly StoredVersion[],
): string {
  const entries = versions.map((v) => {
    const url = v.method === 'POST' ? v.type : `${v.type}/${v.id}`;
    const status = v.deleted ? '204' : v.version === 1 ? '201' : '200';
    const request = `"request":{"method":"${v.method}","url":"${url}"}`;
    const response = JSON.stringify({ status, etag: etag(v), lastModified: new Date(v.lastUpdated).toISOString() });
    const resource = v.deleted ? '' : `"resource":${v.text},`;
    return `{"fullUrl":"${baseUrl}/${v.type}/${v.id}",${resource}${request},"response":${response}}`;
  });
  return bundle('history', links, total, entries);
}
