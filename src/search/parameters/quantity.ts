/**
 * Quantity parameters: numbers under a key for any unit, for the unit as written, and for UCUM's base units.
 * https://hl7.org/fhir/R4/search.html#quantity
 */
import { canonical, UCUM } from '../../r4/ucum.js';
import { split, unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import { canonicalKey, unitKey } from '../keys.js';
import { indexed } from '../long-values.js';
import type { Filter, NumberMatch, SearchValues } from '../query.js';
import type { Place } from '../schema.js';
import { addNumber, isNumber, matchOf, numberMatch, OPEN, PREFIXES } from './number.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

type Numbers = SearchValues['numbers'];

/** The units of a number: '' for what is not there. */
interface Units {
  system: string;
  code: string;
  unit: string;
}

const CURRENCIES = 'urn:iso:std:iso:4217';
const NO_UNITS: Units = { system: '', code: '', unit: '' };
const hasUnit = ({ code, unit }: Units) => code !== '' || unit !== '';
const string = (value: unknown) => (typeof value === 'string' ? value : '');

function unitsOf({ system, code, unit }: Record<string, unknown>): Units {
  return { system: string(system), code: string(code), unit: string(unit) };
}

/** `end` in base units, as a bound that may be open. */
function converted(end: number, code: string): number {
  return Math.abs(end) === OPEN ? end : (canonical(end, code)?.value ?? end);
}

/** The unit that UCUM makes of `code`, when it is its code and known. */
function baseUnit(system: string, code: string): string | undefined {
  return system === UCUM && code !== '' ? canonical(1, code)?.unit : undefined;
}

/** One interval under all the keys that a search may ask for. */
function pieces(key: string, low: number, high: number, { system, code, unit }: Units): Numbers {
  const found: Numbers = [{ key, low, high }];
  const base = baseUnit(system, code);
  if (base !== undefined) {
    found.push({ key: canonicalKey(key, base), low: converted(low, code), high: converted(high, code) });
  } else if (system !== '' && code !== '') {
    found.push({ key: unitKey(key, indexed(system), indexed(code)), low, high });
  }
  for (const text of new Set([code, unit])) {
    if (text !== '') found.push({ key: unitKey(key, '', indexed(text)), low, high });
  }
  return found;
}

function ofQuantity(key: string, node: Record<string, unknown>): Numbers {
  const { value, comparator } = node;
  if (!isNumber(value)) return [];
  const low = comparator === '<' || comparator === '<=' ? -OPEN : value;
  const high = comparator === '>' || comparator === '>=' ? OPEN : value;
  return pieces(key, low, high, unitsOf(node));
}

function ofMoney(key: string, { value, currency }: Record<string, unknown>): Numbers {
  if (!isNumber(value)) return [];
  return pieces(key, value, value, { system: CURRENCIES, code: string(currency), unit: '' });
}

function ofRange(key: string, { low, high }: Record<string, unknown>): Numbers {
  const from = isObject(low) && isNumber(low.value) ? low.value : undefined;
  const to = isObject(high) && isNumber(high.value) ? high.value : undefined;
  if (from === undefined && to === undefined) return [];
  const units = [low, high].filter(isObject).map(unitsOf).filter(hasUnit);
  const [first = NO_UNITS, second = first] = units;
  if (from !== undefined && to !== undefined && (first.system !== second.system || first.code !== second.code)) {
    return mixed(key, from, first, to, second);
  }
  return pieces(key, from ?? -OPEN, to ?? OPEN, first);
}

/** `500 mg` to `1 g`: an interval in base units only; the bare numbers stand for themselves. */
function mixed(key: string, low: number, from: Units, high: number, to: Units): Numbers {
  const found: Numbers = [
    { key, low, high: low },
    { key, low: high, high },
  ];
  const base = baseUnit(from.system, from.code);
  if (base !== undefined && base === baseUnit(to.system, to.code)) {
    found.push({ key: canonicalKey(key, base), low: converted(low, from.code), high: converted(high, to.code) });
  }
  return found;
}

/** The bounds of the points; of the device where a point says only that it lies beyond, or there are none. */
function ofSampledData(key: string, node: Record<string, unknown>): Numbers {
  const { origin, factor = 1, lowerLimit, upperLimit, data } = node;
  if (!isObject(origin) || !isNumber(origin.value) || !isNumber(factor)) return [];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const see = (point: unknown) => {
    if (!isNumber(point)) return;
    low = Math.min(low, point);
    high = Math.max(high, point);
  };
  for (const point of string(data).split(' ')) {
    if (point === 'L') see(lowerLimit);
    else if (point === 'U') see(upperLimit);
    else if (/^-?[\d.]/.test(point)) see(Number(point));
  }
  if (low > high) for (const limit of [lowerLimit, upperLimit]) see(limit);
  if (low > high) return [];
  const [one, other] = [origin.value + low * factor, origin.value + high * factor];
  return pieces(key, Math.min(one, other), Math.max(one, other), unitsOf(origin));
}

const READERS: Readonly<Record<string, (key: string, node: Record<string, unknown>) => Numbers>> = {
  Quantity: ofQuantity,
  SimpleQuantity: ofQuantity,
  Age: ofQuantity,
  Count: ofQuantity,
  Distance: ofQuantity,
  Duration: ofQuantity,
  Money: ofMoney,
  Range: ofRange,
  SampledData: ofSampledData,
};

/**
 * What a value of the FHIR type `type` adds to the index under `key`, which need not be a parameter's own: composites
 * give theirs. Values without a number add nothing. `undefined` when the type is no kind of quantity.
 */
export function quantityReader(type: string): ((key: string, node: unknown) => Numbers) | undefined {
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  return read && ((key, node) => (isObject(node) ? read(key, node) : []));
}

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  const read = quantityReader(place.type);
  return (
    read &&
    ((node, state) => {
      for (const one of read(key, node)) addNumber(state, one);
    })
  );
}

