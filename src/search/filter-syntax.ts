/**
 * The grammar of `_filter` as a tree; what the names in it mean is not its matter.
 * https://hl7.org/fhir/R4/search_filter.html
 */
import type { Bilingual } from '../r4/errors.js';

export type FilterExpression =
  | { op: 'and' | 'or'; left: FilterExpression; right: FilterExpression }
  | { op: 'not'; of: FilterExpression }
  /** `quoted`: the value came as a JSON string, whose escapes are undone here. */
  | { op: 'compare'; path: FilterStep[]; operator: FilterOperator; value: string; quoted: boolean };

/** `subject`, `subject:Patient` with its type, `related[type eq has-component]` with its filter. */
export interface FilterStep {
  name: string;
  type?: string;
  filter?: FilterExpression;
}

const OPERATORS = [
  ...(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'lt', 'ge', 'le', 'ap', 'sa', 'eb', 'pr', 'po', 'ss', 'sb'] as const),
  ...(['in', 'ni', 're'] as const),
];
export type FilterOperator = (typeof OPERATORS)[number];

/** Brackets within brackets. */
const MAX_DEPTH = 32;
/** Tests joined in one filter: each costs a search, and whoever walks the tree goes as deep as there are tests. */
const MAX_TESTS = 256;
/** Characters of an unexpected text that a message shows. */
const SHOWN = 40;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

const A_FILTER: Bilingual = {
  en: 'a search parameter or "(" is expected',
  fr: 'un paramètre de recherche ou « ( » est attendu',
};
const A_NAME: Bilingual = {
  en: 'the name of a search parameter is expected',
  fr: 'le nom d’un paramètre de recherche est attendu',
};
const A_TYPE: Bilingual = { en: 'a resource type is expected', fr: 'un type de ressource est attendu' };
const AN_OPERATOR: Bilingual = {
  en: `one of ${OPERATORS.join(', ')} is expected between spaces`,
  fr: `l’un de ${OPERATORS.join(', ')} est attendu entre espaces`,
};
const A_VALUE: Bilingual = { en: 'a value is expected', fr: 'une valeur est attendue' };
const A_BOOLEAN: Bilingual = { en: 'true or false is expected', fr: 'true ou false est attendu' };
const AND_OR: Bilingual = { en: '"and", "or" or the end is expected', fr: '« and », « or » ou la fin est attendu' };
const QUOTE: Bilingual = { en: 'a closing quotation mark is expected', fr: 'un guillemet fermant est attendu' };
const ESCAPE: Bilingual = {
  en: 'a JSON escape is expected (\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX)',
  fr: 'un échappement JSON est attendu (\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX)',
};
const PLAIN: Bilingual = {
  en: 'an escape is expected for a control character',
  fr: 'un échappement est attendu pour un caractère de contrôle',
};
const TOO_DEEP: Bilingual = {
  en: `at most ${MAX_DEPTH} brackets within one another are expected`,
  fr: `au plus ${MAX_DEPTH} parenthèses ou crochets imbriqués sont attendus`,
};
const TOO_MANY: Bilingual = {
  en: `at most ${MAX_TESTS} tests are expected`,
  fr: `au plus ${MAX_TESTS} tests sont attendus`,
};
const CLOSING: Readonly<Record<')' | ']' | '.', Bilingual>> = {
  ')': { en: '"and", "or" or ")" is expected', fr: '« and », « or » ou « ) » est attendu' },
  ']': { en: '"and", "or" or "]" is expected', fr: '« and », « or » ou « ] » est attendu' },
  '.': { en: '"." and a name are expected', fr: '« . » puis un nom sont attendus' },
};

/** The text is no filter. `reason` says where, what was expected and what is there instead. */
export class FilterSyntaxError extends Error {
  override name = 'FilterSyntaxError';
  /** The place of the unexpected character; the first is 1, and one outside Unicode's first plane counts once. */
  readonly at: number;
  readonly reason: Bilingual;

  constructor(text: string, index: number, expected: Bilingual) {
    const at = [...text.slice(0, index)].length + 1;
    const found = [...text.slice(index, index + 2 * SHOWN)].slice(0, SHOWN).join('').trim();
    const reason = {
      en: `at character ${at}, ${expected.en}${found === '' ? '' : `, not "${found}"`}`,
      fr: `au caractère ${at}, ${expected.fr}${found === '' ? '' : `, et non « ${found} »`}`,
    };
    super(reason.en);
    this.at = at;
    this.reason = reason;
  }
}

/**
 * The tree of a `_filter`, in time that grows with its length. `and` and `or` group from the left, neither before the
 * other: `a or b and c` is `(a or b) and c`. Throws FilterSyntaxError.
 */
