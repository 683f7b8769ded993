/** String parameters: names, addresses and other text. https://hl7.org/fhir/R4/search.html#string */
import { unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import { fold } from '../fold.js';
import type { StringMatch } from '../query.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

/** No name or address is as long, and a store's pattern must not be longer. */
const MAX_LENGTH = 1000;

const PARTS: Record<string, readonly string[]> = {
  HumanName: ['family', 'given', 'prefix', 'suffix', 'text'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
};

function add({ values }: Extraction, key: string, exact: unknown): void {
  if (typeof exact !== 'string' || exact === '') return;
  for (const known of values.strings) if (known.exact === exact && known.key === key) return;
  values.strings.push({ key, folded: fold(exact), exact });
}

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  const parts = PARTS[place.type];
  if (parts === undefined) {
    return /^(string|markdown|code|id|uri|url)$/.test(place.type) ? (node, state) => add(state, key, node) : undefined;
  }
  return (node, state) => {
    if (!isObject(node)) return;
    for (const part of parts) {
      const value = node[part];
      if (Array.isArray(value)) for (const one of value) add(state, key, one);
      else add(state, key, value);
    }
  };
}

function match(text: string, modifier: string | undefined): StringMatch {
  const value = unescaped(text);
  if (value.length > MAX_LENGTH) {
    throw new BadValue(text, {
      en: `it has more than ${MAX_LENGTH} characters`,
      fr: `elle compte plus de ${MAX_LENGTH} caractères`,
    });
  }
  if (modifier === 'exact') {
    if (value === '') throw new BadValue(text, { en: 'it is empty', fr: 'elle est vide' });
    return { mode: 'exact', value };
  }
  const folded = fold(value);
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
