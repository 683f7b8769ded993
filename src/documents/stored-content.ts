/** The bytes of a Binary, in what came or as it is stored, as far as integrity asks: hashes, size and how they begin. */

import { incoming } from '../interactions/incoming.js';
import type { Context, InteractionRequest } from '../interactions/interaction.js';
import { decodedBase64 } from '../r4/base64.js';
import { FhirError, type Issue } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { normaliseReference } from '../search/parameters/reference.js';
import { ContentHash, contentOf, factsOf } from '../store/contents.js';
import type { StoredVersion } from '../store/store.js';
import { HEAD_BYTES } from './content-type.js';
import { asFiled, isFiled } from './filed.js';
import { attachmentIssues, type Found } from './integrity.js';
import { type Json, textOf } from './profiles.js';

/** `undefined` where there are no data that can be read. */
export function foundIn({ data, contentType }: Json): Found | undefined {
  const bytes = typeof data === 'string' ? decodedBase64(data) : undefined;
  if (bytes === undefined) return undefined;
  const type = textOf(contentType);
  return {
    facts: factsOf(bytes),
    head: bytes.subarray(0, HEAD_BYTES),
    bytes,
    ...(type !== undefined && { contentType: type }),
  };
}

/** What an attachment's address leads to on this server; `found` where that is a Binary. */
async function stored(
  url: string,
  { baseUrl, services }: Context,
): Promise<{ version: StoredVersion; found?: Found } | undefined> {
  const [type = '', id = '', ...more] = normaliseReference(url, baseUrl)?.split('/') ?? [];
  if (more.length > 0 || (type !== 'Binary' && type !== 'Bundle')) return undefined;
  const version = await services.store.read(type, id);
  if (version === undefined || version.deleted) return undefined;
  if (type === 'Bundle') return { version };
  const address = contentOf(version.text);
  const binary = JSON.parse(version.text) as Json;
  if (address === undefined) {
    const found = foundIn({ data: '', ...binary });
    return found && { version, found };
  }
  const hash = new ContentHash();
  const head: Uint8Array[] = [];
  let taken = 0;
  for await (const piece of services.store.contents.read(address)) {
    hash.update(piece);
    if (taken < HEAD_BYTES) head.push(piece.subarray(0, HEAD_BYTES - taken));
    taken += piece.length;
  }
  const type_ = textOf(binary.contentType);
  const found = { facts: hash.facts(), head: Buffer.concat(head), ...(type_ !== undefined && { contentType: type_ }) };
  return { version, found };
}

/** Does an address lead away from this server? */
export const isElsewhere = (url: string, { baseUrl }: Context): boolean =>
  (normaliseReference(url, baseUrl) ?? url).includes(':');

/** What an attachment is against the bytes in it, or against those which its address leads to here; these have a place. */
export async function heldHere(
  attachment: Json,
  expression: string,
  context: Context,
): Promise<{ issues: Issue[]; place?: never } | { issues: Issue[]; place: string; version: number }> {
  const inside = foundIn(attachment);
  const issues = inside === undefined ? [] : attachmentIssues(attachment, inside, expression);
  const url = textOf(attachment.url);
  if (url === undefined && inside !== undefined) return { issues };
  const there = url === undefined ? undefined : await stored(url, context);
  if (there === undefined) {
    issues.push({ severity: 'error', key: 'document-without-content', params: {}, expression: `${expression}.url` });
    return { issues };
  }
  if (there.found !== undefined) issues.push(...attachmentIssues(attachment, there.found, expression));
  const { type, id, version } = there.version;
  return { issues, place: `${type}/${id}`, version };
}

/** What was here before is a document's now: another version of it, marked. `place` is `Type/id`. Throws `contended`. */
export async function freeze(place: string, version: number, context: Context): Promise<void> {
  const { store } = context.services;
  const [type = '', id = ''] = place.split('/');
  const now = await store.read(type, id);
  if (now?.version !== version) throw new FhirError('contended');
  if (isFiled(JSON.parse(now.text) as Json)) return;
  const content = contentOf(now.text);
  const body = parseObject(asFiled(now.text));
  const asked = { ...NOTHING, type, id, body, ...(content !== undefined && { content }) };
  const { content: put } = await incoming(asked, context);
  const result = await store.put({ type, id, content: put, method: 'PUT', expect: { version } });
  if (result.outcome !== 'updated') throw new FhirError('contended');
}

const NOTHING: InteractionRequest = {
  type: '',
  id: '',
  vid: '',
  parameters: [],
  body: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
  ifNoneExist: undefined,
};
