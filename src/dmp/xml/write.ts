/** XML by strings. What is given as a value is escaped, what is given as content is XML already. https://www.w3.org/TR/xml/ */
import { escapedAttribute, escapedText } from '../../r4/xml/escape.js';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Characters that XML 1.0 has no way to write, lone surrogates among them. */
const NOT_XML = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** The text as content of an element; what XML cannot say is left out. */
export const text = (value: string): string => escapedText(value.replace(NOT_XML, ''));

/** An element; attributes that are `undefined` are left out. `content` is XML: use `text` for values. */
export function element(name: string, attributes: Attributes = {}, ...content: readonly string[]): string {
  let start = `<${name}`;
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) start += ` ${key}="${escapedAttribute(String(value).replace(NOT_XML, ''))}"`;
  }
  const inner = content.join('');
  return inner === '' ? `${start}/>` : `${start}>${inner}</${name}>`;
}

/** An element with a text; nothing at all for `undefined` and the empty text. */
export const leaf = (name: string, value: string | undefined, attributes: Attributes = {}): string =>
  value === undefined || value === '' ? '' : element(name, attributes, text(value));
