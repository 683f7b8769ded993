/** Profiles for tests: of Patient unless told. */

/** The ids of the elements are their paths where none is given. */
export function profileOf(url: string, element: object[], more: object = {}) {
  return {
    resourceType: 'StructureDefinition',
    url,
    name: 'Resident',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
    differential: { element: element.map((each) => ({ id: (each as { path: string }).path, ...each })) },
    ...more,
  };
}
