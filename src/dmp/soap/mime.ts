/**
 * multipart/related with XOP: what MTOM puts on the wire. Written whole, read within bounds and strictly.
 * https://www.w3.org/TR/xop10/ https://www.rfc-editor.org/rfc/rfc2387
 */
const CRLF = Buffer.from('\r\n');
const MAX_PARTS = 50;
const MAX_HEADERS = 8192;

export interface Part {
  /** Without the angle brackets. */
  readonly id: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** The parts one after the other, each declared binary; `boundary` must not be within them. */
export function writeMultipart(parts: readonly Part[], boundary: string): Buffer {
  const pieces: Uint8Array[] = [];
  for (const { id, contentType, bytes } of parts) {
    const head = `--${boundary}\r\nContent-Type: ${contentType}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${id}>\r\n\r\n`;
    pieces.push(Buffer.from(head, 'utf8'), bytes, CRLF);
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`, 'utf8'));
  return Buffer.concat(pieces);
}

/** A parameter of a Content-Type, quoted or not. */
export function parameter(contentType: string, name: string): string | undefined {
  for (const [, key, quoted, token] of contentType.matchAll(/;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/g))
    if (key?.toLowerCase() === name) return quoted?.replaceAll(/\\(.)/g, '$1') ?? token;
  return undefined;
}

export class UnreadableMultipart extends Error {
  override name = 'UnreadableMultipart';
}
const fail = (reason: string): never => {
  throw new UnreadableMultipart(reason);
};

/** A body by its parts: the root, which is the one that `start` names or the first, and the others by Content-ID. */
export interface Multipart {
  readonly root: Buffer;
  readonly part: (id: string) => Buffer | undefined;
}

/** Throws `UnreadableMultipart`: no boundary, not closed, a part without end of headers, twice the same id, too many. */
export function readMultipart(contentType: string, body: Buffer): Multipart {
  const boundary = parameter(contentType, 'boundary');
  if (boundary === undefined || boundary === '') return fail('no boundary');
  const mark = Buffer.from(`\r\n--${boundary}`);
  // The first boundary may stand at the very beginning.
  let at = body.subarray(0, mark.length - 2).equals(mark.subarray(2)) ? mark.length - 2 : -1;
  if (at < 0) {
    const first = body.indexOf(mark);
    if (first < 0) return fail('the boundary is not there');
    at = first + mark.length;
  }
  const parts = new Map<string, Buffer>();
  let root: Buffer | undefined;
  const start = parameter(contentType, 'start')?.replace(/^<|>$/g, '');
  for (let count = 0; ; count++) {
    if (body.subarray(at, at + 2).toString('latin1') === '--') break;
    if (count >= MAX_PARTS) return fail(`more than ${MAX_PARTS} parts`);
    const end = body.indexOf(mark, at);
    if (end < 0) return fail('not closed');
    const { id, content } = partOf(body.subarray(at, end));
    if (id !== undefined && parts.has(id)) return fail('a Content-ID twice');
    if (id !== undefined) parts.set(id, content);
    if (start === undefined ? count === 0 : id === start) root = content;
    at = end + mark.length;
  }
  return { root: root ?? fail('no root part'), part: (id) => parts.get(id) };
}

/** `raw` begins with what follows the boundary on its line. */
function partOf(raw: Buffer): { id: string | undefined; content: Buffer } {
  const first = raw.indexOf(CRLF);
  if (first < 0 || raw.subarray(0, first).toString('latin1').trim() !== '') return fail('no line after the boundary');
  // A part without headers has its blank line right away.
  const end = raw.indexOf('\r\n\r\n', first);
  if (end < 0 || end - first > MAX_HEADERS) return fail('headers of a part do not end');
  const headers = raw.subarray(first, end).toString('utf8');
  const id = /^content-id:\s*<?([^>\r\n]+?)>?\s*$/im.exec(headers)?.[1];
  const encoding = /^content-transfer-encoding:\s*(\S+)/im.exec(headers)?.[1]?.toLowerCase() ?? 'binary';
  const content = raw.subarray(end + 4);
  if (encoding === 'base64') return { id, content: Buffer.from(content.toString('latin1'), 'base64') };
  if (encoding === 'binary' || encoding === '8bit' || encoding === '7bit') return { id, content };
  return fail('an encoding that is not read');
}
