/** The canonical URL of what defines: absolute, so that it means the same everywhere. https://hl7.org/fhir/R4/references.html#canonical */
import { type At, below, fail, type Json, type Run, shown } from '../explain.js';

const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** The types of R4 that have a canonical URL. https://hl7.org/fhir/R4/references.html#canonical */
export const CANONICAL_TYPES: readonly string[] = [
  'ActivityDefinition',
  'CapabilityStatement',
  'ChargeItemDefinition',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'EffectEvidenceSynthesis',
  'EventDefinition',
  'Evidence',
  'EvidenceVariable',
  'ExampleScenario',
  'GraphDefinition',
  'ImplementationGuide',
  'Library',
  'Measure',
  'MessageDefinition',
  'OperationDefinition',
  'PlanDefinition',
  'Questionnaire',
  'ResearchDefinition',
  'ResearchElementDefinition',
  'RiskEvidenceSynthesis',
  'SearchParameter',
  'StructureDefinition',
  'StructureMap',
  'TerminologyCapabilities',
  'TestScript',
  'ValueSet',
];

/** Has it a scheme? The common ones are told without a regular expression. */
export const isAbsolute = (url: string): boolean =>
  url.startsWith('http://') ||
  url.startsWith('https://') ||
  url.startsWith('urn:') ||
  (url.includes(':') && ABSOLUTE.test(url));

export function checkCanonicalUrl(value: unknown, at: At, run: Run): boolean {
  const { url } = value as Json;
  return typeof url !== 'string' || isAbsolute(url) || fail(run, below(at, 'url'), 'url-relative', { url: shown(url) });
}
