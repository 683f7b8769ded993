/**
 * What tells a document from another version of it: "neither content nor metadata changed" is not sent again.
 * Guide d'intégration du DMP, EX_GEN-1060
 */
import { createHash } from 'node:crypto';
import type { DocumentHeader } from '../document.js';

/**
 * SHA-256 in hexadecimal of the content and of the header without what each version has of its own: its numbers, and when it
 * was made and signed. `content` are the bytes that the CDA wraps, or the CDA that came as it is.
 */
export function fingerprintOf(header: DocumentHeader, content: Uint8Array): string {
  const { uniqueId: _, versionNumber: __, replaces: ___, creation: ____, setId: _____, ...said } = header;
  const { time: ______, ...legalAuthenticator } = header.legalAuthenticator;
  const authors = header.authors.map(({ time: _, ...author }) => author);
  const metadata = { ...said, authors, legalAuthenticator };
  return createHash('sha256')
    .update(JSON.stringify(sorted(metadata)))
    .update(content)
    .digest('hex');
}

/** With its keys in order, so that it does not matter who wrote it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
