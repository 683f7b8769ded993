/** Text to words for full-text search, `_text` and `_content`. https://hl7.org/fhir/R4/search.html#text */
import { isObject } from './expression.js';
import { fold } from './fold.js';
import { textOfXhtml } from './xhtml-text.js';

/** Characters that are kept of a word. */
const MAX_WORD = 60;
/** Distinct words that are kept of a resource, so that a long document takes a bounded room in the index. */
const MAX_WORDS = 2_000;
/** Characters of one string that are read. */
const MAX_TEXT = 100_000;

/** What a character is; a word is the sum of its characters. */
const SEPARATOR = 0;
const LOWER = 1;
const UPPER = 2;
const TABLED_LETTER = 4;
const BEYOND = 8;
/** Letters, digits and marks; not the letter-like apostrophes and primes, which folding drops. */
const IN_WORD = /^(?![\u02b9-\u02bf])[\p{L}\p{N}\p{M}]$/u;
/** Up to the end of Latin Extended-B, what French and its neighbours are written in: the rest takes the slow way. */
const TABLED = 0x250;
const KINDS = Uint8Array.from({ length: TABLED }, (_, code) => kindOf(String.fromCharCode(code)));
/** In this range a letter folds by itself, whatever stands around it. */
const FOLDED = Array.from(KINDS, (kind, code) => (kind === SEPARATOR ? '' : fold(String.fromCharCode(code))));

function kindOf(character: string): number {
  if (/[a-z0-9]/.test(character)) return LOWER;
  if (/[A-Z]/.test(character)) return UPPER;
  return IN_WORD.test(character) ? TABLED_LETTER : SEPARATOR;
}

/**
 * The words of a text in their order, folded as string search folds: `l’Hôpital` is `l` and `hopital`. Whatever is no
 * letter, digit or mark separates. A word is cut at 60 characters.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  eachWord(text, (word) => words.push(word));
  return words;
}

/** One pass; a word of plain lower-case letters is a slice of the text, and only letters beyond the table go to `fold`. */
function eachWord(text: string, found: (word: string) => void): void {
  let start = 0;
  let kinds = 0;
  for (let i = 0; i <= text.length; ) {
    // The end separates, as NUL does.
    const code = i < text.length ? text.charCodeAt(i) : 0;
    const character = code < TABLED ? '' : String.fromCodePoint(text.codePointAt(i) as number);
    const next = i + (character.length || 1);
    const kind = code < TABLED ? (KINDS[code] as number) : IN_WORD.test(character) ? BEYOND : SEPARATOR;
    if (kind !== SEPARATOR) kinds |= kind;
    else {
      const word = kinds === 0 ? '' : cut(foldedWord(text, start, i, kinds));
      if (word !== '') found(word);
      kinds = 0;
      start = next;
    }
    i = next;
  }
}

function foldedWord(text: string, start: number, end: number, kinds: number): string {
  if (kinds < TABLED_LETTER) {
    const word = text.slice(start, end);
    return kinds === LOWER ? word : word.toLowerCase();
  }
  if (kinds >= BEYOND) return fold(text.slice(start, end));
  let word = '';
  for (let i = start; i < end; i++) word += FOLDED[text.charCodeAt(i)];
  return word;
}

/** Never in the middle of a character of two units. */
function cut(word: string): string {
  if (word.length <= MAX_WORD) return word;
  return word.slice(0, MAX_WORD - Number((word.codePointAt(MAX_WORD - 1) as number) > 0xffff));
}

/** Elements that say nothing in words: what something is called or where it is, not what it says. */
const SKIPPED = new Set([
  ...['code', 'resourceType', 'id', 'fullUrl', 'system', 'url', 'uri', 'reference', 'type', 'profile', 'contentType'],
  ...['language', 'hash', 'data', 'valueBase64Binary', 'use', 'status', 'gender'],
]);
/** Parts of a resource that have parameters of their own, and no words. */
const ASIDE = new Set(['meta', 'telecom']);
const DATE = /^\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?$/;
const TIME = /^\d\d:\d\d:\d\d(\.\d+)?$/;
const SCHEME = /^([a-z][a-z0-9+.-]*:\/\/|(urn|mailto|tel|fax|sms|sip|data|oid|uuid):)\S+$/i;

/** Dates, times and addresses of the web have parameters of their own. A bare year may be any number, and stays. */
function saysNothing(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) return text.length <= 40 && (DATE.test(text) || TIME.test(text));
  return text.includes(':') && SCHEME.test(text);
}

/**
 * The distinct words of a resource, in the order in which they appear: `narrative` those of its `text.div`, `content`
 * those of all that it says, narrative and contained resources included. At most 2 000 words each.
 */
export function contentWords(resource: unknown): { narrative: string[]; content: string[] } {
  const text = isObject(resource) ? resource.text : undefined;
  const div = isObject(text) && typeof text.div === 'string' ? text.div : undefined;
  const narrative = new Set<string>();
  if (div !== undefined) collect(textOfXhtml(div.slice(0, MAX_TEXT)), narrative);
  const content = new Set<string>();
  walk(resource, '', { div, narrative, content });
  return { narrative: [...narrative], content: [...content] };
}

interface Collected {
  /** The narrative that has been read. */
  div: string | undefined;
  narrative: ReadonlySet<string>;
  content: Set<string>;
}

function collect(text: string, words: Set<string>): void {
  eachWord(text, (word) => {
    if (words.size < MAX_WORDS) words.add(word);
  });
}

function walk(value: unknown, name: string, into: Collected): void {
  if (into.content.size >= MAX_WORDS) return;
  if (typeof value === 'string') readString(value, name, into);
  else if (Array.isArray(value)) for (const one of value) walk(one, name, into);
  else if (isObject(value)) for (const key in value) if (!ASIDE.has(key)) walk(value[key], key, into);
}

function readString(text: string, name: string, into: Collected): void {
  if (SKIPPED.has(name)) return;
  if (name !== 'div') {
    const read = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
    if (!saysNothing(read)) collect(read, into.content);
  } else if (text !== into.div) collect(textOfXhtml(text.slice(0, MAX_TEXT)), into.content);
  else for (const word of into.narrative) if (into.content.size < MAX_WORDS) into.content.add(word);
}
