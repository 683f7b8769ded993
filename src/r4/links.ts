/**
 * The links in a resource that a transaction follows: references, URIs, and what narrative and markdown point to. A
 * canonical is none of them. https://hl7.org/fhir/R4/http.html#trules
 */
import type { Shape, Shapes } from './definitions/shapes.js';
import type { JsonPath } from './json.js';

export interface Link {
  /** Where the text stands that holds it. */
  path: JsonPath;
  kind: 'reference' | 'uri' | 'markdown' | 'xhtml';
  text: string;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const URIS: ReadonlySet<string> = new Set(['uri', 'url', 'oid', 'uuid']);

/** All of a resource, contained ones too, in the order of the text. */
export function linksOf(resource: Json, shapes: Shapes): Link[] {
  const links: Link[] = [];
  const path: (string | number)[] = [];

  const primitive = (type: string, value: unknown): void => {
    if (typeof value !== 'string') return;
    if (URIS.has(type)) links.push({ path: [...path], kind: 'uri', text: value });
    else if (type === 'markdown' && value.includes(']('))
      links.push({ path: [...path], kind: 'markdown', text: value });
    else if (type === 'xhtml' && /\b(href|src)\s*=/.test(value))
      links.push({ path: [...path], kind: 'xhtml', text: value });
  };
  const walk = (value: Json, shape: Shape | undefined, type: string): void => {
    for (const key in value) {
      const element = shape?.get(key) ?? (key.startsWith('_') ? EXTENDED : undefined);
      if (element === undefined) continue;
      const member = value[key];
      path.push(key);
      if (type === 'Reference' && key === 'reference') {
        if (typeof member === 'string') links.push({ path: [...path], kind: 'reference', text: member });
      } else if (Array.isArray(member)) {
        for (let i = 0; i < member.length; i++) {
          path.push(i);
          inner(element, member[i]);
          path.pop();
        }
      } else inner(element, member);
      path.pop();
    }
  };
  const inner = (element: { type: string; isPrimitive: boolean; below: () => Shape | undefined }, value: unknown) => {
    if (element.isPrimitive) primitive(element.type, value);
    else if (isObject(value)) {
      const { resourceType } = value;
      const isResource = element.type === 'Resource' && typeof resourceType === 'string';
      walk(value, isResource ? shapes.of(resourceType) : element.below(), element.type);
    }
  };
  /** What stands beside a primitive. */
  const EXTENDED = { type: 'Element', isPrimitive: false, below: () => shapes.of('Element') };
  if (typeof resource.resourceType === 'string')
    walk(resource, shapes.of(resource.resourceType), resource.resourceType);
  return links;
}

const MARKDOWN = /(\]\(\s*)([^)\s]+)/g;
const ATTRIBUTE = /(\b(?:href|src)\s*=\s*)("[^"]*"|'[^']*')/g;

/** The text with its links replaced by what `target` gives for them; the same text where it gives none. */
export function relinked({ kind, text }: Link, target: (link: string) => string | undefined): string {
  if (kind === 'markdown')
    return text.replace(MARKDOWN, (whole, before, link) => {
      const to = target(link);
      return to === undefined ? whole : before + to;
    });
  if (kind === 'xhtml')
    return text.replace(ATTRIBUTE, (whole, before, quoted) => {
      const to = target(quoted.slice(1, -1));
      return to === undefined ? whole : `${before}"${to}"`;
    });
  return target(text) ?? text;
}
