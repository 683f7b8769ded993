/**
 * What a Patient says of an identity: the strict traits of the INS, its matricules and how far it was checked.
 * https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins
 */
import { AUTHORITIES, INS_NIR } from './matricule.js';

export type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The objects of a list; none where it is no list. */
export const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

const FR_CORE = 'https://hl7.fr/ig/fhir/core/';
export const INS_PROFILE = `${FR_CORE}StructureDefinition/fr-core-patient-ins`;
export const RELIABILITY = `${FR_CORE}StructureDefinition/fr-core-identity-reliability`;
export const BIRTH_LIST = `${FR_CORE}StructureDefinition/fr-core-patient-birth-list-given-name`;
export const INSEE_CODE = `${FR_CORE}StructureDefinition/fr-core-address-insee-code`;
export const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';

/** The first extension of a URL. */
export function extensionOf(element: unknown, url: string): Json | undefined {
  return isObject(element) ? objects(element.extension).find((one) => one.url === url) : undefined;
}

/** Each is absent where the Patient does not say it. */
export interface Traits {
  birthName?: string;
  /** The first of the given names of birth. */
  firstGiven?: string;
  /** All given names of birth, in their order, the first one too. */
  givenNames?: string;
  /** male, female or unknown. */
  gender?: string;
  /** YYYY-MM-DD. */
  birthDate?: string;
  /** The INSEE code of the commune or country of birth. */
  birthPlace?: string;
}

/** The strict traits, from the official name and the extensions of FR Core. */
export function traitsOf(patient: Json): Traits {
  const official = objects(patient.name).find(({ use }) => use === 'official');
  const given = Array.isArray(official?.given) ? text(official.given[0]) : undefined;
  const place = extensionOf(patient, BIRTH_PLACE)?.valueAddress;
  const code = extensionOf(place, INSEE_CODE)?.valueCoding;
  const { gender, birthDate } = patient;
  const found: Record<keyof Traits, string | undefined> = {
    birthName: text(official?.family),
    firstGiven: given,
    givenNames: text(extensionOf(official, BIRTH_LIST)?.valueString),
    gender: /^(male|female|unknown)$/.test(String(gender)) ? String(gender) : undefined,
    birthDate: typeof birthDate === 'string' && /^\d{4}-\d\d-\d\d$/.test(birthDate) ? birthDate : undefined,
    birthPlace: isObject(code) ? text(code.code) : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Names of the traits, as a profile's elements are named. */
export const TRAIT_ELEMENTS: Readonly<Record<keyof Traits, string>> = {
  birthName: 'name[official].family',
  firstGiven: 'name[official].given',
  givenNames: 'fr-core-patient-birth-list-given-name',
  gender: 'gender',
  birthDate: 'birthDate',
  birthPlace: 'patient-birthPlace, INSEE code',
};

export interface InsIdentifier {
  /** Where it stands in `identifier`. */
  index: number;
  system: string;
  value: string;
  use: unknown;
}

/**
 * The matricules. FR Core 2.1.0 put the number of social security (type NH) under the OID of the NIR: that is none.
 */
export function insIdentifiers(patient: Json): InsIdentifier[] {
  const list = Array.isArray(patient.identifier) ? patient.identifier : [];
  return list.flatMap((one: unknown, index) => {
    if (!isObject(one) || typeof one.system !== 'string' || !AUTHORITIES.has(one.system)) return [];
    if (typeof one.value !== 'string' || (one.system === INS_NIR && isSocialSecurity(one))) return [];
    return [{ index, system: one.system, value: one.value, use: one.use }];
  });
}

function isSocialSecurity({ type }: Json): boolean {
  const codes = isObject(type) ? objects(type.coding).map(({ code }) => code) : [];
  return codes.includes('NH') && !codes.includes('INS-NIR');
}
