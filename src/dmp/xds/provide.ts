/** TD2.1a and TD2.1b: a document and its lot signature, new or in place of another. https://profiles.ihe.net/ITI/TF/Volume2/ITI-41.html */
import type { DocumentHeader, Professional } from '../document.js';
import { element } from '../xml/write.js';
import { association, Ids, slot, submissionSetNode } from './ebxml.js';
import { type Content, documentEntry, type Submission, signatureEntry, submissionSet } from './metadata.js';
import { SPACES } from './names.js';

const { rim, lcm, xdsb, xop } = SPACES;
/** Ids of the objects within the request. */
export const DOCUMENT = 'Document01';
export const SIGNATURE = 'Signature01';
const SET = 'SubmissionSet01';
export const ORIGINAL = slot('SubmissionSetStatus', 'Original');

/** lcm:SubmitObjectsRequest around objects. */
export const submitObjects = (objects: readonly string[]): string =>
  element(
    'lcm:SubmitObjectsRequest',
    { 'xmlns:lcm': lcm, 'xmlns:rim': rim },
    element('rim:RegistryObjectList', {}, ...objects),
  );

export interface Provide {
  readonly header: DocumentHeader;
  readonly submission: Submission;
  readonly content: Content;
  readonly signature: Content & { readonly uniqueId: string };
  /** entryUUID that the replaced document has now; it changes at each replacement and at each change of metadata. */
  readonly replaces?: string;
  /** Content-IDs of the two parts. */
  readonly parts: { readonly document: string; readonly signature: string };
}

/** xdsb:ProvideAndRegisterDocumentSetRequest, its two documents as parts of the message. */
export function provideRequest(from: Provide): string {
  const { header, submission, signature, replaces, parts } = from;
  const ids = new Ids();
  const author = header.authors[0] as Professional;
  const include = (id: string, cid: string): string =>
    element('xdsb:Document', { id }, element('xop:Include', { 'xmlns:xop': xop, href: `cid:${cid}` }));
  const objects = [
    submissionSet(ids, SET, submission, author, header.subject, header.title),
    submissionSetNode(ids, SET),
    documentEntry(ids, DOCUMENT, header, from.content),
    signatureEntry(ids, SIGNATURE, header, submission, signature.uniqueId, signature),
    association(ids, 'hasMember', SET, DOCUMENT, ORIGINAL),
    association(ids, 'hasMember', SET, SIGNATURE, ORIGINAL),
    association(ids, 'signs', SIGNATURE, SET),
    replaces === undefined ? '' : association(ids, 'replaces', DOCUMENT, replaces),
  ];
  return element(
    'xdsb:ProvideAndRegisterDocumentSetRequest',
    { 'xmlns:xdsb': xdsb },
    submitObjects(objects),
    include(DOCUMENT, parts.document),
    include(SIGNATURE, parts.signature),
  );
}
