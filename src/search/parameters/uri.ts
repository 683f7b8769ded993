/** Uri parameters: canonical and other addresses, compared as they stand. https://hl7.org/fhir/R4/search.html#uri */
import { unescaped } from '../escapes.js';
import type { Walk } from '../expression.js';
import { indexed } from '../long-values.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

/** Each start of an address is a value of its own for `:above`. */
const MAX_LENGTH = 4096;

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  if (!/^(uri|url|canonical|oid|uuid)$/.test(place.type)) return undefined;
  return (node, { values }) => {
    if (typeof node !== 'string' || node === '') return;
    const value = indexed(node);
    if (isRecent(values.uris, (one) => one.value === value && one.key === key)) return;
    values.uris.push({ key, value });
  };
}

export const uri: ParameterType = {
  kind: 'uri',
  modifiers: ['below', 'above'],
  prefixes: [],
  extractor,
  parse: ({ key, texts, modifier }) => {
    let length = 0;
    const anyOf = texts.map((text) => {
      const value = unescaped(text);
      if (value === '') throw new BadValue(text, { en: 'it is empty', fr: 'elle est vide' });
      if (modifier !== undefined && /^urn:/i.test(value)) {
        throw new BadValue(text, {
          en: `:${modifier} is for URLs, and a URN has no parts`,
          fr: `:${modifier} vaut pour les URL, et une URN n’a pas de parties`,
        });
      }
      length += value.length;
      if (length > MAX_LENGTH) {
        throw new BadValue(text, {
          en: `the addresses have more than ${MAX_LENGTH} characters`,
          fr: `les adresses comptent plus de ${MAX_LENGTH} caractères`,
        });
      }
      const mode = modifier === 'below' || modifier === 'above' ? modifier : 'exact';
      return { mode, value: mode === 'exact' ? indexed(value) : value } as const;
    });
    return { kind: 'uri', key, anyOf };
  },
};
