/**
 * Is a document for the DMP, by whose rule, and what keeps it? Pure: reads neither clock nor store.
 * Guide d'intégration du DMP, EX_GEN-1060 (rules of feeding), EX_GEN-1230 (qualified INS); docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import type { DocumentReference, Patient } from '@medplum/fhirtypes';
import { isQualified, reliabilityOf } from '../identity/status.js';
import type { Json } from '../identity/traits.js';
import { isCdaType, levelOneType } from './cda/level-one.js';
import type { Establishment, FeedingRule } from './establishments.js';
import type { Fault } from './faults.js';
import { structureIdOf } from './from-fhir/organisation.js';
import type { Resolve } from './from-fhir/rules.js';
import type { HoldReason } from './queue/job.js';

/** In meta.tag of a DocumentReference: it is for the DMP where the rule waits for that; a professional holds it back. */
export const FEED_TAGS = 'urn:passerelle:dmp';
export type FeedTag = 'feed' | 'hold';

export const hasTag = ({ meta }: DocumentReference, wanted: FeedTag): boolean =>
  meta?.tag?.some(({ system, code }) => system === FEED_TAGS && code === wanted) ?? false;

const typesOf = ({ type }: DocumentReference): string[] => (type?.coding ?? []).flatMap(({ code }) => code ?? []);
const isAmong = (types: 'none' | 'all' | ReadonlySet<string>, document: DocumentReference): boolean =>
  types === 'all' || (types !== 'none' && typesOf(document).some((code) => types.has(code)));

/** Struct_IdNat of the custodian, or without one of the organizations of the authors. */
export function structuresOf({ custodian, author = [] }: DocumentReference, resolve: Resolve): string[] {
  const idOf = (reference: string | undefined): string[] => {
    const found = reference === undefined ? undefined : resolve(reference);
    if (found?.resourceType === 'PractitionerRole') return idOf(found.organization?.reference);
    if (found?.resourceType === 'Device') return idOf(found.owner?.reference);
    return found?.resourceType === 'Organization' ? [structureIdOf(found.identifier) ?? ''] : [];
  };
  return custodian?.reference === undefined
    ? author.flatMap(({ reference }) => idOf(reference))
    : idOf(custodian.reference);
}

/** The first establishment whose rule takes it; `undefined` for a document that is not for the DMP. */
export function takerOf(
  document: DocumentReference,
  resolve: Resolve,
  establishments: readonly Establishment[],
): Establishment | undefined {
  const structures = structuresOf(document, resolve);
  return establishments.find(({ feed }) => structures.some((id) => feed.for.includes(id)) && takes(feed, document));
}

function takes({ mode, types }: FeedingRule, document: DocumentReference): boolean {
  return hasTag(document, 'feed') || (mode === 'automatic' && isAmong(types, document));
}

/** Which `content` is sent: the first that is a CDA, or that a CDA can carry; the first of all where none is. */
export function sentContent({ content = [] }: DocumentReference): number {
  const types = content.map(({ attachment }) => attachment?.contentType);
  const cda = types.findIndex(isCdaType);
  const body = types.findIndex((type) => levelOneType(type) !== undefined);
  return Math.max(0, cda >= 0 ? cda : body);
}

/** What is known of a document beside itself. */
export interface Circumstances {
  readonly patient: Patient | undefined;
  /** What the DMP would refuse, as makeDocument tells it. */
  readonly faults: readonly Fault[];
  readonly isOpposed: boolean;
}
/** Neither: it goes. `faults` without `hold`: the producer has to mend it. */
export interface Judgement {
  readonly hold?: HoldReason;
  readonly faults?: readonly Fault[];
}

const SUBJECT = 'DocumentReference.subject';

export const isIdentityQualified = (patient: Patient | undefined): boolean =>
  patient !== undefined && isQualified(reliabilityOf(patient as unknown as Json));

export const NOT_QUALIFIED: Fault = { key: 'dmp-identity', params: {}, expression: `${SUBJECT}.resolve()` };

/** What keeps it: the producer's before the patient's, and of these what takes a person to end it first. */
export function judge(document: DocumentReference, feed: FeedingRule, around: Circumstances): Judgement {
  const { patient, faults, isOpposed } = around;
  const isKnown = isIdentityQualified(patient);
  // An identity that becomes qualified brings what is missing of it.
  const waits = !isKnown && faults.every(({ expression }) => expression.startsWith(`${SUBJECT}.`));
  const all = isKnown ? faults : [NOT_QUALIFIED, ...faults];
  if (faults.length > 0 && !waits) return { faults: all };
  if (hasTag(document, 'hold') || isAmong(feed.hold, document))
    return { hold: 'professional', ...(all.length > 0 && { faults: all }) };
  if (isOpposed) return { hold: 'opposition', ...(all.length > 0 && { faults: all }) };
  return isKnown ? {} : { hold: 'identity', faults: all };
}
