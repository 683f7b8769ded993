/**
 * What each primitive type accepts, by hand-written scanners that allocate nothing.
 * https://hl7.org/fhir/R4/datatypes.html#primitive
 */
import { strictBase64 } from '../r4/base64.js';

// V8 looks the method of a string up anew for each character once it has met several of its representations of strings
// (one or two bytes, internalized, sliced, joined); called like this it need not, which is a quarter of all the time.
const { charCodeAt } = String.prototype;

export type PrimitiveCheck = (value: unknown) => boolean;

/** Strings are at most 1 MiB of UTF-8. */
const MAX_STRING_BYTES = 1024 * 1024;
/** Below this many UTF-16 units no string can exceed the limit, at three bytes a unit at most. */
const SURELY_SHORT = Math.floor(MAX_STRING_BYTES / 3);
const SPACE = 0x20;

// HL7 writes `[ \r\n\t\S]+`, which in JavaScript would refuse the no-break space that French text is full of.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

export function isString(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0) return false;
  if (value.length <= FEW) return isShortString(value);
  if (value.length > SURELY_SHORT && Buffer.byteLength(value) > MAX_STRING_BYTES) return false;
  return !CONTROL.test(value) && !isBlank(value);
}

/** Below this length a look at each character is quicker than a regular expression. */
const FEW = 80;

function isShortString(text: string): boolean {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const c = charCodeAt.call(text, i);
    if (c < SPACE && c !== 0x09 && c !== 0x0a && c !== 0x0d) return false;
  }
  return charCodeAt.call(text, 0) > SPACE || !isBlank(text);
}

function isAsciiSpace(c: number): boolean {
  return c === SPACE || c === 0x09 || c === 0x0a || c === 0x0d;
}

function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isAsciiSpace(charCodeAt.call(text, i))) return false;
  return true;
}

/** No white space at the ends, single spaces inside. */
function isCode(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > SURELY_SHORT) return false;
  let afterSpace = true;
  for (let i = 0; i < value.length; i++) {
    const c = charCodeAt.call(value, i);
    if (c <= SPACE) {
      if (afterSpace || c !== SPACE) return false;
      afterSpace = true;
    } else afterSpace = false;
  }
  return !afterSpace;
}

const UUID_URN = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// RFC 4122 writes lower case and reads both, and so do URIs; only the type uuid is strict.
const ANY_CASE_UUID_URN = new RegExp(UUID_URN.source, 'i');
const OID_URN = /^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$/;

/** No white space; an OID or UUID URN must be one. */
export function isUri(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const { length } = value;
  if (length === 0 || length > SURELY_SHORT) return false;
  for (let i = 0; i < length; i++) {
    const c = charCodeAt.call(value, i);
    if (c <= SPACE || c === 0xa0) return false;
  }
  if (charCodeAt.call(value, 0) === 0x75 /* u */) {
    if (value.startsWith('urn:uuid:')) return ANY_CASE_UUID_URN.test(value);
    if (value.startsWith('urn:oid:')) return OID_URN.test(value);
  }
  return true;
}

export function isId(value: unknown): boolean {
  return typeof value === 'string' && isIdWithin(value, 0, value.length);
}

/** Is text[from, to) an id? Letters, digits, `-` and `.`, 64 at most. */
export function isIdWithin(text: string, from: number, to: number): boolean {
  if (to - from < 1 || to - from > 64) return false;
  for (let i = from; i < to; i++) {
    const c = charCodeAt.call(text, i);
    const isAllowed = (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a);
    if (!isAllowed && c !== 0x2d && c !== 0x2e) return false;
  }
  return true;
}

/** How many bytes a base64 text stands for; white space does not count. */
export function base64Size(text: string): number {
  let symbols = 0;
  for (let i = 0; i < text.length; i++) if (isBase64Symbol(charCodeAt.call(text, i))) symbols++;
  return Math.floor((symbols * 3) / 4);
}

/** Of a longer text it is quicker to decode it. */
const LONG_BASE64 = 200;

/** Four-character groups of the alphabet, `=` at the end only, white space anywhere. */
function isBase64(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0) return false;
  if (value.length > LONG_BASE64 && strictBase64(value) !== undefined) return true;
  let symbols = 0;
  let padding = 0;
  for (let i = 0; i < value.length; i++) {
    const c = charCodeAt.call(value, i);
    if (isAsciiSpace(c)) continue;
    if (c === 0x3d) padding++;
    else if (padding > 0 || !isBase64Symbol(c)) return false;
    symbols++;
  }
  return symbols > 0 && symbols % 4 === 0 && padding <= 2;
}

