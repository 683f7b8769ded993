/**
 * XML as a tree of elements, bounded: a document type is refused whatever is in it, so that no entity is ever expanded.
 * https://www.w3.org/TR/xml-names/
 */
import { SaxesParser } from 'saxes';

/** Deeper than any message or document of the DMP. */
const MAX_DEPTH = 200;
const MAX_ELEMENTS = 500_000;

export class Element {
  readonly children: Element[] = [];
  /** The texts directly in it, one after the other. */
  text = '';

  constructor(
    /** Local name. */
    readonly name: string,
    /** URI of its namespace, empty for none. */
    readonly space: string,
    /** By name as written (`code`, `xsi:type`). */
    readonly attributes: Readonly<Record<string, string>>,
  ) {}

  /** The first child of that name, in the namespace of this element unless one is given. */
  child(name: string, space: string = this.space): Element | undefined {
    return this.children.find((each) => each.name === name && each.space === space);
  }

  /** All children of that name, in the namespace of this element unless one is given. */
  all(name: string, space: string = this.space): Element[] {
    return this.children.filter((each) => each.name === name && each.space === space);
  }

  /** Step by step along the first child of each name. */
  at(...path: readonly string[]): Element | undefined {
    let here: Element | undefined = this;
    for (const name of path) here = here?.child(name);
    return here;
  }

  /** The first element of that name and namespace below this one, whatever its depth. */
  find(name: string, space: string): Element | undefined {
    const open: Element[] = [...this.children].reverse();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.name === name && next.space === space) return next;
      for (let i = next.children.length - 1; i >= 0; i--) open.push(next.children[i] as Element);
    }
    return undefined;
  }
}

/** What a reader says of XML that it does not take. The message holds nothing of the content. */
export class UnreadableXml extends Error {
  constructor(
    readonly reason: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(`${reason} (line ${line}, column ${column})`);
    this.name = 'UnreadableXml';
  }
}

/** The root element. Throws `UnreadableXml`: ill-formed, with a document type, too deep or too many elements. */
export function readXml(source: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const fail = (reason: string): never => {
    throw new UnreadableXml(reason, parser.line, parser.column);
  };
  const open: Element[] = [];
  let root: Element | undefined;
  let count = 0;
  // The parser's own message may quote what it found.
  parser.on('error', () => fail('ill-formed XML'));
  parser.on('doctype', () => fail('a document type is not allowed'));
  parser.on('opentag', (tag) => {
    if (++count > MAX_ELEMENTS) fail(`more than ${MAX_ELEMENTS} elements`);
    if (open.length >= MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels`);
    const attributes: Record<string, string> = Object.create(null);
    for (const name in tag.attributes) attributes[name] = (tag.attributes[name] as { value: string }).value;
    const element = new Element(tag.local, tag.uri, attributes);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  const add = (text: string): void => {
    const here = open.at(-1);
    if (here !== undefined) here.text += text;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.write(source).close();
  return root ?? fail('no element');
}
