/**
 * Reading JSON as FHIR needs it: one scan of the text refuses what JSON.parse lets through (duplicate keys,
 * `__proto__`, lone surrogates, bottomless nesting) and notes what JSON.parse forgets (number tokens, where the
 * members stand), so that the text can be stored as it came. https://hl7.org/fhir/R4/json.html
 */
import { isUtf8 } from 'node:buffer';
import { FhirError } from './errors.js';
import { positionOf } from './locate.js';

// As in `validation/primitives.ts`.
const { charCodeAt } = String.prototype;

/** Deeper is refused. BSON stops at 100 levels, and no R4 resource that means something comes near. */
export const MAX_DEPTH = 80;

export type JsonPath = readonly (string | number)[];

/** A number whose text is not what JavaScript would print: `1.50`, `1e3`, `12345678901234567890`. */
export interface RawNumber {
  path: JsonPath;
  token: string;
}

export interface ScannedObject {
  /** The parsed value; an object. */
  value: Record<string, unknown>;
  /** The text as it came, in which findings are located. */
  source: string;
  /** Where the resource stands in the source, when it is wrapped: `Parameters.parameter[0].resource`. */
  sourcePath?: string;
  /** The text without insignificant white space. */
  text: string;
  rawNumbers: readonly RawNumber[];
  /** Top-level members and those of `meta`, as they stand in `text`: name and the value's text. */
  members: readonly Member[];
  metaMembers: readonly Member[];
}
export interface Member {
  name: string;
  text: string;
}

/** Bytes of a body to text. Throws `bad-utf8`. A byte order mark is dropped. */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new FhirError('bad-utf8');
  const bom = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', bom ? 3 : 0);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Drops white space outside strings. Returns the same text when there is none. */
function compact(text: string): string {
  let out = '';
  let from = 0;
  let i = 0;
  while (i < text.length) {
    const c = charCodeAt.call(text, i);
    if (c === QUOTE) {
      i = endOfString(text, i);
    } else if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) {
      out += text.slice(from, i);
      do i++;
      while (i < text.length && isSpace(charCodeAt.call(text, i)));
      from = i;
    } else i++;
  }
  return from === 0 ? text : out + text.slice(from);
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
}