export function parseFilter(text: string): FilterExpression {
  const parser = new Parser(text);
  const filter = parser.filter(0);
  parser.end();
  return filter;
}

class Parser {
  readonly #text: string;
  #at = 0;
  #tests = 0;
  constructor(text: string) {
    this.#text = text;
  }

  filter(depth: number): FilterExpression {
    let left = this.#term(depth);
    for (;;) {
      this.#space();
      const op = this.#keyword('and') ?? this.#keyword('or');
      if (op === undefined) return left;
      left = { op, left, right: this.#term(depth) };
    }
  }

  end(): void {
    if (this.#at < this.#text.length) this.#fail(AND_OR);
  }

  /** A test, or a filter in parentheses, with `not` or without. */
  #term(depth: number): FilterExpression {
    this.#space();
    const start = this.#at;
    const not = this.#keyword('not') !== undefined;
    if (not) this.#space();
    if (this.#peek() === '(') {
      const of = this.#bracketed(depth, ')');
      return not ? { op: 'not', of } : of;
    }
    this.#at = start;
    return this.#compare(depth);
  }

  #compare(depth: number): FilterExpression {
    if (++this.#tests > MAX_TESTS) this.#fail(TOO_MANY);
    const path = [this.#step(depth, A_FILTER)];
    while (this.#skip('.')) path.push(this.#step(depth, A_NAME));
    // What a bracket holds narrows the items whose next name is looked at, so that there has to be one.
    if (path.at(-1)?.filter !== undefined) this.#fail(CLOSING['.']);
    if (!this.#space()) this.#fail(AN_OPERATOR);
    const operator = OPERATORS.find((one) => this.#keyword(one) !== undefined) ?? this.#fail(AN_OPERATOR);
    if (!this.#space()) this.#fail(A_VALUE);
    const start = this.#at;
    const quoted = this.#peek() === '"';
    const value = quoted ? this.#string() : this.#token();
    if (operator === 'pr' && value !== 'true' && value !== 'false') this.#fail(A_BOOLEAN, start);
    return { op: 'compare', path, operator, value, quoted };
  }

  #step(depth: number, expected: Bilingual): FilterStep {
    const step: FilterStep = { name: this.#word(/[A-Za-z_][\w-]*/y) ?? this.#fail(expected) };
    if (this.#skip(':')) step.type = this.#word(/[A-Za-z]+/y) ?? this.#fail(A_TYPE);
    if (this.#peek() === '[') step.filter = this.#bracketed(depth, ']');
    return step;
  }

  #bracketed(depth: number, closing: ')' | ']'): FilterExpression {
    if (depth === MAX_DEPTH) this.#fail(TOO_DEEP);
    this.#at++;
    const inner = this.filter(depth + 1);
    if (!this.#skip(closing)) this.#fail(CLOSING[closing]);
    return inner;
  }

  /** What stands without quotation marks: up to white space, `)` or `]`, none of which it can hold. */
  #token(): string {
    return this.#word(/[^\s\u0085)\]]+/y) ?? this.#fail(A_VALUE);
  }

  #string(): string {
    let value = '';
    for (;;) {
      this.#at++;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON wants these escaped
      value += this.#word(/[^"\\\u0000-\u001f]+/y) ?? '';
      const stop = this.#peek();
      if (stop === '"') break;
      if (stop === '') this.#fail(QUOTE);
      if (stop !== '\\') this.#fail(PLAIN);
      value += this.#escape();
    }
    this.#at++;
    return value;
  }

  /** Leaves the place at the last character of the escape. */
  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? '';
    const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    const code = this.#text.slice(this.#at + 2, this.#at + 6);
    if (plain === undefined && !(letter === 'u' && /^[\dA-Fa-f]{4}$/.test(code))) this.#fail(ESCAPE);
    this.#at += plain === undefined ? 5 : 1;
    return plain ?? String.fromCharCode(Number.parseInt(code, 16));
  }

  /** A lower-case word that stands alone: `order` is not `or`. */
  #keyword<Word extends string>(word: Word): Word | undefined {
    if (!this.#text.startsWith(word, this.#at)) return undefined;
    const next = this.#text[this.#at + word.length];
    if (next !== undefined && /[^\s\u0085()]/.test(next)) return undefined;
    this.#at += word.length;
    return word;
  }

  /** What a sticky pattern matches here. */
  #word(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
  #space(): boolean {
    return this.#word(/[\s\u0085]+/y) !== undefined;
  }
  #peek(): string {
    return this.#text[this.#at] ?? '';
  }
  #skip(sign: string): boolean {
    if (this.#peek() !== sign) return false;
    this.#at++;
    return true;
  }
  #fail(expected: Bilingual, index = this.#at): never {
    throw new FilterSyntaxError(this.#text, index, expected);
  }
}
