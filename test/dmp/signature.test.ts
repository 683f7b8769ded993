/** Keys from files, the VIHF and the lot signature, judged by the library's verifier. */
import { createHash } from 'node:crypto';
import t from 'tap';
import { SignedXml } from 'xml-crypto';
import { codeTables } from '../../src/dmp/codes/tables.js';
import { type Credential, readCredential, WrongKey } from '../../src/dmp/signature/keys.js';
import { signLot } from '../../src/dmp/signature/lot.js';
import { AUTOMATE, DEFAULT_VIHF, vihf } from '../../src/dmp/signature/vihf.js';
import { canonicalXml } from '../../src/dmp/xml/canonical.js';
import { type Element, readXml } from '../../src/dmp/xml/read.js';
import { certify, encrypted, folder, pkcs12 } from '../support/certificates.mjs';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const authority = certify('AC de test', { isAuthority: true });
const sign = certify('Cachet "de" test', { issuer: authority });
const file = folder();

async function signer(): Promise<Credential> {
  return readCredential({ certificate: file('sign.pem', sign.certificatePem), key: file('sign.key', sign.keyPem) });
}

t.test('keys come from PEM and from PKCS#12', async (t) => {
  const plain = await signer();
  t.equal(plain.subject, 'CN=Cachet \\"de\\" test,OU=0002 440000000,O=EHPAD Les Tilleuls\\, fictif,C=FR');
  t.equal(plain.issuer, 'CN=AC de test,OU=0002 440000000,O=EHPAD Les Tilleuls\\, fictif,C=FR');
  t.equal(plain.serialNumber, BigInt(`0x${sign.certificate.serialNumber}`).toString());
  const same = (other: Credential) => t.ok(other.key.equals(plain.key) && other.base64 === plain.base64);
  same(
    await readCredential({
      certificate: file('both.pem', `${sign.keyPem}${sign.certificatePem}${authority.certificatePem}`),
    }),
  );
  same(
    await readCredential({
      certificate: file('sign.pem', sign.certificatePem),
      key: file('secret.key', encrypted(sign, 'sésame')),
      passphrase: 'sésame',
    }),
  );
  for (const algorithm of ['aes256', '3des'] as const) {
    const p12 = file(`${algorithm}.p12`, pkcs12(sign, 'sesame', { above: [authority], algorithm }));
    const found = await readCredential({ certificate: p12, passphrase: 'sesame' });
    same(found);
    t.equal(found.chain.length, 1);
    t.equal(found.pem.match(/BEGIN CERTIFICATE/g)?.length, 2);
  }
});

t.test('what is wrong with a key is told, and no secret with it', async (t) => {
  const certificate = file('sign.pem', sign.certificatePem);
  const p12 = file('sign.p12', pkcs12(sign, 'sesame'));
  const other = file('other.key', certify('autre').keyPem);
  const secret = file('secret.key', encrypted(sign, 'sesame'));
  for (const [files, reason] of [
    [{ certificate: '/none.pem' }, 'unreadable'],
    [{ certificate: file('text.pem', 'hello') }, 'not a certificate'],
    [{ certificate, key: certificate }, 'not a key'],
    [{ certificate, key: other }, 'the key is not of the certificate'],
    [{ certificate, key: secret, passphrase: 'motdepasse' }, 'wrong passphrase'],
    [{ certificate, key: secret }, 'wrong passphrase'],
    [{ certificate: p12, passphrase: 'motdepasse' }, 'wrong passphrase'],
  ] as const) {
    const error = await readCredential(files).catch((one) => one);
    t.ok(error instanceof WrongKey, reason);
    t.equal((error as WrongKey).reason, reason);
    t.notMatch(JSON.stringify([String(error), error.stack, error]), /motdepasse|sesame|PRIVATE/);
  }
});

const WHO = {
  structureId: '1440000000',
  sector: 'SA17^1.2.250.1.71.4.2.4',
  nameId: '3440000000/passerelle',
  subjectName: 'Passerelle, automate, service des dossiers',
  roles: [AUTOMATE],
  software: { name: 'Passerelle', version: '0.1.0', homologation: 'à < garder' },
};
const call = {
  patient: { root: '1.2.250.1.213.1.4.10', extension: '238024403611354' },
  time: Date.parse('2026-11-20T16:41:07.900Z'),
  id: '_6f0a2c5e-93d8-4f9a-9b2e-2a8f1d3c7701',
};

