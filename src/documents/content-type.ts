/** What bytes are, by how they begin: for the formats in which documents are shared. https://www.rfc-editor.org/rfc/rfc6838 */

type Format = 'pdf' | 'jpeg' | 'png' | 'tiff' | 'rtf' | 'dicom' | 'zip' | 'json' | 'xml' | 'text' | 'binary';

/** So many bytes tell. */
export const HEAD_BYTES = 1024;

const BEGINNINGS: readonly (readonly [Format, string, number])[] = [
  ['pdf', '%PDF-', 0],
  ['jpeg', '\xff\xd8\xff', 0],
  ['png', '\x89PNG\r\n\x1a\n', 0],
  ['tiff', 'II*\0', 0],
  ['tiff', 'MM\0*', 0],
  ['rtf', '{\\rtf', 0],
  ['zip', 'PK\x03\x04', 0],
  ['dicom', 'DICM', 128],
];

/** What content types are held to. One that is not here may be anything. */
const DECLARED: ReadonlyMap<string, readonly Format[]> = new Map([
  ['application/pdf', ['pdf']],
  ['image/jpeg', ['jpeg']],
  ['image/jpg', ['jpeg']],
  ['image/png', ['png']],
  ['image/tiff', ['tiff']],
  ['application/rtf', ['rtf']],
  ['text/rtf', ['rtf']],
  ['application/dicom', ['dicom']],
  ['application/zip', ['zip']],
  ['application/json', ['json']],
  ['application/fhir+json', ['json']],
  ['application/xml', ['xml']],
  ['application/fhir+xml', ['xml']],
  ['application/xslt+xml', ['xml']],
  ['text/xml', ['xml']],
  ['text/plain', ['text', 'json', 'xml']],
]);

/** `head` is the beginning of the bytes, HEAD_BYTES of them where there are so many. */
export function formatOf(head: Buffer): Format {
  const latin = head.toString('latin1');
  const found = BEGINNINGS.find(([, beginning, at]) => latin.startsWith(beginning, at));
  if (found !== undefined) return found[0];
  const isWide = latin.startsWith('\xff\xfe') || latin.startsWith('\xfe\xff');
  const text = (isWide ? latin.slice(2).replaceAll('\0', '') : latin.replace(/^\xef\xbb\xbf/, '')).trimStart();
  if (text.includes('\0')) return 'binary';
  if (/^<(\?xml|!--|!DOCTYPE|[A-Za-z_])/.test(text)) return 'xml';
  return /^[{[]/.test(text) ? 'json' : 'text';
}

/** The type without parameters, in lower case. */
export const plainType = (contentType: string): string => (contentType.split(';')[0] as string).trim().toLowerCase();

/** What the bytes are where that contradicts the type which they are said to have; `undefined` where it does not. */
export function contradiction(contentType: string, head: Buffer): Format | undefined {
  const type = plainType(contentType);
  const formats = DECLARED.get(type) ?? (type.endsWith('+xml') ? (['xml'] as const) : undefined);
  const found = formatOf(head);
  return formats === undefined || formats.includes(found) ? undefined : found;
}
