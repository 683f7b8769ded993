/**
 * A DocumentReference with what it refers to, read beforehand, as the header of a level 1 CDA and of its XDS entry.
 * https://ansforge.github.io/IG-fhir-partage-de-documents-de-sante (PDSm), Structuration minimale du CI-SIS
 */
import type { DocumentReference, Encounter, Resource } from '@medplum/fhirtypes';
import { LEVEL_ONE_TYPES, levelOneFormat, levelOneType } from '../cda/level-one.js';
import { oidOfSystem } from '../codes/systems.js';
import { type CodeTables, codeTables } from '../codes/tables.js';
import type { DocumentHeader, Id, Organisation, Professional } from '../document.js';
import { type Fault, Faults } from '../faults.js';
import { oidOfUri } from '../identifiers.js';
import { type Moment, momentOfFhir } from '../times.js';
import { kindOf, settingOf, visibilityOf } from './labels.js';
import { organisationOf } from './organisation.js';
import { type ProfessionalNeeds, professionalOf } from './professional.js';
import type { Resolve, SenderRules } from './rules.js';
import { subjectOf } from './subject.js';

/** The version before this one, as it was sent. */
export interface Predecessor {
  readonly uniqueId: string;
  readonly setId: Id;
  readonly versionNumber: number;
}
export interface FhirDocument {
  readonly document: DocumentReference;
  readonly resolve: Resolve;
  readonly predecessor?: Predecessor;
}
/** `header` is there when nothing is missing: exactly when `faults` is empty. */
export interface Found {
  readonly header?: DocumentHeader;
  readonly faults: readonly Fault[];
}

const here = 'DocumentReference';

/** Pure: reads no clock, asks no store. What the DMP would refuse is told in `faults`, all of it. */
export function headerOfFhir(from: FhirDocument, rules: SenderRules, tables: CodeTables = codeTables()): Found {
  const faults = new Faults();
  const { document, resolve, predecessor } = from;
  const attachment = document.content?.[0]?.attachment;
  const at = (text: string | undefined): Moment | undefined => momentOfFhir(text, rules.zone);

  const uniqueId =
    oidOfUri(document.masterIdentifier?.value) ?? faults.add('dmp-unique-id', `${here}.masterIdentifier.value`);
  const kind = kindOf(document, tables, faults);
  const bodyType = levelOneType(attachment?.contentType);
  const format = bodyType === undefined ? undefined : levelOneFormat(bodyType, tables);
  if (format === undefined)
    faults.add('dmp-content-type', `${here}.content.attachment.contentType`, {
      contentType: attachment?.contentType ?? '',
      valid: LEVEL_ONE_TYPES.join(', '),
    });
  const seen = visibilityOf(document.securityLabel, tables, rules, faults);
  const setting = settingOf(document, tables, rules, faults);
  const title = titleOf(document, faults);
  // To the second: creation may be a day, and date is an instant.
  const times = [attachment?.creation, document.date].filter((one) => one?.includes('T'));
  const creation = at(times[0]) ?? faults.add('dmp-time', `${here}.date`);
  const patient = refer(document.subject?.reference, `${here}.subject`, resolve, faults);
  const isPatient = patient?.resourceType === 'Patient';
  if (patient !== undefined && !isPatient)
    faults.add('dmp-reference', `${here}.subject`, { reference: document.subject?.reference ?? '—' });
  const subject = isPatient ? subjectOf(patient, rules, faults) : undefined;
  const custodian = custodianOf(document, resolve, faults);
  const people = authorsOf(document, { resolve, tables, faults, organisation: custodian }, creation);
  const authenticator = authenticatorOf(document, { resolve, tables, faults, organisation: custodian });
  const keeper = custodian ?? people.find(({ organisation }) => organisation !== undefined)?.organisation;
  if (keeper === undefined && faults.all.length === 0)
    faults.missing(
      `${here}.custodian`,
      'the organization that keeps the document',
      'l’organisation qui garde le document',
    );

  if (faults.all.length > 0) return { faults: faults.all };
  const encounter = encounterOf(document, resolve);
  const start = at(document.context?.period?.start) ?? at(encounter?.period?.start) ?? (creation as Moment);
  const stop = at(document.context?.period?.end);
  const first = people[0] as DocumentHeader['authors'][number];
  const header: DocumentHeader = {
    uniqueId: uniqueId as string,
    // The set is named after its first version.
    setId: predecessor?.setId ?? { root: uniqueId as string, extension: '' },
    versionNumber: (predecessor?.versionNumber ?? 0) + 1,
    ...(predecessor === undefined ? {} : { replaces: predecessor }),
    ...(kind as NonNullable<typeof kind>),
    format: format as NonNullable<typeof format>,
    ...(seen as NonNullable<typeof seen>),
    ...(setting as NonNullable<typeof setting>),
    title: title as string,
    ...(document.description === undefined ? {} : { comments: document.description }),
    language: 'fr-FR',
    creation: creation as Moment,
    service: { start, ...(stop === undefined ? {} : { stop }) },
    encounter: encounterHeader(encounter, at),
    subject: subject as NonNullable<typeof subject>,
    authors: people,
    custodian: keeper as Organisation,
    legalAuthenticator: { ...(authenticator ?? first), time: creation as Moment },
    referenceIds: [],
  };
  return { header, faults: [] };
}

