/** Content-Encoding of requests as the decompression knows it. https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1 */
import type { IncomingHttpHeaders } from 'node:http';

/** Names of encodings have no case, x-gzip is gzip and identity is none. */
export function plainEncoding(headers: IncomingHttpHeaders): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  if (encoding === undefined) return;
  if (encoding === 'identity' || encoding === '') delete headers['content-encoding'];
  else headers['content-encoding'] = encoding === 'x-gzip' ? 'gzip' : encoding;
}
