/** Number parameters: decimals with the precision that they are written in. https://hl7.org/fhir/R4/search.html#number */
import { unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import type { NumberMatch, Prefix, SearchValues } from '../query.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

export const PREFIXES: readonly Prefix[] = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'];
/** Where an interval is open. */
export const OPEN = Number.MAX_VALUE;
const MAX_LENGTH = 64;
/** R4's decimal, after two letters or none. */
const PATTERN = /^([a-z]{2})?(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Adds to the numbers of a resource what is not there yet. An interval the wrong way round is none. */
export function addNumber({ values }: Extraction, { key, low, high }: SearchValues['numbers'][number]): void {
  if (low > high) return;
  if (isRecent(values.numbers, (one) => one.low === low && one.high === high && one.key === key)) return;
  values.numbers.push({ key, low, high });
}

/** The number of a Quantity at one end of a Range. */
function end(node: unknown): number | undefined {
  return isObject(node) && isNumber(node.value) ? node.value : undefined;
}

/** JSON.parse makes infinity of 1e400. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  switch (place.type) {
    case 'decimal':
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return (node, state) => {
        if (isNumber(node)) addNumber(state, { key, low: node, high: node });
      };
    case 'Range':
      return (node, state) => {
        if (!isObject(node)) return;
        const low = end(node.low);
        const high = end(node.high);
        if (low === undefined && high === undefined) return;
        addNumber(state, { key, low: low ?? -OPEN, high: high ?? OPEN });
      };
    default:
      return undefined;
  }
}

/**
 * `100`, `ge5.40e-3`: a prefix and a decimal. The range is half of the last digit to either side; one digit with an
 * exponent counts as two, since R4 reads `1e2` as 95 to 105. `ap` is a tenth to either side, both ends in it.
 * The ends are exact as decimals and only then made numbers. Throws BadValue.
 */
export function numberMatch(text: string): NumberMatch {
  const value = unescaped(text);
  // A plus sign that the client left bare arrives as a space.
  const parts = value.length > MAX_LENGTH ? null : PATTERN.exec(value.replace(/(?<=[eE]) (?=\d+$)/, '+'));
  const prefix = PREFIXES.find((known) => known === (parts?.[1] ?? 'eq'));
  if (parts === null || prefix === undefined) throw bad(text);
  const [, , sign = '', whole = '', fraction = '', exponent] = parts;
  const digits = BigInt(`${sign}${whole}${fraction}`);
  // In hundredths of the last digit, all is whole.
  const middle = digits * 100n;
  const power = BigInt(exponent ?? 0) - BigInt(fraction.length) - 2n;
  const isSingle = exponent !== undefined && whole.length + fraction.length === 1;
  const half = isSingle ? 5n : 50n;
  const reach = prefix !== 'ap' ? half : digits < 0n ? digits * -10n : digits * 10n;
  const [low, at, high] = [middle - reach, middle, middle + reach].map((n) => Number(`${n}e${power}`)) as [
    number,
    number,
    number,
  ];
  if (![low, at, high].every(Number.isFinite)) throw bad(text);
  return matchOf(prefix, at, low, high);
}

/** Where the digits are finer than numbers, the range would leave its own middle out: then the number is exact. */
export function matchOf(prefix: Prefix, value: number, low: number, high: number): NumberMatch {
  return high > value ? { prefix, value, low, high } : { prefix, value, low: value, high: value };
}

function bad(text: string): BadValue {
  const list = PREFIXES.join(', ');
  return new BadValue(text, {
    en: `a number such as 5.4 or 1e-3 is expected, after one of ${list} or none`,
    fr: `un nombre comme 5.4 ou 1e-3 est attendu, précédé de ${list} ou de rien`,
  });
}

export const number: ParameterType = {
  kind: 'number',
  modifiers: [],
  prefixes: PREFIXES,
  extractor,
  parse: ({ key, texts }) => ({ kind: 'number', key, anyOf: texts.map(numberMatch) }),
};