function titleOf(document: DocumentReference, faults: Faults): string | undefined {
  const type = document.type;
  const title = document.content?.[0]?.attachment?.title ?? type?.text ?? type?.coding?.[0]?.display;
  const expression = `${here}.content.attachment.title`;
  if (title === undefined || title.trim() === '')
    return faults.missing(expression, 'the title of the document', 'le titre du document');
  return title.length > 128 ? faults.add('dmp-title', expression, { length: title.length }) : title;
}

function refer(
  reference: string | undefined,
  expression: string,
  resolve: Resolve,
  faults: Faults,
): Resource | undefined {
  const found = reference === undefined ? undefined : resolve(reference);
  return found ?? faults.add('dmp-reference', expression, { reference: reference ?? '—' });
}

function custodianOf(document: DocumentReference, resolve: Resolve, faults: Faults): Organisation | undefined {
  const reference = document.custodian?.reference;
  if (reference === undefined) return undefined;
  const found = refer(reference, `${here}.custodian`, resolve, faults);
  if (found === undefined) return undefined;
  if (found.resourceType !== 'Organization') return faults.add('dmp-reference', `${here}.custodian`, { reference });
  return organisationOf(found, `${here}.custodian`, faults);
}

function authorsOf(
  document: DocumentReference,
  needs: ProfessionalNeeds,
  time: Moment | undefined,
): DocumentHeader['authors'] {
  const { faults, resolve } = needs;
  const people: (Professional & { time: Moment })[] = [];
  for (const [i, { reference }] of (document.author ?? []).entries()) {
    const expression = `${here}.author[${i}]`;
    // An author in words only has no number that the DMP could know.
    const found = refer(reference, expression, resolve, faults);
    if (found?.resourceType !== 'Practitioner' && found?.resourceType !== 'PractitionerRole') continue;
    const before = faults.all.length;
    const person = professionalOf(found, expression, needs);
    if (person === undefined || time === undefined) continue;
    if (person.specialty === undefined)
      faults.missing(
        `${expression}.resolve().specialty`,
        'the profession of the author, of JDV_J01',
        'la profession de l’auteur, de JDV_J01',
      );
    if (person.organisation === undefined && faults.all.length === before)
      faults.missing(
        `${expression}.resolve().organization`,
        'the organization of the author',
        'l’organisation de l’auteur',
      );
    people.push({ ...person, time });
  }
  if (people.length === 0 && faults.all.length === 0)
    faults.missing(`${here}.author`, 'a professional as author', 'un professionnel comme auteur');
  return people;
}

function authenticatorOf(document: DocumentReference, needs: ProfessionalNeeds): Professional | undefined {
  const reference = document.authenticator?.reference;
  if (reference === undefined) return undefined;
  const expression = `${here}.authenticator`;
  const found = refer(reference, expression, needs.resolve, needs.faults);
  const isPerson = found?.resourceType === 'Practitioner' || found?.resourceType === 'PractitionerRole';
  return isPerson ? professionalOf(found, expression, needs) : undefined;
}

function encounterOf(document: DocumentReference, resolve: Resolve): Encounter | undefined {
  for (const { reference } of document.context?.encounter ?? []) {
    const found = reference === undefined ? undefined : resolve(reference);
    if (found?.resourceType === 'Encounter') return found;
  }
  return undefined;
}

function encounterHeader(
  encounter: Encounter | undefined,
  at: (text: string | undefined) => Moment | undefined,
): DocumentHeader['encounter'] {
  const number = encounter?.identifier?.find(
    ({ system, value }) => system?.startsWith('urn:oid:') && value !== undefined,
  );
  const root = oidOfSystem(number?.system);
  const start = at(encounter?.period?.start);
  const stop = at(encounter?.period?.end);
  return {
    ...(root === undefined || number?.value === undefined ? {} : { id: { root, extension: number.value } }),
    ...(start === undefined ? {} : { start }),
    ...(stop === undefined ? {} : { stop }),
  };
}
