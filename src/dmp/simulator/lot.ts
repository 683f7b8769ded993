/** The lot signature, judged: its own signature, then each document of the lot against the manifest. IHE DSG */
import { createHash } from 'node:crypto';
import { canonicalXml } from '../xml/canonical.js';
import { type Element, readXml, UnreadableXml } from '../xml/read.js';
import { holds, type Trust, trustedSigner } from './vihf.js';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const DIGESTS: Readonly<Record<string, string>> = {
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
  'http://www.w3.org/2000/09/xmldsig#sha1': 'sha1',
};

export interface SignedLot {
  readonly submissionSet: string;
  readonly documents: ReadonlyMap<string, Buffer>;
}

/** What is wrong with it; `undefined` for a good one. */
export function lotProblem(bytes: Buffer, lot: SignedLot, trust: Trust, now: number): string | undefined {
  const text = bytes.toString('utf8');
  let root: Element;
  try {
    root = readXml(text);
  } catch (error) {
    if (error instanceof UnreadableXml) return 'illisible';
    throw error;
  }
  if (root.name !== 'Signature' || root.space !== DSIG) return 'la racine n’est pas ds:Signature';
  const manifests = root.all('Object').flatMap((one) => one.all('Manifest'));
  const [manifest] = manifests;
  if (manifest === undefined || manifests.length > 1) return 'un manifeste est attendu';
  const signed = (root.child('SignedInfo')?.all('Reference') ?? []).map(({ attributes }) => attributes.URI);
  if (!signed.includes(`#${manifest.attributes.Id}`)) return 'le manifeste n’est pas signé';
  const properties = root.find('SignedProperties', 'http://uri.etsi.org/01903/v1.1.1#');
  if (properties === undefined || !signed.includes(`#${properties.attributes.Id}`))
    return 'les propriétés XAdES ne sont pas signées';
  const signer = trustedSigner(root, trust, now);
  if (typeof signer === 'string') return signer;
  const plain = text.replace(/^<\?xml[^>]*\?>\s*/, '');
  // The verifier wants a signature within a document.
  if (!holds(plain, `<lot>${plain}</lot>`, signer)) return 'signature invalide';
  return manifestProblem(manifest, lot);
}

function manifestProblem(manifest: Element, { submissionSet, documents }: SignedLot): string | undefined {
  const left = new Set([submissionSet, ...documents.keys()]);
  for (const reference of manifest.all('Reference')) {
    const oid = reference.attributes.URI?.replace(/^urn:oid:/, '') ?? '';
    const digest = reference.child('DigestValue')?.text.trim();
    if (!left.delete(oid)) return `le manifeste nomme ${oid}`;
    if (oid === submissionSet) {
      if (digest !== 'AA==') return 'l’empreinte du lot n’est pas AA==';
      continue;
    }
    const algorithm = DIGESTS[reference.child('DigestMethod')?.attributes.Algorithm ?? ''];
    if (algorithm === undefined) return 'algorithme d’empreinte';
    const canonical = canonicalXml((documents.get(oid) as Buffer).toString('utf8'));
    if (createHash(algorithm).update(canonical).digest('base64') !== digest) return `empreinte de ${oid}`;
  }
  return left.size === 0 ? undefined : `le manifeste ne nomme pas ${[...left].join(' ')}`;
}
