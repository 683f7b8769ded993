/** What can be wrong with a patch. https://hl7.org/fhir/R4/http.html#patch */
import { type Bilingual, FhirError } from '../errors.js';

/** The patch itself is none: 400. `index` is that of the operation, where one is at fault. */
export function malformed(en: string, fr: string, index?: number): FhirError {
  return new FhirError('patch-malformed', { reason: reason(en, fr, index) });
}

/** It cannot be applied to what is there: 422. */
export function inapplicable(index: number, en: string, fr: string): FhirError {
  return new FhirError('patch-inapplicable', { reason: reason(en, fr, index) });
}

function reason(en: string, fr: string, index: number | undefined): Bilingual {
  if (index === undefined) return { en, fr };
  return { en: `operation ${index}: ${en}`, fr: `opération ${index} : ${fr}` };
}
