/** A resource in XML as JSON text, driven by the definitions. https://hl7.org/fhir/R4/xml.html */
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
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

interface Attributes {
  id?: string;
  value?: string;
  url?: string;
}

/** An element under way. */
interface Frame {
  name: string;
  /** What stands in it goes here. */
  value: Tree;
  shape: Shape | undefined;
  /** Of an element that holds a resource. */
  isHolder: boolean;
  isResource: boolean;
  /** Index of the last child in the order of the definition. */
  last: number;
  /** The primitive that `value` stands for, with what its attribute says. */
  primitive: { type: string; text: string | undefined } | undefined;
  close: () => void;
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const INTEGERS: ReadonlySet<string> = new Set(['integer', 'unsignedInt', 'positiveInt']);

/** The literal of a primitive as JSON has it; what is none of its type stays text, for the validation to tell. */
function literal(type: string, text: string): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (type === 'decimal' && NUMBER.test(text)) return new NumberToken(text);
  if (INTEGERS.has(type) && /^-?(0|[1-9]\d*)$/.test(text)) return new NumberToken(text);
  return text;
}

/** Throws `bad-xml` with line and column: ill-formed, with a document type, out of order, with text where none belongs. */
export function jsonOfXml(text: string, shapes: Shapes): string {
  return new Reader(shapes).read(text);
}

class Reader {
  private readonly parser = new SaxesParser({ xmlns: true, position: true });
  private readonly frames: Frame[] = [];
  private root: Tree | undefined;
  private narrative: Narrative | undefined;
  private source = '';

  constructor(private readonly shapes: Shapes) {}

  read(text: string): string {
    const { parser } = this;
    this.source = text;
    parser.on('error', () => this.refuse('it is not well-formed', 'il n’est pas bien formé'));
    parser.on('doctype', () => this.refuse('a document type is not allowed', 'un type de document n’est pas permis'));
    parser.on('opentag', (tag) => this.open(tag));
    parser.on('closetag', (tag) => this.closed(tag));
    parser.on('text', (content) => this.text(content));
    parser.on('cdata', (content) => this.text(content));
    parser.write(text).close();
    if (this.root === undefined) throw new FhirError('empty-body');
    return treeText(this.root);
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

  private open(tag: SaxesTagNS): void {
    if (this.narrative !== undefined) this.openXhtml(tag);
    else this.openFhir(tag);
  }

  private openFhir(tag: SaxesTagNS): void {
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
    if (above.primitive !== undefined && tag.local !== 'extension') {
      this.refuse('a primitive holds only extensions', 'une primitive ne contient que des extensions');
    }
    this.openElement(tag, above, above.shape?.get(tag.local));
  }

  private openResource(tag: SaxesTagNS, above: Frame | undefined): void {
    if (tag.uri !== FHIR)
      this.refuse(
        'a resource is in the namespace http://hl7.org/fhir',
        'une ressource est dans l’espace de noms http://hl7.org/fhir',
      );
    if (above !== undefined && Object.keys(above.value).length > 0) {
      this.refuse('two resources stand where one belongs', 'deux ressources se trouvent là où une seule a sa place');
    }
    this.attributes(tag, undefined);
    const value: Tree = above?.value ?? empty();
    value.resourceType = tag.local;
    this.root ??= value;
    this.push(tag.local, value, this.shapes.of(tag.local), () => undefined).isResource = true;
  }

  private openElement(tag: SaxesTagNS, above: Frame, element: ElementShape | undefined): void {
    const { local: name } = tag;
    if (name === 'id' && !above.isResource)
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
    const isPrimitive = element?.isPrimitive ?? tag.attributes.value !== undefined;
    const shape = isPrimitive ? this.shapes.of('Element') : element?.below();
    const attributes = this.attributes(tag, isPrimitive ? 'value' : 'url');
    const value = empty();
    if (attributes.id !== undefined) value.id = attributes.id;
    if (attributes.url !== undefined) value.url = attributes.url;
    const { value: holder } = above;
    const isArray = element?.isArray ?? holder[name] !== undefined;
    const literalText = attributes.value;
    const type = element?.type ?? 'string';
    const frame = this.push(name, value, shape, () => {
      if (isPrimitive)
        putPrimitive(holder, name, isArray, literalText === undefined ? undefined : literal(type, literalText), value);
      else putElement(holder, name, isArray, value);
    });
    frame.isHolder = element?.type === 'Resource';
    if (isPrimitive) frame.primitive = { type, text: literalText };
  }

  private push(name: string, value: Tree, shape: Shape | undefined, close: () => void): Frame {
    const frame: Frame = {
      name,
      value,
      shape,
      isHolder: false,
      isResource: false,
      last: -1,
      primitive: undefined,
      close,
    };
    this.frames.push(frame);
    return frame;
  }

  /** Those of the element by name. Throws for others. */
  private attributes(tag: SaxesTagNS, own: 'value' | 'url' | undefined): Attributes {
    const found: Attributes = {};
    for (const key in tag.attributes) {
      const { name, local, uri, prefix, value } = tag.attributes[key] as SaxesAttributeNS;
      if (prefix === 'xmlns' || name === 'xmlns' || local === 'schemaLocation') continue;
      if (uri === '' && name === own) found[name] = value;
      else if (uri === '' && own !== undefined && name === 'id') found.id = value;
      else {
        this.refuse(`the attribute ${short(name)} has no place here`, `l’attribut ${short(name)} n’a pas sa place ici`);
      }
    }
    return found;
  }

  private openXhtml(tag: SaxesTagNS): void {
    const { narrative } = this;
    if (narrative === undefined) return;
    let attributes = '';
    for (const { name, value } of Object.values(tag.attributes) as SaxesAttributeNS[]) {
      if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
      attributes += ` ${name}="${escapedAttribute(value)}"`;
    }
    narrative.hasPrefixes ||= tag.prefix !== '';
    const namespace = narrative.depth === 0 ? ` xmlns="${XHTML}"` : '';
    narrative.text += `<${tag.local}${namespace}${attributes}${tag.isSelfClosing ? '/>' : '>'}`;
    narrative.depth++;
  }

  private closed(tag: SaxesTagNS): void {
    const { narrative } = this;
    if (narrative === undefined) {
      this.frames.pop()?.close();
      return;
    }
    if (!tag.isSelfClosing) narrative.text += `</${tag.local}>`;
    if (--narrative.depth > 0) return;
    const { hasPrefixes, text, start } = narrative;
    narrative.take(hasPrefixes ? text : this.source.slice(start, this.parser.position));
    this.narrative = undefined;
  }
}

/** Without a prototype: names come from clients. */
const empty = (): Tree => Object.create(null) as Tree;

const short = (name: string): string => name.slice(0, 64);

function putElement(holder: Tree, name: string, isArray: boolean, value: Tree): void {
  const there = holder[name];
  if (there === undefined) holder[name] = isArray ? [value] : value;
  // Twice what may stand once: the validation tells.
  else holder[name] = Array.isArray(there) ? [...there, value] : [there, value];
}

/** What stands beside a primitive goes into `_name`, at the same place of an array. */
function putPrimitive(holder: Tree, name: string, isArray: boolean, value: unknown, beside: Tree): void {
  const hasBeside = Object.keys(beside).length > 0;
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
