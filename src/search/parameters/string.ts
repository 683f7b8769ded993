/** String parameters: names, addresses and other text. https://hl7.org/fhir/R4/search.html#string */
import { unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import { fold } from '../fold.js';
import { cut, indexed, MAX_FOLDED } from '../long-values.js';
import type { StringMatch } from '../query.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

/**
 * What a name or an address is searched in, which R4 leaves to the server. A country is in nearly every address and has a
 * parameter of its own, `address-country`: here it would be a key that tells nothing.
 */
const PARTS: Record<string, readonly string[]> = {
  HumanName: ['family', 'given', 'prefix', 'suffix', 'text'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode'],
};

/** Indexes a text, if it is one. */
export function addString({ values }: Extraction, key: string, text: unknown): void {
  if (typeof text !== 'string' || text === '') return;
  const exact = indexed(text);
  if (isRecent(values.strings, (one) => one.exact === exact && one.key === key)) return;
  values.strings.push({ key, folded: cut(fold(text)), exact });
}

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  const parts = PARTS[place.type];
  if (parts === undefined) {
    return /^(string|markdown|code|id|uri|url)$/.test(place.type)
      ? (node, state) => addString(state, key, node)
      : undefined;
  }
  return (node, state) => {
    if (!isObject(node)) return;
    for (const part of parts) {
      const value = node[part];
      if (Array.isArray(value)) for (const one of value) addString(state, key, one);
      else addString(state, key, value);
    }
  };
}

function match(text: string, modifier: string | undefined): StringMatch {
  const value = unescaped(text);
  if (modifier === 'exact') {
    if (value === '') throw new BadValue(text, { en: 'it is empty', fr: 'elle est vide' });
    return { mode: 'exact', value: indexed(value), folded: cut(fold(value)) };
  }
  const folded = fold(value);
  if (folded.length > MAX_FOLDED) {
    throw new BadValue(text, {
      en: `it has more than ${MAX_FOLDED} letters and digits`,
      fr: `elle compte plus de ${MAX_FOLDED} lettres et chiffres`,
    });
  }
  // Punctuation alone folds to nothing, which every text starts with.
  if (folded === '')
    throw new BadValue(text, { en: 'a letter or digit is expected', fr: 'une lettre ou un chiffre est attendu' });
  return { mode: modifier === 'contains' ? 'contains' : 'prefix', value: folded };
}

export const string: ParameterType = {
  kind: 'string',
  modifiers: ['exact', 'contains'],
  prefixes: [],
  extractor,
  parse: ({ key, texts, modifier }) => ({ kind: 'string', key, anyOf: texts.map((text) => match(text, modifier)) }),
};
