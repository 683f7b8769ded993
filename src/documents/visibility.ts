/**
 * Who may see a document: confidentiality, and the French labels that mask it from some. https://interop.esante.gouv.fr/ig/fhir/pdsm/
 */
import type { Filter } from '../search/query.js';
import { itemsOf, type Json, textOf } from './profiles.js';

/** As whom somebody asks. The authors of a document are professionals to whom it is not masked. */
export type Reader = 'professional' | 'author' | 'patient' | 'legal-representative';

/** Published twice, with one letter between them, and by its OID in XDS: all of them mean the same. */
const VISIBILITY: ReadonlySet<string> = new Set([
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument',
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument',
  'urn:oid:1.2.250.1.213.1.1.4.13',
]);

/** What hides a document from a reader. What a patient is not shown yet his representatives are not shown either. */
const HIDING: Readonly<Record<Reader, readonly string[]>> = {
  professional: ['MASQUE_PS'],
  author: [],
  patient: ['INVISIBLE_PATIENT'],
  'legal-representative': ['INVISIBLE_REPRESENTANTS_LEGAUX', 'INVISIBLE_PATIENT'],
};

/** The visibility labels of a DocumentReference, in their order. */
export function visibilityLabels({ securityLabel }: Json): string[] {
  return itemsOf(securityLabel)
    .flatMap(({ coding }) => itemsOf(coding))
    .filter(({ system }) => typeof system === 'string' && VISIBILITY.has(system))
    .flatMap(({ code }) => textOf(code) ?? []);
}

/** May a reader see this document? */
export function maySee(document: Json, reader: Reader): boolean {
  return !visibilityLabels(document).some((label) => HIDING[reader].includes(label));
}

/** What a search of DocumentReferences asks beside the rest, so that pages and totals count what a reader may see. */
export function visibleTo(reader: Reader): Filter[] {
  const anyOf = HIDING[reader].flatMap((code) => [...VISIBILITY].map((system) => ({ system, code })));
  return anyOf.length === 0 ? [] : [{ kind: 'token', key: 'DocumentReference.security-label', anyOf, not: true }];
}
