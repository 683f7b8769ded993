/** Units that UCUM makes comparable: quantities in their base units. https://hl7.org/fhir/R4/datatypes.html#Quantity, https://ucum.org/ucum */
import { createRequire } from 'node:module';

/** The system of UCUM's codes. */
export const UCUM = 'http://unitsofmeasure.org';

/** A number in base units; quantities of one kind have one `unit`: `g` for all masses, `g.m-1.s-2` for pressures. */
export interface Canonical {
  value: number;
  unit: string;
}

/** The part of the library that is used. */
interface Utils {
  convertToBaseUnits(
    code: string,
    value: number,
  ): { status: string; magnitude?: number; unitToExp?: Record<string, number>; fromUnitIsSpecial?: boolean };
  validateUnitString(code: string): { status: string; ucumCode?: string };
}

/** From a unit to base units: value * slope + offset. */
interface Scale {
  slope: number;
  offset: number;
  unit: string;
}

/** Printable ASCII without spaces is all that UCUM has. */
const CODE = /^[!-~]{1,100}$/;
/** Digits that are kept: two ways to one number differ in the last bits of it, and are the same with fewer. */
const DIGITS = 12;
/** Units that are remembered. Annotations make their number endless. */
const MAX_SCALES = 2000;
const scales = new Map<string, Scale | undefined>();
let library: Utils | undefined;

/**
 * `value` in base units, to 12 significant digits; beyond the range of numbers it ends at ±Number.MAX_VALUE.
 *
 * `undefined` for what is no UCUM code, and for units without a fixed step to base units, which only their own code
 * makes comparable: arbitrary ones (`[iU]`), logarithms and other functions (`[pH]` even turns the order around).
 * Temperatures do have a step. `value` is a finite number.
 */
export function canonical(value: number, code: string): Canonical | undefined {
  const scale = scaleOf(code);
  if (scale === undefined) return undefined;
  const exact = value * scale.slope + scale.offset;
  const bounded = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, exact));
  // Rounding up the greatest number would leave the range.
  const rounded = Number(bounded.toPrecision(DIGITS));
  return { value: Number.isFinite(rounded) ? rounded : bounded, unit: scale.unit };
}

function scaleOf(code: string): Scale | undefined {
  const known = scales.get(code);
  if (known !== undefined || scales.has(code)) return known;
  if (!CODE.test(code)) return undefined;
  const scale = quietly(() => measured(code));
  if (scales.size >= MAX_SCALES) scales.delete(scales.keys().next().value as string);
  scales.set(code, scale);
  return scale;
}

/** Asks the library for a few values and draws the line through them. */
function measured(code: string): Scale | undefined {
  const one = converted(code, 1);
  if (one === undefined) return undefined;
  if (!one.special) return one.value > 0 ? { slope: one.value, offset: 0, unit: one.unit } : undefined;
  const zero = converted(code, 0);
  const far = converted(code, 1000);
  if (zero === undefined || far === undefined) return undefined;
  const slope = (far.value - zero.value) / 1000;
  const isLine = Math.abs(zero.value + slope - one.value) <= 1e-9 * Math.abs(one.value);
  return isLine && slope > 0 ? { slope, offset: zero.value, unit: one.unit } : undefined;
}

function converted(code: string, value: number): (Canonical & { special: boolean }) | undefined {
  // The library is large: it is loaded when the first quantity needs it.
  library ??= load();
  const { status, magnitude, unitToExp = {}, fromUnitIsSpecial } = library.convertToBaseUnits(code, value);
  if (status !== 'succeeded' || magnitude === undefined || !Number.isFinite(magnitude)) return undefined;
  const unit = Object.entries(unitToExp)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([base, exponent]) => (exponent === 1 ? base : `${base}${exponent}`))
    .join('.');
  return { value: magnitude, unit: unit === '' ? '1' : unit, special: fromUnitIsSpecial === true };
}

const units = new Map<string, boolean>();

/** Is `code` one that UCUM's grammar makes? https://ucum.org/ucum#section-Grammar-of-Units-and-Unit-Terms */
export function isUnit(code: string): boolean {
  const known = units.get(code);
  if (known !== undefined) return known;
  if (!CODE.test(code)) return false;
  library ??= load();
  const found = quietly(() => library?.validateUnitString(code));
  const is = found?.status === 'valid' && found.ucumCode === code;
  if (units.size >= MAX_SCALES) units.delete(units.keys().next().value as string);
  units.set(code, is);
  return is;
}

function load(): Utils {
  const require = createRequire(import.meta.url);
  const { UcumLhcUtils } = require('@lhncbc/ucum-lhc') as { UcumLhcUtils: { getInstance(): Utils } };
  return UcumLhcUtils.getInstance();
}

/** The library writes to the console, and may throw, where brackets do not match; to us that is an unknown code. */
function quietly<T>(work: () => T | undefined): T | undefined {
  const { log } = console;
  console.log = () => undefined;
  try {
    return work();
  } catch {
    return undefined;
  } finally {
    console.log = log;
  }
}
