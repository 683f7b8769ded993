/** Equality and order of values, quantities over their units. */
import { canonical, UCUM } from '../r4/ucum.js';
import { isObject, type Json } from './explain.js';

/** Is a value the one that is named? Codings by system and code, references by what they point to. */
export function isSameValue(answer: unknown, wanted: unknown): boolean {
  if (!isObject(answer) || !isObject(wanted)) return answer === wanted;
  if (wanted.reference !== undefined) return answer.reference === wanted.reference;
  if (wanted.value !== undefined) return compareValues(answer, wanted) === 0;
  return answer.code === wanted.code && (answer.system ?? '') === (wanted.system ?? '');
}

/**
 * Negative, zero or positive; `'unit'` for quantities whose units do not tell, `undefined` for what has no order.
 * A date beside a more exact one is compared as far as both go, instants by the moment.
 */
export function compareValues(a: unknown, b: unknown): number | 'unit' | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (!isObject(a) || !isObject(b)) return undefined;
  return compareQuantities(a, b);
}

const ZONED = /T.*(Z|[+-]\d\d:\d\d)$/;

function compareTexts(a: string, b: string): number {
  if (ZONED.test(a) && ZONED.test(b)) return Date.parse(a) - Date.parse(b);
  const length = Math.min(a.length, b.length);
  const [left, right] = [a.slice(0, length), b.slice(0, length)];
  return left < right ? -1 : Number(left > right);
}

/** Formal units only: a printed unit may mean anything. */
function compareQuantities(a: Json, b: Json): number | 'unit' | undefined {
  if (typeof a.value !== 'number' || typeof b.value !== 'number') return undefined;
  if (typeof a.code !== 'string' || typeof b.code !== 'string' || a.system !== b.system) return 'unit';
  if (a.code === b.code) return a.value - b.value;
  if (a.system !== UCUM) return 'unit';
  const [left, right] = [canonical(a.value, a.code), canonical(b.value, b.code)];
  if (left === undefined || right === undefined || left.unit !== right.unit) return 'unit';
  return left.value - right.value;
}

/** Is one quantity beyond another? Over units of one kind; without codes the printed units have to be the same. */
export function quantityIsAfter(low: unknown, high: unknown): boolean {
  const order = compareValues(low, high);
  if (order !== 'unit') return order !== undefined && order > 0;
  const [a, b] = [low as Json, high as Json];
  const isSameUnit = a.code === b.code && a.system === b.system && a.unit === b.unit;
  return isSameUnit && (a.value as number) > (b.value as number);
}
