/** Reference parameters. https://hl7.org/fhir/R4/search.html#reference */
import { unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import { identifierKey } from '../keys.js';
import { indexed } from '../long-values.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';
import { addToken, tokenMatch } from './token.js';

const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const RELATIVE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;

/**
 * A reference as it is indexed: `Type/id` when it is relative or below our own base, else the URL; without version.
 * `undefined` for a contained one; a canonical loses its `|version`.
 */
export function normaliseReference(text: string, baseUrl: string): string | undefined {
  if (text === '' || text.startsWith('#')) return undefined;
  let target = text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text;
  const version = target.indexOf('/_history/');
  if (version >= 0) target = target.slice(0, version);
  const bar = target.indexOf('|');
  return bar > 0 ? target.slice(0, bar) : target;
}

/** Is it a canonical with its version, `url|version`? https://hl7.org/fhir/R4/references.html#canonical */
function isVersioned(text: string): boolean {
  const bar = text.indexOf('|');
  return bar > 0 && bar === text.lastIndexOf('|') && bar < text.length - 1 && text.lastIndexOf(':', bar) > 0;
}

function addTarget(target: string, { references }: Extraction['values'], key: string): void {
  if (isRecent(references, (one) => one.target === target && one.key === key)) return;
  references.push({ key, target });
}

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  const add = (text: unknown, { values, baseUrl }: Extraction) => {
    if (typeof text !== 'string') return;
    const full = normaliseReference(text, baseUrl);
    if (full === undefined) return;
    addTarget(indexed(full), values, key);
  };
  if (place.type === 'Reference') {
    return (node, state) => {
      if (!isObject(node)) return;
      add(node.reference, state);
      if (isObject(node.identifier)) addToken(state, identifierKey(key), node.identifier.system, node.identifier.value);
    };
  }
  if (!/^(canonical|uri|url)$/.test(place.type)) return undefined;
  return (node, state) => {
    add(node, state);
    // A version that is asked for has to be the one that is named.
    if (typeof node === 'string' && isVersioned(node)) addTarget(indexed(node), state.values, key);
  };
}

/** `Type/id`, an address, or a bare id of the target types (or of the type in the modifier). */
function targetsOf(text: string, types: readonly string[], baseUrl: string): string[] {
  const value = unescaped(text);
  if (isVersioned(value)) return [indexed(value)];
  const target = normaliseReference(value, baseUrl);
  if (target === undefined) {
    throw new BadValue(text, {
      en: 'Type/id, an id or a URL is expected',
      fr: 'Type/id, un id ou une URL est attendu',
    });
  }
  if (target.includes('/') || target.includes(':')) {
    const isOther = RELATIVE.test(target) && types.length > 0 && !types.includes(target.split('/')[0] as string);
    if (isOther) {
      const list = types.join(', ');
      throw new BadValue(text, { en: `it points to ${list}`, fr: `elle désigne ${list}` });
    }
    return [indexed(target)];
  }
  if (!ID.test(target) || types.length === 0) {
    throw new BadValue(text, { en: 'Type/id or a URL is expected', fr: 'Type/id ou une URL est attendu' });
  }
  return types.map((type) => `${type}/${target}`);
}

export const reference: ParameterType = {
  kind: 'reference',
  /** And the name of a target type, which the parser adds. */
  modifiers: (places) => (places.has('Reference') ? ['identifier'] : []),
  prefixes: [],
  extractor,
  parse: ({ key, texts, modifier, targets, baseUrl }) => {
    if (modifier === 'identifier') {
      return { kind: 'token', key: identifierKey(key), anyOf: texts.map(tokenMatch) };
    }
    const types = modifier === undefined ? targets : [modifier];
    return { kind: 'reference', key, anyOf: [...new Set(texts.flatMap((text) => targetsOf(text, types, baseUrl)))] };
  },
};
