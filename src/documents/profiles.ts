/** What says that a resource is part of the sharing of documents: canonicals of IHE MHD and PDSm. https://profiles.ihe.net/ITI/MHD/ */

const PDSM = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/';
const MHD = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/';

export const PDSM_BUNDLE = `${PDSM}pdsm-comprehensive-provide-document-bundle`;
export const PDSM_COMPREHENSIVE = `${PDSM}pdsm-comprehensive-document-reference`;
export const PDSM_SIMPLIFIED = `${PDSM}pdsm-simplified-publish`;
export const PDSM_SUBMISSION_SET = `${PDSM}pdsm-submissionset-comprehensive`;
export const PDSM_FOLDER = `${PDSM}pdsm-folder-comprehensive`;
export const IS_ARCHIVED = `${PDSM}pdsm-ext-is-archived`;
export const LIST_TYPES = 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes';

/** Bundles of ITI-65. */
const PROVIDE: ReadonlySet<string> = new Set([
  PDSM_BUNDLE,
  `${MHD}IHE.MHD.Comprehensive.ProvideBundle`,
  `${MHD}IHE.MHD.UnContained.Comprehensive.ProvideBundle`,
  `${MHD}IHE.MHD.Minimal.ProvideBundle`,
]);
/** DocumentReferences of ITI-105. */
const PUBLISH: ReadonlySet<string> = new Set([PDSM_SIMPLIFIED, `${MHD}IHE.MHD.SimplifiedPublish.DocumentReference`]);
/** DocumentReferences of what is filed. */
const FILED: ReadonlySet<string> = new Set([
  PDSM_COMPREHENSIVE,
  `${MHD}IHE.MHD.Comprehensive.DocumentReference`,
  `${MHD}IHE.MHD.UnContained.Comprehensive.DocumentReference`,
  `${MHD}IHE.MHD.Minimal.DocumentReference`,
]);

export type Json = Record<string, unknown>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The items of an array; a resource that nobody validated may have anything there. */
export const itemsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function claims({ meta }: Json, profiles: ReadonlySet<string>): boolean {
  const claimed = isObject(meta) && Array.isArray(meta.profile) ? meta.profile : [];
  return claimed.some((one) => typeof one === 'string' && profiles.has(one.split('|')[0] as string));
}

/** Is this Bundle one of ITI-65? */
export const isProvideBundle = (resource: Json): boolean => claims(resource, PROVIDE);
/** Is this DocumentReference one of ITI-105? */
export const isPublish = (resource: Json): boolean => claims(resource, PUBLISH);
/** A profile that a DocumentReference keeps only as long as its data are in it. */
export const isPublishProfile = (canonical: unknown): boolean =>
  typeof canonical === 'string' && PUBLISH.has(canonical.split('|')[0] as string);
export const claimsFiled = (resource: Json): boolean => claims(resource, FILED);

/** The code of a List of MHD: `submissionset` or `folder`. */
export function listType({ code }: Json): string | undefined {
  const codings = isObject(code) ? itemsOf(code.coding) : [];
  return textOf(codings.find(({ system }) => system === LIST_TYPES)?.code);
}
