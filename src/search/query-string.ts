/** Query strings and forms as pairs in order. https://url.spec.whatwg.org/#urlencoded-parsing, but strict */
import { isUtf8 } from 'node:buffer';
import { FhirError } from '../r4/errors.js';

/** Throws `bad-url` for an escape that is none, or that is no UTF-8: what was meant would be a guess. */
export function pairsOf(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    pairs.push(at < 0 ? [decoded(part), ''] : [decoded(part.slice(0, at)), decoded(part.slice(at + 1))]);
  }
  return pairs;
}

function decoded(part: string): string {
  if (!/[%+]/.test(part)) return part;
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw new FhirError('bad-url');
  }
}

/** Criteria in a header: Node reads it as Latin-1, clients that send bytes above ASCII mean UTF-8. Throws `bad-url`. */
export function headText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this asks whether the text is ASCII
  if (/^[\u0000-\u007f]*$/.test(text)) return text;
  const bytes = Buffer.from(text, 'latin1');
  if (!isUtf8(bytes)) throw new FhirError('bad-url');
  return bytes.toString('utf8');
}
