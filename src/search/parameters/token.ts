/** Token parameters: codes and identifiers. https://hl7.org/fhir/R4/search.html#token */
import type { Definitions } from '../../r4/definitions/index.js';
import { split, unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import { indexed } from '../long-values.js';
import type { TokenMatch } from '../query.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

function add({ values }: Extraction, key: string, system: unknown, code: unknown): void {
  if (typeof code !== 'string' || code === '') return;
  const from = typeof system === 'string' ? indexed(system) : '';
  const kept = indexed(code);
  if (isRecent(values.tokens, (one) => one.code === kept && one.key === key && one.system === from)) return;
  values.tokens.push({ key, system: from, code: kept });
}

/** The one system that a required binding implies for an element of type code. */
function impliedSystem(place: Place, definitions: Definitions): (code: string) => string {
  const { binding } = place.element ?? {};
  if (binding?.strength !== 'required' || binding.valueSet === undefined) return () => '';
  const codes = definitions.valueSetCodes(binding.valueSet);
  return codes === undefined ? () => '' : (code) => codes.systemOf(code) ?? '';
}

function extractor(place: Place, key: string, definitions: Definitions): Walk<Extraction> | undefined {
  const coding: Walk<Extraction> = (node, state) => {
    if (isObject(node)) add(state, key, node.system, node.code);
  };
  switch (place.type) {
    case 'Coding':
      return coding;
    case 'CodeableConcept':
      return (node, state) => {
        if (!isObject(node) || !Array.isArray(node.coding)) return;
        for (const one of node.coding) coding(one, state);
      };
    case 'Identifier':
      return (node, state) => {
        if (isObject(node)) add(state, key, node.system, node.value);
      };
    case 'ContactPoint':
      return (node, state) => {
        if (isObject(node)) add(state, key, '', node.value);
      };
    case 'boolean':
      return (node, state) => {
        if (typeof node === 'boolean') add(state, key, '', String(node));
      };
    case 'code': {
      const system = impliedSystem(place, definitions);
      return (node, state) => {
        if (typeof node === 'string') add(state, key, system(node), node);
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
      return (node, state) => add(state, key, '', node);
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return (node, state) => add(state, key, '', typeof node === 'number' ? String(node) : node);
    default:
      return undefined;
  }
}

/** `code`, `system|code`, `|code` (without a system), `system|` (any code of it). */
function match(text: string): TokenMatch {
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

export const token: ParameterType = {
  kind: 'token',
  modifiers: ['not'],
  prefixes: [],
  extractor,
  parse: ({ key, texts, modifier }) => ({
    kind: 'token',
    key,
    anyOf: texts.map(match),
    ...(modifier === 'not' ? { not: true } : {}),
  }),
};
