/**
 * A resource's text with some of its elements left out; the rest goes out as it came in.
 * https://hl7.org/fhir/R4/search.html#summary, https://hl7.org/fhir/R4/search.html#elements
 */

/** For each member that is kept: what is kept below it, `true` for all. */
export interface Kept {
  readonly [member: string]: Kept | true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The end (exclusive) of the JSON value that starts at `from`, in a text without white space between tokens. */
function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from);
  if (first === 0x7b || first === 0x5b) {
    let depth = 0;
    for (let i = from; ; i++) {
      const c = text.charCodeAt(i);
      if (c === QUOTE) i = endOfString(text, i) - 1;
      else if (c === 0x7b || c === 0x5b) depth++;
      else if ((c === 0x7d || c === 0x5d) && --depth === 0) return i + 1;
    }
  }
  let end = from;
  while (end < text.length && !',}]'.includes(text[end] as string)) end++;
  return end;
}

function endOfString(text: string, from: number): number {
  for (let i = from + 1; ; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === QUOTE) return i + 1;
  }
}

/** `text` is JSON as the store keeps it, without white space between tokens. Members of `kept` stay, `_name` with `name`. */
export function subset(text: string, kept: Kept): string {
  return value(text, 0, text.length, kept);
}

function value(text: string, from: number, to: number, kept: Kept): string {
  const first = text.charCodeAt(from);
  if (first === 0x5b) {
    const parts: string[] = [];
    for (let i = from + 1; i < to - 1; ) {
      const end = endOfValue(text, i);
      parts.push(value(text, i, end, kept));
      i = end + 1;
    }
    return `[${parts.join(',')}]`;
  }
  if (first !== 0x7b) return text.slice(from, to);
  const parts: string[] = [];
  for (let i = from + 1; i < to - 1; ) {
    const nameEnd = endOfString(text, i);
    const name = text.slice(i + 1, nameEnd - 1);
    const end = endOfValue(text, nameEnd + 1);
    const plain = name.startsWith('_') ? name.slice(1) : name;
    const below = Object.hasOwn(kept, plain) ? kept[plain] : undefined;
    if (below === true) parts.push(text.slice(i, end));
    else if (below !== undefined) parts.push(`${text.slice(i, nameEnd + 1)}${value(text, nameEnd + 1, end, below)}`);
    i = end + 1;
  }
  return `{${parts.join(',')}}`;
}

const SUBSETTED =
  '{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED","display":"subsetted"}';

/** Says in `meta.tag` that the resource is not whole. The store writes `meta` first of all, after type and id. */
export function tagged(text: string): string {
  const at = text.indexOf('"meta":{') + 7;
  const end = endOfValue(text, at);
  const tags = memberStart(text, at, end, 'tag');
  if (tags === undefined) return `${text.slice(0, end - 1)},"tag":[${SUBSETTED}]${text.slice(end - 1)}`;
  const last = endOfValue(text, tags) - 1;
  return `${text.slice(0, last)},${SUBSETTED}${text.slice(last)}`;
}

function memberStart(text: string, from: number, to: number, wanted: string): number | undefined {
  for (let i = from + 1; i < to - 1; ) {
    const nameEnd = endOfString(text, i);
    if (text.slice(i + 1, nameEnd - 1) === wanted) return nameEnd + 1;
    i = endOfValue(text, nameEnd + 1) + 1;
  }
  return undefined;
}
