/**
 * What a DocumentReference and the bytes of its attachment become for the DMP: a level 1 CDA around them, or the CDA that
 * they are, which stays as it came. PDSm, Structuration minimale du CI-SIS
 */
import type { DocumentReference } from '@medplum/fhirtypes';
import { isCdaType, levelOneType } from './cda/level-one.js';
import { readCda } from './cda/read.js';
import { writeCda } from './cda/write.js';
import { oidOfSystem } from './codes/systems.js';
import { type CodeTables, codeTables } from './codes/tables.js';
import type { DocumentHeader } from './document.js';
import { type Fault, Faults } from './faults.js';
import { type FhirDocument, headerOfFhir } from './from-fhir/header.js';
import { eventsOf, visibilityOf } from './from-fhir/labels.js';
import type { SenderRules } from './from-fhir/rules.js';
import { oidOfUri } from './identifiers.js';

/** `header` and `cda` are there exactly when `faults` is empty. */
export interface Made {
  readonly header?: DocumentHeader;
  /** UTF-8. */
  readonly cda?: Buffer;
  readonly faults: readonly Fault[];
}

/** Pure. All that the DMP would refuse is told in `faults`, each with its place and without a value of the patient. */
export function makeDocument(
  from: FhirDocument,
  bytes: Buffer,
  rules: SenderRules,
  tables: CodeTables = codeTables(),
): Made {
  const attachment = from.document.content?.[0]?.attachment;
  if (isCdaType(attachment?.contentType)) return asItIs(from, bytes, rules, tables);
  const { header, faults } = headerOfFhir(from, rules, tables);
  const empty: Fault[] =
    bytes.length > 0 ? [] : [{ key: 'dmp-empty', params: {}, expression: 'DocumentReference.content.attachment' }];
  const mediaType = levelOneType(attachment?.contentType);
  if (header === undefined || mediaType === undefined || empty.length > 0) return { faults: [...faults, ...empty] };
  return { header, cda: writeCda(header, bytes, mediaType), faults: [] };
}

function asItIs(from: FhirDocument, bytes: Buffer, rules: SenderRules, tables: CodeTables): Made {
  const { document } = from;
  const faults = new Faults();
  const seen = visibilityOf(document.securityLabel, tables, rules, faults);
  const beside = {
    visibility: seen?.visibility ?? [],
    events: eventsOf(document),
    ...(document.description === undefined ? {} : { comments: document.description }),
  };
  const read = readCda(bytes, beside, rules, tables);
  if (read.header === undefined) return { faults: [...faults.all, ...read.faults] };
  compare(from, read.header, faults);
  if (faults.all.length > 0) return { faults: faults.all };
  const stated = document.content?.[0]?.format;
  const format = tables.format.find(oidOfSystem(stated?.system), stated?.code) ?? read.header.format;
  return { header: { ...read.header, format }, cda: bytes, faults: [] };
}

/** The resource that brings a CDA is about this CDA, this patient, and this place in the chain. */
function compare({ document, resolve, predecessor }: FhirDocument, header: DocumentHeader, faults: Faults): void {
  const differ = (expression: string, en: string, fr: string) =>
    faults.add('dmp-cda-differs', `DocumentReference.${expression}`, { what: { en, fr } });
  const uniqueId = oidOfUri(document.masterIdentifier?.value);
  if (uniqueId !== undefined && uniqueId !== header.uniqueId)
    differ('masterIdentifier', 'the identifier of the document', 'l’identifiant du document');
  if (!isOfType(document, header)) differ('type', 'the type of the document', 'le type du document');
  const patient = document.subject?.reference === undefined ? undefined : resolve(document.subject.reference);
  if (patient?.resourceType !== 'Patient')
    faults.add('dmp-reference', 'DocumentReference.subject', { reference: document.subject?.reference ?? '—' });
  else {
    const { root, extension } = header.subject.ins;
    const isSame = patient.identifier?.some((one) => one.system === `urn:oid:${root}` && one.value === extension);
    if (isSame !== true) differ('subject', 'the INS of the patient', 'l’INS du patient');
  }
  if (predecessor === undefined) return;
  if (header.replaces !== undefined && header.replaces.uniqueId !== predecessor.uniqueId)
    differ('relatesTo', 'the document that is replaced', 'le document remplacé');
  const { setId } = predecessor;
  if (header.setId.root !== setId.root || header.setId.extension !== setId.extension)
    differ('relatesTo', 'the identifier of the set of versions', 'l’identifiant de l’ensemble des versions');
  else if (header.versionNumber <= predecessor.versionNumber)
    differ('relatesTo', 'the number of the version', 'le numéro de version');
}

function isOfType(document: DocumentReference, { type }: DocumentHeader): boolean {
  const all = document.type?.coding ?? [];
  return all.length === 0 || all.some(({ system, code }) => code === type.code && oidOfSystem(system) === type.system);
}
