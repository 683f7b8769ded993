/**
 * The part of FHIRPath that search parameters are written in, as a tree. https://hl7.org/fhirpath/N1/
 */

export type Expression =
  | { op: 'this' }
  | { op: 'literal'; value: string | number | boolean }
  | { op: 'member'; of: Expression; name: string }
  /** `[n]`, `first()`; -1 is `last()`. */
  | { op: 'index'; of: Expression; at: number }
  /** `as(T)`, `as T` and `ofType(T)`: the values of that type. */
  | { op: 'as' | 'is'; of: Expression; type: string }
  | { op: 'where'; of: Expression; test: Expression }
  | { op: 'select'; of: Expression; what: Expression }
  | { op: 'resolve' | 'exists' | 'not'; of: Expression }
  | { op: 'union' | 'equal' | 'unequal' | 'and' | 'or'; left: Expression; right: Expression };

/** The expression is not FHIRPath, or uses what is not understood here. */
export class ExpressionError extends Error {
  override name = 'ExpressionError';
}

const TOKEN = /\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]+)`|(\$this|[A-Za-z_]\w*)|(\d+)|(!=|[.()[\]|=]))/y;
type Token = { kind: 'string' | 'name' | 'number' | 'sign'; text: string };

const THIS: Expression = { op: 'this' };
/** Binary operators from the loosest to the tightest. https://hl7.org/fhirpath/N1/#operator-precedence */
const LEVELS: readonly Readonly<Record<string, 'or' | 'and' | 'equal' | 'unequal' | 'union'>>[] = [
  { or: 'or' },
  { and: 'and' },
  { '=': 'equal', '!=': 'unequal' },
  { '|': 'union' },
];

/** Throws ExpressionError. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text);
  const expression = parser.binary(0);
  parser.end();
  return expression;
}

/** The alternatives that a union joins at the top of an expression; the expression itself where there is none. */
export function alternatives(expression: Expression): Expression[] {
  if (expression.op !== 'union') return [expression];
  return [...alternatives(expression.left), ...alternatives(expression.right)];
}

/** The name that an expression begins with, where it begins with one. */
export function headOf(expression: Expression): string | undefined {
  if ('left' in expression) return headOf(expression.left);
  if (expression.op === 'member' && expression.of.op === 'this') return expression.name;
  return 'of' in expression ? headOf(expression.of) : undefined;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#typed();
    let left = this.binary(level + 1);
    for (;;) {
      const token = this.#tokens[this.#next];
      if (token === undefined || token.kind === 'string' || !Object.hasOwn(operators, token.text)) return left;
      this.#next++;
      left = { op: operators[token.text] as 'or', left, right: this.binary(level + 1) };
    }
  }

  end(): void {
    const token = this.#tokens[this.#next];
    if (token !== undefined) throw new ExpressionError(`unexpected "${token.text}"`);
  }

  /** `x as T` and `x is T`. */
  #typed(): Expression {
    let of = this.#path();
    while (this.#isName('as') || this.#isName('is')) {
      const op = this.#take().text as 'as' | 'is';
      of = { op, of, type: this.#typeName() };
    }
    return of;
  }

  #path(): Expression {
    let of = this.#term();
    for (;;) {
      if (this.#skip('.')) of = this.#invocation(of);
      else if (this.#skip('[')) {
        const at = Number(this.#take('number').text);
        this.#expect(']');
        of = { op: 'index', of, at };
      } else return of;
    }
  }

  #term(): Expression {
    if (this.#skip('(')) {
      const inner = this.binary(0);
      this.#expect(')');
      return inner;
    }
    const token = this.#tokens[this.#next];
    if (token?.kind === 'name') {
      if (token.text === 'true' || token.text === 'false') {
        this.#next++;
        return { op: 'literal', value: token.text === 'true' };
      }
      if (token.text === '$this') {
        this.#next++;
        return THIS;
      }
      return this.#invocation(THIS);
    }
    const { kind, text } = this.#take();
    if (kind === 'sign') throw new ExpressionError(`unexpected "${text}"`);
    return { op: 'literal', value: kind === 'number' ? Number(text) : text };
  }

  /** A member, or a function with its brackets. */
  #invocation(of: Expression): Expression {
    const name = this.#take('name').text;
    if (!this.#skip('(')) return { op: 'member', of, name };
    const made = this.#function(name, of);
    this.#expect(')');
    return made;
  }

  #function(name: string, of: Expression): Expression {
    switch (name) {
      case 'where':
        return { op: 'where', of, test: this.binary(0) };
      case 'select':
        return { op: 'select', of, what: this.binary(0) };
      case 'as':
      case 'ofType':
        return { op: 'as', of, type: this.#typeName() };
      case 'is':
        return { op: 'is', of, type: this.#typeName() };
      case 'resolve':
      case 'not':
        return { op: name, of };
      case 'exists':
        return { op: 'exists', of: this.#peekSign(')') ? of : { op: 'where', of, test: this.binary(0) } };
      // Only of primitives, and a primitive that is there has one.
      case 'hasValue':
        return { op: 'exists', of };
      case 'empty':
        return { op: 'not', of: { op: 'exists', of } };
      case 'first':
        return { op: 'index', of, at: 0 };
      case 'last':
        return { op: 'index', of, at: -1 };
      case 'extension': {
        const url: Expression = { op: 'literal', value: this.#take('string').text };
        const left: Expression = { op: 'member', of: THIS, name: 'url' };
        return { op: 'where', of: { op: 'member', of, name }, test: { op: 'equal', left, right: url } };
      }
      default:
        throw new ExpressionError(`the function ${name}() is not known here`);
    }
  }

  /** A type, with or without its namespace. */
  #typeName(): string {
    const name = this.#take('name').text;
    return (name === 'FHIR' || name === 'System') && this.#skip('.') ? this.#take('name').text : name;
  }

  #take(kind?: Token['kind']): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new ExpressionError('unexpected end');
    if (kind !== undefined && token.kind !== kind) throw new ExpressionError(`unexpected "${token.text}"`);
    this.#next++;
    return token;
  }
  #isName(text: string): boolean {
    const token = this.#tokens[this.#next];
    return token?.kind === 'name' && token.text === text;
  }
  #peekSign(text: string): boolean {
    const token = this.#tokens[this.#next];
    return token?.kind === 'sign' && token.text === text;
  }
  #skip(sign: string): boolean {
    if (!this.#peekSign(sign)) return false;
    this.#next++;
    return true;
  }
  #expect(sign: string): void {
    if (!this.#skip(sign)) throw new ExpressionError(`"${sign}" is missing`);
  }
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const end = text.trimEnd().length;
  let at = 0;
  while (at < end) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw new ExpressionError(`unreadable at character ${at + 1}`);
    at = TOKEN.lastIndex;
    const [, string, quoted, name, number, sign] = match;
    if (string !== undefined) found.push({ kind: 'string', text: string.replace(/\\(.)/g, '$1') });
    else if (quoted !== undefined || name !== undefined) found.push({ kind: 'name', text: quoted ?? name ?? '' });
    else if (number !== undefined) found.push({ kind: 'number', text: number });
    else found.push({ kind: 'sign', text: sign ?? '' });
  }
  return found;
}
