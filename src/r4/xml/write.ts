/**
 * A resource in JSON as XML, written straight from its text: most texts have their members in the order of the
 * definitions, which is that of XML. What has not goes through a tree. https://hl7.org/fhir/R4/xml.html
 */
import type { ElementShape, Shape, Shapes } from '../definitions/shapes.js';
import { endOfString } from '../json.js';
import { endOfValue } from '../json-text.js';
import { parseTree } from '../lossless.js';
import { escapedAttribute } from './escape.js';
import { FHIR } from './namespaces.js';
import { narrativeText, TreeWriter } from './write-tree.js';

// As in `validation/primitives.ts`.
const { charCodeAt } = String.prototype;

/** `json` is the text of a resource; what its definition does not have is left out. `pretty` gives each element a line. */
export function xmlOfJson(json: string, shapes: Shapes, pretty = false): string {
  const text = (pretty ? undefined : new TextWriter(json, shapes).run()) ?? byTree(json, shapes, pretty);
  return `<?xml version="1.0" encoding="UTF-8"?>${pretty ? '' : '\n'}${text}`;
}

const NAMESPACE = ` xmlns="${FHIR}"`;

/** Numbers that JavaScript would print in another way, if these are not within texts. */
const ODD_NUMBER = /\d\.\d*0(?:[,}\]]|$)|\d[eE][+-]?\d|\d{16}|-0(?:[,}\]]|$)/;

/** Only where there are such numbers have their tokens to be looked for. */
const treeOf = (json: string): unknown => (ODD_NUMBER.test(json) ? parseTree(json) : JSON.parse(json));

function byTree(json: string, shapes: Shapes, pretty: boolean): string {
  const writer = new TreeWriter(shapes, pretty);
  writer.resource(treeOf(json) as Record<string, unknown>, 0, NAMESPACE);
  return writer.text;
}

/** What an element is written with, made once. */
interface Part {
  name: string;
  element: ElementShape;
  order: number;
  kind: 'primitive' | 'xhtml' | 'resource' | 'element' | 'attribute';
  /** `"birthDate":` */
  key: string;
  /** `,"_birthDate":` */
  besideKey: string;
  /** `<birthDate value="` */
  literal: string;
  /** `<birthDate` */
  open: string;
  /** `</birthDate>` */
  close: string;
  /** What stands in the element. */
  below: Parts | undefined;
  /** What followed it when it was written last: it often does again. */
  next: Part | undefined;
}

/** The elements of a type that JSON names. */
class Parts {
  first: Part | undefined;
  private readonly byName = new Map<string, Part>();

  constructor(
    private readonly shape: Shape,
    /** The id of an element and the url of an extension are attributes; a resource has none. */
    private readonly attributes: readonly string[],
  ) {}

  get(name: string): Part | undefined {
    return this.byName.get(name) ?? this.made(name);
  }

  private made(name: string): Part | undefined {
    const element = this.shape.get(name);
    if (element === undefined) return undefined;
    const part: Part = {
      name,
      element,
      order: element.order,
      kind: this.attributes.includes(name) ? 'attribute' : kindOf(element),
      key: `"${name}":`,
      besideKey: `,"${element.beside}":`,
      literal: this.attributes.includes(name) ? ` ${name}="` : `<${name} value="`,
      open: `<${name}`,
      close: `</${name}>`,
      below: undefined,
      next: undefined,
    };
    this.byName.set(name, part);
    return part;
  }
}

function kindOf({ isPrimitive, type }: ElementShape): Part['kind'] {
  if (!isPrimitive) return type === 'Resource' ? 'resource' : 'element';
  return type === 'xhtml' ? 'xhtml' : 'primitive';
}

const ELEMENT = ['id'];
const EXTENSION = ['id', 'url'];
const resources = new WeakMap<Shape, Parts>();
const elements = new WeakMap<Shape, Parts>();

function partsOf(shape: Shape, known: WeakMap<Shape, Parts>, attributes: readonly string[]): Parts {
  let parts = known.get(shape);
  if (parts === undefined) {
    parts = new Parts(shape, attributes);
    known.set(shape, parts);
  }
  return parts;
}

function below(part: Part): Parts | undefined {
  if (part.below === undefined) {
    const shape = part.element.below();
    if (shape === undefined) return undefined;
    part.below = partsOf(shape, elements, part.element.type === 'Extension' ? EXTENSION : ELEMENT);
  }
  return part.below;
}

const QUOTE = 0x22;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const BRACKET = 0x5b;
const COMMA = 0x2c;
const START_OF_RESOURCE = '{"resourceType":"';

/** Each method begins at `at` and leaves it behind what it wrote; `undefined` for what has to go through a tree. */
class TextWriter {
  private at = 0;
  /** Those of the object read last. */
  private attributes = '';

  constructor(
    private readonly text: string,
    private readonly shapes: Shapes,
  ) {}

  run(): string | undefined {
    return this.resource(NAMESPACE);
  }

  private resource(namespace: string): string | undefined {
    const { text, at } = this;
    if (!text.startsWith(START_OF_RESOURCE, at)) return undefined;
    const from = at + START_OF_RESOURCE.length;
    const end = text.indexOf('"', from);
    const type = text.slice(from, end);
    const shape = /^[A-Za-z]+$/.test(type) ? this.shapes.of(type) : undefined;
    if (shape === undefined) return undefined;
    // Behind the type: a comma, or the end.
    this.at = end + 1;
    const body = this.members(partsOf(shape, resources, []));
    return body === undefined ? undefined : `<${type}${namespace}>${body}</${type}>`;
  }

