/**
 * Invented establishments, patients and documents for the queue of the DMP: documents are made from a short description, so
 * that another process can make the same ones again.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { levelOneFormat } from '../../dist/dmp/cda/level-one.js';
import { writeCda } from '../../dist/dmp/cda/write.js';
import { DmpClient } from '../../dist/dmp/client.js';
import { codeTables } from '../../dist/dmp/codes/tables.js';
import { headerOfFhir } from '../../dist/dmp/from-fhir/header.js';
import { DEFAULT_RULES } from '../../dist/dmp/from-fhir/rules.js';
import { oidOfUri } from '../../dist/dmp/identifiers.js';
import { prepare } from '../../dist/dmp/prepare.js';
import { fingerprintOf } from '../../dist/dmp/queue/fingerprint.js';
import { readCredential } from '../../dist/dmp/signature/keys.js';
import { AUTOMATE } from '../../dist/dmp/signature/vihf.js';
import { Connection, DEFAULT_LIMITS } from '../../dist/dmp/soap/http.js';
import { certify, folder } from './certificates.mjs';

export const INS_DOMAIN = '1.2.250.1.213.1.4.10';

export const oid = (uuid = randomUUID()) => oidOfUri(`urn:uuid:${uuid}`);
/** The same OID for the same text. */
export function oidFrom(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return oid(parts.join('-'));
}

/** The INS of the patient number `n`, with its key. */
export function insOf(n) {
  const body = `25001${String(n).padStart(8, '0')}`;
  return body + String(97 - Number(BigInt(body) % 97n)).padStart(2, '0');
}

/** Files of the certificate of each of so many establishments: `e0`, `e1` … */
export function establishments(count) {
  const file = folder();
  return Array.from({ length: count }, (_, i) => {
    const made = certify(`cachet ${i}`);
    const structure = `1${String(440000000 + i)}`;
    const certificate = file(`${i}.pem`, made.certificatePem);
    return { id: `e${i}`, structure, certificate, key: file(`${i}.key`, made.keyPem), pem: made.certificatePem };
  });
}
export const signerOf = ({ certificate, key }) => readCredential({ certificate, key });

export function clientOf(base, { structure }, signer, limits = {}) {
  const connection = new Connection(base, undefined, undefined, { ...DEFAULT_LIMITS, ...limits });
  const identity = {
    structureId: structure,
    sector: 'SA17^1.2.250.1.71.4.2.4',
    nameId: `3${structure.slice(1)}/passerelle`,
    subjectName: 'Passerelle, automate, essais',
    roles: [AUTOMATE],
    software: { name: 'Passerelle', version: '0', homologation: 'x' },
  };
  const devices = { sender: '2.999.4217', receiver: '1.2.250.1.213.4.1.1.1' };
  return new DmpClient(connection, { signer, identity }, { devices });
}

let base;
/** The letter of the fixtures. */
function baseHeader() {
  if (base !== undefined) return base;
  const read = (name) => JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8'));
  const NOS = 'https://mos.esante.gouv.fr/NOS';
  const role = read('practitioner-role');
  role.code = [
    {
      coding: [{ system: `${NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante`, code: '10' }],
      text: 'Médecin',
    },
  ];
  role.specialty = [
    { coding: [{ system: `${NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`, code: 'SM18' }] },
  ];
  const document = read('document-reference-letter');
  const all = [read('patient-ins'), role, read('encounter-stay'), read('practitioner'), read('organization-ehpad')];
  document.masterIdentifier = { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` };
  document.type = { coding: [{ system: 'http://loinc.org', code: '83981-1' }] };
  document.author = [{ reference: `PractitionerRole/${role.id}` }];
  document.subject = { reference: `Patient/${all[0].id}` };
  document.securityLabel = [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] },
  ];
  document.context = { ...document.context, encounter: [{ reference: `Encounter/${all[2].id}` }] };
  document.content[0].attachment.contentType = 'text/plain';
  const resolve = (reference) => all.find(({ resourceType, id }) => `${resourceType}/${id}` === reference);
  const { header, faults } = headerOfFhir({ document, resolve }, { ...DEFAULT_RULES, localDomain: '2.999.4217.1' });
  if (header === undefined) throw new Error(`the letter of the fixtures: ${JSON.stringify(faults)}`);
  base = { ...header, format: levelOneFormat('text/plain', codeTables()) };
  return base;
}

/**
 * Header and CDA of a description: `{ uniqueId, setId, versionNumber, replaces, ins, title, text, isBad }`. One that is bad
 * has a type that the DMP does not know.
 */
export function documentOf({ uniqueId, setId, versionNumber, replaces, ins, title, text, isBad }) {
  const from = baseHeader();
  const header = {
    ...from,
    uniqueId,
    setId: { root: setId, extension: '' },
    versionNumber,
    ...(replaces === undefined ? {} : { replaces: { uniqueId: replaces, setId: { root: setId, extension: '' } } }),
    title,
    ...(isBad ? { type: { ...from.type, code: '00000-0' } } : {}),
    subject: { ...from.subject, ins: { root: INS_DOMAIN, extension: ins } },
  };
  const content = Buffer.from(text, 'utf8');
  return { header, content, cda: writeCda(header, content, 'text/plain') };
}

/** What is the same at each attempt, its bytes put to the contents. */
export async function freeze(contents, description, signer) {
  const { header, content, cda } = documentOf(description);
  const contentType = codeTables().contentType.byCode('11');
  const submission = { uniqueId: oid(), sourceId: '2.999.4217', time: Date.now(), contentType };
  const prepared = prepare({ header, cda, submission, signatureId: oid() }, signer);
  const [document, signature] = await Promise.all([contents.put(cda), contents.put(prepared.lotSignature)]);
  return {
    header,
    submission,
    cda: document.address,
    lotSignature: signature.address,
    content: prepared.content,
    signature: prepared.signature,
    fingerprint: fingerprintOf(header, content),
  };
}
