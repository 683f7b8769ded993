/**
 * A French level 1 CDA R2: the header, and a body that carries the bytes. Same input, same bytes.
 * https://esante.gouv.fr/offres-services/ci-sis/espace-publication (Structuration minimale, corps non structuré)
 */
import { PROFESSIONAL_ID, STRUCTURE_ID } from '../codes/systems.js';
import type { Code } from '../codes/tables.js';
import type {
  Address,
  DocumentHeader,
  Id,
  Organisation,
  PersonName,
  Professional,
  Subject,
  Telecom,
} from '../document.js';
import type { Moment } from '../times.js';
import { element, leaf } from '../xml/write.js';

const CDA = 'urn:hl7-org:v3';
/** HL7 France, CI-SIS, IHE XDS-SD. */
const TEMPLATES = ['2.16.840.1.113883.2.8.2.1', '1.2.250.1.213.1.1.1.1', '1.3.6.1.4.1.19376.1.2.20'];
const GENDERS = { F: 'Féminin', M: 'Masculin', U: 'Inconnu' } as const;

const coded = (name: string, { code, system, display }: Code): string =>
  element(name, { code, displayName: display, codeSystem: system });
const id = ({ root, extension }: Id): string => element('id', { root, extension: extension || undefined });
const time = (name: string, moment: Moment): string => element(name, { value: moment.text });

function addr(address: Address | undefined): string {
  // Asked for and not known is said so.
  if (address === undefined) return element('addr', { nullFlavor: 'NAV' });
  const { lines, postalCode, city, country, use } = address;
  return element(
    'addr',
    { use },
    ...lines.map((line) => leaf('streetAddressLine', line)),
    leaf('postalCode', postalCode),
    leaf('city', city),
    leaf('country', country),
  );
}
function telecom(telecoms: readonly Telecom[]): string {
  if (telecoms.length === 0) return element('telecom', { nullFlavor: 'NAV' });
  return telecoms.map(({ value, use }) => element('telecom', { value, use })).join('');
}
function personName({ family, given, prefix, suffix }: PersonName): string {
  return element(
    'name',
    {},
    leaf('prefix', prefix),
    leaf('given', given),
    leaf('family', family),
    leaf('suffix', suffix),
  );
}
const structureId = ({ id }: Organisation): string => element('id', { root: STRUCTURE_ID, extension: id });

function organisation(name: string, one: Organisation, practiceSetting?: Code): string {
  return element(
    name,
    {},
    structureId(one),
    leaf('name', one.name),
    telecom(one.telecoms),
    addr(one.address),
    practiceSetting === undefined ? '' : coded('standardIndustryClassCode', practiceSetting),
  );
}

/** What stands in assignedAuthor and in assignedEntity. */
function professional(one: Professional, organisationXml: string): string {
  return [
    element('id', { root: PROFESSIONAL_ID, extension: one.id }),
    one.specialty === undefined ? '' : coded('code', one.specialty),
    addr(one.address),
    telecom(one.telecoms),
    element('assignedPerson', {}, personName(one.name)),
    organisationXml,
  ].join('');
}

function recordTarget(subject: Subject): string {
  const { birthFamily, birthGiven, birthGivens, usedFamily, usedGiven, gender, birthDate } = subject;
  const name = element(
    'name',
    {},
    leaf('family', birthFamily, { qualifier: 'BR' }),
    leaf('given', birthGivens),
    leaf('given', birthGiven, { qualifier: 'BR' }),
    leaf('family', usedFamily, { qualifier: 'CL' }),
    leaf('given', usedGiven, { qualifier: 'CL' }),
  );
  const place = element('addr', {}, leaf('county', subject.birthPlace), leaf('city', subject.birthCity));
  const patient = element(
    'patient',
    { classCode: 'PSN' },
    name,
    element('administrativeGenderCode', {
      code: gender,
      displayName: GENDERS[gender],
      codeSystem: '2.16.840.1.113883.5.1',
    }),
    element('birthTime', { value: birthDate }),
    element('birthplace', {}, element('place', {}, place)),
  );
  const addresses = subject.addresses.length === 0 ? [addr(undefined)] : subject.addresses.map(addr);
  const role = [id(subject.ins), id(subject.local), ...addresses, telecom(subject.telecoms), patient];
  return element('recordTarget', {}, element('patientRole', {}, ...role));
}