/** The verdict of xml-crypto over the one signature in it, by that certificate and no other. */
function verdict(xml: string, by: string): boolean {
  const signature = /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? '';
  const judge = new SignedXml({ publicCert: by, getCertFromKeyInfo: () => null });
  judge.loadSignature(signature);
  try {
    return judge.checkSignature(xml);
  } catch {
    return false;
  }
}

t.test('a VIHF says who asks and for whom, and is signed', async (t) => {
  const xml = vihf(await signer(), WHO, call);
  t.ok(verdict(xml, sign.certificatePem), 'good');
  t.notOk(verdict(xml.replace('>1440000000<', '>1440000001<'), sign.certificatePem), 'altered');
  t.notOk(verdict(xml, authority.certificatePem), 'of another');
  const root = readXml(xml);
  t.same(
    root.children.map(({ name }) => name),
    ['Issuer', 'Signature', 'Subject', 'Conditions', 'AuthnStatement', 'AttributeStatement'],
  );
  t.match(root.child('Conditions')?.attributes, {
    NotBefore: '2026-11-20T16:40:07Z',
    NotOnOrAfter: '2026-11-20T16:46:07Z',
  });
  const stated = Object.fromEntries(
    (root.child('AttributeStatement')?.all('Attribute') ?? []).map((one) => {
      const value = one.child('AttributeValue');
      return [one.attributes.Name, value?.children[0]?.attributes.code ?? value?.text];
    }),
  );
  t.same(stated, {
    VIHF_Version: '3.0',
    Authentification_Mode: 'INDIRECTE',
    Identifiant_Structure: '1440000000',
    Secteur_Activite: 'SA17^1.2.250.1.71.4.2.4',
    'urn:oasis:names:tc:xspa:1.0:subject:subject-id': 'Passerelle, automate, service des dossiers',
    'urn:oasis:names:tc:xacml:2.0:subject:role': 'AUTOMATE',
    'urn:oasis:names:tc:xacml:2.0:resource:resource-id': '238024403611354^^^&1.2.250.1.213.1.4.10&ISO^NH',
    Ressource_URN: 'urn:dmp',
    'urn:oasis:names:tc:xspa:1.0:subject:purposeofuse': 'normal',
    LPS_Nom: 'Passerelle',
    LPS_Version: '0.1.0',
    LPS_ID_HOMOLOGATION_DMP: 'à < garder',
  });
  const two = [codeTables().specialty.byCode('G15_10'), AUTOMATE].flatMap((one) => one ?? []);
  const more = vihf(await signer(), { ...WHO, roles: two }, call, { ...DEFAULT_VIHF, version: '4.0', hash: 'sha512' });
  t.ok(verdict(more, sign.certificatePem));
  t.equal(more.match(/<Role /g)?.length, 2);
  t.match(more, 'rsa-sha512');
});

t.test('a lot signature covers the set and its documents', async (t) => {
  const document = Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<a b="é"><!-- c --></a>\n');
  const lot = { submissionSet: '2.999.1', documents: [{ uniqueId: '2.999.2', bytes: document }], time: call.time };
  const xml = signLot(await signer(), lot).toString('utf8');
  t.equal(signLot(await signer(), lot).toString('utf8'), xml, 'same input, same bytes');
  // The verifier looks for a signature within a document.
  const inside = (text: string) => `<lot>${text.replace(/^<\?xml[^>]*>\s*/, '')}</lot>`;
  t.ok(verdict(inside(xml), sign.certificatePem), 'good');
  for (const [what, by] of [
    ['urn:oid:2.999.2', 'urn:oid:2.999.3'],
    ['2026-11-20T16:41:07Z', '2026-11-20T16:41:08Z'],
  ] as const)
    t.notOk(verdict(inside(xml.replace(what, by)), sign.certificatePem), `${what} altered`);
  const references = (readXml(xml).find('Manifest', DSIG) as Element)
    .all('Reference')
    .map((each) => [
      each.attributes.URI,
      each.at('Transforms', 'Transform')?.attributes.Algorithm ?? '',
      each.child('DigestValue')?.text,
    ]);
  const hash = createHash('sha256').update('<a b="é"><!-- c --></a>').digest('base64');
  t.same(references, [
    ['urn:oid:2.999.1', '', 'AA=='],
    ['urn:oid:2.999.2', 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments', hash],
  ]);
  t.equal(canonicalXml(document.toString()), '<a b="é"><!-- c --></a>');
  t.same(
    readXml(xml)
      .at('SignedInfo')
      ?.all('Reference')
      .map(({ attributes }) => attributes.URI),
    ['#IHEManifest', '#SignedProperties'],
  );
});
