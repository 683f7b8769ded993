/** Bindings of code, Coding, CodeableConcept, Quantity and strings. https://hl7.org/fhir/R4/terminologies.html#strength */
import type { Codes } from '../terminology/index.js';
import { type At, fail, isObject, type Json, type Run, shown } from './explain.js';
import type { Check } from './plan.js';

/** Types that a binding speaks of. https://hl7.org/fhir/R4/terminologies.html#4.1 */
const BINDABLE = /^(code|Coding|CodeableConcept|Quantity|string|uri|Age|Count|Distance|Duration|Money|SimpleQuantity)$/;

export interface Binding {
  strength: string;
  valueSet: string;
  codes: () => Codes | undefined;
}

export const isBindable = (typeName: string): boolean => BINDABLE.test(typeName);

/**
 * A value against a binding. `required`: an error. `extensible` and `preferred`, of coded values none of which is in the
 * value set: a warning, an information. A value set whose codes cannot all be told is said to be unchecked, once.
 */
export function checkBinding(binding: Binding, value: unknown, typeName: string, at: At, run: Run): boolean {
  const { strength, valueSet } = binding;
  const codes = binding.codes();
  if (codes === undefined) {
    if (strength !== 'preferred') run.leaveUnchecked('value-set-unchecked', valueSet);
    return true;
  }
  if (strength !== 'required') {
    checkSoft(binding, codes, value, typeName, run);
    return true;
  }
  if (isBound(codes, value, typeName)) {
    // What a profile requires and finds needs no remark that a base would rather have another.
    if (run.soft !== undefined && isObject(value)) run.soft.delete(value);
    return true;
  }
  const params = { value: shown(codeShown(value)), valueSet, codes: someCodes(codes) };
  return fail(run, at, 'not-in-value-set', params);
}

/** Noted by the value itself: where it stands is looked for when all has been walked. */
function checkSoft({ strength, valueSet }: Binding, codes: Codes, value: unknown, typeName: string, run: Run): void {
  if (!isObject(value)) return;
  if (!isCoded(value) || isBound(codes, value, typeName)) {
    run.soft?.delete(value);
    return;
  }
  const params = () => ({ value: shown(codeShown(value)), valueSet, codes: someCodes(codes) });
  run.soft ??= new Map();
  run.soft.set(value, { strength, valueSet, params, profile: run.profile });
}

export function bindingCheck(binding: Binding, typeName: string): Check {
  return (value, at, run) => checkBinding(binding, value, typeName, at, run);
}

/** Text alone says nothing against a binding that leaves a choice. */
function isCoded(value: Json): boolean {
  return value.code !== undefined || (Array.isArray(value.coding) && value.coding.length > 0);
}

/** Is the value, of whatever type takes a binding, in the value set? */
export function isBound(codes: Codes, value: unknown, typeName: string): boolean {
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

function isCoding(codes: Codes, coding: unknown): boolean {
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
export function someCodes(codes: Codes): string {
  const some: string[] = [];
  for (const code of codes.codes()) {
    if (some.length === 15) return `${some.join(', ')}, ...`;
    some.push(code);
  }
  return some.join(', ');
}
