/**
 * Composite parameters: values that stand together in one place of a resource.
 * https://hl7.org/fhir/R4/search.html#composite
 *
 * What goes with a code is indexed under a key that holds the code (keys.ts), so that `code$value` is a plain search
 * for the value. Each composite of R4 has a code among its parts; the two numbers that go with one (a range of
 * coordinates) are indexed as one range.
 */
import { split } from '../escapes.js';
import type { Walk } from '../expression.js';
import { compositeKey } from '../keys.js';
import { type Filter, type NumberMatch, noValues, type SearchValues, type TokenMatch } from '../query.js';
import { numberMatch } from './number.js';
import { BadValue, type Extraction, type ParameterType, type ParseRequest } from './parameter-type.js';
import { tokenMatch } from './token.js';

/** One part: how its values are taken from the composite's own place, or from the resource as a whole. */
export interface Component {
  kind: ParameterType;
  walk: Walk<Extraction>;
  fromResource: boolean;
  targets: readonly string[];
}

/** The part that names the code, and the one or two parts that go with it. */
export interface Composition {
  components: readonly Component[];
  code: number;
  others: readonly number[];
}

/** `undefined` when the parts do not include a code, or are too many. */
export function composition(components: readonly Component[]): Composition | undefined {
  const code = components.findIndex(({ kind }) => kind.kind === 'token');
  const others = components.map((_, i) => i).filter((i) => i !== code);
  if (code < 0 || others.length === 0 || others.length > 2) return undefined;
  const isPair = others.every((i) => components[i]?.kind.kind === 'number');
  return others.length === 1 || isPair ? { components, code, others } : undefined;
}

/** The visitor of a composite's places. */
export function compositeWalk({ components, code, others }: Composition, key: string): Walk<Extraction> {
  const taken = ({ walk, fromResource }: Component, node: unknown, state: Extraction): SearchValues => {
    const values = noValues();
    walk(fromResource ? state.resource : node, { ...state, values });
    return values;
  };
  return (node, state) => {
    const { tokens } = taken(components[code] as Component, node, state);
    // Its own text and types are not part of it.
    const codes = tokens.filter((one) => one.key === '');
    if (codes.length === 0) return;
    const [first, second] = others.map((i) => taken(components[i] as Component, node, state));
    if (first === undefined) return;
    for (const one of codes) {
      const keys = [compositeKey(key, undefined, one.code), compositeKey(key, one.system, one.code)];
      for (const under of keys) {
        if (second === undefined) move(first, under, state.values);
        else pairUp(first, second, under, state.values);
      }
    }
  };
}

function move(from: SearchValues, key: string, to: SearchValues): void {
  for (const one of from.tokens) to.tokens.push({ ...one, key: key + one.key });
  for (const one of from.strings) to.strings.push({ ...one, key: key + one.key });
  for (const one of from.references) to.references.push({ ...one, key: key + one.key });
  for (const one of from.dates) to.dates.push({ ...one, key: key + one.key });
  for (const one of from.uris) to.uris.push({ ...one, key: key + one.key });
  for (const one of from.numbers) to.numbers.push({ ...one, key: key + one.key });
}

function pairUp(first: SearchValues, second: SearchValues, key: string, to: SearchValues): void {
  for (const { low } of first.numbers) for (const { high } of second.numbers) to.numbers.push({ key, low, high });
}

/** Throws BadValue. */
export function compositeFilter(composition: Composition, request: Omit<ParseRequest, 'modifier' | 'targets'>): Filter {
  const filters = request.texts.map((text) => alternative(composition, text, request));
  const [only, other] = filters;
  return only !== undefined && other === undefined ? only : { kind: 'any', of: filters };
}

function alternative(
  { components, code, others }: Composition,
  text: string,
  request: Omit<ParseRequest, 'modifier' | 'targets'>,
): Filter {
  const parts = split(text, '$');
  if (parts.length !== components.length) {
    throw new BadValue(text, {
      en: `${components.length} values joined by $ are expected`,
      fr: `${components.length} valeurs jointes par $ sont attendues`,
    });
  }
  const match = tokenMatch(parts[code] as string);
  if (match.code === undefined) {
    throw new BadValue(text, { en: 'a code is expected', fr: 'un code est attendu' });
  }
  const key = keyOf(request.key, match);
  const [first, second] = others as [number, number | undefined];
  if (second !== undefined) {
    const [low, high] = [numberMatch(parts[first] as string), numberMatch(parts[second] as string)];
    return { kind: 'pair', key, anyOf: [{ low, high } satisfies Record<string, NumberMatch>] };
  }
  const { kind, targets } = components[first] as Component;
  return kind.parse({ ...request, key, texts: [parts[first] as string], modifier: undefined, targets });
}

const keyOf = (key: string, { system, code }: TokenMatch) => compositeKey(key, system, code);
