/** What the DMP asks of metadata: its own code sets, French forms, and a visibility that hides from someone only. */
import { codeTables } from '../codes/tables.js';
import { isOid } from '../identifiers.js';
import type { Element } from '../xml/read.js';
import { codes, identifier, SCHEME, slot, slots } from './objects.js';
import { Refused } from './refusal.js';

const CX = /^\d{5}(\d\d|2[AB])\d{8}\^\^\^&1\.2\.250\.1\.213\.1\.4\.\d+&ISO\^NH(\^\^\d{8})?$/;
const XCN = /^[^^]+\^[^^]+\^[^^]*\^{6}&1\.2\.250\.1\.71\.4\.2\.1&ISO\^[DU]\^\^\^(IDNPS|RI|EI)$/;
const XON = /^[^^]+\^{5}&1\.2\.250\.1\.71\.4\.2\.2&ISO\^IDNST\^\^\^[1-4]\w+$/;
const TIME = /^\d{14}$/;
const DIGITAL_SIGNATURE = 'E1762|ASTM';
const MASKED = 'MASQUE_PS|1.2.250.1.213.1.1.4.13';
const UNSEEN = 'INVISIBLE_PATIENT|1.2.250.1.213.1.1.4.13';

const refuse = (object: Element, what: string): never => {
  throw new Refused('XDSRegistryMetadataError', `${object.attributes.id} : ${what}`);
};

export const isLotSignature = (entry: Element): boolean => codes(entry, SCHEME.type).includes(DIGITAL_SIGNATURE);

/** Throws `Refused`. */
export function judgeSet(set: Element): void {
  if (!isOid(identifier(set, SCHEME.setUnique) ?? '')) refuse(set, 'uniqueId');
  if (!isOid(identifier(set, SCHEME.setSource) ?? '')) refuse(set, 'sourceId');
  if (!CX.test(identifier(set, SCHEME.setPatient) ?? '')) refuse(set, 'patientId');
  if (!TIME.test(slot(set, 'submissionTime') ?? '')) refuse(set, 'submissionTime');
  judgeAuthors(set, SCHEME.setAuthor);
  const [content = '', ...more] = codes(set, SCHEME.setContent);
  const [code, system] = content.split('|');
  if (more.length > 0 || codeTables().contentType.find(system, code) === undefined)
    refuse(set, `contentTypeCode ${content} (JDV_J59)`);
}

function judgeAuthors(object: Element, scheme: string): void {
  const authors = object.all('Classification').filter((one) => one.attributes.classificationScheme === scheme);
  if (authors.length === 0) refuse(object, 'author');
  for (const author of authors) {
    if (!XON.test(slot(author, 'authorInstitution') ?? '')) refuse(object, 'authorInstitution');
    if (!XCN.test(slot(author, 'authorPerson') ?? '')) refuse(object, 'authorPerson');
    const specialty = slot(author, 'authorSpecialty');
    const [code, , system] = specialty?.split('^') ?? [];
    if (specialty !== undefined && codeTables().specialty.find(system, code) === undefined)
      refuse(object, `authorSpecialty ${code} (JDV_J01)`);
  }
}

/** Throws `Refused`. */
export function judgeEntry(entry: Element, allowHiddenFromAll: boolean): void {
  const isSignature = isLotSignature(entry);
  if (!isOid(identifier(entry, SCHEME.unique) ?? '')) refuse(entry, 'uniqueId');
  if (!CX.test(identifier(entry, SCHEME.patient) ?? '')) refuse(entry, 'patientId');
  if (!/^[^^]+\^\^\^&[\d.]+&ISO\^PI$/.test(slot(entry, 'sourcePatientId') ?? '')) refuse(entry, 'sourcePatientId');
  for (const name of ['creationTime', 'serviceStartTime']) if (!TIME.test(slot(entry, name) ?? '')) refuse(entry, name);
  if (slot(entry, 'languageCode') !== (isSignature ? 'art' : 'fr-FR')) refuse(entry, 'languageCode');
  if (!XCN.test(slot(entry, 'legalAuthenticator') ?? '')) refuse(entry, 'legalAuthenticator');
  if (slots(entry, 'sourcePatientInfo').some((one) => !/^PID-\d+\|/.test(one))) refuse(entry, 'sourcePatientInfo');
  const title = entry.child('Name')?.child('LocalizedString')?.attributes.value ?? '';
  if (title === '' || title.length > 128) refuse(entry, 'title');
  judgeAuthors(entry, SCHEME.author);
  judgeCodes(entry, isSignature);
  const seen = codes(entry, SCHEME.confidentiality);
  const isHidden = seen.includes(MASKED) && seen.includes(UNSEEN);
  if (isSignature ? !isHidden : isHidden && !allowHiddenFromAll) refuse(entry, 'cumul MASQUE_PS et INVISIBLE_PATIENT');
  if (seen.length > 4 || !/^[NRV]\|2\.16\.840\.1\.113883\.5\.25$/.test(seen[0] ?? ''))
    refuse(entry, 'confidentialityCode');
}

function judgeCodes(entry: Element, isSignature: boolean): void {
  const tables = codeTables();
  const one = (name: string, scheme: string, table: typeof tables.type): void => {
    const [value = '', ...more] = codes(entry, scheme);
    const [code, system] = value.split('|');
    if (more.length > 0 || table.find(system, code) === undefined) refuse(entry, `${name} ${value} (${table.name})`);
  };
  one('healthcareFacilityTypeCode', SCHEME.facility, tables.facility);
  one('practiceSettingCode', SCHEME.practice, tables.practiceSetting);
  for (const value of codes(entry, SCHEME.confidentiality)) {
    const [code, system] = value.split('|');
    if (tables.confidentiality.find(system, code) === undefined) refuse(entry, `confidentialityCode ${value}`);
  }
  if (isSignature) return;
  one('classCode', SCHEME.class, tables.class);
  one('typeCode', SCHEME.type, tables.type);
  one('formatCode', SCHEME.format, tables.format);
  const [code, system] = codes(entry, SCHEME.type)[0]?.split('|') ?? [];
  const type = tables.type.find(system, code);
  const own = type === undefined ? undefined : tables.classOf(type);
  if (own !== undefined && codes(entry, SCHEME.class)[0]?.split('|')[0] !== own.code)
    refuse(entry, `classCode : ${own.code} pour le type ${code}`);
}
