/**
 * Canonical XML 1.0 with comments of a whole document, over which the lot signature's manifest takes its digests.
 * https://www.w3.org/TR/2001/REC-xml-c14n-20010315
 *
 * Why not a library's: that of xml-crypto takes elements only, and a CDA has comments and processing instructions
 * outside of its root.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { UnreadableXml } from './read.js';

export const CANONICAL_WITH_COMMENTS = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments';

const MAX_DEPTH = 1000;

const escapedIn = (text: string, what: RegExp, by: Readonly<Record<string, string>>): string =>
  what.test(text) ? text.replaceAll(new RegExp(what.source, 'g'), (one) => by[one] as string) : text;
const TEXT = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const ATTRIBUTE = { '&': '&amp;', '<': '&lt;', '"': '&quot;', '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' };
const ofText = (text: string): string => escapedIn(text, /[&<>\r]/, TEXT);
const ofAttribute = (text: string): string => escapedIn(text, /[&<"\t\n\r]/, ATTRIBUTE);

/** By code point, as the specification orders names; surrogates stand above all else but U+E000 and later. */
const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function startTag(tag: SaxesTagNS, above: ReadonlyMap<string, string>, here: Map<string, string>): string {
  const spaces: [string, string][] = [];
  const plain: { space: string; local: string; name: string; value: string }[] = [];
  for (const name in tag.attributes) {
    const { prefix, local, uri, value } = tag.attributes[name] as SaxesTagNS['attributes'][string] & object;
    if (name === 'xmlns' || prefix === 'xmlns') {
      const bound = name === 'xmlns' ? '' : local;
      here.set(bound, value);
      // Said again, or never said and empty, it is superfluous.
      if ((above.get(bound) ?? '') !== value && bound !== 'xml') spaces.push([bound, value]);
    } else plain.push({ space: uri, local, name, value });
  }
  spaces.sort(([a], [b]) => byCodePoint(a, b));
  plain.sort((a, b) => byCodePoint(a.space, b.space) || byCodePoint(a.local, b.local));
  let text = `<${tag.name}`;
  for (const [prefix, uri] of spaces) text += ` xmlns${prefix === '' ? '' : ':'}${prefix}="${ofAttribute(uri)}"`;
  for (const { name, value } of plain) text += ` ${name}="${ofAttribute(value)}"`;
  return `${text}>`;
}

/** The canonical form of a document in UTF-8. Throws `UnreadableXml`: ill-formed, with a document type, or too deep. */
export function canonicalXml(source: string): string {
  const parser = new SaxesParser({ xmlns: true });
  const fail = (reason: string): never => {
    throw new UnreadableXml(reason, parser.line, parser.column);
  };
  const parts: string[] = [];
  const spaces: Map<string, string>[] = [new Map()];
  let isAfterRoot = false;
  /** A comment or an instruction; outside of the root each has its line. */
  const aside = (text: string): void => {
    if (spaces.length > 1) parts.push(text);
    else parts.push(isAfterRoot ? `\n${text}` : `${text}\n`);
  };
  parser.on('error', () => fail('ill-formed XML'));
  parser.on('doctype', () => fail('a document type is not allowed'));
  parser.on('opentag', (tag) => {
    const above = spaces.at(-1) as Map<string, string>;
    if (spaces.length > MAX_DEPTH) fail(`more than ${MAX_DEPTH} levels`);
    const here = new Map(above);
    parts.push(startTag(tag, above, here));
    spaces.push(here);
  });
  parser.on('closetag', (tag) => {
    parts.push(`</${tag.name}>`);
    spaces.pop();
    if (spaces.length === 1) isAfterRoot = true;
  });
  const inside = (text: string): void => {
    if (spaces.length > 1) parts.push(ofText(text));
  };
  parser.on('text', inside);
  parser.on('cdata', inside);
  parser.on('comment', (text) => aside(`<!--${text}-->`));
  parser.on('processinginstruction', ({ target, body }) => aside(`<?${target}${body === '' ? '' : ` ${body}`}?>`));
  parser.write(source).close();
  return parts.join('');
}