  /** From the comma before a member, or the brace that opens or closes. */
  private members(parts: Parts): string | undefined {
    const { text } = this;
    let attributes = '';
    let body = '';
    let before: Part | undefined;
    let order = -1;
    for (;;) {
      const c = charCodeAt.call(text, this.at++);
      if (c === CLOSE) break;
      // An object without members.
      if (c === OPEN && charCodeAt.call(text, this.at) === CLOSE) continue;
      let part: Part | undefined = before === undefined ? parts.first : before.next;
      if (part !== undefined && text.startsWith(part.key, this.at)) this.at += part.key.length;
      else {
        if (charCodeAt.call(text, this.at) !== QUOTE) return undefined;
        const end = text.indexOf('"', this.at + 1);
        const name = text.slice(this.at + 1, end);
        part = parts.get(name);
        if (part === undefined) {
          // What stands beside a primitive that does not stand before it; a name with escapes.
          if (charCodeAt.call(name, 0) === 0x5f || name.includes('\\')) return undefined;
          this.at = endOfValue(text, end + 2);
          continue;
        }
        if (before === undefined) parts.first = part;
        else before.next = part;
        this.at = end + 2;
      }
      before = part;
      if (part.kind === 'attribute') {
        if (charCodeAt.call(text, this.at) === QUOTE) attributes += `${part.literal}${this.string()}"`;
        else this.at = endOfValue(text, this.at);
        if (this.isBeside(part)) return undefined;
        continue;
      }
      if (part.order < order) return undefined;
      order = part.order;
      const written = this.member(part);
      if (written === undefined) return undefined;
      body += written;
    }
    this.attributes = attributes;
    return body;
  }

  private isBeside(part: Part): boolean {
    const { text, at } = this;
    return charCodeAt.call(text, at + 2) === 0x5f && text.startsWith(part.besideKey, at);
  }

  private member(part: Part): string | undefined {
    const { text, at } = this;
    const isArray = charCodeAt.call(text, at) === BRACKET;
    const written = isArray ? this.items(part) : this.item(part);
    if (!this.isBeside(part)) return written;
    const end = this.at;
    const beside = end + part.besideKey.length;
    this.at = endOfValue(text, beside);
    const writer = new TreeWriter(this.shapes);
    writer.member(part.name, part.element, treeOf(text.slice(at, end)), treeOf(text.slice(beside, this.at)), 0);
    return writer.text;
  }

  private items(part: Part): string | undefined {
    let all = '';
    if (charCodeAt.call(this.text, this.at + 1) === 0x5d) {
      this.at += 2;
      return all;
    }
    do {
      this.at++;
      const written = this.item(part);
      if (written === undefined) return undefined;
      all += written;
    } while (charCodeAt.call(this.text, this.at) === COMMA);
    this.at++;
    return all;
  }

  private item(part: Part): string | undefined {
    const { kind } = part;
    const c = charCodeAt.call(this.text, this.at);
    if (kind === 'primitive') {
      if (c === QUOTE) return `${part.literal}${this.string()}"/>`;
      const token = this.token();
      return token === '' ? '' : `${part.literal}${token}"/>`;
    }
    if (kind === 'xhtml' && c === QUOTE) {
      const from = this.at;
      this.at = endOfString(this.text, from);
      return narrativeText(JSON.parse(this.text.slice(from, this.at)) as string);
    }
    if (c !== OPEN || kind === 'xhtml') {
      this.at = endOfValue(this.text, this.at);
      return '';
    }
    const from = this.at;
    const written = kind === 'resource' ? this.held(part) : this.element(part);
    return written ?? this.byTree(part, from);
  }

  private held(part: Part): string | undefined {
    const written = this.resource('');
    return written === undefined ? undefined : `${part.open}>${written}${part.close}`;
  }

  private element(part: Part): string | undefined {
    const parts = below(part);
    if (parts === undefined) return undefined;
    const body = this.members(parts);
    if (body === undefined) return undefined;
    return body === '' ? `${part.open}${this.attributes}/>` : `${part.open}${this.attributes}>${body}${part.close}`;
  }

  private byTree(part: Part, from: number): string {
    this.at = endOfValue(this.text, from);
    const writer = new TreeWriter(this.shapes);
    writer.member(part.name, part.element, treeOf(this.text.slice(from, this.at)), undefined, 0);
    return writer.text;
  }

  /** A string as an attribute's value. */
  private string(): string {
    const { text, at } = this;
    let isPlain = true;
    let i = at + 1;
    for (; ; i++) {
      const c = charCodeAt.call(text, i);
      if (c === QUOTE) break;
      if (c === 0x5c) {
        this.at = endOfString(text, at);
        return escapedAttribute(JSON.parse(text.slice(at, this.at)) as string);
      }
      // & < >
      if (c === 0x26 || c === 0x3c || c === 0x3e) isPlain = false;
    }
    this.at = i + 1;
    const value = text.slice(at + 1, i);
    return isPlain ? value : escapedAttribute(value);
  }

  /** A number as it is written, a boolean; '' for null and for what is no primitive. */
  private token(): string {
    const { text, at } = this;
    let i = at;
    let c = charCodeAt.call(text, i);
    if (c === OPEN || c === BRACKET) {
      this.at = endOfValue(text, at);
      return '';
    }
    while (c !== COMMA && c !== CLOSE && c !== 0x5d) c = charCodeAt.call(text, ++i);
    this.at = i;
    return charCodeAt.call(text, at) === 0x6e ? '' : text.slice(at, i);
  }
}
