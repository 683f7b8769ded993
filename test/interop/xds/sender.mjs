/** What the cases send: the letter of the fixtures as a client of ours makes it, and ways to break it on the wire. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readCda } from '../../../dist/dmp/cda/read.js';
import { writeCda } from '../../../dist/dmp/cda/write.js';
import { DmpClient } from '../../../dist/dmp/client.js';
import { codeTables } from '../../../dist/dmp/codes/tables.js';
import { headerOfFhir } from '../../../dist/dmp/from-fhir/header.js';
import { DEFAULT_RULES } from '../../../dist/dmp/from-fhir/rules.js';
import { oidOfUri } from '../../../dist/dmp/identifiers.js';
import { prepare } from '../../../dist/dmp/prepare.js';
import { readCredential } from '../../../dist/dmp/signature/keys.js';
import { AUTOMATE } from '../../../dist/dmp/signature/vihf.js';
import { Connection, DEFAULT_LIMITS } from '../../../dist/dmp/soap/http.js';
import { certify, folder } from '../../support/certificates.mjs';

const fixture = (name) => JSON.parse(readFileSync(new URL(`../../../fixtures/${name}.json`, import.meta.url), 'utf8'));
const NOS = 'https://mos.esante.gouv.fr/NOS';
const coding = (table, code) => ({ coding: [{ system: `${NOS}/${table}/FHIR/${table.replaceAll('_', '-')}`, code }] });
export const RULES = { ...DEFAULT_RULES, localDomain: '2.999.4217.1' };
const SOURCE = '2.999.4217';
export const newOid = () => oidOfUri(`urn:uuid:${randomUUID()}`);

const files = folder();
/** A certificate with its key, and the file of the certificate. */
export async function signer(name) {
  const made = certify(name);
  const certificate = files(`${name}.pem`, made.certificatePem);
  return { certificate, credential: await readCredential({ certificate, key: files(`${name}.key`, made.keyPem) }) };
}

/** The letter as a header, and its bytes as a CDA. `change` may alter the resources. */
export function letter({ predecessor, change = () => undefined } = {}) {
  const role = { ...fixture('practitioner-role'), specialty: [coding('TRE_R38-SpecialiteOrdinale', 'SM18')] };
  role.code = [{ ...coding('TRE_G15-ProfessionSante', '10'), text: 'Médecin coordonnateur' }];
  const patient = fixture('patient-ins');
  const all = [role, patient, fixture('practitioner'), fixture('organization-ehpad'), fixture('encounter-stay')];
  const document = {
    ...fixture('document-reference-letter'),
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` },
    author: [{ reference: `PractitionerRole/${role.id}` }],
    securityLabel: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }],
  };
  change({ document, patient });
  const resolve = (reference) => all.find(({ resourceType, id }) => `${resourceType}/${id}` === reference);
  const { header, faults } = headerOfFhir({ document, resolve, ...(predecessor && { predecessor }) }, RULES);
  if (header === undefined) throw new Error(JSON.stringify(faults));
  const cda = writeCda(header, Buffer.from(fixture('binary-letter').data, 'base64'), 'application/pdf');
  return { header, cda };
}

/** A CDA that comes as it is. */
export function asItIs(file) {
  const cda = readFileSync(file);
  const { header, faults } = readCda(cda, { visibility: [], events: [] }, RULES);
  if (header === undefined) throw new Error(JSON.stringify(faults));
  return { header, cda };
}

export const submission = () => ({
  uniqueId: newOid(),
  sourceId: SOURCE,
  time: Date.now(),
  contentType: codeTables().contentType.byCode('11'),
});
export const prepared = ({ header, cda }, credential) =>
  prepare({ header, cda, submission: submission(), signatureId: newOid() }, credential);

/** `alter` changes a message on its way; `limits` and `now` as the client has them. */
export function client(base, credential, { alter, limits = {}, now } = {}) {
  const real = new Connection(base, undefined, undefined, { ...DEFAULT_LIMITS, ...limits });
  const connection =
    alter === undefined
      ? real
      : { base, post: (path, type, body) => real.post(path, ...alter(type, body.toString('latin1'))), close() {} };
  const identity = {
    structureId: '1440000000',
    sector: 'SA17^1.2.250.1.71.4.2.4',
    nameId: '3440000000/passerelle',
    subjectName: 'Passerelle, automate, essais',
    roles: [AUTOMATE],
    software: { id: '0', name: 'Passerelle', version: '0', homologation: 'essai' },
  };
  const devices = { sender: SOURCE, receiver: '1.2.250.1.213.4.1.1.1' };
  const own = new DmpClient(connection, { signer: credential, identity }, { devices, ...(now && { now }) });
  return Object.assign(own, { close: () => real.close() });
}

/** Texts of a message replaced; the bytes of its documents stay as they are. */
export const replacing = (what, by) => (type, text) => {
  if (!(what instanceof RegExp ? what.test(text) : text.includes(what))) throw new Error(`no ${what} to alter`);
  return [type, Buffer.from(text.replace(what, by), 'latin1')];
};
/** The envelope alone, its documents in base64 within. */
export const withoutMtom = (type, text) => {
  const boundary = /boundary="([^"]+)"/.exec(type)[1];
  const [root, ...parts] = text.split(`--${boundary}`).slice(1, -1);
  let envelope = root.slice(root.indexOf('\r\n\r\n') + 4, -2);
  for (const part of parts) {
    const id = /Content-ID: <([^>]+)>/.exec(part)[1];
    const bytes = Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4, -2), 'latin1');
    envelope = envelope.replace(new RegExp(`<xop:Include [^>]*href="cid:${id}"[^>]*/>`), bytes.toString('base64'));
  }
  return ['application/soap+xml; charset=UTF-8', Buffer.from(envelope, 'latin1')];
};
