/** An XML document as a tree that can be changed and written again. https://www.w3.org/TR/xml/ */
import { type SaxesAttributeNS, SaxesParser } from 'saxes';
import { FhirError } from '../errors.js';
import { MAX_DEPTH } from '../json.js';
import { escapedAttribute, escapedText } from './escape.js';

export interface XmlText {
  kind: 'text';
  text: string;
}
export interface XmlComment {
  kind: 'comment';
  text: string;
}
export interface XmlElement {
  kind: 'element';
  local: string;
  /** Its namespace; '' for none. */
  uri: string;
  attributes: Map<string, string>;
  children: XmlNode[];
}
export type XmlNode = XmlText | XmlComment | XmlElement;

/** The root of a document, in a list of its own. Throws `bad-xml`, also for a document type. */
export function parseXml(text: string): XmlNode[] {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const top: XmlNode[] = [];
  const open: XmlNode[][] = [top];
  const refuse = (en: string, fr: string): never => {
    throw new FhirError('bad-xml', { reason: { en, fr }, line: parser.line, column: parser.column + 1 });
  };
  const add = (node: XmlNode): void => {
    (open.at(-1) as XmlNode[]).push(node);
  };
  parser.on('error', () => refuse('it is not well-formed', 'il n’est pas bien formé'));
  parser.on('doctype', () => refuse('a document type is not allowed', 'un type de document n’est pas permis'));
  parser.on('opentag', ({ local, uri, attributes: all }) => {
    if (open.length > MAX_DEPTH) throw new FhirError('too-deep', { max: MAX_DEPTH });
    const attributes = new Map<string, string>();
    for (const { name, value } of Object.values(all) as SaxesAttributeNS[]) {
      if (name !== 'xmlns') attributes.set(name, value);
    }
    const element: XmlElement = { kind: 'element', local, uri, attributes, children: [] };
    add(element);
    open.push(element.children);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', (content) => {
    if (open.length > 1) add({ kind: 'text', text: content });
  });
  parser.on('cdata', (content) => add({ kind: 'text', text: content }));
  parser.on('comment', (content) => add({ kind: 'comment', text: content }));
  parser.write(text).close();
  return top;
}

/** The text of nodes that stand in `namespace`. */
export function xmlText(nodes: readonly XmlNode[], namespace = ''): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return escapedText(node.text);
      if (node.kind === 'comment') return `<!--${node.text}-->`;
      const declared = node.uri === namespace ? '' : ` xmlns="${escapedAttribute(node.uri)}"`;
      const attributes = [...node.attributes].map(([name, value]) => ` ${name}="${escapedAttribute(value)}"`).join('');
      const inner = xmlText(node.children, node.uri);
      return `<${node.local}${declared}${attributes}${inner === '' ? '/>' : `>${inner}</${node.local}>`}`;
    })
    .join('');
}
