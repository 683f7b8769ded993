/** An Organization as a structure of the DMP, by its Struct_IdNat. https://hl7.fr/ig/fhir/core */
import type { Identifier, Organization } from '@medplum/fhirtypes';
import { STRUCTURE_ID } from '../codes/systems.js';
import type { Organisation } from '../document.js';
import type { Faults } from '../faults.js';
import { isStructureId } from '../identifiers.js';
import { addressOf, telecomsOf } from './contact.js';

const typed = ({ type }: Identifier, code: string): boolean => type?.coding?.some((one) => one.code === code) ?? false;

/** Struct_IdNat: stated as such, or of the geographic FINESS, the SIRET, the SIREN, in this order. */
export function structureIdOf(identifiers: readonly Identifier[] | undefined): string | undefined {
  const all = identifiers ?? [];
  const stated = all.find(({ system }) => system === `urn:oid:${STRUCTURE_ID}`)?.value;
  if (stated !== undefined) return isStructureId(stated) ? stated : undefined;
  const finess = all.filter(({ system }) => system === 'https://finess.esante.gouv.fr');
  const geographic = finess.find((one) => typed(one, 'FINEG')) ?? finess.find((one) => !typed(one, 'FINEJ'));
  const sirene = all.filter(({ system }) => system === 'https://sirene.fr');
  const candidates = [
    geographic?.value === undefined ? undefined : `1${geographic.value}`,
    ...sirene.map(({ value = '' }) => `${value.length === 14 ? 3 : 2}${value}`),
  ];
  return candidates.find((one) => one !== undefined && isStructureId(one));
}

/** Faults are noted under `expression`, the place that refers to the organization. */
export function organisationOf(resource: Organization, expression: string, faults: Faults): Organisation | undefined {
  const id = structureIdOf(resource.identifier);
  if (id === undefined)
    faults.missing(
      `${expression}.resolve().identifier`,
      'the FINESS number of the organization',
      'le numéro FINESS de l’organisation',
    );
  if (resource.name === undefined)
    faults.missing(`${expression}.resolve().name`, 'the name of the organization', 'le nom de l’organisation');
  if (id === undefined || resource.name === undefined) return undefined;
  const address = addressOf(resource.address?.[0]);
  return {
    id,
    name: resource.name,
    ...(address === undefined ? {} : { address }),
    telecoms: telecomsOf(resource.telecom),
  };
}
