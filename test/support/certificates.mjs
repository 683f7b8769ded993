/** Keys and certificates made for a test and thrown away with it: no key lies in the repository. */
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';

const DAY = 86_400_000;

/** A key, and a certificate over it signed by `issuer` or by itself. */
export function certify(name, { issuer, from = -DAY, to = DAY, isAuthority = false, hosts = [] } = {}) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const key = forge.pki.privateKeyFromPem(pem);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  certificate.serialNumber = `01${randomBytes(8).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() + from);
  certificate.validity.notAfter = new Date(Date.now() + to);
  const subject = [
    { shortName: 'C', value: 'FR' },
    { shortName: 'O', value: 'EHPAD Les Tilleuls, fictif' },
    { shortName: 'OU', value: '0002 440000000' },
    { shortName: 'CN', value: name },
  ];
  certificate.setSubject(subject);
  certificate.setIssuer(issuer === undefined ? subject : issuer.certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: isAuthority },
    ...(hosts.length === 0 ? [] : [{ name: 'subjectAltName', altNames: hosts.map((ip) => ({ type: 7, ip })) }]),
  ]);
  certificate.sign(issuer === undefined ? key : issuer.key, forge.md.sha256.create());
  return { key, certificate, keyPem: pem, certificatePem: forge.pki.certificateToPem(certificate) };
}

/** PKCS#12 with the key, its certificate and those above. */
export function pkcs12({ key, certificate }, passphrase, { above = [], algorithm = 'aes256' } = {}) {
  const asn1 = forge.pkcs12.toPkcs12Asn1(key, [certificate, ...above.map((each) => each.certificate)], passphrase, {
    algorithm,
  });
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
}

/** The key encrypted in PEM. */
export const encrypted = ({ keyPem }, passphrase) =>
  createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });

/** A folder of its own for files of a test. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'passerelle-keys-'));
  return (name, content) => {
    const file = join(path, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
}
