/** The VIHF of a request, judged: who signed, what it says, and whether it is about the patient of the request. */
import { X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { isStructureId } from '../identifiers.js';
import type { Element } from '../xml/read.js';
import { Faulted } from './refusal.js';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const NEEDED = [
  'VIHF_Version',
  'Authentification_Mode',
  'Identifiant_Structure',
  'Secteur_Activite',
  'urn:oasis:names:tc:xspa:1.0:subject:subject-id',
  'urn:oasis:names:tc:xacml:2.0:subject:role',
  'urn:oasis:names:tc:xacml:2.0:resource:resource-id',
  'Ressource_URN',
  'urn:oasis:names:tc:xspa:1.0:subject:purposeofuse',
  'LPS_Nom',
  'LPS_Version',
  'LPS_ID_HOMOLOGATION_DMP',
] as const;
const MODES: ReadonlySet<string> = new Set(['DIRECTE', 'INDIRECTE', 'INDIRECTE_RENFORCEE']);
const SKEW = 60_000;

export interface Trust {
  /** Certificates that sign, or that certify those that do. */
  readonly certificates: readonly X509Certificate[];
  /** Struct_IdNat that are known; all where it is not given. */
  readonly structures?: ReadonlySet<string>;
}
export interface Vihf {
  readonly mode: string;
  readonly structure: string;
  /** `INS|OID`. */
  readonly patient: string;
}

const refuse = (reason: string): never => {
  throw new Faulted('InvalidSecurityToken', `VIHF : ${reason}`);
};

/** Certificates that were met, by their base64: parsing one takes as long as a signature. */
const met = new WeakMap<Trust, Map<string, X509Certificate | string>>();
const MOST_MET = 1000;

/** The certificate in KeyInfo when it is trusted and holds at `now`; a text says why not. */
export function trustedSigner(signature: Element, trust: Trust, now: number): X509Certificate | string {
  const base64 = signature.find('X509Certificate', DSIG)?.text.replaceAll(/\s/g, '') ?? '';
  const known = met.get(trust) ?? new Map<string, X509Certificate | string>();
  met.set(trust, known);
  const found = known.get(base64) ?? certificateOf(base64, trust);
  if (known.size < MOST_MET) known.set(base64, found);
  if (typeof found === 'string') return found;
  const holdsNow = now >= Date.parse(found.validFrom) && now <= Date.parse(found.validTo);
  return holdsNow ? found : 'certificate expired';
}

function certificateOf(base64: string, trust: Trust): X509Certificate | string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return 'no certificate in KeyInfo';
  }
  const isTrusted = trust.certificates.some(
    (one) => one.raw.equals(certificate.raw) || certificate.verify(one.publicKey),
  );
  return isTrusted ? certificate : 'certificate not trusted';
}

/** Whether the signature holds over `text` by that certificate alone. */
export function holds(signatureXml: string, text: string, certificate: X509Certificate): boolean {
  const judge = new SignedXml({ publicCert: certificate.publicKey, getCertFromKeyInfo: () => null });
  try {
    judge.loadSignature(signatureXml);
    return judge.checkSignature(text);
  } catch {
    return false;
  }
}

/** `CX` as `number|OID`. */
export const patientKey = (cx: string): string => {
  const [number = '', , , authority = ''] = cx.split('^');
  return `${number}|${authority.split('&')[1] ?? ''}`;
};

/** Throws `Faulted`. `text` is the assertion with the namespaces that are declared around it. */
export function judgeVihf(assertion: Element, text: string, trust: Trust, now: number): Vihf {
  if (assertion.attributes.Version !== '2.0') return refuse('version de SAML');
  const signatures = assertion.all('Signature', DSIG);
  const [signature] = signatures;
  if (signature === undefined || signatures.length > 1) return refuse('une signature est attendue');
  const references = signature.child('SignedInfo')?.all('Reference') ?? [];
  if (references.length !== 1 || references[0]?.attributes.URI !== `#${assertion.attributes.ID}`)
    return refuse('la signature ne couvre pas l’assertion');
  const signer = trustedSigner(signature, trust, now);
  if (typeof signer === 'string') return refuse(signer);
  // Exactly the text between its tags: what precedes and follows it is not of the signature.
  const raw = /<([\w-]+:)?Signature[\s>][\s\S]*?<\/([\w-]+:)?Signature>/.exec(text)?.[0] ?? '';
  if (!holds(raw, text, signer)) return refuse('signature invalide');
  const issuer = assertion.child('Issuer')?.text.trim();
  if (issuer !== signer.subject.split('\n').reverse().join(',')) return refuse('Issuer n’est pas le DN du certificat');
  const conditions = assertion.child('Conditions')?.attributes ?? {};
  const [from, to] = [Date.parse(conditions.NotBefore ?? ''), Date.parse(conditions.NotOnOrAfter ?? '')];
  if (!(from <= now + SKEW && now - SKEW < to)) return refuse('hors de sa durée de validité');

  const stated = new Map<string, string>();
  for (const each of assertion.child('AttributeStatement')?.all('Attribute') ?? []) {
    const value = each.child('AttributeValue');
    stated.set(each.attributes.Name ?? '', value?.children[0]?.attributes.code ?? value?.text.trim() ?? '');
  }
  for (const name of NEEDED) if ((stated.get(name) ?? '') === '') return refuse(`attribut ${name} absent`);
  const mode = stated.get('Authentification_Mode') ?? '';
  if (!MODES.has(mode)) return refuse(`mode ${mode}`);
  if (stated.get('Ressource_URN') !== 'urn:dmp') return refuse('Ressource_URN');
  if (!/^SA\d\d\^1\.2\.250\.1\.71\.4\.2\.4$/.test(stated.get('Secteur_Activite') ?? ''))
    return refuse('Secteur_Activite');
  const structure = stated.get('Identifiant_Structure') ?? '';
  if (!isStructureId(structure) || !(trust.structures?.has(structure) ?? true))
    throw new Faulted('DMPInvalidStructure', 'Structure introuvable ou Inactive');
  const resource = stated.get('urn:oasis:names:tc:xacml:2.0:resource:resource-id') ?? '';
  if (!/^\d{5}(\d\d|2[AB])\d{8}\^\^\^&[\d.]+&ISO\^NH$/.test(resource)) return refuse('resource-id');
  return { mode, structure, patient: patientKey(resource) };
}
