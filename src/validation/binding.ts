/** Required bindings of code, Coding, CodeableConcept, Quantity and strings. https://hl7.org/fhir/R4/terminologies.html#required */
import type { ValueSetCodes } from '../r4/definitions/index.js';
import { isObject } from './explain.js';

/** Is the value, of whatever type takes a binding, in the value set? */
export function isBound(codes: ValueSetCodes, value: unknown, typeName: string): boolean {
  if (typeof value === 'string') return codes.hasCode(value);
  if (!isObject(value)) return true;
  if (typeName === 'CodeableConcept') {
    const codings = value.coding;
    if (!Array.isArray(codings)) return false;
    for (let i = 0; i < codings.length; i++) if (isCoding(codes, codings[i])) return true;
    return false;
  }
  // A quantity may go without a coded unit.
  if (typeName !== 'Coding') return value.code === undefined || isCoding(codes, value);
  return isCoding(codes, value);
}

function isCoding(codes: ValueSetCodes, coding: unknown): boolean {
  if (!isObject(coding)) return false;
  const { system, code } = coding;
  return typeof system === 'string' && typeof code === 'string' && codes.has(system, code);
}

/** What the value says, for a message: `system#code`. */
export function codeShown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return '';
  const codings = Array.isArray(value.coding) ? value.coding : [value];
  return codings
    .filter(isObject)
    .map(({ system, code }) => `${system ?? ''}#${code ?? ''}`)
    .join(', ');
}

/** The first codes of a value set, for a message. */
export function someCodes(codes: ValueSetCodes): string {
  const some: string[] = [];
  for (const code of codes.codes()) {
    if (some.length === 15) return `${some.join(', ')}, ...`;
    some.push(code);
  }
  return some.join(', ');
}
