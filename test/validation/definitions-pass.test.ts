/** What HL7 and the French guides publish as definitions and examples can be sent to this server. */
import t from 'tap';
import { read, resourceFiles, verdict, without } from './corpus.js';

/** File to reason. */
type Exceptions = Record<string, string>;
const refusedOf = (folder: string) =>
  resourceFiles(folder)
    .filter((file) => verdict(read(file)).length > 0)
    .map((file) => file.replace(`${folder}/`, ''));

const NO_BASE = 'a SearchParameter without the required base';
const LEFT_OVER = 'a regex where that extension has no place, in a definition that nothing uses';
const EXTENSION_PARAMETERS = ['CodeSystem', 'ValueSet'].flatMap((type) =>
  ['author', 'effective', 'end', 'keyword', 'workflow'].map(
    (name) => `SearchParameter-${type.toLowerCase()}-extensions-${type}-${name}.json`,
  ),
);
const OF_HL7: Exceptions = {
  ...Object.fromEntries(EXTENSION_PARAMETERS.map((file) => [file, NO_BASE])),
  'SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json': 'an id of 69 characters',
  'StructureDefinition-Definition.json': 'sdf-4: no baseDefinition',
  'StructureDefinition-Event.json': 'sdf-4: no baseDefinition',
  'StructureDefinition-FiveWs.json': 'sdf-4: no baseDefinition',
  'StructureDefinition-Request.json': 'sdf-4: no baseDefinition',
  'StructureDefinition-structuredefinition-json-type.json': LEFT_OVER,
  'StructureDefinition-structuredefinition-rdf-type.json': LEFT_OVER,
  'StructureDefinition-structuredefinition-xml-type.json': LEFT_OVER,
};

const NO_CUSTODIAN = 'it claims a profile of PDSm, and has no custodian';
const OF_PDSM4DMP = [
  'Bundle-example-td2-iti65-lot-soumission',
  'DocumentReference-doc-x-id',
  'DocumentReference-example-annexe-docref-cda',
  'DocumentReference-example-annexe-docref-fhir',
  'DocumentReference-example-td2-iti105-publication-simplifiee',
  'DocumentReference-example-td3-1a-cr-consultation',
  'DocumentReference-example-td3-1a-fhir-document',
];
const OF_GUIDES: Exceptions = {
  'hl7.fhir.fr.core/StructureDefinition-fr-core-observation-bp.json': 'eld-1: a slicing without a discriminator',
  'hl7.fhir.fr.core-2.1.0/StructureDefinition-fr-core-schedule-availability-time.json': 'a binding without strength',
  'hl7.fhir.fr.core-2.1.0/StructureDefinition-fr-core-service-type-duration.json': 'a binding without strength',
  'pdsm/example/DocumentReference-PDSmSimplifiedExample.json': 'size is not that of data',
  'pdsm/example/DocumentReference-exemple-pdsm-documentreference.json': 'dom-3, dom-4',
  'pdsm/example/List-ExampleSubmissionSet.json': 'dom-4: a contained resource with a version',
  'pdsm4dmp/ConceptMap-documentReferenceToPDSM.json': 'cmd-1: narrower without a comment',
  ...Object.fromEntries(OF_PDSM4DMP.map((name) => [`pdsm4dmp/example/${name}.json`, NO_CUSTODIAN])),
  'tddui-2.2.0-partial/example/Patient-tddui-patient-ins-example.json':
    'written for FR Core 2.1.0: the version here asks for identifier.use',
};

t.test('definitions of R4', { skip: without('hl7.fhir.r4.core') }, async (t) => {
  t.ok(resourceFiles('hl7.fhir.r4.core').length > 4000);
  t.same(refusedOf('hl7.fhir.r4.core').sort(), Object.keys(OF_HL7).sort());
});

t.test('French guides, their examples too', { skip: without('ig') }, async (t) => {
  t.ok(resourceFiles('ig').length > 400);
  t.same(refusedOf('ig').sort(), Object.keys(OF_GUIDES).sort());
});
