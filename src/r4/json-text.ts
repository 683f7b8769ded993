/** Parts of a JSON text taken and replaced without touching the rest. Texts are well-formed and without white space. */
import { endOfString, type JsonPath, jsonPathExpression, type Member } from './json.js';

/** The index after the value that starts at `start`. */
export function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; ) {
    const c = text[i];
    if (c === '"') i = endOfString(text, i);
    else if (c === '{' || c === '[') {
      depth++;
      i++;
    } else if (c === '}' || c === ']') {
      if (depth === 0) return i;
      depth--;
      i++;
    } else if (c === ',' && depth === 0) return i;
    else i++;
    if (depth === 0 && (c === '"' || c === '}' || c === ']')) return i;
  }
  return text.length;
}

/** The texts of an array's items. */
export function itemTexts(array: string): string[] {
  const items: string[] = [];
  for (let at = 1; at < array.length - 1; ) {
    const end = endOfValue(array, at);
    items.push(array.slice(at, end));
    at = end + 1;
  }
  return items;
}

/** The members of an object with the texts of their values. */
export function memberTexts(object: string): Member[] {
  const members: Member[] = [];
  for (let at = 1; at < object.length - 1; ) {
    const colon = endOfString(object, at);
    const end = endOfValue(object, colon + 1);
    members.push({ name: JSON.parse(object.slice(at, colon)) as string, text: object.slice(colon + 1, end) });
    at = end + 1;
  }
  return members;
}

/** The text with the strings at some places replaced; the keys are `jsonPathExpression`s. */
export function withStrings(text: string, replacements: ReadonlyMap<string, string>): string {
  if (replacements.size === 0) return text;
  const firstSteps = new Set([...replacements.keys()].map((key) => /^[^.[]*/.exec(key)?.[0]));
  const rewritten = (value: string, path: JsonPath): string => {
    if (value[0] === '"') {
      const to = replacements.get(jsonPathExpression(path));
      return to === undefined ? value : JSON.stringify(to);
    }
    if (value[0] === '[')
      return `[${itemTexts(value)
        .map((item, i) => rewritten(item, [...path, i]))
        .join(',')}]`;
    if (value[0] !== '{') return value;
    const members = memberTexts(value).map(({ name, text: member }) => {
      const isUntouched = path.length === 0 && !firstSteps.has(name);
      return `${JSON.stringify(name)}:${isUntouched ? member : rewritten(member, [...path, name])}`;
    });
    return `{${members.join(',')}}`;
  };
  return rewritten(text, []);
}
