/**
 * The two certificates of a structure with their keys: one for TLS (ORG_AUTH_CLI), one that signs (ORG_SIGN), from PEM
 * files or PKCS#12. https://esante.gouv.fr/produits-services/certificats-logiciels (IGC-Santé)
 *
 * No error here says more than the name of the file and what is wrong with it: neither a passphrase nor a key.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Where a certificate and its key are: `key` may be the same file as `certificate`, and is absent for PKCS#12. */
export interface KeyFiles {
  readonly certificate: string;
  readonly key?: string;
  readonly passphrase?: string;
}

/** A certificate with its key. */
export class Credential {
  constructor(
    readonly key: KeyObject,
    readonly certificate: X509Certificate,
    /** The certificates above, as far as they came with it. */
    readonly chain: readonly X509Certificate[] = [],
  ) {
    const base64 = certificate.raw.toString('base64');
    this.keyInfo = `<ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data>`;
  }
  /** What ds:KeyInfo holds, written once: given PEM, the library parses the certificate for each signature (1 ms). */
  readonly keyInfo: string;

  /** The DN as RFC 2253 writes it: `CN=…,O=…,C=FR`. */
  get subject(): string {
    return distinguishedName(this.certificate.subject);
  }
  get issuer(): string {
    return distinguishedName(this.certificate.issuer);
  }
  /** Base64 of the DER, as X509Certificate has it in a signature. */
  get base64(): string {
    return this.certificate.raw.toString('base64');
  }
  /** In decimal. */
  get serialNumber(): string {
    return BigInt(`0x${this.certificate.serialNumber}`).toString();
  }
  /** Milliseconds since 1970 after which it is worth nothing. */
  get expires(): number {
    return Date.parse(this.certificate.validTo);
  }
  /** PEM for TLS: the certificate, and what is above it. */
  get pem(): string {
    return [this.certificate, ...this.chain].map((each) => each.toString()).join('');
  }
}

/** Node writes the parts of a name one a line, from the top down; RFC 2253 the other way round. */
const distinguishedName = (lines: string): string => lines.split('\n').reverse().join(',');

export class WrongKey extends Error {
  constructor(
    readonly file: string,
    readonly reason:
      | 'unreadable'
      | 'not a certificate'
      | 'not a key'
      | 'wrong passphrase'
      | 'no key'
      | 'the key is not of the certificate'
      | 'not an RSA key',
  ) {
    super(`${file}: ${reason}`);
    this.name = 'WrongKey';
  }
}

/** Reads both. Throws `WrongKey`. PKCS#12 is told by its bytes, not by its name. */
export async function readCredential(files: KeyFiles): Promise<Credential> {
  const bytes = contentOf(files.certificate);
  const found =
    bytes[0] === 0x30 && files.key === undefined
      ? await fromPkcs12(bytes, files)
      : fromPem(bytes, files.key === undefined ? bytes : contentOf(files.key), files);
  if (!found.certificate.checkPrivateKey(found.key))
    throw new WrongKey(files.certificate, 'the key is not of the certificate');
  if (found.key.asymmetricKeyType !== 'rsa') throw new WrongKey(files.certificate, 'not an RSA key');
  return found;
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new WrongKey(file, 'unreadable');
  }
}

function fromPem(certificates: Buffer, key: Buffer, files: KeyFiles): Credential {
  const blocks =
    certificates.toString('latin1').match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const parsed: X509Certificate[] = [];
  try {
    parsed.push(...blocks.map((block) => new X509Certificate(block)));
  } catch {
    throw new WrongKey(files.certificate, 'not a certificate');
  }
  const [own, ...above] = parsed;
  if (own === undefined) throw new WrongKey(files.certificate, 'not a certificate');
  return new Credential(privateKey(key.toString('latin1'), files), own, above);
}

function privateKey(pem: string, files: KeyFiles): KeyObject {
  const { passphrase, certificate, key = certificate } = files;
  // A wrong passphrase and a broken key are one for OpenSSL; encrypted keys say that they are.
  const isEncrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem);
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    throw new WrongKey(key, isEncrypted ? 'wrong passphrase' : 'not a key');
  }
}

/** Node gives PKCS#12 to TLS only; signing needs the key itself. */
async function fromPkcs12(bytes: Buffer, files: KeyFiles): Promise<Credential> {
  const { default: forge } = await import('node-forge');
  let safe: import('node-forge').pkcs12.Pkcs12Pfx;
  try {
    safe = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes.toString('latin1')), files.passphrase ?? '');
  } catch {
    throw new WrongKey(files.certificate, 'wrong passphrase');
  }
  const bags = (type: string | undefined) => (type === undefined ? [] : (safe.getBags({ bagType: type })[type] ?? []));
  const keyBag = [...bags(forge.pki.oids.pkcs8ShroudedKeyBag), ...bags(forge.pki.oids.keyBag)][0];
  if (keyBag?.key == null) throw new WrongKey(files.certificate, 'no key');
  const key = createPrivateKey(forge.pki.privateKeyToPem(keyBag.key));
  const certificates = bags(forge.pki.oids.certBag).flatMap(({ cert }) =>
    cert === undefined ? [] : [new X509Certificate(forge.pki.certificateToPem(cert))],
  );
  const own = certificates.find((each) => each.checkPrivateKey(key));
  if (own === undefined) throw new WrongKey(files.certificate, 'not a certificate');
  return new Credential(
    key,
    own,
    certificates.filter((each) => each !== own),
  );
}
