/** TD3.3: visibility, deletion, archiving. https://profiles.ihe.net/ITI/TF/Volume2/ITI-57.html */
import type { DocumentHeader, Professional, Subject } from '../document.js';
import { association, Ids, slot, submissionSetNode } from './ebxml.js';
import { documentEntry, type Submission, submissionSet } from './metadata.js';
import { STATUS, type Status } from './names.js';
import { DOCUMENT, submitObjects } from './provide.js';

const SET = 'SubmissionSet01';

export interface StatusChange {
  readonly submission: Submission;
  readonly author: Professional;
  readonly subject: Subject;
  /** entryUUID that the document has now. */
  readonly entryUuid: string;
  readonly from: Status;
  readonly to: Status;
}

/** TD3.3c (deleted) and TD3.3d (archived): deletion is a status. */
export function statusRequest({ submission, author, subject, entryUuid, from, to }: StatusChange): string {
  const ids = new Ids();
  const statuses = [slot('OriginalStatus', STATUS[from]), slot('NewStatus', STATUS[to])];
  return submitObjects([
    submissionSet(ids, SET, submission, author, subject),
    submissionSetNode(ids, SET),
    association(ids, 'updateStatus', SET, entryUuid, ...statuses),
  ]);
}

export interface MetadataChange {
  readonly submission: Submission;
  /** With the metadata as they are to be, `visibility` among them. */
  readonly header: DocumentHeader;
  /** logicalId of the entry: it stays through changes of metadata. */
  readonly lid: string;
  /** Version that the entry has now. */
  readonly previousVersion: number;
}

/** TD3.3a and TD3.3b: the whole entry again, with other confidentiality codes. */
export function metadataRequest({ submission, header, lid, previousVersion }: MetadataChange): string {
  const ids = new Ids();
  const slots = [slot('SubmissionSetStatus', 'Original'), slot('PreviousVersion', String(previousVersion))];
  return submitObjects([
    submissionSet(ids, SET, submission, header.authors[0] as Professional, header.subject),
    submissionSetNode(ids, SET),
    documentEntry(ids, DOCUMENT, header, {}, lid),
    association(ids, 'hasMember', SET, DOCUMENT, ...slots),
  ]);
}
