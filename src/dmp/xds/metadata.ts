/**
 * The submission set and its entries as the DMP has them. https://profiles.ihe.net/ITI/TF/Volume3/ch-4.2.html,
 * Volet partage de documents de santé du CI-SIS
 */
import type { Code } from '../codes/tables.js';
import type { DocumentHeader, Professional, Subject } from '../document.js';
import { utcDigits } from '../times.js';
import { element } from '../xml/write.js';
import { authorClassification, classification, externalIdentifier, type Ids, localized, slot } from './ebxml.js';
import { insCx, labelled, localCx, sourcePatientInfo, xcn, xon } from './hl7.js';
import { ENTRY, SUBMISSION_SET } from './names.js';

/** One sending: what stays the same at every attempt. */
export interface Submission {
  /** An OID: what makes a repeated sending known as one. */
  readonly uniqueId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** OID of the sending system. */
  readonly sourceId: string;
  /** Of JDV_J59. */
  readonly contentType: Code;
}

/** A document as it goes: bytes are counted and hashed by the caller, once. */
export interface Content {
  /** SHA-1 in hexadecimal. Without it the repository computes its own. */
  readonly hash?: string;
  /** Bytes. */
  readonly size?: number;
}

function authorSlots(author: Professional): string[] {
  return [
    slot('authorInstitution', ...(author.organisation === undefined ? [] : [xon(author.organisation)])),
    slot('authorPerson', xcn(author)),
    slot('authorRole', ...(author.role === undefined ? [] : [author.role])),
    slot('authorSpecialty', ...(author.specialty === undefined ? [] : [labelled(author.specialty)])),
  ];
}

/** The RegistryPackage of a sending about one patient. */
export function submissionSet(
  ids: Ids,
  id: string,
  submission: Submission,
  author: Professional,
  subject: Subject,
  title?: string,
): string {
  const { uniqueId, time, sourceId, contentType } = submission;
  const scheme = SUBMISSION_SET;
  return element(
    'rim:RegistryPackage',
    { id },
    slot('submissionTime', utcDigits(time)),
    localized('rim:Name', title),
    authorClassification(ids, id, scheme.author, authorSlots(author)),
    classification(ids, id, scheme.contentType, contentType),
    externalIdentifier(ids, id, scheme.patientId, insCx(subject.ins), 'XDSSubmissionSet.patientId'),
    externalIdentifier(ids, id, scheme.sourceId, sourceId, 'XDSSubmissionSet.sourceId'),
    externalIdentifier(ids, id, scheme.uniqueId, uniqueId, 'XDSSubmissionSet.uniqueId'),
  );
}

interface Entry {
  readonly uniqueId: string;
  readonly language: string;
  readonly creation: number;
  readonly start: number;
  readonly stop?: number;
  readonly title: string;
  readonly comments?: string;
  readonly codes: readonly (readonly [keyof typeof ENTRY, Code])[];
  readonly referenceIds: readonly string[];
  readonly content: Content;
}

function entry(ids: Ids, id: string, header: DocumentHeader, own: Entry, lid?: string): string {
  const { subject, authors, legalAuthenticator } = header;
  const { hash, size } = own.content;
  return element(
    'rim:ExtrinsicObject',
    { id, lid, mimeType: 'text/xml', objectType: ENTRY.stable },
    slot('creationTime', utcDigits(own.creation)),
    slot('languageCode', own.language),
    slot('serviceStartTime', utcDigits(own.start)),
    slot('serviceStopTime', ...(own.stop === undefined ? [] : [utcDigits(own.stop)])),
    slot('sourcePatientId', localCx(subject.local)),
    slot('sourcePatientInfo', ...sourcePatientInfo(subject)),
    slot('legalAuthenticator', xcn(legalAuthenticator)),
    slot('hash', ...(hash === undefined ? [] : [hash])),
    slot('size', ...(size === undefined ? [] : [String(size)])),
    slot('urn:ihe:iti:xds:2013:referenceIdList', ...own.referenceIds),
    localized('rim:Name', own.title),
    localized('rim:Description', own.comments),
    ...authors.map((one) => authorClassification(ids, id, ENTRY.author, authorSlots(one))),
    ...own.codes.map(([scheme, code]) => classification(ids, id, ENTRY[scheme], code)),
    externalIdentifier(ids, id, ENTRY.patientId, insCx(subject.ins), 'XDSDocumentEntry.patientId'),
    externalIdentifier(ids, id, ENTRY.uniqueId, own.uniqueId, 'XDSDocumentEntry.uniqueId'),
  );
}

/** The entry of the document; `lid`, its logicalId, is for an update of metadata only. */
export function documentEntry(ids: Ids, id: string, header: DocumentHeader, content: Content, lid?: string): string {
  const { service, comments, events } = header;
  const own: Entry = {
    uniqueId: header.uniqueId,
    language: header.language,
    creation: header.creation.at,
    start: service.start.at,
    ...(service.stop === undefined ? {} : { stop: service.stop.at }),
    title: header.title,
    ...(comments === undefined ? {} : { comments }),
    codes: [
      ['class', header.class],
      ['type', header.type],
      ['format', header.format],
      ['confidentiality', header.confidentiality],
      ...header.visibility.map((code) => ['confidentiality', code] as const),
      ['facility', header.facility],
      ['practiceSetting', header.practiceSetting],
      ...events.map((code) => ['event', code] as const),
    ],
    referenceIds: header.referenceIds,
    content,
  };
  return entry(ids, id, header, own, lid);
}

const VISIBILITY = '1.2.250.1.213.1.1.4.13';
/** What a lot signature is, in codes: hidden from all who read documents. */
const SIGNATURE_CODES: Entry['codes'] = [
  ['class', { code: 'urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1', system: 'URN', display: 'Signature électronique' }],
  ['type', { code: 'E1762', system: 'ASTM', display: 'Full Document' }],
  ['format', { code: 'http://www.w3.org/2000/09/xmldsig#', system: 'URN', display: 'Signature XML' }],
  ['confidentiality', { code: 'N', system: '2.16.840.1.113883.5.25', display: 'Normal' }],
  ['confidentiality', { code: 'MASQUE_PS', system: VISIBILITY, display: 'Masqué aux professionnels de santé' }],
  ['confidentiality', { code: 'INVISIBLE_PATIENT', system: VISIBILITY, display: 'Non visible par le patient' }],
  ['event', { code: '1.2.840.10065.1.12.1.14', system: '1.2.840.10065.1.12', display: 'Source' }],
];

/** The entry of the lot signature, beside that of its document. */
export function signatureEntry(
  ids: Ids,
  id: string,
  header: DocumentHeader,
  submission: Submission,
  uniqueId: string,
  content: Content,
): string {
  const codes: Entry['codes'] = [
    ...SIGNATURE_CODES,
    ['facility', header.facility],
    ['practiceSetting', header.practiceSetting],
  ];
  const { time } = submission;
  const more = { creation: time, start: time, title: 'Signature du lot', referenceIds: [], content };
  return entry(ids, id, header, { uniqueId, language: 'art', codes, ...more });
}