function author(one: DocumentHeader['authors'][number]): string {
  const at = one.organisation === undefined ? '' : organisation('representedOrganization', one.organisation);
  return element('author', {}, time('time', one.time), element('assignedAuthor', {}, professional(one, at)));
}

function custodian(one: Organisation): string {
  // The schema takes one telecom here.
  const first = organisation('representedCustodianOrganization', { ...one, telecoms: one.telecoms.slice(0, 1) });
  return element('custodian', {}, element('assignedCustodian', {}, first));
}

function documentationOf({ service, authors, custodian, practiceSetting }: DocumentHeader): string {
  const performer = authors[0] as Professional;
  const at = organisation('representedOrganization', performer.organisation ?? custodian, practiceSetting);
  const period = element(
    'effectiveTime',
    {},
    time('low', service.start),
    service.stop === undefined ? '' : time('high', service.stop),
  );
  const who = element('performer', { typeCode: 'PRF' }, element('assignedEntity', {}, professional(performer, at)));
  return element('documentationOf', {}, element('serviceEvent', {}, period, who));
}

function relatedDocument(replaces: DocumentHeader['replaces']): string {
  if (replaces === undefined) return '';
  const { uniqueId, setId, versionNumber } = replaces;
  const parent = element(
    'parentDocument',
    {},
    element('id', { root: uniqueId }),
    setId === undefined ? '' : element('setId', { root: setId.root, extension: setId.extension || undefined }),
    versionNumber === undefined ? '' : element('versionNumber', { value: versionNumber }),
  );
  return element('relatedDocument', { typeCode: 'RPLC' }, parent);
}

function componentOf({ encounter, service, facility }: DocumentHeader): string {
  const start = encounter.start ?? service.start;
  const period = element(
    'effectiveTime',
    {},
    time('low', start),
    encounter.stop === undefined ? '' : time('high', encounter.stop),
  );
  const place = element('location', {}, element('healthCareFacility', {}, coded('code', facility)));
  const own = encounter.id === undefined ? '' : id(encounter.id);
  return element('componentOf', {}, element('encompassingEncounter', {}, own, period, place));
}

/**
 * `header` comes whole from `headerOfFhir`; `body` are the bytes of the attachment and `mediaType` one of
 * LEVEL_ONE_TYPES. Gives UTF-8.
 */
export function writeCda(header: DocumentHeader, body: Uint8Array, mediaType: string): Buffer {
  const { setId, legalAuthenticator } = header;
  const signer = legalAuthenticator.organisation;
  const signedAt = signer === undefined ? '' : organisation('representedOrganization', signer);
  const base64 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
  const content = [
    element('realmCode', { code: 'FR' }),
    element('typeId', { root: '2.16.840.1.113883.1.3', extension: 'POCD_HD000040' }),
    ...TEMPLATES.map((root) => element('templateId', { root })),
    element('id', { root: header.uniqueId }),
    coded('code', header.type),
    leaf('title', header.title),
    time('effectiveTime', header.creation),
    coded('confidentialityCode', header.confidentiality),
    element('languageCode', { code: header.language }),
    element('setId', { root: setId.root, extension: setId.extension || undefined }),
    element('versionNumber', { value: header.versionNumber }),
    recordTarget(header.subject),
    ...header.authors.map(author),
    custodian(header.custodian),
    element(
      'legalAuthenticator',
      {},
      time('time', legalAuthenticator.time),
      element('signatureCode', { code: 'S' }),
      element('assignedEntity', {}, professional(legalAuthenticator, signedAt)),
    ),
    documentationOf(header),
    relatedDocument(header.replaces),
    componentOf(header),
    element('component', {}, element('nonXMLBody', {}, element('text', { mediaType, representation: 'B64' }, base64))),
  ];
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  return Buffer.from(`${declaration}${element('ClinicalDocument', { xmlns: CDA }, ...content)}\n`, 'utf8');
}
