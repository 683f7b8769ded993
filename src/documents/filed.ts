/**
 * A document that was filed stays what it is: of its metadata only status, securityLabel and isArchived may change, and
 * its bytes never. https://interop.esante.gouv.fr/ig/fhir/pdsm/
 */
import { parseObject } from '../r4/json.js';
import { memberTexts } from '../r4/json-text.js';
import { isSameTree } from '../r4/lossless.js';
import { claimsFiled, IS_ARCHIVED, isObject, itemsOf, type Json } from './profiles.js';

/** What the server marks the DocumentReference and the Binary (or Bundle) of a document with, in `meta.tag`. */
export const FILED_TAG = { system: 'urn:passerelle:documents', code: 'filed' } as const;

/** Is it a document, or the content of one? */
export function isFiled(resource: Json): boolean {
  const tags = isObject(resource.meta) ? itemsOf(resource.meta.tag) : [];
  if (tags.some(({ system, code }) => system === FILED_TAG.system && code === FILED_TAG.code)) return true;
  return resource.resourceType === 'DocumentReference' && claimsFiled(resource);
}

/** The text of a resource (without white space) with the tag, once. */
export function asFiled(text: string): string {
  const members = memberTexts(text);
  const meta = members.find(({ name }) => name === 'meta')?.text ?? '{}';
  const parts = memberTexts(meta);
  const tags = parts.find(({ name }) => name === 'tag')?.text ?? '[]';
  const tag = JSON.stringify(FILED_TAG);
  if (tags.includes(tag)) return text;
  const all = tags === '[]' ? `[${tag}]` : `${tags.slice(0, -1)},${tag}]`;
  const kept = parts.filter(({ name }) => name !== 'tag').map(({ name, text }) => `${JSON.stringify(name)}:${text},`);
  const others = members
    .filter(({ name }) => name !== 'meta')
    .map(({ name, text }) => `,${JSON.stringify(name)}:${text}`);
  // The type goes first, as in every text of ours.
  const [type = '', ...rest] = [
    ...others.filter((one) => one.startsWith(',"resourceType"')),
    ...others.filter((one) => !one.startsWith(',"resourceType"')),
  ];
  return `{${type.slice(1)},"meta":{${kept.join('')}"tag":${all}}${rest.join('')}}`;
}

/** What the server sets itself. */
const ASIDE = new Set(['id', 'meta']);
const CHANGEABLE = new Set(['status', 'securityLabel']);

/** Elements of a document that differ and may not, in the order of the document. None for a change that is allowed. */
export function forbiddenChanges(before: Json, after: Json): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !ASIDE.has(name));
  const changed = names.filter((name) => {
    if (name !== 'extension') return !isSameTree(before[name], after[name]);
    return !isSameTree(withoutArchived(before), withoutArchived(after));
  });
  const isDocument = before.resourceType === 'DocumentReference';
  const forbidden = changed.filter((name) => !isDocument || !CHANGEABLE.has(name.replace(/^_/, '')));
  return isSameTree(withoutVersion(before), withoutVersion(after)) ? forbidden : [...forbidden, 'meta'];
}

/** `meta` as clients have it in their hands. */
function withoutVersion({ meta }: Json): Json {
  const { versionId: _, lastUpdated: __, ...rest } = isObject(meta) ? meta : {};
  return rest;
}

/** Do they say the same, whatever their ids and versions? */
export function saysTheSame(one: Json, other: Json): boolean {
  const { id: _, meta: __, ...rest } = one;
  const { id: ___, meta: ____, ...others } = other;
  return isSameTree(rest, others) && isSameTree(withoutVersion(one), withoutVersion(other));
}

const withoutArchived = ({ extension }: Json): Json[] => itemsOf(extension).filter(({ url }) => url !== IS_ARCHIVED);

/** A stored or sent text as a value. */
export const read = (text: string): Json => parseObject(text).value;