function isBase64Symbol(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39) || c === 0x2b || c === 0x2f;
}

/** The number written by the digits of text[from, to), -1 when they are not all digits. */
function digits(text: string, from: number, to: number): number {
  if (to > text.length) return -1;
  let n = 0;
  for (let i = from; i < to; i++) {
    const c = charCodeAt.call(text, i) - 0x30;
    if (c < 0 || c > 9) return -1;
    n = n * 10 + c;
  }
  return n;
}

const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function dayExists(year: number, month: number, day: number): boolean {
  if (day < 1 || day > (MONTH_DAYS[month - 1] as number)) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

/** How many characters of a date stand at the start: 4, 7 or 10; 0 when it is none. */
function dateLength(text: string): number {
  const year = digits(text, 0, 4);
  if (year < 1) return 0;
  if (charCodeAt.call(text, 4) !== 0x2d) return 4;
  const month = digits(text, 5, 7);
  if (month < 1 || month > 12) return 0;
  if (charCodeAt.call(text, 7) !== 0x2d) return 7;
  const day = digits(text, 8, 10);
  return dayExists(year, month, day) ? 10 : 0;
}

/** Index after `hh:mm:ss(.s+)?` that starts at `from`, 0 when it is none. */
function timeEnd(text: string, from: number): number {
  const hour = digits(text, from, from + 2);
  const minute = digits(text, from + 3, from + 5);
  const second = digits(text, from + 6, from + 8);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return 0;
  if (charCodeAt.call(text, from + 2) !== 0x3a || charCodeAt.call(text, from + 5) !== 0x3a) return 0;
  let end = from + 8;
  if (charCodeAt.call(text, end) !== 0x2e) return end;
  end++;
  const fraction = end;
  while (digits(text, end, end + 1) >= 0) end++;
  return end > fraction ? end : 0;
}

function isZone(text: string, from: number): boolean {
  const sign = charCodeAt.call(text, from);
  if (sign === 0x5a) return text.length === from + 1;
  if ((sign !== 0x2b && sign !== 0x2d) || text.length !== from + 6 || charCodeAt.call(text, from + 3) !== 0x3a)
    return false;
  const hours = digits(text, from + 1, from + 3);
  const minutes = digits(text, from + 4, from + 6);
  return minutes >= 0 && hours >= 0 && (hours < 14 ? minutes < 60 : hours === 14 && minutes === 0);
}

function isFullDateTime(text: string): boolean {
  if (dateLength(text) !== 10 || charCodeAt.call(text, 10) !== 0x54) return false;
  const end = timeEnd(text, 11);
  return end > 0 && isZone(text, end);
}

function isDate(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && dateLength(value) === value.length;
}

function isDateTime(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return value.length > 10 ? isFullDateTime(value) : isDate(value);
}

const isInRange = (value: unknown, min: number): boolean =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= 0x7fffffff;

/** By type name; `xhtml` is a string here, its content is the narrative's matter. */
export const PRIMITIVES: ReadonlyMap<string, PrimitiveCheck> = new Map<string, PrimitiveCheck>([
  ['boolean', (value) => typeof value === 'boolean'],
  ['integer', (value) => isInRange(value, -0x80000000)],
  ['unsignedInt', (value) => isInRange(value, 0)],
  ['positiveInt', (value) => isInRange(value, 1)],
  ['decimal', (value) => typeof value === 'number' && Number.isFinite(value)],
  ['string', isString],
  ['markdown', isString],
  ['code', isCode],
  ['uri', isUri],
  ['url', isUri],
  ['canonical', isUri],
  ['oid', (value) => typeof value === 'string' && OID_URN.test(value)],
  ['uuid', (value) => typeof value === 'string' && UUID_URN.test(value)],
  ['id', isId],
  ['base64Binary', isBase64],
  ['date', isDate],
  ['dateTime', isDateTime],
  ['instant', (value) => typeof value === 'string' && isFullDateTime(value)],
  ['time', (value) => typeof value === 'string' && value.length >= 8 && timeEnd(value, 0) === value.length],
  ['xhtml', (value) => typeof value === 'string'],
]);

/** Types that JavaScript's numbers blur: `1.0` and `1e3` are not written as integers are. */
export const INTEGERS: ReadonlySet<string> = new Set(['integer', 'unsignedInt', 'positiveInt']);
