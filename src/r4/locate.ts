/**
 * Where in a text of JSON, or of XML, the elements stand that findings name, as lines and columns from 1. One walk for all of them.
 * https://hl7.org/fhir/R4/json.html
 */
import { locateInXml } from './xml/locate.js';

export interface Position {
  line: number;
  column: number;
}

/** What is looked for below a value: by member name or index. */
export interface Wanted {
  /** Expressions that end here. */
  ends: string[];
  below: Map<string | number, Wanted>;
}

const STEP = /\.([A-Za-z0-9_$]+)|\[(\d+)\]/g;

function wantedOf(expressions: Iterable<string>): Wanted {
  const root: Wanted = { ends: [], below: new Map() };
  for (const expression of expressions) {
    let at = root;
    // The first word is the type of the resource.
    for (const [, name, index] of expression.replace(/^[^.[]*/, '').matchAll(STEP)) {
      const step = name ?? Number(index);
      let next = at.below.get(step);
      if (next === undefined) {
        next = { ends: [], below: new Map() };
        at.below.set(step, next);
      }
      at = next;
    }
    at.ends.push(expression);
  }
  return root;
}

/** `value` is the FHIRPath of `valueQuantity`, and `birthDate` that of `_birthDate`. */
export function memberOf(wanted: Wanted, key: string): Wanted | undefined {
  const own = wanted.below.get(key);
  if (own !== undefined) return own;
  const name = key.charCodeAt(0) === 0x5f ? key.slice(1) : key;
  const exact = wanted.below.get(name);
  if (exact !== undefined) return exact;
  for (const [step, below] of wanted.below) {
    if (typeof step === 'string' && name.startsWith(step) && /^[A-Z]/.test(name.slice(step.length))) return below;
  }
  return undefined;
}

class Walker {
  readonly found = new Map<string, Position>();
  private at = 0;
  private line = 1;
  private lineStart = 0;

  /** `count` expressions are looked for: once they are found, the rest of the text is left unread. */
  constructor(
    private readonly text: string,
    private readonly count: number,
  ) {}

  value(wanted: Wanted | undefined): void {
    this.blank();
    if (wanted !== undefined) this.settle(wanted);
    if (this.found.size === this.count) {
      this.at = this.text.length;
      return;
    }
    const c = this.text[this.at];
    if (c === '{') this.object(wanted);
    else if (c === '[') this.array(wanted);
    else if (c === '"') this.string();
    else while (this.at < this.text.length && !/[\s,\]}]/.test(this.text[this.at] as string)) this.at++;
  }

  private settle(wanted: Wanted): void {
    const position = { line: this.line, column: this.at - this.lineStart + 1 };
    for (const expression of wanted.ends) if (!this.found.has(expression)) this.found.set(expression, position);
  }

  private blank(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c === 0x0a) {
        this.line++;
        this.lineStart = this.at + 1;
      } else if (c !== 0x20 && c !== 0x0d && c !== 0x09 && c !== 0xfeff) return;
      this.at++;
    }
  }

  /** The text between the quotes, escapes as they are written. */
  private string(): string {
    const start = ++this.at;
    while (this.text[this.at] !== '"' && this.at < this.text.length) this.at += this.text[this.at] === '\\' ? 2 : 1;
    return this.text.slice(start, this.at++);
  }

  private object(wanted: Wanted | undefined): void {
    this.at++;
    for (this.blank(); this.text[this.at] === '"'; this.blank()) {
      const key = this.string();
      this.blank();
      this.at++; // the colon
      this.value(wanted === undefined ? undefined : memberOf(wanted, key));
      this.blank();
      if (this.text[this.at] === ',') this.at++;
    }
    this.at++;
  }

  private array(wanted: Wanted | undefined): void {
    this.at++;
    this.blank();
    for (let i = 0; this.text[this.at] !== ']' && this.at < this.text.length; i++) {
      this.value(wanted?.below.get(i));
      this.blank();
      if (this.text[this.at] === ',') this.at++;
      this.blank();
    }
    this.at++;
  }
}

/** No JSON text begins so. */
const isXml = (text: string): boolean => /^[\uFEFF\s]*</.test(text);

/** The place in `source` of a character of the same text without white space outside strings. */
export function positionOf(source: string, compactIndex: number): Position {
  let left = compactIndex;
  let inString = false;
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source[i] as string;
    if (c === '\n') {
      line++;
      lineStart = i + 1;
    }
    if (!inString && /\s/.test(c)) continue;
    if (left-- === 0) return { line, column: i - lineStart + 1 };
    if (inString && c === '\\') {
      left--;
      i++;
    } else if (c === '"') inString = !inString;
  }
  return { line, column: source.length - lineStart + 1 };
}

/**
 * The positions of `expressions` (FHIRPaths as findings have them) in `text`, which is well-formed JSON or XML. One that is not
 * in the text is at the nearest place above it that is.
 */
export function locate(text: string, expressions: Iterable<string>): Map<string, Position> {
  const all = [...expressions];
  const above = (expression: string): string | undefined => {
    const cut = Math.max(expression.lastIndexOf('.'), expression.lastIndexOf('['));
    return cut <= 0 ? undefined : expression.slice(0, cut);
  };
  const wanted = new Set<string>();
  for (const one of all) for (let at: string | undefined = one; at !== undefined; at = above(at)) wanted.add(at);
  let places: Map<string, Position>;
  if (isXml(text)) {
    places = new Map();
    locateInXml(text, wantedOf(wanted), places);
  } else {
    const walker = new Walker(text, wanted.size);
    walker.value(wantedOf(wanted));
    places = walker.found;
  }
  const found = new Map<string, Position>();
  for (const one of all) {
    for (let at: string | undefined = one; at !== undefined; at = above(at)) {
      const position = places.get(at);
      if (position === undefined) continue;
      found.set(one, position);
      break;
    }
  }
  return found;
}
