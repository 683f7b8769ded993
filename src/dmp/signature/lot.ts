/**
 * The lot signature: a XAdES signature whose manifest names the submission set and its documents. Computed once, with
 * what is sent. IHE DSG, https://profiles.ihe.net/ITI/TF/Volume3/ch-5.5.html; Volet partage de documents du CI-SIS
 */
import { createHash } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { CANONICAL_WITH_COMMENTS, canonicalXml } from '../xml/canonical.js';
import { element, leaf } from '../xml/write.js';
import { DEFAULT_HASH, DIGEST, DSIG, EXCLUSIVE, type Hash, SIGNATURE } from './algorithms.js';
import type { Credential } from './keys.js';

const XADES = 'http://uri.etsi.org/01903/v1.1.1#';
const MANIFEST = 'IHEManifest';
const PROPERTIES = 'SignedProperties';
/** Source: the author's system signs for what it sends. */
const PURPOSE = '1.2.840.10065.1.12.1.14';

export interface Lot {
  /** uniqueId of the submission set, an OID. */
  readonly submissionSet: string;
  readonly documents: readonly { readonly uniqueId: string; readonly bytes: Uint8Array }[];
  /** Milliseconds since 1970. */
  readonly time: number;
}

function digest(data: string | Uint8Array, hash: Hash): string {
  return createHash(hash).update(data).digest('base64');
}

/** The digest of a document in UTF-8 over its canonical form. Throws `UnreadableXml`, and a TypeError for other bytes. */
function documentDigest(bytes: Uint8Array, hash: Hash): string {
  return digest(canonicalXml(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), hash);
}

function reference(oid: string, value: string, transform: string | undefined, hash: Hash): string {
  const transforms = transform === undefined ? '' : element('ds:Transform', { Algorithm: transform });
  return element(
    'ds:Reference',
    { URI: `urn:oid:${oid}` },
    transforms === '' ? '' : element('ds:Transforms', {}, transforms),
    element('ds:DigestMethod', { Algorithm: DIGEST[hash] }),
    leaf('ds:DigestValue', value),
  );
}

function manifest({ submissionSet, documents }: Lot, hash: Hash): string {
  return element(
    'ds:Manifest',
    { Id: MANIFEST },
    // The set has no bytes of its own: a digest that is agreed on stands for it.
    reference(submissionSet, 'AA==', undefined, hash),
    ...documents.map(({ uniqueId, bytes }) =>
      reference(uniqueId, documentDigest(bytes, hash), CANONICAL_WITH_COMMENTS, hash),
    ),
  );
}

function qualifyingProperties(credential: Credential, id: string, time: number, hash: Hash): string {
  const certificate = element(
    'xad:Cert',
    {},
    element(
      'xad:CertDigest',
      {},
      element('xad:DigestMethod', { Algorithm: DIGEST[hash] }),
      leaf('xad:DigestValue', digest(credential.certificate.raw, hash)),
    ),
    element(
      'xad:IssuerSerial',
      {},
      leaf('ds:X509IssuerName', credential.issuer),
      leaf('ds:X509SerialNumber', credential.serialNumber),
    ),
  );
  const properties = element(
    'xad:SignedSignatureProperties',
    {},
    leaf('xad:SigningTime', new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z')),
    element('xad:SigningCertificate', {}, certificate),
    element('xad:SignaturePolicyIdentifier', {}, element('xad:SignaturePolicyImplied')),
  );
  return element(
    'xad:QualifyingProperties',
    { 'xmlns:xad': XADES, Target: `#${id}` },
    element('xad:SignedProperties', { Id: PROPERTIES }, properties),
  );
}

/** The signature as a document of its own, in UTF-8. Throws `UnreadableXml` for a document that is no XML. */
export function signLot(credential: Credential, lot: Lot, hash: Hash = DEFAULT_HASH): Buffer {
  const id = 'LotSignature';
  const purpose = element(
    'ds:SignatureProperties',
    {},
    leaf('ds:SignatureProperty', PURPOSE, { Id: 'purposeOfSignature', Target: `#${id}` }),
  );
  const signed = new SignedXml({
    privateKey: credential.key,
    getKeyInfoContent: () => credential.keyInfo,
    signatureAlgorithm: SIGNATURE[hash],
    canonicalizationAlgorithm: EXCLUSIVE,
    objects: [
      { content: purpose },
      { content: manifest(lot, hash) },
      { content: qualifyingProperties(credential, id, lot.time, hash) },
    ],
  });
  const refer = (target: string, type: string): void => {
    const xpath = `//*[@Id='${target}']`;
    signed.addReference({ xpath, uri: `#${target}`, type, transforms: [EXCLUSIVE], digestAlgorithm: DIGEST[hash] });
  };
  refer(MANIFEST, `${DSIG}Manifest`);
  refer(PROPERTIES, 'http://uri.etsi.org/01903#SignedProperties');
  // The library signs within a document; what goes is the signature alone, whose digests are exclusive of what is around.
  signed.computeSignature('<lot/>', { prefix: 'ds', attrs: { Id: id } });
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${signed.getSignatureXml()}`, 'utf8');
}
