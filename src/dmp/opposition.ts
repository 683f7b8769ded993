/**
 * The opposition of a patient to the feeding of the DMP, as a Consent: the DMP does not know it, so that whoever feeds keeps
 * it. Active, of our category, a provision that denies; of all documents, or of those that it names.
 * https://hl7.org/fhir/R4/consent.html
 */
import type { Consent } from '@medplum/fhirtypes';
import { normaliseReference } from '../search/parameters/reference.js';

/** The category of a Consent about the feeding of the DMP. */
export const FEED_CONSENT = { system: 'urn:passerelle:dmp-consent', code: 'dmp-feed' } as const;

const isAboutFeeding = ({ category }: Consent): boolean =>
  category.some(({ coding }) =>
    coding?.some(({ system, code }) => system === FEED_CONSENT.system && code === FEED_CONSENT.code),
  );

/**
 * Do these Consents of a patient keep a document, known by one of these ids, from the DMP? `now` in milliseconds since 1970,
 * `at` reads a dateTime of FHIR.
 */
export function isOpposed(
  consents: readonly Consent[],
  documents: readonly string[],
  now: number,
  baseUrl: string,
  at: (dateTime: string) => { low: number; high: number } | undefined,
): boolean {
  return consents.some((consent) => {
    const { status, provision } = consent;
    if (status !== 'active' || provision?.type !== 'deny' || !isAboutFeeding(consent)) return false;
    const { period, data = [] } = provision;
    const start = period?.start === undefined ? undefined : at(period.start);
    const end = period?.end === undefined ? undefined : at(period.end);
    // What cannot be read keeps more rather than less.
    if ((start !== undefined && now < start.low) || (end !== undefined && now >= end.high)) return false;
    if (data.length === 0) return true;
    return data.some(({ reference: { reference } }) => {
      const [type, id] = normaliseReference(reference ?? '', baseUrl)?.split('/') ?? [];
      return type === 'DocumentReference' && documents.includes(id ?? '');
    });
  });
}
