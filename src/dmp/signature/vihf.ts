/**
 * The VIHF: a SAML 2.0 assertion that says who asks and for whom, signed by the structure. New for each attempt.
 * https://esante.gouv.fr/offres-services/ci-sis/espace-publication (Transport synchrone pour client lourd),
 * http://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf
 */
import { SignedXml } from 'xml-crypto';
import { NOT_A_PROFESSIONAL } from '../codes/systems.js';
import type { Code } from '../codes/tables.js';
import type { Id } from '../document.js';
import { insCx } from '../xds/hl7.js';
import { element, leaf } from '../xml/write.js';
import { DEFAULT_HASH, DIGEST, ENVELOPED, EXCLUSIVE, type Hash, SIGNATURE } from './algorithms.js';
import type { Credential } from './keys.js';

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';

/** What a structure and its software say of themselves, the same in every assertion. */
export interface VihfIdentity {
  /** Struct_IdNat of the geographic establishment. */
  readonly structureId: string;
  /** `SA17^1.2.250.1.71.4.2.4`. */
  readonly sector: string;
  /** PS_IdNat; for an automate, of the person responsible: `3FINESS/number`. */
  readonly nameId: string;
  /** Name of the professional; for an automate, the software, its model and its service. */
  readonly subjectName: string;
  /** Of JDV_J65: a profession, then for doctors and pharmacists their know-how. */
  readonly roles: readonly Code[];
  readonly software: {
    readonly id?: string;
    readonly name: string;
    readonly version: string;
    /** LPS_ID_HOMOLOGATION_DMP: a secret of the product. */
    readonly homologation: string;
  };
}

/** What is not public or moves with the versions of the DMP: settings. */
export interface VihfProfile {
  readonly version: string;
  readonly mode: 'DIRECTE' | 'INDIRECTE' | 'INDIRECTE_RENFORCEE';
  /** After `urn:oasis:names:tc:SAML:2.0:ac:classes:`. */
  readonly contextClass: string;
  readonly purpose: 'normal' | 'urgence' | 'bris_de_glace';
  readonly hash: Hash;
  /** Milliseconds that it holds, and that it may lie in the past of the reader's clock. */
  readonly lifetime: number;
  readonly skew: number;
}
export const DEFAULT_VIHF: VihfProfile = {
  version: '3.0',
  mode: 'INDIRECTE',
  contextClass: 'unspecified',
  purpose: 'normal',
  hash: DEFAULT_HASH,
  lifetime: 300_000,
  skew: 60_000,
};

export const AUTOMATE: Code = { code: 'AUTOMATE', system: NOT_A_PROFESSIONAL, display: 'Automate' };
const PURPOSES = { normal: 'Accès normal', urgence: 'Accès en urgence', bris_de_glace: 'Bris de glace' } as const;

export interface VihfCall {
  readonly patient: Id;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** An NCName that no other assertion has: `_` and a UUID. */
  readonly id: string;
}

/** To the second, as xs:dateTime in UTC. */
const instant = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');

function attribute(name: string, ...values: readonly string[]): string {
  return element(
    'saml2:Attribute',
    { Name: name },
    ...values.map((value) => element('saml2:AttributeValue', {}, value)),
  );
}
const plain = (name: string, value: string | undefined): string =>
  value === undefined ? '' : element('saml2:Attribute', { Name: name }, leaf('saml2:AttributeValue', value));

function coded(tag: string, { code, system, display }: Code): string {
  return element(tag, {
    xmlns: 'urn:hl7-org:v3',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    'xsi:type': 'CE',
    code,
    codeSystem: system,
    displayName: display,
  });
}

function assertion(credential: Credential, who: VihfIdentity, call: VihfCall, profile: VihfProfile): string {
  const { purpose, mode, version, lifetime, skew } = profile;
  const { software } = who;
  const role = 'urn:oasis:names:tc:xacml:2.0:subject:role';
  const attributes = [
    plain('VIHF_Version', version),
    plain('Authentification_Mode', mode),
    plain('Identifiant_Structure', who.structureId),
    plain('Secteur_Activite', who.sector),
    plain('urn:oasis:names:tc:xspa:1.0:subject:subject-id', who.subjectName),
    attribute(role, ...who.roles.map((each) => coded('Role', each))),
    plain('urn:oasis:names:tc:xacml:2.0:resource:resource-id', insCx(call.patient)),
    plain('Ressource_URN', 'urn:dmp'),
    attribute(
      'urn:oasis:names:tc:xspa:1.0:subject:purposeofuse',
      coded('PurposeOfUse', { code: purpose, system: '1.2.250.1.213.1.1.4.248', display: PURPOSES[purpose] }),
    ),
    plain('LPS_ID', software.id),
    plain('LPS_Nom', software.name),
    plain('LPS_Version', software.version),
    plain('LPS_ID_HOMOLOGATION_DMP', software.homologation),
  ];
  const context = leaf('saml2:AuthnContextClassRef', `urn:oasis:names:tc:SAML:2.0:ac:classes:${profile.contextClass}`);
  const issuer = { Format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName' };
  return element(
    'saml2:Assertion',
    { 'xmlns:saml2': SAML, ID: call.id, IssueInstant: instant(call.time), Version: '2.0' },
    leaf('saml2:Issuer', credential.subject, issuer),
    element('saml2:Subject', {}, leaf('saml2:NameID', who.nameId)),
    element('saml2:Conditions', {
      NotBefore: instant(call.time - skew),
      NotOnOrAfter: instant(call.time + lifetime),
    }),
    element('saml2:AuthnStatement', { AuthnInstant: instant(call.time) }, element('saml2:AuthnContext', {}, context)),
    element('saml2:AttributeStatement', {}, ...attributes),
  );
}

/** The signed assertion. */
export function vihf(
  credential: Credential,
  who: VihfIdentity,
  call: VihfCall,
  profile: VihfProfile = DEFAULT_VIHF,
): string {
  const signed = new SignedXml({
    privateKey: credential.key,
    getKeyInfoContent: () => credential.keyInfo,
    signatureAlgorithm: SIGNATURE[profile.hash],
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  const transforms = [ENVELOPED, EXCLUSIVE];
  signed.addReference({ xpath: '/*', transforms, digestAlgorithm: DIGEST[profile.hash] });
  // Right after Issuer, where the schema of SAML has it.
  const location = { reference: '/*/*[local-name(.)="Issuer"]', action: 'after' as const };
  signed.computeSignature(assertion(credential, who, call, profile), { prefix: 'ds', location });
  return signed.getSignedXml();
}
