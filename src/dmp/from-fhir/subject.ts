/** A Patient with its INS as the subject of a document. https://hl7.fr/ig/fhir/core (fr-core-patient-ins) */
import type { Identifier, Patient } from '@medplum/fhirtypes';
import { type Json, traitsOf } from '../../identity/traits.js';
import type { Id, Subject } from '../document.js';
import type { Faults } from '../faults.js';
import { isIns, isInsDomain, isOid } from '../identifiers.js';
import { addressOf, telecomsOf } from './contact.js';
import type { SenderRules } from './rules.js';

const HERE = 'DocumentReference.subject.resolve()';
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
const GENDERS: Readonly<Record<string, Subject['gender']>> = { female: 'F', male: 'M' };

const oidOf = ({ system }: Identifier): string | undefined =>
  system?.startsWith('urn:oid:') ? system.slice(8) : undefined;

function insOf(patient: Patient, rules: SenderRules, faults: Faults): Id | undefined {
  const all = (patient.identifier ?? []).filter((one) => isInsDomain(oidOf(one) ?? ''));
  const taken = all.find((one) => rules.insDomains.includes(oidOf(one) as string));
  if (taken === undefined) {
    const other = all[0];
    if (other === undefined) return faults.missing(`${HERE}.identifier`, 'the INS of the patient', 'l’INS du patient');
    return faults.add('dmp-ins-domain', `${HERE}.identifier`, {
      oid: oidOf(other) as string,
      valid: rules.insDomains.join(', '),
    });
  }
  if (!isIns(taken.value ?? '')) return faults.add('dmp-ins', `${HERE}.identifier`);
  return { root: oidOf(taken) as string, extension: taken.value as string };
}

/** The IPP; where the patient has none, the id of the resource, which is as much a number of the sender's. */
function localIdOf(patient: Patient, rules: SenderRules, faults: Faults): Id | undefined {
  const own = patient.identifier?.find(
    ({ type, value }) => value !== undefined && type?.coding?.some(({ code }) => code === 'PI'),
  );
  if (own?.value !== undefined) {
    const root = oidOf(own) ?? rules.localDomains[own.system ?? ''] ?? rules.localDomain;
    if (isOid(root)) return { root, extension: own.value };
  }
  if (patient.id !== undefined) return { root: rules.localDomain, extension: patient.id };
  return faults.missing(
    `${HERE}.identifier`,
    'the number of the patient at the sender’s (IPP)',
    'le numéro du patient chez l’émetteur (IPP)',
  );
}

/** The subject, or `undefined` with what is missing noted. */
export function subjectOf(patient: Patient, rules: SenderRules, faults: Faults): Subject | undefined {
  const ins = insOf(patient, rules, faults);
  const local = localIdOf(patient, rules, faults);
  const traits = traitsOf(patient as unknown as Json);
  const { birthName, firstGiven, birthDate, birthPlace } = traits;
  if (birthName === undefined)
    faults.missing(`${HERE}.name.where(use = 'official').family`, 'the name at birth', 'le nom de naissance');
  if (firstGiven === undefined)
    faults.missing(
      `${HERE}.name.where(use = 'official').given`,
      'the first given name of the birth certificate',
      'le premier prénom de l’acte de naissance',
    );
  if (birthDate === undefined) faults.missing(`${HERE}.birthDate`, 'the date of birth', 'la date de naissance');
  if (birthPlace === undefined)
    faults.missing(
      `${HERE}.extension('${BIRTH_PLACE}')`,
      'the code of the place of birth (COG)',
      'le code du lieu de naissance (COG)',
    );
  if (ins === undefined || local === undefined) return undefined;
  if (birthName === undefined || firstGiven === undefined || birthDate === undefined || birthPlace === undefined)
    return undefined;
  const usual = patient.name?.find(({ use }) => use === 'usual');
  const city = patient.extension?.find(({ url }) => url === BIRTH_PLACE)?.valueAddress?.city;
  return {
    ins,
    local,
    birthFamily: birthName,
    birthGiven: firstGiven,
    birthGivens: traits.givenNames ?? firstGiven,
    ...(usual?.family === undefined ? {} : { usedFamily: usual.family }),
    ...(usual?.given?.[0] === undefined ? {} : { usedGiven: usual.given[0] }),
    gender: GENDERS[traits.gender ?? ''] ?? 'U',
    birthDate: birthDate.replaceAll('-', ''),
    birthPlace,
    ...(city === undefined ? {} : { birthCity: city }),
    addresses: (patient.address ?? []).flatMap((one) => addressOf(one) ?? []),
    telecoms: telecomsOf(patient.telecom),
  };
}
