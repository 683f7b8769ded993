/** A resource in XML as JSON text, driven by the definitions. https://hl7.org/fhir/R4/xml.html */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { ElementShape, Shape, Shapes } from '../definitions/shapes.js';
import { FhirError } from '../errors.js';
import { MAX_DEPTH } from '../json.js';
import { NumberToken, treeText } from '../lossless.js';
import { escapedAttribute, escapedText } from './escape.js';
import { FHIR, XHTML } from './namespaces.js';

/** The narrative under way. */
interface Narrative {
  /** Written anew, for the case that its names have prefixes. */
  text: string;
  hasPrefixes: boolean;
  depth: number;
  /** Where it begins in the source: it stays as it was written. */
  start: number;
  take: (text: string) => void;
}

type Tree = Record<string, unknown>;
/** Without a prototype, since names come from clients; made by a function, which is quicker than `Object.create(null)`. */
const Tree = function Tree(this: Tree): void {
  void this;
} as unknown as new () => Tree;
Tree.prototype = Object.create(null);

interface Attribute {
  name: string;
  value: string;
}

/** What an element's tag says. */
interface Tag {
  name: string;
  prefix: string;
  local: string;
  /** Its namespace. */
  uri: string;
  isSelfClosing: boolean;
  attributes: readonly Attribute[];
}

/** Attributes of an element of FHIR. */
interface Own {
  id: string | undefined;
  value: string | undefined;
  url: string | undefined;
}

/** An element under way. */
interface Frame {
  name: string;
  /** What stands in it goes here. */
  value: Tree;
  shape: Shape | undefined;
  /** Where it goes itself when it ends; `undefined` for a resource, which has its place from the start. */
  holder: Tree | undefined;
  isArray: boolean;
  /** Of an element that holds a resource. */
  isHolder: boolean;
  /** Index of the last child in the order of the definition. */
  last: number;
  /** The primitive that `value` stands beside, with what its attribute says. */
  isPrimitive: boolean;
  literal: unknown;
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const INTEGERS: ReadonlySet<string> = new Set(['integer', 'unsignedInt', 'positiveInt']);

/** The literal of a primitive as JSON has it; what is none of its type stays text, for the validation to tell. */
function literal(type: string, text: string): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (type === 'decimal' && NUMBER.test(text)) return number(text);
  if (INTEGERS.has(type) && /^-?(0|[1-9]\d*)$/.test(text)) return number(text);
  return text;
}

function number(text: string): unknown {
  const value = Number(text);
  return String(value) === text ? value : new NumberToken(text);
}

/** Thrown where prefixes of namespaces are met: few use them, and minding them takes a third of the time of a parser. */
const PREFIXES = Symbol('prefixes');

/** Throws `bad-xml` with line and column: ill-formed, with a document type, out of order, with text where none belongs. */
export function jsonOfXml(text: string, shapes: Shapes): string {
  try {
    return new Reader(text, shapes, false).read();
  } catch (error) {
    if (error !== PREFIXES) throw error;
    return new Reader(text, shapes, true).read();
  }
}

class Reader {
  private readonly parser: SaxesParser<{ xmlns: boolean; position: true }>;
  private readonly frames: Frame[] = [];
  /** Of the tag that is read. */
  private attributes: Attribute[] = [];
  /** The namespaces of names without a prefix, of all elements under way. */
  private readonly namespaces: string[] = [];
  private root: Tree | undefined;
  private narrative: Narrative | undefined;
  /** A number that JavaScript would print in another way. */
  private hasTokens = false;

  constructor(
    private readonly source: string,
    private readonly shapes: Shapes,
    private readonly withPrefixes: boolean,
  ) {
    this.parser = new SaxesParser({ xmlns: withPrefixes, position: true });
  }

  read(): string {
    const { parser } = this;
    parser.on('error', () => this.refuse('it is not well-formed', 'il n’est pas bien formé'));
    parser.on('doctype', () => this.refuse('a document type is not allowed', 'un type de document n’est pas permis'));
    parser.on('attribute', ({ name, value }) => {
      this.attributes.push({ name, value });
    });
    parser.on('opentag', (tag) => {
      const opened = this.withPrefixes ? this.resolved(tag as SaxesTagNS) : this.plain(tag);
      if (this.narrative !== undefined) this.openXhtml(opened);
      else this.openFhir(opened);
      if (this.attributes.length > 0) this.attributes = [];
    });
    parser.on('closetag', (tag) => this.closed(tag));
    parser.on('text', (content) => this.text(content));
    parser.on('cdata', (content) => this.text(content));
    parser.write(this.source).close();
    if (this.root === undefined) throw new FhirError('empty-body');
    return this.hasTokens ? treeText(this.root) : JSON.stringify(this.root);
  }