/** `5.4`, `5.4|system|code`, `5.4||code`: the index to look into, and the number there. Throws BadValue. */
function match(key: string, text: string): { key: string; number: NumberMatch } {
  const [first = '', ...more] = split(text, '|');
  const number = numberMatch(first);
  if (more.length === 0) return { key, number };
  const [system = '', code = '', ...rest] = more.map(unescaped);
  if (code === '' || rest.length > 0) {
    throw new BadValue(text, {
      en: 'number, number|system|code or number||code is expected',
      fr: 'nombre, nombre|système|code ou nombre||code est attendu',
    });
  }
  const base = baseUnit(system, code);
  if (base === undefined) {
    return { key: unitKey(key, system === '' ? '' : indexed(system), indexed(code)), number };
  }
  const { prefix, value, low, high } = number;
  const [at, from, to] = [converted(value, code), converted(low, code), converted(high, code)];
  return { key: canonicalKey(key, base), number: matchOf(prefix, at, from, to) };
}

/** The filter for alternatives as they were written, on the index `key`. Throws BadValue. */
export function quantityFilter(key: string, texts: readonly string[]): Filter {
  const byKey = new Map<string, NumberMatch[]>();
  for (const text of texts) {
    const found = match(key, text);
    const known = byKey.get(found.key);
    if (known === undefined) byKey.set(found.key, [found.number]);
    else known.push(found.number);
  }
  const filters = [...byKey].map(([of, anyOf]): Filter => ({ kind: 'number', key: of, anyOf }));
  const [only] = filters;
  return only !== undefined && filters.length === 1 ? only : { kind: 'any', of: filters };
}

export const quantity: ParameterType = {
  kind: 'number',
  modifiers: [],
  prefixes: PREFIXES,
  extractor,
  parse: ({ key, texts }) => quantityFilter(key, texts),
};
