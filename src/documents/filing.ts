/** What filing asks of the store: a document is filed once, under a patient who is here, and replaces what is current. */

import { parseCriteria } from '../interactions/criteria.js';
import type { Context } from '../interactions/interaction.js';
import { JSON_PATCH, patch } from '../interactions/patch.js';
import { FhirError, type Issue } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { escapedValue } from '../search/escapes.js';
import { lockKeys } from '../search/lock-keys.js';
import { normaliseReference } from '../search/parameters/reference.js';
import type { StoredVersion } from '../store/store.js';
import { isObject, itemsOf, type Json, textOf } from './profiles.js';

/** A document that was just written, within its transaction. */
export interface Written {
  id: string;
  resource: Json;
  /** Where it stands in what came: `Bundle.entry[2].resource`. */
  expression: string;
}

export const masterOf = ({ masterIdentifier }: Json): { system: string; value: string } | undefined => {
  if (!isObject(masterIdentifier)) return undefined;
  const value = textOf(masterIdentifier.value);
  return value === undefined || value === '' ? undefined : { system: textOf(masterIdentifier.system) ?? '', value };
};

/** So that of two who file one document at once the second sees the first. */
export const locksOf = ({ system, value }: { system: string; value: string }): string[] =>
  lockKeys('DocumentReference', [['identifier', `${system}|${value}`]]);

const issue = (key: Issue['key'], expression: string, params: Issue['params'] = {}): Issue => ({
  severity: 'error',
  key,
  params,
  expression,
});

/** The other documents that have the masterIdentifier, as they are now. */
export async function knownAs(
  { id, resource }: Pick<Written, 'id' | 'resource'>,
  context: Context,
): Promise<StoredVersion[]> {
  const master = masterOf(resource);
  if (master === undefined) return [];
  const found = await identified(master, context);
  return found.filter((item) => {
    const other = masterOf(JSON.parse(item.text) as Json);
    return item.id !== id && other?.value === master.value && other.system === master.system;
  });
}

/** `document-known` or `document-differs`: another document has the masterIdentifier. */
export function knownAlready(known: StoredVersion, resource: Json): FhirError {
  const hash = hashOf(JSON.parse(known.text) as Json);
  const isSame = hash !== undefined && hash === hashOf(resource);
  return new FhirError(isSame ? 'document-known' : 'document-differs', { id: known.id });
}

/** More than so many documents of one identifier are nobody's honest doing. */
const MOST = 1000;

/**
 * The DocumentReferences that an identifier finds, among them those that have it as masterIdentifier. Throws
 * `multiple-matches` where there are too many to look at.
 */
async function identified({ system = '', value }: { system?: string; value: string }, context: Context) {
  const token = `${escapedValue(system)}|${escapedValue(value)}`;
  const { query } = await parseCriteria('DocumentReference', [['identifier', token]], context);
  const { items, next } = await context.services.store.search({ ...query, count: MOST });
  if (next !== undefined) throw new FhirError('multiple-matches');
  return items;
}

function hashOf({ content }: Json): string | undefined {
  const { attachment } = itemsOf(content)[0] ?? {};
  return isObject(attachment) ? textOf(attachment.hash) : undefined;
}

/** `Patient/123`, or an address elsewhere; `undefined` where the subject is said in another way or not at all. */
export function subjectOf({ subject }: Json, baseUrl: string): string | undefined {
  const text = isObject(subject) ? textOf(subject.reference) : undefined;
  return text === undefined ? undefined : normaliseReference(text, baseUrl);
}

/** A patient of this server has to be there; one of another is taken at its word. */
export async function subjectIssues({ resource, expression }: Written, context: Context): Promise<Issue[]> {
  const subject = subjectOf(resource, context.baseUrl);
  if (subject === undefined) return [issue('document-subject-missing', `${expression}.subject`)];
  const [type = '', id = '', ...more] = subject.split('/');
  if (more.length > 0 || subject.includes(':')) return [];
  const found = type === 'Patient' ? await context.services.store.read(type, id) : undefined;
  return found === undefined || found.deleted ? [issue('document-subject-unknown', `${expression}.subject`)] : [];
}

/**
 * What `relatesTo` replaces becomes superseded, unless it is so by `patched`, the ids that the same request patched.
 * Returns what is wrong.
 */
export async function supersede(
  { id, resource, expression }: Written,
  patched: ReadonlySet<string>,
  context: Context,
): Promise<Issue[]> {
  const issues: Issue[] = [];
  const subject = subjectOf(resource, context.baseUrl);
  for (const [i, { code, target }] of itemsOf(resource.relatesTo).entries()) {
    if (code !== 'replaces' || !isObject(target)) continue;
    const at = `${expression}.relatesTo[${i}].target`;
    const old = await replaced(target, id, context);
    if (old === undefined || old.id === id) {
      issues.push(issue('document-replaces-unknown', at));
      continue;
    }
    const before = JSON.parse(old.text) as Json;
    if (subjectOf(before, context.baseUrl) !== subject) issues.push(issue('document-subject-differs', at));
    else if (before.status === 'current') await setSuperseded(old, context);
    else if (!patched.has(old.id)) issues.push(issue('document-replaces-past', at));
  }
  return issues;
}

/**
 * By reference, or by identifier: the masterIdentifier, or one that all versions of a document have; then the current one
 * is meant. `id` is the document that replaces.
 */
async function replaced(
  { reference, identifier }: Json,
  id: string,
  context: Context,
): Promise<StoredVersion | undefined> {
  const { store } = context.services;
  if (typeof reference === 'string') {
    const [type = '', id = '', ...more] = normaliseReference(reference, context.baseUrl)?.split('/') ?? [];
    const found = type === 'DocumentReference' && more.length === 0 ? await store.read(type, id) : undefined;
    return found?.deleted === true ? undefined : found;
  }
  if (!isObject(identifier) || textOf(identifier.value) === undefined) return undefined;
  const found = await identified(identifier as { system?: string; value: string }, context);
  const others = found.filter((one) => one.id !== id);
  if (others.length < 2) return others[0];
  const current = others.filter(({ text }) => (JSON.parse(text) as Json).status === 'current');
  return current.length === 1 ? current[0] : undefined;
}

const SUPERSEDED = Buffer.from('[{"op":"replace","path":"/status","value":"superseded"}]').toString('base64');

async function setSuperseded({ type, id }: StoredVersion, context: Context): Promise<void> {
  const body = parseObject(JSON.stringify({ resourceType: 'Binary', contentType: JSON_PATCH, data: SUPERSEDED }));
  const nothing = { vid: '', ifMatch: undefined, ifNoneMatch: undefined, ifModifiedSince: undefined };
  await patch.run({ type, id, parameters: [], body, ifNoneExist: undefined, ...nothing }, context);
}
