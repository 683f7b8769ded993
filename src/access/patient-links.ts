/**
 * How a resource says whose it is: the reference parameters that make it a member of a patient's compartment, narrowed to
 * those that say whom it is about. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
import { compartmentParameters } from '../r4/compartments.js';
import type { Filter } from '../search/query.js';
import type { SearchRegistry } from '../search/registry.js';

/**
 * By these a patient is at work in a record that may be another's: a resident in the care team of her husband. They count
 * where the type says in no other way whom it is about.
 */
const AT_WORK: ReadonlySet<string> = new Set([
  'asserter',
  'attester',
  'author',
  'link',
  'participant',
  'payee',
  'payor',
  'performer',
  'policy-holder',
  'receiver',
  'recorder',
  'requester',
  'requestor',
  'source',
  'subscriber',
]);
/** A Group names all its members to each of them. */
const SHARED: ReadonlySet<string> = new Set(['Group']);

/** Types that tell of nobody in care: an application of a patient has to read who treats him and where. */
export const COMMON_TYPES: ReadonlySet<string> = new Set([
  'ActivityDefinition',
  'CapabilityStatement',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'Endpoint',
  'HealthcareService',
  'Library',
  'Location',
  'Measure',
  'Medication',
  'MedicationKnowledge',
  'MessageDefinition',
  'NamingSystem',
  'OperationDefinition',
  'Organization',
  'OrganizationAffiliation',
  'PlanDefinition',
  'Practitioner',
  'PractitionerRole',
  'Questionnaire',
  'SearchParameter',
  'StructureDefinition',
  'StructureMap',
  'Substance',
  'ValueSet',
]);

/** The indexes by which a resource of a type says whose it is; none where it says it in no way. */
export function patientKeys(type: string, registry: SearchRegistry): readonly string[] {
  if (SHARED.has(type)) return [];
  const codes = compartmentParameters('Patient', type) ?? [];
  const about = codes.filter((code) => !AT_WORK.has(code));
  const keys = (about.length > 0 ? about : codes).flatMap((code) =>
    registry
      .parameter(type, code)
      .filter(
        ({ kind, targets }) =>
          typeof kind === 'object' &&
          kind.kind === 'reference' &&
          (targets.length === 0 || targets.includes('Patient')),
      )
      .map(({ key }) => key),
  );
  return [...new Set(keys)];
}

/** Does the type belong to patients? A Patient to himself. */
export const isOfPatients = (type: string, registry: SearchRegistry): boolean =>
  type === 'Patient' || patientKeys(type, registry).length > 0;

/** The resources of a type that are of a patient who fits `where`; undefined for a type that is of no patient. */
export function ofPatients(type: string, where: Filter, registry: SearchRegistry): Filter | undefined {
  if (type === 'Patient') return where;
  const links = patientKeys(type, registry).map((key): Filter => {
    // Known by their ids, they need not be looked at.
    if (where.kind === 'id') return { kind: 'reference', key, anyOf: where.anyOf.map((id) => `Patient/${id}`) };
    return { kind: 'chain', key, type: 'Patient', where: [where] };
  });
  if (links.length === 0) return undefined;
  return links.length === 1 ? links[0] : { kind: 'any', of: links };
}