/** `start` is at the opening quote; returns the index after the closing one. The text is known to be well-formed. */
export function endOfString(text: string, start: number): number {
  let i = text.indexOf('"', start + 1);
  while (charCodeAt.call(text, i - 1) === BACKSLASH) {
    let slashes = 1;
    while (charCodeAt.call(text, i - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) break;
    i = text.indexOf('"', i + 1);
  }
  return i + 1;
}

/** Below this many keys a linear look for a duplicate is quicker than a Set. */
const FEW_KEYS = 12;
const LONE_SURROGATE = /\\u[dD][89a-fA-F]/;
const DIGITS_ONLY = /^-?[0-9]{1,15}$/;

class Scanner {
  readonly rawNumbers: RawNumber[] = [];
  readonly members: Member[] = [];
  readonly metaMembers: Member[] = [];
  private readonly path: (string | number)[] = [];
  private at = 0;
  constructor(
    private readonly text: string,
    /** What a place in the text starts with: the type of the resource, where it has one. */
    private readonly root: string,
    /** The text as it came, for lines and columns. */
    private readonly source: string,
  ) {}

  run(): void {
    this.object(1, this.members);
  }

  private value(depth: number, collect?: Member[]): void {
    const c = charCodeAt.call(this.text, this.at);
    if (c === QUOTE) this.string();
    else if (c === 0x7b) this.object(depth + 1, collect);
    else if (c === 0x5b) this.array(depth + 1);
    else if (c === 0x74 || c === 0x6e) this.at += 4;
    else if (c === 0x66) this.at += 5;
    else this.number();
  }

  /** Returns the raw text between the quotes. */
  private string(): string {
    const start = this.at;
    this.at = endOfString(this.text, start);
    return this.text.slice(start + 1, this.at - 1);
  }

  private number(): void {
    const start = this.at;
    let c = charCodeAt.call(this.text, this.at);
    // + - . 0-9 E e
    while ((c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x2e || c === 0x2b || c === 0x45 || c === 0x65) {
      c = charCodeAt.call(this.text, ++this.at);
    }
    const token = this.text.slice(start, this.at);
    if (token === '-0' || (!DIGITS_ONLY.test(token) && String(Number(token)) !== token)) {
      this.rawNumbers.push({ path: [...this.path], token });
    }
  }

  private array(depth: number): void {
    if (depth > MAX_DEPTH) throw new FhirError('too-deep', { max: MAX_DEPTH });
    this.at++;
    if (charCodeAt.call(this.text, this.at) === 0x5d) {
      this.at++;
      return;
    }
    for (let index = 0; ; index++) {
      this.path.push(index);
      this.value(depth);
      this.path.pop();
      if (charCodeAt.call(this.text, this.at++) === 0x5d) return;
    }
  }

  private object(depth: number, collect?: Member[]): void {
    if (depth > MAX_DEPTH) throw new FhirError('too-deep', { max: MAX_DEPTH });
    this.at++;
    if (charCodeAt.call(this.text, this.at) === 0x7d) {
      this.at++;
      return;
    }
    const keys: string[] = [];
    let set: Set<string> | undefined;
    for (;;) {
      const start = this.at;
      let key = this.string();
      if (key.includes('\\')) key = JSON.parse(`"${key}"`) as string;
      if (key === '__proto__' || key.includes('\u0000')) throw this.refusal('bad-key', {}, start);
      if (set ? set.has(key) : keys.includes(key)) {
        throw this.refusal('duplicate-key', { name: key.slice(0, 64) }, start);
      }
      keys.push(key);
      if (set) set.add(key);
      else if (keys.length > FEW_KEYS) set = new Set(keys);
      this.at++; // the colon
      const valueStart = this.at;
      this.path.push(key);
      this.value(depth, depth === 1 && key === 'meta' ? this.metaMembers : undefined);
      this.path.pop();
      collect?.push({ name: key, text: this.text.slice(valueStart, this.at) });
      if (charCodeAt.call(this.text, this.at++) === 0x7d) return;
    }
  }

  /** An error about the object that is read. */
  private refusal(key: 'bad-key' | 'duplicate-key', more: { name?: string }, at: number): FhirError {
    const path = this.path.length === 0 ? this.root : `${this.root}.${jsonPathExpression(this.path)}`;
    return new FhirError(key, { ...more, path }, { expression: path, position: positionOf(this.source, at) });
  }
}

/** `['name', 0, 'given']` -> `name[0].given`; `$this` for the root. */
export function jsonPathExpression(path: JsonPath): string {
  let out = '';
  for (const step of path) out += typeof step === 'number' ? `[${step}]` : out === '' ? step : `.${step}`;
  return out === '' ? '$this' : out;
}

/** Where JSON.parse stopped, told without quoting the body, since an error must not carry patient data. */
function syntaxError(text: string, error: unknown): FhirError {
  const message = error instanceof Error ? error.message : '';
  const found = /position (\d+)/.exec(message);
  const position = found?.[1] !== undefined ? Number(found[1]) : text.length;
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  const column = position - before.lastIndexOf('\n');
  return new FhirError(text.trim() === '' ? 'empty-body' : 'bad-json', { line, column });
}

/**
 * Parses a body that must be one JSON object.
 * Throws FhirError: `empty-body`, `bad-json`, `not-an-object`, `too-deep`, `duplicate-key`, `bad-key`, `bad-unicode`.
 */
export function parseObject(source: string): ScannedObject {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw syntaxError(source, error);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new FhirError('not-an-object');
  const text = compact(source);
  const type = (value as Record<string, unknown>).resourceType;
  const scanner = new Scanner(
    text,
    typeof type === 'string' && /^[A-Z][A-Za-z]{1,63}$/.test(type) ? type : '$this',
    source,
  );
  scanner.run();
  // An escaped lone surrogate cannot be written as UTF-8; the test is a regular expression that hardly ever matches.
  if (LONE_SURROGATE.test(text) && !wellFormed(value)) throw new FhirError('bad-unicode');
  return {
    value: value as Record<string, unknown>,
    source,
    text,
    rawNumbers: scanner.rawNumbers,
    members: scanner.members,
    metaMembers: scanner.metaMembers,
  };
}

/** No lone surrogate in any string or key. */
function wellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (value === null || typeof value !== 'object') return true;
  for (const [key, member] of Object.entries(value)) if (!wellFormed(key) || !wellFormed(member)) return false;
  return true;
}

/** JSON text with line ends and indents, numbers kept as they are written (`_pretty`). */
export function prettyJson(text: string): string {
  let out = '';
  let depth = 0;
  let i = 0;
  const newline = () => `\n${'  '.repeat(depth)}`;
  while (i < text.length) {
    const c = text[i] as string;
    if (c === '"') {
      const end = endOfString(text, i);
      out += text.slice(i, end);
      i = end;
      continue;
    }
    if (c === '{' || c === '[') {
      const close = text[i + 1];
      if (close === '}' || close === ']') {
        out += c + close;
        i += 2;
        continue;
      }
      depth++;
      out += c + newline();
    } else if (c === '}' || c === ']') {
      depth--;
      out += newline() + c;
    } else if (c === ',') out += c + newline();
    else if (c === ':') out += ': ';
    else out += c;
    i++;
  }
  return out;
}
