/** The text that a narrative shows. https://hl7.org/fhir/R4/narrative.html#xhtml */

/** Elements within a line: their tags do not part a word, as in `H<sub>2</sub>O`. */
const INLINE = new Set([
  ...['a', 'abbr', 'acronym', 'b', 'bdo', 'big', 'cite', 'code', 'dfn', 'em', 'i', 'kbd', 'q', 's', 'samp', 'small'],
  ...['span', 'strike', 'strong', 'sub', 'sup', 'tt', 'u', 'var'],
]);
const NAME = /\/?([A-Za-z][A-Za-z0-9]*)/y;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([\dA-Fa-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/g;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/**
 * Without tags, attributes and comments; the entities of XML, numeric ones and `&nbsp;` are decoded. In time that grows
 * with the length, whatever comes in: what follows a tag or a comment that does not end is dropped.
 */
export function textOfXhtml(xhtml: string): string {
  let text = '';
  let at = 0;
  for (;;) {
    const open = xhtml.indexOf('<', at);
    text += xhtml.slice(at, open < 0 ? undefined : open);
    if (open < 0) break;
    const comment = xhtml.startsWith('<!--', open);
    at = comment ? after(xhtml, '-->', open + 4) : tagEnd(xhtml, open + 1);
    if (at < 0) break;
    if (!comment && !isInline(xhtml, open + 1)) text += ' ';
  }
  return text.includes('&') ? text.replace(ENTITY, decoded) : text;
}

function isInline(xhtml: string, at: number): boolean {
  NAME.lastIndex = at;
  const name = NAME.exec(xhtml)?.[1];
  return name !== undefined && INLINE.has(name.toLowerCase());
}

/** The place after a tag's `>`, or -1; attribute values may hold one. */
function tagEnd(xhtml: string, from: number): number {
  for (let i = from; i < xhtml.length; i++) {
    const character = xhtml[i];
    if (character === '>') return i + 1;
    if (character !== '"' && character !== "'") continue;
    i = xhtml.indexOf(character, i + 1);
    if (i < 0) return -1;
  }
  return -1;
}

function after(xhtml: string, sign: string, from: number): number {
  const at = xhtml.indexOf(sign, from);
  return at < 0 ? -1 : at + sign.length;
}

function decoded(_entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return NAMED[name] ?? '';
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}
