/** The simulated DMP against messages written and signed by hand, and against our own client. */
import { createHash, createPrivateKey, randomUUID, sign as signBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { writeCda } from '../../src/dmp/cda/write.js';
import { DmpClient, type Outcome } from '../../src/dmp/client.js';
import { type Code, codeTables } from '../../src/dmp/codes/tables.js';
import { decide } from '../../src/dmp/decision.js';
import type { DocumentHeader } from '../../src/dmp/document.js';
import { headerOfFhir, type Predecessor } from '../../src/dmp/from-fhir/header.js';
import { oidOfUri } from '../../src/dmp/identifiers.js';
import { type Prepared, prepare } from '../../src/dmp/prepare.js';
import { readCredential } from '../../src/dmp/signature/keys.js';
import { AUTOMATE, DEFAULT_VIHF, type VihfProfile } from '../../src/dmp/signature/vihf.js';
import type { ScriptedFault } from '../../src/dmp/simulator/script.js';
import { DmpSimulator, type SimulatorOptions } from '../../src/dmp/simulator/simulator.js';
import { Connection, DEFAULT_LIMITS } from '../../src/dmp/soap/http.js';
import { whereabouts } from '../../src/dmp/whereabouts.js';
import { certify, folder } from '../support/certificates.mjs';
import { letter, pdfBytes, RULES } from '../support/dmp.js';
import { schemaErrors, skipSchema } from '../support/shared.js';

const made = certify('cachet');
const file = folder();
const signer = await readCredential({
  certificate: file('s.pem', made.certificatePem),
  key: file('s.key', made.keyPem),
});
const newOid = () => oidOfUri(`urn:uuid:${randomUUID()}`) as string;
const contentType = codeTables().contentType.byCode('11') as Code;

async function simulated(t: Test, options: Partial<SimulatorOptions> = {}) {
  const simulator = new DmpSimulator({ trusted: [made.certificatePem], ...options });
  const base = await simulator.listen();
  t.teardown(() => simulator.close());
  return { simulator, base };
}
function clientOf(t: Test, base: string, profile: Partial<VihfProfile> = {}, structureId = '1440000000') {
  const connection = new Connection(base, undefined, undefined, { ...DEFAULT_LIMITS, answer: 2000 });
  t.teardown(() => connection.close());
  const identity = {
    structureId,
    sector: 'SA17^1.2.250.1.71.4.2.4',
    nameId: '3440000000/passerelle',
    subjectName: 'Passerelle, automate, essais',
    roles: [AUTOMATE],
    software: { name: 'Passerelle', version: '0', homologation: 'x' },
  };
  const devices = { sender: '2.999.4217', receiver: '1.2.250.1.213.4.1.1.1' };
  return new DmpClient(connection, { signer, identity, profile: { ...DEFAULT_VIHF, ...profile } }, { devices });
}
function sending(
  predecessor?: Predecessor,
  change: (header: DocumentHeader) => DocumentHeader = (one) => one,
): Prepared {
  const found = headerOfFhir({ ...letter(randomUUID()), ...(predecessor === undefined ? {} : { predecessor }) }, RULES);
  const header = change(found.header as DocumentHeader);
  const submission = { uniqueId: newOid(), sourceId: '2.999.4217', time: Date.now(), contentType };
  return prepare(
    { header, cda: writeCda(header, pdfBytes(), 'application/pdf'), submission, signatureId: newOid() },
    signer,
  );
}
const told = ({ outcome }: { outcome: Outcome<unknown> }): string => {
  const code =
    outcome.kind === 'failure' ? outcome.errors[0]?.code : outcome.kind === 'fault' ? outcome.fault.subcode : '';
  return `${outcome.kind} ${code} → ${decide(outcome, true).action}`;
};
const DONE = 'success  → done';
const PATIENT = { root: '1.2.250.1.213.1.4.10', extension: '238024403611354' };
async function current(client: DmpClient, uniqueId: string): Promise<string | undefined> {
  const found = await whereabouts(client, PATIENT, uniqueId);
  return found.kind === 'there' && found.status === 'approved' ? found.entry.entryUuid : undefined;
}

// Signatures by hand: texts in canonical form, hashed and signed as they stand.
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const SHA = 'http://www.w3.org/2001/04/xmlenc#sha256';
const COMMENTS = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments';
const digest = (text: string): string => createHash('sha256').update(text).digest('base64');
const key = createPrivateKey(made.keyPem);
function reference(uri: string, transforms: readonly string[], value: string): string {
  const list = transforms.map((one) => `<ds:Transform Algorithm="${one}"></ds:Transform>`).join('');
  return `<ds:Reference URI="${uri}">${list && `<ds:Transforms>${list}</ds:Transforms>`}<ds:DigestMethod Algorithm="${SHA}"></ds:DigestMethod><ds:DigestValue>${value}</ds:DigestValue></ds:Reference>`;
}
function signatureOver(references: string, objects = ''): string {
  const inner = `<ds:CanonicalizationMethod Algorithm="${EXC}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>${references}`;
  const value = signBytes('sha256', Buffer.from(`<ds:SignedInfo xmlns:ds="${DS}">${inner}</ds:SignedInfo>`), key);
  return `<ds:Signature xmlns:ds="${DS}"><ds:SignedInfo>${inner}</ds:SignedInfo><ds:SignatureValue>${value.toString('base64')}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${signer.base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${objects}</ds:Signature>`;
}
function vihfByHand(): string {
  const instant = (shift: number) => new Date(Date.now() + shift).toISOString();
  const attributes = {
    VIHF_Version: '3.0',
    Authentification_Mode: 'INDIRECTE',
    Identifiant_Structure: '1440000000',
    Secteur_Activite: 'SA17^1.2.250.1.71.4.2.4',
    'urn:oasis:names:tc:xspa:1.0:subject:subject-id': 'Un autre logiciel',
    'urn:oasis:names:tc:xacml:2.0:subject:role':
      '<Role xmlns="urn:hl7-org:v3" code="AUTOMATE" codeSystem="1.2.250.1.213.1.1.4.6"></Role>',
    'urn:oasis:names:tc:xacml:2.0:resource:resource-id': '238024403611354^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH',
    Ressource_URN: 'urn:dmp',
    'urn:oasis:names:tc:xspa:1.0:subject:purposeofuse':
      '<PurposeOfUse xmlns="urn:hl7-org:v3" code="normal"></PurposeOfUse>',
    LPS_Nom: 'Autre',
    LPS_Version: '1',
    LPS_ID_HOMOLOGATION_DMP: 'ABC',
  };
  const id = `_${randomUUID()}`;
  const statement = Object.entries(attributes)
    .map(([name, value]) => `<s:Attribute Name="${name}"><s:AttributeValue>${value}</s:AttributeValue></s:Attribute>`)
    .join('');
  const head = `<s:Assertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0"><s:Issuer>${signer.subject}</s:Issuer>`;
  const rest = `<s:Conditions NotBefore="${instant(-1000)}" NotOnOrAfter="${instant(60_000)}"></s:Conditions><s:AttributeStatement>${statement}</s:AttributeStatement></s:Assertion>`;
  return `${head}${signatureOver(reference(`#${id}`, [`${DS}enveloped-signature`, EXC], digest(head + rest)))}${rest}`;
}
const HAND = '<ClinicalDocument xmlns="urn:hl7-org:v3"><!-- é --><id root="2.999.4217.7"></id></ClinicalDocument>';
function lotByHand(document = HAND): string {
  const body = `${reference('urn:oid:2.999.4217.6', [], 'AA==')}${reference('urn:oid:2.999.4217.7', [COMMENTS], digest(document))}</ds:Manifest>`;
  const xad = 'http://uri.etsi.org/01903/v1.1.1#';
  const properties = `<x:SignedProperties xmlns:x="${xad}" Id="P"></x:SignedProperties>`;
  const objects = `<ds:Object><ds:Manifest Id="IHEManifest">${body}</ds:Object><ds:Object><x:QualifyingProperties xmlns:x="${xad}"><x:SignedProperties Id="P"></x:SignedProperties></x:QualifyingProperties></ds:Object>`;
  const manifest = `<ds:Manifest xmlns:ds="${DS}" Id="IHEManifest">${body}`;
  return signatureOver(
    reference('#IHEManifest', [EXC], digest(manifest)) + reference('#P', [EXC], digest(properties)),
    objects,
  );
}
const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/dmp/${name}.xml`, import.meta.url), 'utf8').replace('@VIHF@', vihfByHand());
function posted(base: string, parts: Record<string, string>): Promise<Response> {
  const bodies = Object.entries(parts).map(
    ([id, text], i) =>
      `--x\r\nContent-ID: <${id}>\r\nContent-Transfer-Encoding: binary\r\nContent-Type: ${i === 0 ? 'application/xop+xml' : 'text/xml'}\r\n\r\n${text}\r\n`,
  );
  const action = 'urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b';
  return fetch(`${base}/repository`, {
    method: 'POST',
    headers: {
      'Content-Type': `multipart/related; start="<r@x>"; type="application/xop+xml"; start-info="application/soap+xml"; action="${action}"; boundary=x`,
    },
    body: `${bodies.join('')}--x--`,
  });
}

t.test('what others write by the rules is taken, and given back', async (t) => {
  const { simulator, base } = await simulated(t);
  const document = `<?xml version="1.0"?>\n${HAND}`;
  const parts = { 'r@x': fixture('iti41-request'), 'lettre@ehpad': document, 'signature@ehpad': lotByHand() };
  const text = await (await posted(base, parts)).text();
  t.match(text, /ResponseStatusType:Success/);
  t.match(text, 'urn:uuid:7d9a5c1e-2f0b-4c7d-8d2e-5f3f6f0c9a11');
  t.match(simulator.state().documents, [{ uniqueId: '2.999.4217.7', status: 'Approved', structure: '1440000000' }, {}]);
  const answer = await fetch(`${base}/registry`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/soap+xml; action="urn:ihe:iti:2007:RegistryStoredQuery"' },
    body: fixture('iti18-request'),
  });
  const found = await answer.text();
  t.match(found, /totalResultCount="1"/);
  t.match(found, 'value="Lettre écrite à la main"');

  const again = async (changed: Record<string, string>) => {
    const all = { ...parts, 'r@x': fixture('iti41-request'), ...changed };
    return /errorCode="[^"]*" codeContext="[^"]*"|soap:Text xml:lang="fr">[^<]*/.exec(
      await (await posted(base, all)).text(),
    )?.[0];
  };
  t.match(await again({}), 'XDSDuplicateUniqueIdInRegistry');
  // A lot of its own, so that what is wrong is what is asked about.
  const anew = (text: string) => text.replace("value='2.999.4217.6'", `value='2.999.4217.6.${Date.now()}'`);
  const hand = (from: string | RegExp, to: string) => ({ 'r@x': anew(fixture('iti41-request')).replace(from, to) });
  t.match(await again(hand("nodeRepresentation='11490-0'", "nodeRepresentation='27899-4'")), 'typeCode');
  t.match(await again(hand("nodeRepresentation='ETABLISSEMENT'", "nodeRepresentation='ESSMS'")), 'practiceSettingCode');
  t.match(await again(hand("nodeRepresentation='10'", "nodeRepresentation='11'")), 'classCode : 10');
  t.match(await again(hand('&amp;ISO^IDNST', '&amp;ISO^')), 'authorInstitution');
  t.match(await again(hand(/<A:To>.*<\/A:To>/, '')), 'wsa:To');
  t.match(await again(hand('<S:Header>', `<S:Header>${vihfByHand()}`)), 'assertions in wsse:Security');
  t.match(await again(hand('1440000000</s:AttributeValue>', '1440000001</s:AttributeValue>')), 'signature invalide');
});

t.test('the client and the simulator agree on a chain, and on what becomes of it', async (t) => {
  const { simulator, base } = await simulated(t);
  const client = clientOf(t, base);
  const one = sending();
  t.equal(told(await client.provide(one)), DONE);
  t.equal(told(await client.provide(one)), 'failure XDSDuplicateUniqueIdInRegistry → reconcile');
  const two = sending(one.header);
  const first = await current(client, one.header.uniqueId);
  t.equal(told(await client.provide(two, first)), DONE);
  t.equal(
    told(await client.provide(sending(two.header), first)),
    'failure XDSRegistryDeprecatedDocumentError → reconcile',
  );
  t.equal(told(await client.provide(sending(), 'urn:uuid:x')), 'failure UnresolvedReferenceException → reconcile');
  const found = await client.find({ patient: PATIENT, types: [one.header.type] });
  t.match(found.outcome, {
    kind: 'success',
    value: { entries: [{ uniqueId: two.header.uniqueId, status: 'approved' }] },
  });
  const links = await client.associations(PATIENT, [first ?? '']);
  t.match(links.outcome, { kind: 'success' });
  if (links.outcome.kind === 'success')
    t.ok(links.outcome.value.links.some(({ type, target }) => type === 'RPLC' && target === first));
  t.match((await client.existence(PATIENT)).outcome, { kind: 'success', value: { state: 'active' } });

  const removal = { author: one.header.authors[0] as DocumentHeader['authors'][number], subject: one.header.subject };
  const submission = () => ({ uniqueId: newOid(), sourceId: '2.999.4217', time: Date.now(), contentType });
  const entryUuid = (await current(client, two.header.uniqueId)) ?? '';
  const change = (to: 'deleted' | 'archived') =>
    client.setStatus({ ...removal, submission: submission(), entryUuid, from: 'approved', to });
  t.equal(told(await change('archived')), 'fault AccessDenied → operator');
  t.equal(told(await change('deleted')), DONE);
  t.equal(told(await change('deleted')), 'failure XDSMetadataVersionError → reconcile');
  t.same(
    simulator
      .state()
      .documents.filter(({ uniqueId }) => [one, two].some(({ header }) => header.uniqueId === uniqueId))
      .map(({ status }) => status),
    ['Deprecated', 'Deleted'],
  );
  t.equal(simulator.counts['ITI-41 Success'], 2);
});

t.test('what became of a document is asked', async (t) => {
  const { simulator, base } = await simulated(t);
  const client = clientOf(t, base);
  const one = sending();
  const { uniqueId } = one.header;
  const asked = async (hash = one.content.hash) => {
    const found = await whereabouts(client, PATIENT, uniqueId, hash);
    return found.kind === 'there' ? `${found.status} v${found.entry.version} ${found.isSame}` : found.kind;
  };
  t.equal(await asked(), 'absent');
  simulator.script.add({ fault: 'cut-after', kind: 'ITI-41' });
  t.equal(told(await client.provide(one)), 'unknown  → reconcile');
  t.equal(await asked(), 'approved v1 true');
  t.equal(await asked('ab'.repeat(20)), 'approved v1 false');
  const person = clientOf(t, base, { mode: 'DIRECTE' });
  const found = await whereabouts(client, PATIENT, uniqueId);
  const lid = found.kind === 'there' ? (found.entry.lid ?? '') : '';
  const submission = { uniqueId: newOid(), sourceId: '2.999.4217', time: Date.now(), contentType };
  t.equal(told(await person.setMetadata({ submission, header: one.header, lid, previousVersion: 1 })), DONE);
  t.equal(await asked(), 'approved v2 true');
  t.equal(told(await client.provide(sending(one.header), await current(client, uniqueId))), DONE);
  t.equal(await asked(), 'deprecated v2 true');
  simulator.script.add({ fault: 'busy', kind: 'ITI-18' });
  t.equal(await asked(), 'not-known');
});

t.test('rights go with the mode, and with the structure', async (t) => {
  const { base } = await simulated(t);
  const automate = clientOf(t, base);
  const person = clientOf(t, base, { mode: 'INDIRECTE_RENFORCEE' });
  const one = sending();
  t.equal(told(await automate.provide(one)), DONE);
  const wanted = [{ repository: '1.2.250.1.213.4.1.1.1.2', uniqueId: one.header.uniqueId }];
  t.equal(told(await automate.retrieve(PATIENT, wanted)), 'fault AccessDenied → operator');
  const read = await person.retrieve(PATIENT, wanted);
  t.equal(told(read), DONE);
  if (read.outcome.kind === 'success') t.ok(read.outcome.value[0]?.bytes.equals(one.cda));
  const both = await person.retrieve(PATIENT, [
    ...wanted,
    { repository: '1.2.250.1.213.4.1.1.1.2', uniqueId: '1.2.3' },
  ]);
  t.match(both.outcome, { kind: 'partial', value: [{}], errors: [{ code: 'XDSDocumentUniqueIdError' }] });

  const listed = (await person.entries(PATIENT, [one.header.uniqueId])).outcome;
  const lid = listed.kind === 'success' ? (listed.value.entries[0]?.lid ?? '') : '';
  const masked = codeTables().confidentiality.byCode('MASQUE_PS') as Code;
  const hidden = { ...one.header, visibility: [masked] };
  const submission = () => ({ uniqueId: newOid(), sourceId: '2.999.4217', time: Date.now(), contentType });
  const change = () => ({ submission: submission(), header: hidden, lid, previousVersion: 1 });
  t.equal(told(await automate.setMetadata(change())), 'fault AccessDenied → operator');
  t.equal(told(await person.setMetadata(change())), DONE);
  t.equal(told(await person.setMetadata(change())), 'failure XDSMetadataVersionError → reconcile');

  const stranger = clientOf(t, base, {}, '1440000001');
  const entryUuid = await current(automate, one.header.uniqueId);
  t.equal(told(await stranger.provide(sending(one.header), entryUuid)), 'fault AccessDenied → operator');
});

t.test('patients, certificates and metadata that it does not take', async (t) => {
  const other = certify('autre');
  let state: 'active' | 'closed' | 'none' = 'none';
  const { base } = await simulated(t, { dmpOf: () => state, structures: ['1440000000'] });
  const client = clientOf(t, base);
  t.equal(told(await client.provide(sending())), 'failure XDSUnknownPatientId → hold');
  t.match((await client.existence(PATIENT)).outcome, { value: { state: 'none' } });
  state = 'closed';
  t.equal(told(await client.provide(sending())), 'failure DMPClosed → hold');
  t.match((await client.existence(PATIENT)).outcome, { value: { state: 'closed' } });
  state = 'active';
  t.equal(told(await clientOf(t, base, {}, '1440000001').provide(sending())), 'fault DMPInvalidStructure → operator');
  t.equal(
    told(await clientOf(t, base, { lifetime: -120_000 }).provide(sending())),
    'fault InvalidSecurityToken → operator',
  );
  const strangers = await simulated(t, { trusted: [other.certificatePem] });
  t.equal(told(await clientOf(t, strangers.base).provide(sending())), 'fault InvalidSecurityToken → operator');

  const broken = async (change: (one: Prepared) => Partial<Prepared>) => {
    const one = sending();
    return told(await client.provide({ ...one, ...change(one) }));
  };
  t.equal(
    await broken(({ content }) => ({ content: { ...content, hash: 'ab'.repeat(20) } })),
    'failure XDSRepositoryMetadataError → reject',
  );
  t.equal(
    await broken(({ content }) => ({ content: { ...content, size: 1 } })),
    'failure XDSRepositoryMetadataError → reject',
  );
  const LOT = 'failure XDSRepositoryMetadataError → operator';
  const text = (lotSignature: string, { signature }: Prepared) => ({
    lotSignature: Buffer.from(lotSignature),
    signature: { uniqueId: signature.uniqueId },
  });
  t.equal(await broken((one) => text(one.lotSignature.toString().replace('AA==', 'AQ=='), one)), LOT);
  t.equal(await broken((one) => text(one.lotSignature.toString().replace(/SigningTime>2/, 'SigningTime>1'), one)), LOT);
  t.equal(await broken((one) => text('<a/>', one)), LOT);
  t.equal(
    await broken(({ cda }) => ({ cda: Buffer.from(cda.toString().replace('<title>', '<title>X')), content: {} })),
    LOT,
  );
  t.equal(await broken(() => ({ cda: Buffer.from('%PDF'), content: {} })), 'failure InvalidDocumentContent → reject');
  const type = { code: '51851-4', system: '2.16.840.1.113883.6.1', display: 'Document administratif' };
  t.equal(
    told(await client.provide(sending(undefined, (header) => ({ ...header, type })))),
    'failure XDSRegistryMetadataError → reject',
  );
});

t.test('faults come as scripted, and what was done before them is done', async (t) => {
  const { simulator, base } = await simulated(t);
  const client = clientOf(t, base);
  const through = async (fault: ScriptedFault) => {
    await fetch(`${base}/script`, { method: 'POST', body: JSON.stringify([fault]) });
    const one = sending();
    const got = told(await client.provide(one));
    const held = simulator.registry.versionsOf(one.header.uniqueId).length;
    return `${got}, ${held}`;
  };
  t.equal(await through({ fault: 'busy' }), 'failure XDSRegistryBusy → retry, 0');
  t.equal(
    await through({ fault: 'metadata-error', context: 'typeCode' }),
    'failure XDSRegistryMetadataError → reject, 0',
  );
  t.equal(await through({ fault: 'duplicate' }), 'failure XDSDuplicateUniqueIdInRegistry → reconcile, 0');
  t.equal(await through({ fault: 'stale' }), 'failure XDSRegistryDeprecatedDocumentError → reconcile, 0');
  t.equal(await through({ fault: 'bad-certificate' }), 'fault DMPInvalidCertificate → operator, 0');
  t.equal(await through({ fault: 'http', status: 503 }), 'http  → retry, 0');
  t.equal(await through({ fault: 'drop' }), 'unknown  → reconcile, 0');
  t.equal(await through({ fault: 'time-out-before' }), 'unknown  → reconcile, 0');
  t.equal(await through({ fault: 'time-out-after' }), 'unknown  → reconcile, 1');
  t.equal(await through({ fault: 'cut-after' }), 'unknown  → reconcile, 1');
  t.equal(await through({ fault: 'faulty-multipart' }), 'unknown  → reconcile, 1');
  t.equal(await through({ fault: 'slow', delay: 100 }), 'success  → done, 1');
  simulator.script.add({ fault: 'busy', kind: 'ITI-18', times: 2 });
  t.equal(told(await client.provide(sending())), DONE);
  t.equal(told(await client.references(PATIENT, ['1.2'])), 'failure XDSRegistryBusy → retry');
  t.equal(simulator.script.left, 1);
  simulator.script.clear();
  t.equal(told(await client.references(PATIENT, ['1.2'])), DONE);
  simulator.script.add({ fault: 'busy', oneIn: 3, times: 100 });
  const hits: boolean[] = [];
  for (let i = 0; i < 30; i++) hits.push(told(await client.references(PATIENT, ['1.2'])) !== DONE);
  t.ok(hits.includes(true) && hits.includes(false));
  await simulator.close();
  // A connection that is kept and was cut leaves open what was done, until it is seen to be closed.
  await new Promise((done) => setTimeout(done, 100));
  t.equal(told(await client.provide(sending())), 'not-sent  → retry');
  await simulator.listen(Number(new URL(base).port));
  t.equal(told(await client.provide(sending())), DONE);
});

t.test('it tells what it holds, and no word of a patient', async (t) => {
  const { base } = await simulated(t);
  await clientOf(t, base).provide(sending());
  for (const path of ['/', '/state']) {
    const text = await (await fetch(`${base}${path}`)).text();
    t.match(text, 'Approved');
    t.notMatch(text, /238024403611354|rou.dan/);
  }
  t.equal((await fetch(`${base}/other`)).status, 404);
});

t.test('its answers are valid against their schemas', { skip: skipSchema }, async (t) => {
  const { simulator, base } = await simulated(t);
  const client = clientOf(t, base);
  const one = sending();
  await client.provide(one);
  const { answerQuery } = await import('../../src/dmp/simulator/queries.js');
  const { queryResponse } = await import('../../src/dmp/simulator/answers.js');
  const { findDocuments } = await import('../../src/dmp/xds/query.js');
  const { readXml } = await import('../../src/dmp/xml/read.js');
  const message = { body: readXml(findDocuments({ patient: PATIENT })) } as Parameters<typeof answerQuery>[1];
  const vihf = { mode: 'INDIRECTE', structure: '1440000000', patient: `${PATIENT.extension}|${PATIENT.root}` };
  const found = answerQuery(simulator.registry, message, vihf, simulator.repository);
  t.equal(found.count, 2);
  t.equal(schemaErrors(queryResponse(found), 'xds-xsd/ebRS/query.xsd'), '');
});
