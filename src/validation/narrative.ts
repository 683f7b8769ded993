/**
 * XHTML of a narrative, by a small scanner: well-formed, the allowed elements and attributes, XML entities, some
 * content. Nothing that can run. https://hl7.org/fhir/R4/narrative.html
 */

// As in `validation/primitives.ts`.
const { charCodeAt } = String.prototype;

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const ELEMENTS = words(
  'a abbr acronym address b big blockquote body br caption center cite code col colgroup dd del dfn div dl dt em font h1 h2 h3 h4 h5 h6 hr html i img ins kbd li ol p pre q s samp small span strike strong style sub sup table tbody td tfoot th thead title tr tt u ul var',
);
// html, body, head and style are legal nowhere inside the div.
const FORBIDDEN = words('html body title style');
const ATTRIBUTES = words(
  'abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan color compact coords dir face frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules scope shape size span src start style summary tabindex title type valign value vspace width xml:lang xml:space',
);
const TAG = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)/;
/** One that XML knows, at one place. */
const ENTITY_HERE = /&(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);/y;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const SLASH = 0x2f;
const XHTML = 'http://www.w3.org/1999/xhtml';
const MAX_DEPTH = 200;

export type NarrativeFault = 'not-well-formed' | 'not-a-div' | 'element' | 'attribute' | 'entity' | 'empty';
export interface Fault {
  fault: NarrativeFault;
  found: string;
}

/** The first fault of a div, or `undefined`. Text and tags without attributes, the most by far, go without regex. */
export function narrativeFault(xhtml: string): Fault | undefined {
  const text = xhtml.trim();
  const open: string[] = [];
  let content = false;
  let ampersand = text.indexOf('&');
  let at = 0;
  while (at < text.length) {
    if (charCodeAt.call(text, at) !== LESS_THAN) {
      let end = text.indexOf('<', at);
      if (end < 0) end = text.length;
      if (open.length === 0) return { fault: 'not-well-formed', found: 'text' };
      for (; ampersand >= 0 && ampersand < end; ampersand = text.indexOf('&', ampersand + 1)) {
        // Those of comments and attributes are behind us.
        if (ampersand < at) continue;
        ENTITY_HERE.lastIndex = ampersand;
        if (!ENTITY_HERE.test(text))
          return { fault: 'entity', found: text.slice(ampersand, Math.min(end, ampersand + 10)) };
      }
      content ||= !isBlank(text, at, end);
      at = end;
      continue;
    }
    if (text.startsWith('<!--', at)) {
      const end = text.indexOf('-->', at + 4);
      if (end < 0 || open.length === 0) return { fault: 'not-well-formed', found: '<!--' };
      at = end + 3;
      continue;
    }
    const closing = charCodeAt.call(text, at + 1) === SLASH;
    const start = closing ? at + 2 : at + 1;
    let end = start;
    while (isLetterOrDigit(charCodeAt.call(text, end))) end++;
    let name: string;
    let attributes = '';
    let empty = false;
    if (end > start && charCodeAt.call(text, start) > 0x40 && charCodeAt.call(text, end) === GREATER_THAN) {
      name = text.slice(start, end);
      at = end + 1;
    } else {
      TAG.lastIndex = at;
      const tag = TAG.exec(text);
      if (tag === null) return { fault: 'not-well-formed', found: text.slice(at, at + 20) };
      at = TAG.lastIndex;
      name = tag[2] as string;
      attributes = tag[3] as string;
      empty = tag[4] === '/';
    }
    if (closing) {
      if (open.pop() !== name) return { fault: 'not-well-formed', found: `</${name}>` };
      if (open.length === 0 && at < text.length) return { fault: 'not-well-formed', found: text.slice(at, at + 20) };
      continue;
    }
    const fault = openingFault(name, attributes, open.length === 0);
    if (fault !== undefined) return fault;
    if (name === 'img') content = true;
    if (!empty) open.push(name);
    else if (open.length === 0) return { fault: 'empty', found: name };
    if (open.length > MAX_DEPTH) return { fault: 'not-well-formed', found: name };
  }
  if (open.length > 0) return { fault: 'not-well-formed', found: `<${open.at(-1)}>` };
  return content ? undefined : { fault: 'empty', found: 'div' };
}

function isLetterOrDigit(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39);
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const c = charCodeAt.call(text, i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return false;
  }
  return true;
}

function openingFault(name: string, attributes: string, root: boolean): Fault | undefined {
  if (root && name !== 'div') return { fault: 'not-a-div', found: name };
  if (!ELEMENTS.has(name) || FORBIDDEN.has(name)) return { fault: 'element', found: name };
  return attributeFault(name, attributes, root);
}

function attributeFault(element: string, text: string, root: boolean): Fault | undefined {
  let namespace = false;
  if (text !== '') {
    const seen = new Set<string>();
    for (const [, name = '', double, single] of text.matchAll(ATTRIBUTE)) {
      const value = double ?? single ?? '';
      if (seen.has(name)) return { fault: 'not-well-formed', found: name };
      seen.add(name);
      if (ENTITY.test(value)) return { fault: 'entity', found: name };
      if (name === 'xmlns') {
        if (value !== XHTML) return { fault: 'not-a-div', found: value };
        namespace = true;
      } else if (!ATTRIBUTES.has(name) && !name.startsWith('xmlns:')) return { fault: 'attribute', found: name };
      else if (/^\s*(javascript|vbscript):/i.test(value)) return { fault: 'attribute', found: `${name} ${element}` };
    }
  }
  return root && !namespace ? { fault: 'not-a-div', found: 'xmlns' } : undefined;
}
