/** Invented patients for loads, each with the INS profile's claims and a matricule under the test OID. */
import { readFileSync } from 'node:fs';

const BASE = JSON.parse(readFileSync(new URL('../../fixtures/patient-ins.json', import.meta.url), 'utf8'));
const FAMILIES =
  'Abadie Barreau Chauvin Delorme Evrard Fontaine Guérin Hamon Imbert Jourdan Kerviel Lemaître Marchal Noël Olivier Prévost Quéméner Renaud Salaün Thibault Urbain Vasseur Weber Ysern Zamora'.split(
    ' ',
  );
const SUFFIXES = 'ac ain aud eau elin ert et ier in ois on ot oux uc'.split(' ');
const GIVEN =
  'Adèle Bruno Cécile Denis Élise Fabrice Gaëlle Hervé Inès Joël Katell Loïc Maëlle Noé Odile Pascal Reine Sylvain Thérèse Yann'.split(
    ' ',
  );

/** The key of a 13-digit matricule (97 minus the rest by 97). */
function key(body) {
  return String(97n - (BigInt(body) % 97n)).padStart(2, '0');
}

export function matricule(i) {
  const month = String((i % 12) + 1).padStart(2, '0');
  const body = `${(i % 2) + 1}${String(20 + (i % 30)).padStart(2, '0')}${month}${String(1000 + Math.floor(i / 1000)).padStart(5, '0')}${String(i % 1000).padStart(3, '0')}`;
  return body + key(body);
}

export function familyOf(i) {
  return (
    FAMILIES[i % FAMILIES.length] +
    SUFFIXES[Math.floor(i / FAMILIES.length) % SUFFIXES.length] +
    (Math.floor(i / 350) % 997)
  );
}

/** Patient number `i`, without an id. */
export function patientNumber(i) {
  const patient = structuredClone(BASE);
  delete patient.id;
  const given = GIVEN[i % GIVEN.length];
  const family = familyOf(i);
  for (const identifier of patient.identifier) {
    identifier.value = identifier.use === 'official' ? matricule(i) : `IPP-${i}`;
  }
  for (const name of patient.name) {
    name.family = name.use === 'official' ? family : `${family}-${FAMILIES[(i * 7) % FAMILIES.length]}`;
    name.given = [given];
    for (const extension of name.extension ?? []) extension.valueString = `${given} ${GIVEN[(i * 3) % GIVEN.length]}`;
  }
  patient.gender = i % 2 ? 'female' : 'male';
  patient.birthDate = `19${20 + (i % 30)}-${String((i % 12) + 1).padStart(2, '0')}-${String((i % 28) + 1).padStart(2, '0')}`;
  return patient;
}

export const INS_SYSTEM = BASE.identifier.find((identifier) => identifier.use === 'official').system;
