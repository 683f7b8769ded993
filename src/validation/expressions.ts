/**
 * Expressions of R4's profiles and the French guides as functions, under their exact text, so that another version of the rule is never
 * taken for it. https://hl7.fr/ig/fhir/core/2.2.0/StructureDefinition-fr-core-patient-ins.html
 */
import { isObject, type Json } from './explain.js';
import { has, hasAny, hasChoice } from './presence.js';

const FR_CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/';
const INS = 'urn:oid:1.2.250.1.213.1.4.';
const PREMISE = `(extension('${FR_CORE}fr-core-identity-reliability').extension('identityStatus').value.exists(code = 'VALI'))`;
const RELIABILITY = `${FR_CORE}fr-core-identity-reliability`;
const INSEE_CODE = `${FR_CORE}fr-core-address-insee-code`;
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
/** Matricules: NIR, NIA, and those of tests and demonstrations. */
const NIR = `${INS}8`;
const OTHERS: readonly unknown[] = [`${INS}9`, `${INS}10`, `${INS}11`];
const official = (last: number) => `identifier.where(system = '${INS}${last}' and use = 'official').exists()`;

const objects = (value: unknown): readonly Json[] => (Array.isArray(value) && value.every(isObject) ? value : NONE);
const NONE: readonly Json[] = [];

/** Has the identity been qualified (status VALI)? */
function isQualified(patient: Json): boolean {
  for (const extension of objects(patient.extension)) {
    if (extension.url !== RELIABILITY) continue;
    for (const part of objects(extension.extension)) {
      if (part.url !== 'identityStatus') continue;
      if (isObject(part.valueCoding) && part.valueCoding.code === 'VALI') return true;
    }
  }
  return false;
}

function isIns(identifier: Json): boolean {
  if (identifier.use !== 'official') return false;
  if (identifier.system !== NIR) return OTHERS.includes(identifier.system);
  return isObject(identifier.type) && objects(identifier.type.coding).some(({ code }) => code === 'INS-NIR');
}

/** Has the birth place an INSEE code other than that of an unknown place? */
function hasBirthPlaceCode(patient: Json): boolean {
  for (const { url, valueAddress } of objects(patient.extension)) {
    if (url !== BIRTH_PLACE || !isObject(valueAddress)) continue;
    for (const { url: inner, valueCoding } of objects(valueAddress.extension)) {
      if (inner !== INSEE_CODE || !isObject(valueCoding)) continue;
      if (valueCoding.code !== undefined && valueCoding.code !== '99999') return true;
    }
  }
  return false;
}

export const COMPILED: ReadonlyMap<string, (value: Json) => boolean> = new Map<string, (value: Json) => boolean>([
  // Of R4's own profiles: SimpleQuantity and the vital signs.
  ['comparator.empty()', (quantity) => !has(quantity, 'comparator')],
  [
    '(component.empty() and hasMember.empty()) implies (dataAbsentReason.exists() or value.exists())',
    (v) => hasAny(v, 'component', 'hasMember', 'dataAbsentReason') || hasChoice(v, 'value'),
  ],
  ['value.exists() or dataAbsentReason.exists()', (v) => has(v, 'dataAbsentReason') || hasChoice(v, 'value')],
  [
    `${PREMISE} implies (identifier.where(system = '${INS}8' and use = 'official' and type.coding.exists(code = 'INS-NIR')).exists() or ${official(9)} or ${official(10)} or ${official(11)})`,
    (patient) => !isQualified(patient) || objects(patient.identifier).some(isIns),
  ],
  [
    `${PREMISE} implies (identifier.where(use = 'official').count() = 1)`,
    (patient) =>
      !isQualified(patient) || objects(patient.identifier).filter(({ use }) => use === 'official').length === 1,
  ],
  [
    `${PREMISE} implies extension('http://hl7.org/fhir/StructureDefinition/patient-birthPlace').value.extension('${FR_CORE}fr-core-address-insee-code').value.code != '99999'`,
    (patient) => !isQualified(patient) || hasBirthPlaceCode(patient),
  ],
]);
