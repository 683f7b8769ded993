/** A resource as a tree to XML, in the order of the definitions. https://hl7.org/fhir/R4/xml.html */
import type { ElementShape, Shape, Shapes } from '../definitions/shapes.js';
import { NumberToken } from '../lossless.js';
import { escapedAttribute, escapedText } from './escape.js';
import { XHTML } from './namespaces.js';

type Tree = Record<string, unknown>;
/** The id of an element and the url of an extension are attributes, and nothing else is. */
const NONE: readonly string[] = [];
const ELEMENT = ['id'];
const EXTENSION = ['id', 'url'];

const plainName = (key: string): string => (key.startsWith('_') ? key.slice(1) : key);
const isObject = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberToken);

export class TreeWriter {
  text = '';

  constructor(
    private readonly shapes: Shapes,
    private readonly pretty = false,
  ) {}

  private line(depth: number): void {
    if (this.pretty) this.text += `\n${'  '.repeat(depth)}`;
  }

  resource(value: Tree, depth: number, namespace = ''): void {
    const type = String(value.resourceType);
    const shape = this.shapes.of(type);
    this.line(depth);
    this.text += `<${type}${namespace}>`;
    const before = this.text.length;
    this.members(value, shape, depth + 1);
    if (this.text.length > before) this.line(depth);
    this.text += `</${type}>`;
  }

  /** All members in order but those that are attributes. */
  private members(value: Tree, shape: Shape | undefined, depth: number, attributes: readonly string[] = NONE): void {
    if (shape === undefined) return;
    const before = this.text;
    if (this.inTheirOrder(value, shape, depth, attributes)) return;
    this.text = before;
    const names = [...new Set(Object.keys(value).map(plainName))].filter((name) => !attributes.includes(name));
    const present = names.flatMap((name) => {
      const element = shape.get(name);
      return element === undefined ? [] : [{ name, element }];
    });
    present.sort((a, b) => a.element.order - b.element.order);
    for (const { name, element } of present) this.member(name, element, value[name], value[element.beside], depth);
  }

  /** Most texts have their members in order already; false when these have not, with some of them written. */
  private inTheirOrder(value: Tree, shape: Shape, depth: number, attributes: readonly string[]): boolean {
    let last = -1;
    for (const key in value) {
      let element = shape.get(key);
      let member = value[key];
      let name = key;
      if (element === undefined) {
        // What stands beside a primitive is written with it.
        if (key.charCodeAt(0) !== 0x5f) continue;
        name = key.slice(1);
        element = shape.get(name);
        if (element === undefined || value[name] !== undefined) continue;
        member = undefined;
      }
      if (attributes.length > 0 && attributes.includes(name)) continue;
      if (element.order < last) return false;
      last = element.order;
      this.member(name, element, member, element.isPrimitive ? value[element.beside] : undefined, depth);
    }
    return true;
  }

  member(name: string, element: ElementShape, value: unknown, beside: unknown, depth: number): void {
    if (!Array.isArray(value) && !Array.isArray(beside)) {
      this.item(name, element, value, beside, depth);
      return;
    }
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
    const besides = Array.isArray(beside) ? beside : [];
    for (let i = 0; i < Math.max(values.length, besides.length); i++)
      this.item(name, element, values[i], besides[i], depth);
  }

  private item(name: string, element: ElementShape, value: unknown, beside: unknown, depth: number): void {
    if (element.isPrimitive) {
      if (element.type === 'xhtml') this.narrative(value, depth);
      else this.primitive(name, value, isObject(beside) ? beside : undefined, depth);
      return;
    }
    if (!isObject(value)) return;
    this.line(depth);
    if (element.type === 'Resource') {
      this.text += `<${name}>`;
      this.resource(value, depth + 1);
      this.line(depth);
      this.text += `</${name}>`;
      return;
    }
    this.element(name, value, element.below(), element.type === 'Extension' ? EXTENSION : ELEMENT, '', depth);
  }

  private primitive(name: string, value: unknown, beside: Tree | undefined, depth: number): void {
    if (value === undefined && beside === undefined) return;
    if (value === null && beside === undefined) return;
    this.line(depth);
    const literal = value === undefined || value === null ? '' : ` value="${escapedAttribute(textOf(value))}"`;
    if (beside === undefined) this.text += `<${name}${literal}/>`;
    else this.element(name, beside, this.shapes.of('Element'), ELEMENT, literal, depth);
  }

  private element(
    name: string,
    value: Tree,
    shape: Shape | undefined,
    attributes: readonly string[],
    literal: string,
    depth: number,
  ): void {
    this.text += `<${name}`;
    for (const one of attributes) {
      if (typeof value[one] === 'string') this.text += ` ${one}="${escapedAttribute(value[one])}"`;
    }
    this.text += literal;
    const before = this.text.length;
    this.text += '>';
    this.members(value, shape, depth + 1, attributes);
    if (this.text.length === before + 1) {
      this.text = `${this.text.slice(0, before)}/>`;
      return;
    }
    this.line(depth);
    this.text += `</${name}>`;
  }

  private narrative(value: unknown, depth: number): void {
    if (typeof value !== 'string') return;
    this.line(depth);
    this.text += narrativeText(value);
  }
}

export function narrativeText(value: string): string {
  // Without validation anything may have been stored.
  if (!/^\s*<div[\s>/]/.test(value)) return `<div xmlns="${XHTML}">${escapedText(value)}</div>`;
  // The one entity that XHTML has and XML has not, and that people write.
  return value.replaceAll('&nbsp;', '&#160;');
}

const textOf = (value: unknown): string => (value instanceof NumberToken ? value.token : String(value));
