/**
 * Page cursors as clients see them: a whole search with the place of a page in it, sealed, so that nobody reads the
 * values in it or makes one, and so that one of another tenant or another address does not open.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Pair } from './parse.js';

export interface PageToken {
  /** The pairs of the search as they were used, or the name under which the store keeps them. */
  search: readonly Pair[] | string;
  /** The store's cursor of this page; absent on the first. */
  place?: string;
  /** What the series shows, as the store told it. */
  moment?: string;
  /** The cursors of the pages before it, nearest first; the first page's is ''. */
  before: readonly string[];
  /** The name under which the store keeps those before these, where they do not fit in. */
  older?: string;
}

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;
/** Below this many bytes compression gains nothing. */
const SMALL = 300;
const MAX_SIZE = 1 << 20;

export function newKey(): string {
  return randomBytes(32).toString('base64');
}

/** `address` is where the cursor counts: `Patient`, `Patient/1/Encounter`, '' for the base. */
export function seal(key: string, address: string, { search, place, moment, before, older }: PageToken): string {
  const plain = Buffer.from(JSON.stringify([search, place ?? null, moment ?? null, older ?? null, ...before]));
  const isLong = plain.length > SMALL;
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, Buffer.from(key, 'base64'), nonce, { authTagLength: TAG });
  const flag = Buffer.of(isLong ? 1 : 0);
  cipher.setAAD(Buffer.concat([flag, Buffer.from(address)]));
  const body = Buffer.concat([cipher.update(isLong ? deflateRawSync(plain) : plain), cipher.final()]);
  return Buffer.concat([flag, nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/** `undefined` for what `seal` did not make with this key for this address. */
export function open(key: string, address: string, token: string): PageToken | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= 1 + NONCE + TAG || bytes.toString('base64url') !== token) return undefined;
  const nonce = bytes.subarray(1, 1 + NONCE);
  const decipher = createDecipheriv(CIPHER, Buffer.from(key, 'base64'), nonce, { authTagLength: TAG });
  decipher.setAAD(Buffer.concat([bytes.subarray(0, 1), Buffer.from(address)]));
  decipher.setAuthTag(bytes.subarray(1 + NONCE, 1 + NONCE + TAG));
  try {
    const body = Buffer.concat([decipher.update(bytes.subarray(1 + NONCE + TAG)), decipher.final()]);
    const plain = bytes[0] === 1 ? inflateRawSync(body, { maxOutputLength: MAX_SIZE }) : body;
    const [search, place, moment, older, ...before] = JSON.parse(plain.toString('utf8')) as [
      Pair[] | string,
      string | null,
      string | null,
      string | null,
      ...string[],
    ];
    return {
      search,
      before,
      ...(place === null ? {} : { place }),
      ...(moment === null ? {} : { moment }),
      ...(older === null ? {} : { older }),
    };
  } catch {
    // Not ours, or changed on its way.
    return undefined;
  }
}

/** The name under which a text, say a long search, is kept: it tells nothing of what it holds. */
export function savedName(key: string, text: string): string {
  return `search/${createHash('sha256').update(key).update(text).digest('base64url')}`;
}
