/**
 * The identifiers of the DMP: OIDs, INS, PS_IdNat and Struct_IdNat.
 * https://esante.gouv.fr/offres-services/referentiel-ins
 */
import { AUTHORITIES, hasRightKey, parseMatricule } from '../identity/matricule.js';

/** Without leading zeros in its arcs, and of at most 64 characters, as CDA and XDS take it. */
export const isOid = (text: string): boolean => text.length <= 64 && /^[0-2](\.(0|[1-9]\d*))+$/.test(text);

/** The OID of a `urn:oid:` or of a `urn:uuid:` (under 2.25, as ISO/IEC 9834-8 has it); `undefined` for what is none. */
export function oidOfUri(uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  if (uri.startsWith('urn:oid:')) return isOid(uri.slice(8)) ? uri.slice(8) : undefined;
  const uuid = /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i.exec(uri);
  return uuid === null ? undefined : `2.25.${BigInt(`0x${uuid.slice(1).join('')}`)}`;
}

const domains = (isReal: boolean): string[] =>
  [...AUTHORITIES]
    .filter(([, { environment }]) => (environment === 'production') === isReal)
    .map(([system]) => system.slice('urn:oid:'.length));

/** OIDs of the INS: of real people, and of tests and demonstrations. */
export const INS_DOMAINS = { production: domains(true), test: domains(false) } as const;
export const isInsDomain = (oid: string): boolean => AUTHORITIES.has(`urn:oid:${oid}`);

/** With its key, and the right one. */
export function isIns(text: string): boolean {
  const matricule = parseMatricule(text);
  return matricule !== undefined && hasRightKey(matricule);
}

/** PS_IdNat of RPPS (8), ADELI (0), or of a structure (3 FINESS/local, 5 SIRET/local). */
export const isProfessionalId = (text: string): boolean =>
  /^(8\d{11}|0\d{8,9}|3\d{9}\/[^^&~|]{1,50}|5\d{14}\/[^^&~|]{1,50})$/.test(text);
/** Struct_IdNat: 1 FINESS, 2 SIREN, 3 SIRET, 4 RPPS and rank. */
export const isStructureId = (text: string): boolean => /^(1[0-9AB]{9}|2\d{9}|3\d{14}|4\d{11,14})$/.test(text);
