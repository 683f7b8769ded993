/** Binary as raw bytes, both ways. https://hl7.org/fhir/R4/binary.html#rest */

import { Readable } from 'node:stream';
import type { Binary } from '@medplum/fhirtypes';
import type { FastifyReply } from 'fastify';
import { INLINE_BYTES } from '../interactions/content.js';
import { FhirError } from '../r4/errors.js';
import { parseObject, type ScannedObject } from '../r4/json.js';
import { type ByteRange, type Contents, contentOf } from '../store/contents.js';
import type { StoredVersion } from '../store/store.js';
import { byteRange } from './byte-range.js';
import { accepts, parseMediaType } from './negotiation.js';

/** FHIR's own types: a body of one of them is a Binary resource. */
export const FHIR_TYPES = [
  'application/fhir+json',
  'application/json',
  'application/json+fhir',
  'application/fhir+xml',
];

/** True for a body that is the content itself and not a Binary resource in JSON. */
export function isRawBody(type: string, contentType: string | undefined): boolean {
  if (type !== 'Binary' || contentType === undefined) return false;
  return !FHIR_TYPES.includes(parseMediaType(contentType).type);
}

/** A body of raw bytes as it was taken: small ones as they are, others by the address of their content. */
export type RawBody = { bytes: Buffer } | { content: string };

/** Reads a body without holding it. Throws ContentTooLarge. */
export async function takeRaw(body: AsyncIterable<Uint8Array>, contents: Contents, max: number): Promise<RawBody> {
  const pieces = body[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let size = 0;
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    head.push(next.value);
    size += next.value.length;
    if (size <= INLINE_BYTES) continue;
    const { address } = await contents.put(joined(head, pieces), max);
    return { content: address };
  }
  return { bytes: Buffer.concat(head) };
}

async function* joined(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** The Binary resource around raw bytes. `securityContext` is the X-Security-Context header, a reference. */
export function binaryOf(
  raw: RawBody,
  contentType: string,
  id: string | undefined,
  securityContext: string | undefined,
): ScannedObject {
  const data = 'content' in raw ? raw.content : raw.bytes.toString('base64');
  const binary: Binary = {
    resourceType: 'Binary',
    ...(id === undefined ? {} : { id }),
    contentType,
    ...(securityContext === undefined ? {} : { securityContext: { reference: securityContext } }),
    ...(data === '' ? {} : { data }),
  };
  return parseObject(JSON.stringify(binary));
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** What is read at once and not as a stream. */
const AT_ONCE = 256 * 1024;

/**
 * A document's own bytes, or the part of them that Range asks for. A browser must not run what somebody stored: no
 * sniffing, no scripts. Throws `content-not-acceptable`, `range-beyond-end`.
 */
export async function sendRaw(
  reply: FastifyReply,
  version: StoredVersion,
  range: string | undefined,
  contents: Contents,
): Promise<FastifyReply> {
  const binary = JSON.parse(version.text) as Binary;
  const { reference } = binary.securityContext ?? {};
  if (typeof reference === 'string' && /^[\x21-\x7e]+$/.test(reference)) reply.header('x-security-context', reference);
  // Where validation is off anything may have been stored.
  const said = textOr(binary.contentType, '');
  const contentType = /^[\x20-\x7e]+$/.test(said) ? said : 'application/octet-stream';
  const { accept } = reply.request.headers;
  if (!accepts(accept, contentType)) throw new FhirError('content-not-acceptable', { type: contentType.slice(0, 100) });
  const address = contentOf(version.text);
  const inline = address === undefined ? Buffer.from(textOr(binary.data, ''), 'base64') : undefined;
  const size = inline?.length ?? (await contents.size(address as string));
  if (size === undefined) throw new Error('a content that a Binary names is not there');
  const part = byteRange(range, size);
  if (part === 'none') {
    reply.header('content-range', `bytes */${size}`);
    throw new FhirError('range-beyond-end', { size });
  }
  if (part !== 'whole') reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${size}`);
  const { start, end }: ByteRange = part === 'whole' ? { start: 0, end: size - 1 } : part;
  const length = end - start + 1;
  reply
    .header('content-type', contentType)
    .header('accept-ranges', 'bytes')
    .header('content-length', length)
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox");
  if (inline !== undefined) return reply.send(inline.subarray(start, end + 1));
  const pieces = contents.read(address as string, { start, end });
  if (reply.request.method === 'HEAD') return reply.send(Readable.from([]));
  if (length > AT_ONCE) return reply.send(Readable.from(pieces, { objectMode: false }));
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(piece);
  return reply.send(read.length === 1 ? read[0] : Buffer.concat(read));
}
