/**
 * Codes of UCUM are units. A warning: R4's own examples have `mcg`, and HL7's validator tells it only beside a terminology
 * server. https://hl7.org/fhir/R4/datatypes.html#Quantity, https://ucum.org/ucum
 */
import type { Definitions } from '../r4/definitions/index.js';
import { isUnit, UCUM } from '../r4/ucum.js';
import { type At, below, type Json, note, type Run, shown } from './explain.js';

/** Units outside the common ones that one validation looks at; they come from clients, and each takes some time. */
const MAX_LOOKED_AT = 500;

/** What is written in practice, and meant. */
const MEANT: Readonly<Record<string, string>> = {
  mcg: 'ug',
  µg: 'ug',
  '°C': 'Cel',
  degC: 'Cel',
  mmHg: 'mm[Hg]',
  cmH2O: 'cm[H2O]',
  bpm: '/min',
  Kg: 'kg',
  KG: 'kg',
  gr: 'g',
  sec: 's',
  heure: 'h',
  heures: 'h',
  jour: 'd',
  jours: 'd',
  semaine: 'wk',
  mois: 'mo',
  an: 'a',
  ans: 'a',
  UI: '[iU]',
  IU: '[iU]',
  mEq: 'meq',
  cp: '{comprimé}',
};

/** Says where the `code` of a Quantity or Coding of UCUM is none; always true. */
export type UnitCheck = (value: Json, at: At, run: Run) => true;

export function unitCheck(definitions: Definitions): UnitCheck {
  let common: { hasCode(code: string): boolean } | undefined;
  return ({ system, code }, at, run) => {
    if (system !== UCUM || typeof code !== 'string') return true;
    // The library is large: most quantities do without it.
    common ??= definitions.valueSetCodes('http://hl7.org/fhir/ValueSet/ucum-common');
    if (common?.hasCode(code) === true) return true;
    if (run.shared.units++ > MAX_LOOKED_AT) {
      run.leaveUnchecked('value-set-unchecked', UCUM);
      return true;
    }
    if (isUnit(code)) return true;
    const near = Object.hasOwn(MEANT, code) ? (MEANT[code] as string) : '';
    return note(run, below(at, 'code'), 'warning', 'unit-unknown', { code: shown(code), near });
  };
}