  private resolved({ name, prefix, local, uri, isSelfClosing }: SaxesTagNS): Tag {
    return { name, prefix, local, uri, isSelfClosing, attributes: this.attributes };
  }

  /** Without prefixes, a namespace is what the nearest `xmlns` says. */
  private plain({ name, isSelfClosing }: { name: string; isSelfClosing: boolean }): Tag {
    const { attributes, namespaces } = this;
    if (name.includes(':')) throw PREFIXES;
    let uri = namespaces.at(-1) ?? '';
    for (const attribute of attributes) {
      if (attribute.name === 'xmlns') uri = attribute.value;
      // `xml:` needs no declaration.
      else if (attribute.name.includes(':') && !/^xml:[^:]+$/.test(attribute.name)) throw PREFIXES;
    }
    namespaces.push(uri);
    return { name, prefix: '', local: name, uri, isSelfClosing, attributes };
  }

  private refuse(en: string, fr: string): never {
    const { line, column } = this.parser;
    throw new FhirError('bad-xml', { reason: { en, fr }, line, column: column + 1 });
  }

  private text(content: string): void {
    if (this.narrative !== undefined) this.narrative.text += escapedText(content);
    else if (content.trim() !== '') {
      this.refuse('text stands where only elements belong', 'du texte se trouve là où ne vont que des éléments');
    }
  }

  private openFhir(tag: Tag): void {
    if (this.frames.length > MAX_DEPTH) throw new FhirError('too-deep', { max: MAX_DEPTH });
    const above = this.frames.at(-1);
    if (above === undefined || above.isHolder) {
      this.openResource(tag, above);
      return;
    }
    if (tag.uri === XHTML && tag.local === 'div') {
      const { value } = above;
      this.narrative = {
        text: '',
        hasPrefixes: false,
        depth: 0,
        start: this.source.lastIndexOf('<', this.parser.position - 1),
        take: (text) => {
          value.div = text;
        },
      };
      this.openXhtml(tag);
      return;
    }
    if (tag.uri !== FHIR)
      this.refuse(
        `<${short(tag.name)}> is not in FHIR’s namespace`,
        `<${short(tag.name)}> n’est pas dans l’espace de noms de FHIR`,
      );
    if (above.isPrimitive && tag.local !== 'extension') {
      this.refuse('a primitive holds only extensions', 'une primitive ne contient que des extensions');
    }
    this.openElement(tag, above, above.shape?.get(tag.local));
  }

  private openResource(tag: Tag, above: Frame | undefined): void {
    if (tag.uri !== FHIR)
      this.refuse(
        'a resource is in the namespace http://hl7.org/fhir',
        'une ressource est dans l’espace de noms http://hl7.org/fhir',
      );
    if (above !== undefined && !isEmpty(above.value)) {
      this.refuse('two resources stand where one belongs', 'deux ressources se trouvent là où une seule a sa place');
    }
    this.own(tag, undefined);
    const value = above?.value ?? new Tree();
    value.resourceType = tag.local;
    this.root ??= value;
    this.push(tag.local, value, this.shapes.of(tag.local), undefined);
  }

  private openElement(tag: Tag, above: Frame, element: ElementShape | undefined): void {
    const { local: name } = tag;
    if (name === 'id' && above.holder !== undefined)
      this.refuse('the id of an element is an attribute', 'l’id d’un élément est un attribut');
    // https://hl7.org/fhir/R4/xml.html: elements always come in the order of the definition.
    if (element !== undefined) {
      if (element.order < above.last) {
        this.refuse(
          `<${name}> stands after elements that it comes before`,
          `<${name}> se trouve après des éléments qu’il précède`,
        );
      }
      above.last = element.order;
    }
    const isPrimitive = element?.isPrimitive ?? tag.attributes.some((attribute) => attribute.name === 'value');
    const own = this.own(tag, isPrimitive ? 'value' : 'url');
    const value = new Tree();
    if (own.id !== undefined) value.id = own.id;
    if (own.url !== undefined) value.url = own.url;
    const { value: holder } = above;
    const frame = this.push(name, value, isPrimitive ? this.shapes.of('Element') : element?.below(), holder);
    frame.isArray = element?.isArray ?? holder[name] !== undefined;
    frame.isHolder = element?.type === 'Resource';
    frame.isPrimitive = isPrimitive;
    if (own.value !== undefined) {
      frame.literal = literal(element?.type ?? 'string', own.value);
      if (frame.literal instanceof NumberToken) this.hasTokens = true;
    }
  }

