/** Token parameters: codes and identifiers. https://hl7.org/fhir/R4/search.html#token */
import type { Definitions } from '../../r4/definitions/index.js';
import type { Bilingual } from '../../r4/errors.js';
import { split, unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import { ofTypeKey, textKey } from '../keys.js';
import { indexed } from '../long-values.js';
import type { TokenMatch } from '../query.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import type { Lookup, Terms } from '../terms.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';
import { addString, string } from './string.js';

/** Indexes a code or identifier, if it is one. */
export function addToken({ values }: Extraction, key: string, system: unknown, code: unknown): void {
  if (typeof code !== 'string' || code === '') return;
  const from = typeof system === 'string' ? indexed(system) : '';
  const kept = indexed(code);
  if (isRecent(values.tokens, (one) => one.code === kept && one.key === key && one.system === from)) return;
  values.tokens.push({ key, system: from, code: kept });
}

/** An identifier under each coding of its type, and the text of the type. */
function addTyped(state: Extraction, key: string, type: Record<string, unknown>, value: unknown): void {
  addString(state, textKey(key), type.text);
  if (!Array.isArray(type.coding) || typeof value !== 'string' || value === '') return;
  for (const one of type.coding as unknown[]) {
    if (isObject(one) && typeof one.system === 'string' && typeof one.code === 'string') {
      addToken(state, ofTypeKey(key), one.system, `${one.code}|${value}`);
    }
  }
}

/** The one system that a required binding implies for an element of type code. */
function impliedSystem(place: Place, definitions: Definitions): (code: string) => string {
  const { binding } = place.element ?? {};
  if (binding?.strength !== 'required' || binding.valueSet === undefined) return () => '';
  const codes = definitions.valueSetCodes(binding.valueSet);
  return codes === undefined ? () => '' : (code) => codes.systemOf(code) ?? '';
}

function extractor(place: Place, key: string, definitions: Definitions): Walk<Extraction> | undefined {
  const text = textKey(key);
  const coding: Walk<Extraction> = (node, state) => {
    if (!isObject(node)) return;
    addToken(state, key, node.system, node.code);
    addString(state, text, node.display);
  };
  switch (place.type) {
    case 'Coding':
      return coding;
    case 'CodeableConcept':
      return (node, state) => {
        if (!isObject(node)) return;
        if (Array.isArray(node.coding)) for (const one of node.coding) coding(one, state);
        addString(state, text, node.text);
      };
    case 'Identifier':
      return (node, state) => {
        if (!isObject(node)) return;
        addToken(state, key, node.system, node.value);
        if (isObject(node.type)) addTyped(state, key, node.type, node.value);
      };
    case 'ContactPoint':
      return (node, state) => {
        if (isObject(node)) addToken(state, key, '', node.value);
      };
    case 'boolean':
      return (node, state) => {
        if (typeof node === 'boolean') addToken(state, key, '', String(node));
      };
    case 'code': {
      const system = impliedSystem(place, definitions);
      return (node, state) => {
        if (typeof node === 'string') addToken(state, key, system(node), node);
      };
    }
    case 'string':
    case 'id':
    case 'uri':
    case 'url':
    case 'oid':
    case 'uuid':
    case 'canonical':
    case 'markdown':
      return (node, state) => addToken(state, key, '', node);
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return (node, state) => addToken(state, key, '', typeof node === 'number' ? String(node) : node);
    default:
      return undefined;
  }
}

/** `code`, `system|code`, `|code` (without a system), `system|` (any code of it). */
export function tokenMatch(text: string): TokenMatch {
  const [first = '', second, ...more] = split(text, '|').map((part) => indexed(unescaped(part)));
  if (more.length > 0) throw new BadValue(text, { en: 'system|code is expected', fr: 'système|code est attendu' });
  if (second === undefined) {
    if (first === '') throw new BadValue(text, { en: 'it is empty', fr: 'elle est vide' });
    return { code: first };
  }
  if (second !== '') return { system: first, code: second };
  if (first === '') throw new BadValue(text, { en: 'it is empty', fr: 'elle est vide' });
  return { system: first };
}

/** `system|code|value`, the type of an identifier and its value. https://hl7.org/fhir/R4/search.html#token */
function ofTypeMatch(text: string): TokenMatch {
  const parts = split(text, '|').map(unescaped);
  const [system = '', code = '', value = ''] = parts;
  if (parts.length !== 3 || system === '' || code === '' || value === '') {
    throw new BadValue(text, { en: 'system|code|value is expected', fr: 'système|code|valeur est attendu' });
  }
  return { system: indexed(system), code: indexed(`${code}|${value}`) };
}

/** The codes that a value set or a place in a hierarchy stands for. */
function meant(text: string, modifier: string, terms: Terms): TokenMatch[] {
  if (modifier === 'in' || modifier === 'not-in') {
    const codes = known(text, terms.members(unescaped(text)), VALUE_SET);
    // A code without a system may have been met without one too.
    return codes.map(({ system, code }) => (system === '' ? { code } : { system, code: indexed(code) }));
  }
  const [system, code, ...more] = split(text, '|').map(unescaped);
  if (system === undefined || code === undefined || system === '' || code === '' || more.length > 0) {
    throw new BadValue(text, { en: 'system|code is expected', fr: 'système|code est attendu' });
  }
  const codes = known(text, modifier === 'below' ? terms.below(system, code) : terms.above(system, code), HIERARCHY);
  return codes.map((one) => ({ system: indexed(system), code: indexed(one) }));
}

const VALUE_SET = {
  en: 'this value set is not known here, or cannot be enumerated',
  fr: 'ce jeu de valeurs n’est pas connu ici, ou ne peut être énuméré',
};
const HIERARCHY = {
  en: 'the hierarchy of this code is not known here',
  fr: 'la hiérarchie de ce code n’est pas connue ici',
};

function known<T>(text: string, found: Lookup<readonly T[]>, reason: Bilingual): readonly T[] {
  if (found === 'unknown') throw new BadValue(text, reason);
  if (found === 'too-many') {
    throw new BadValue(text, { en: 'it stands for too many codes', fr: 'elle représente trop de codes' });
  }
  return found;
}

/** Elements with text for `:text`. */
const WITH_TEXT = ['CodeableConcept', 'Coding', 'Identifier'];
/** Elements with codes of a system. */
const CODED = ['CodeableConcept', 'Coding', 'code'];

export const token: ParameterType = {
  kind: 'token',
  modifiers: (places) => [
    'not',
    ...(WITH_TEXT.some((type) => places.has(type)) ? ['text'] : []),
    ...(CODED.some((type) => places.has(type)) ? ['in', 'not-in', 'above', 'below'] : []),
    ...(places.has('Identifier') ? ['of-type'] : []),
  ],
  prefixes: [],
  extractor,
  parse: ({ key, texts, modifier, terms, ...request }) => {
    switch (modifier) {
      case 'text':
        return string.parse({ ...request, key: textKey(key), texts, modifier: undefined, terms });
      case 'of-type':
        return { kind: 'token', key: ofTypeKey(key), anyOf: texts.map(ofTypeMatch) };
      case 'in':
      case 'not-in':
      case 'above':
      case 'below': {
        const anyOf = texts.flatMap((text) => meant(text, modifier, terms));
        return { kind: 'token', key, anyOf, ...(modifier === 'not-in' ? { not: true } : {}) };
      }
      default:
        return { kind: 'token', key, anyOf: texts.map(tokenMatch), ...(modifier === 'not' ? { not: true } : {}) };
    }
  },
};
