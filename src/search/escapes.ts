/** Separators in search values and the backslash that makes them plain. https://hl7.org/fhir/R4/search.html#escaping */

/** Splits at the separators that no backslash stands before; the parts keep their escapes. */
export function split(text: string, separator: ',' | '|' | '$'): string[] {
  if (!text.includes('\\')) return text.split(separator);
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === separator) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** Takes the backslash from `\,` `\|` `\$` and `\\`; before anything else it stands for itself. */
export function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,|$\\])/g, '$1') : text;
}

/** A text as one value of a search: no separator in it counts as one. https://hl7.org/fhir/R4/search.html#escaping */
export function escapedValue(text: string): string {
  return text.replace(/[\\,|$]/g, '\\$&');
}