  private push(name: string, value: Tree, shape: Shape | undefined, holder: Tree | undefined): Frame {
    const frame: Frame = {
      name,
      value,
      shape,
      holder,
      isArray: false,
      isHolder: false,
      last: -1,
      isPrimitive: false,
      literal: undefined,
    };
    this.frames.push(frame);
    return frame;
  }

  /** Those of the element by name. Throws for others. */
  private own(tag: Tag, named: 'value' | 'url' | undefined): Own {
    const found: Own = { id: undefined, value: undefined, url: undefined };
    for (const { name, value } of tag.attributes) {
      if (name === named) found[named] = value;
      else if (name === 'id' && named !== undefined) found.id = value;
      else if (name !== 'xmlns' && !name.startsWith('xmlns:') && !/^([^:]+:)?schemaLocation$/.test(name)) {
        this.refuse(`the attribute ${short(name)} has no place here`, `l’attribut ${short(name)} n’a pas sa place ici`);
      }
    }
    return found;
  }

  private openXhtml(tag: Tag): void {
    const { narrative } = this;
    if (narrative === undefined) return;
    let attributes = '';
    for (const { name, value } of tag.attributes) {
      if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
      attributes += ` ${name}="${escapedAttribute(value)}"`;
    }
    narrative.hasPrefixes ||= tag.prefix !== '';
    const namespace = narrative.depth === 0 ? ` xmlns="${XHTML}"` : '';
    narrative.text += `<${tag.local}${namespace}${attributes}${tag.isSelfClosing ? '/>' : '>'}`;
    narrative.depth++;
  }

  private closed(tag: { name: string; isSelfClosing: boolean }): void {
    const { narrative } = this;
    this.namespaces.pop();
    if (narrative === undefined) {
      const frame = this.frames.pop();
      if (frame?.holder === undefined) return;
      if (frame.isPrimitive) putPrimitive(frame.holder, frame);
      else putElement(frame.holder, frame);
      return;
    }
    if (!tag.isSelfClosing) narrative.text += `</${tag.name.slice(tag.name.indexOf(':') + 1)}>`;
    if (--narrative.depth > 0) return;
    const { hasPrefixes, text, start } = narrative;
    narrative.take(hasPrefixes ? text : this.source.slice(start, this.parser.position));
    this.narrative = undefined;
  }
}

function isEmpty(tree: Tree): boolean {
  for (const _ in tree) return false;
  return true;
}

const short = (name: string): string => name.slice(0, 64);

function putElement(holder: Tree, { name, isArray, value }: Frame): void {
  const there = holder[name];
  if (there === undefined) holder[name] = isArray ? [value] : value;
  // Twice what may stand once: the validation tells.
  else if (Array.isArray(there)) there.push(value);
  else holder[name] = [there, value];
}

/** What stands beside a primitive goes into `_name`, at the same place of an array. */
function putPrimitive(holder: Tree, { name, isArray, literal: value, value: beside }: Frame): void {
  const hasBeside = !isEmpty(beside);
  const key = `_${name}`;
  if (!isArray && holder[name] === undefined && holder[key] === undefined) {
    if (value !== undefined) holder[name] = value;
    if (hasBeside) holder[key] = beside;
    return;
  }
  const values = listOf(holder[name]);
  const besides = holder[key] === undefined ? [] : listOf(holder[key]);
  const count = Math.max(values.length, besides.length);
  while (values.length < count) values.push(null);
  values.push(value ?? null);
  if (values.some((one) => one !== null)) holder[name] = values;
  if (!hasBeside) return;
  while (besides.length < count) besides.push(null);
  besides.push(beside);
  holder[key] = besides;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
