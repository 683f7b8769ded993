/** The HL7 v2 data types in XDS metadata, in their French forms. https://profiles.ihe.net/ITI/TF/Volume3/ch-4.2.html#4.2.3.1.7 */
import { PROFESSIONAL_ID, STRUCTURE_ID } from '../codes/systems.js';
import type { Code } from '../codes/tables.js';
import type { Id, Organisation, Professional, Subject } from '../document.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\E\\',
  '|': '\\F\\',
  '^': '\\S\\',
  '&': '\\T\\',
  '~': '\\R\\',
};
/** Delimiters of HL7 v2 within a value; a line break cannot stand in one. */
const value = (text: string): string =>
  text.replaceAll(/[\\|^&~]/g, (one) => ESCAPES[one] as string).replaceAll(/\s+/g, ' ');

/** A value of a slot has at most 256 characters: what a name has beyond its share is cut. */
function cut(text: string, most: number): string {
  let kept = text;
  while (value(kept).length > most) kept = [...kept].slice(0, -1).join('');
  return value(kept);
}

/** `INS^^^&OID&ISO^NH`: as the CI-SIS has it, with the type of the number. */
export const insCx = ({ root, extension }: Id): string => `${value(extension)}^^^&${root}&ISO^NH`;
export const localCx = ({ root, extension }: Id): string => `${value(extension)}^^^&${root}&ISO^PI`;

/** RPPS and ADELI are national numbers (IDNPS), others are a structure's own (RI). */
export function xcn({ id, name }: Pick<Professional, 'id' | 'name'>): string {
  const kind = /^[80]/.test(id) ? 'IDNPS' : 'RI';
  return `${value(id)}^${cut(name.family, 80)}^${cut(name.given ?? '', 50)}^^^^^^&${PROFESSIONAL_ID}&ISO^D^^^${kind}`;
}

export const xon = ({ id, name }: Organisation): string =>
  `${cut(name, 190)}^^^^^&${STRUCTURE_ID}&ISO^IDNST^^^${value(id)}`;

/** `code^label^OID` of authorSpecialty. */
export const labelled = ({ code, display, system }: Code): string => `${value(code)}^${cut(display, 180)}^${system}`;

/** PID-5, PID-7 and PID-8, one value each. */
export function sourcePatientInfo({ birthFamily, birthGiven, birthDate, gender }: Subject): string[] {
  return [`PID-5|${cut(birthFamily, 120)}^${cut(birthGiven, 100)}^^^^^L`, `PID-7|${birthDate}`, `PID-8|${gender}`];
}
