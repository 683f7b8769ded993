/** A letter of the EHPAD of the fixtures, with all that the DMP asks for. */
import { readFileSync } from 'node:fs';
import type { DocumentReference, Patient, PractitionerRole, Resource } from '@medplum/fhirtypes';
import { DEFAULT_RULES, type SenderRules } from '../../src/dmp/from-fhir/rules.js';

const NOS = 'https://mos.esante.gouv.fr/NOS';
const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8')) as T;

/** OIDs of examples: 2.999 is the arc for them. */
export const RULES: SenderRules = { ...DEFAULT_RULES, localDomain: '2.999.4217.1' };

export const PDF = readFileSync(new URL('../../fixtures/binary-letter.json', import.meta.url), 'utf8');
export const pdfBytes = (): Buffer => Buffer.from((JSON.parse(PDF) as { data: string }).data, 'base64');

export interface Letter {
  document: DocumentReference;
  patient: Patient;
  role: PractitionerRole;
  resolve: (reference: string) => Resource | undefined;
}

/** Fresh copies, to be changed at will. */
export function letter(uuid = '5b0f4f0e-4a5c-4b7e-9d61-2f1b7c3a8e20'): Letter {
  const patient = read<Patient>('patient-ins');
  const role = read<PractitionerRole>('practitioner-role');
  role.code = [
    {
      coding: [{ system: `${NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante`, code: '10' }],
      text: 'Médecin coordonnateur',
    },
  ];
  role.specialty = [
    { coding: [{ system: `${NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`, code: 'SM18' }] },
  ];
  const document = read<DocumentReference>('document-reference-letter');
  document.masterIdentifier = { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${uuid}` };
  document.type = {
    coding: [{ system: 'http://loinc.org', code: '83981-1' }],
  };
  document.author = [{ reference: `PractitionerRole/${role.id}` }];
  document.subject = { reference: `Patient/${patient.id}` };
  document.description = 'Séjour du 14 au 20 novembre';
  document.securityLabel = [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] },
  ];
  const encounter = read<Resource>('encounter-stay');
  document.context = { ...document.context, encounter: [{ reference: `Encounter/${encounter.id}` }] };
  const all = [patient, role, encounter, read<Resource>('practitioner'), read<Resource>('organization-ehpad')];
  const resolve = (reference: string) => all.find(({ resourceType, id }) => `${resourceType}/${id}` === reference);
  return { document, patient, role, resolve };
}
