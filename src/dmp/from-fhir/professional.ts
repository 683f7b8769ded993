/** A Practitioner, alone or in a PractitionerRole, as a professional of the DMP. https://hl7.fr/ig/fhir/core */
import type {
  CodeableConcept,
  Coding,
  Identifier,
  Organization,
  Practitioner,
  PractitionerRole,
} from '@medplum/fhirtypes';
import { KNOW_HOW, oidOfSystem, PROFESSION, PROFESSIONAL_ID, SPECIALTY } from '../codes/systems.js';
import type { Code, CodeTables } from '../codes/tables.js';
import type { Organisation, Professional } from '../document.js';
import type { Faults } from '../faults.js';
import { isProfessionalId } from '../identifiers.js';
import { addressOf, nameOf, telecomsOf } from './contact.js';
import { organisationOf } from './organisation.js';
import type { Resolve } from './rules.js';

const SPECIALTY_EXTENSION = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-practitioner-specialty';

/** PS_IdNat: stated as such, or of the RPPS or the ADELI number. */
export function professionalIdOf(identifiers: readonly Identifier[] | undefined): string | undefined {
  const all = identifiers ?? [];
  const valued = (system: string) => all.find((one) => one.system === system)?.value;
  const rpps = valued('https://rpps.esante.gouv.fr') ?? valued('urn:oid:1.2.250.1.71.4.2.1.8');
  const adeli = valued('https://adeli.esante.gouv.fr');
  const candidates = [
    valued(`urn:oid:${PROFESSIONAL_ID}`),
    rpps === undefined ? undefined : `8${rpps}`,
    adeli === undefined ? undefined : `0${adeli}`,
  ];
  return candidates.find((one) => one !== undefined && isProfessionalId(one));
}

const codings = (concepts: readonly (CodeableConcept | undefined)[]): Coding[] =>
  concepts.flatMap((one) => one?.coding ?? []);

/** The entry of JDV_J01: stated whole, or put together from the profession and the know-how. */
function specialtyOf(all: readonly Coding[], tables: CodeTables): Code | undefined {
  for (const { system, code } of all) {
    const found = tables.specialty.find(oidOfSystem(system), code);
    if (found !== undefined) return found;
  }
  const of = (oid: string): Coding[] => all.filter(({ system }) => oidOfSystem(system) === oid);
  for (const { code: profession } of of(PROFESSION)) {
    const whole = of(KNOW_HOW).map(({ code }) => tables.specialty.find(SPECIALTY, `G15_${profession}/${code}`));
    const found = whole.find((one) => one !== undefined) ?? tables.specialty.find(SPECIALTY, `G15_${profession}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

export interface ProfessionalNeeds {
  readonly resolve: Resolve;
  readonly tables: CodeTables;
  readonly faults: Faults;
  /** Where the role names no organization. */
  readonly organisation: Organisation | undefined;
}

/** Faults are noted under `expression`, the place that refers to the professional. */
export function professionalOf(
  resource: Practitioner | PractitionerRole,
  expression: string,
  needs: ProfessionalNeeds,
): Professional | undefined {
  const { resolve, tables, faults } = needs;
  const role = resource.resourceType === 'PractitionerRole' ? resource : undefined;
  const reference = role?.practitioner?.reference;
  const found = role === undefined ? resource : reference === undefined ? undefined : resolve(reference);
  if (found?.resourceType !== 'Practitioner')
    return faults.add('dmp-reference', `${expression}.resolve().practitioner`, { reference: reference ?? '—' });

  const who = role === undefined ? expression : `${expression}.resolve().practitioner`;
  const id = professionalIdOf(found.identifier);
  if (id === undefined)
    faults.missing(
      `${who}.resolve().identifier`,
      'the RPPS number of the professional',
      'le numéro RPPS du professionnel',
    );
  const name = nameOf(found.name);
  if (name === undefined)
    faults.missing(`${who}.resolve().name.family`, 'the name of the professional', 'le nom du professionnel');
  if (id === undefined || name === undefined) return undefined;

  const all = codings([
    ...(role?.specialty ?? []),
    ...(role?.code ?? []),
    ...(found.qualification ?? []).map((one) => one.code),
  ]);
  for (const { url, valueCoding } of found.extension ?? [])
    if (url === SPECIALTY_EXTENSION && valueCoding !== undefined) all.push(valueCoding);
  const specialty = specialtyOf(all, tables);
  const ofRole = role?.organization?.reference === undefined ? undefined : resolve(role.organization.reference);
  const organisation =
    ofRole?.resourceType === 'Organization'
      ? organisationOf(ofRole as Organization, `${expression}.resolve().organization`, faults)
      : needs.organisation;
  const address = addressOf(found.address?.[0]) ?? organisation?.address;
  const words = role?.code?.map(({ text }) => text).find((text) => text !== undefined);
  return {
    id,
    name,
    ...(specialty === undefined ? {} : { specialty }),
    ...(words === undefined ? {} : { role: words }),
    ...(address === undefined ? {} : { address }),
    telecoms: telecomsOf(role?.telecom ?? found.telecom),
    ...(organisation === undefined ? {} : { organisation }),
  };
}
