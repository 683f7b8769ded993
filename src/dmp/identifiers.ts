/**
 * The identifiers of the DMP: OIDs, INS, PS_IdNat and Struct_IdNat.
 * https://esante.gouv.fr/offres-services/referentiel-ins
 */

/** Without leading zeros in its arcs, and of at most 64 characters, as CDA and XDS take it. */
export const isOid = (text: string): boolean => text.length <= 64 && /^[0-2](\.(0|[1-9]\d*))+$/.test(text);

/** The OID of a `urn:oid:` or of a `urn:uuid:` (under 2.25, as ISO/IEC 9834-8 has it); `undefined` for what is none. */
export function oidOfUri(uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  if (uri.startsWith('urn:oid:')) return isOid(uri.slice(8)) ? uri.slice(8) : undefined;
  const uuid = /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i.exec(uri);
  return uuid === null ? undefined : `2.25.${BigInt(`0x${uuid.slice(1).join('')}`)}`;
}

/** Domains of the INS: NIR and NIA of real people; those of tests and of demonstrations. */
export const INS_DOMAINS = {
  production: ['1.2.250.1.213.1.4.8', '1.2.250.1.213.1.4.9'],
  test: ['1.2.250.1.213.1.4.10', '1.2.250.1.213.1.4.11'],
} as const;
const ALL_INS: ReadonlySet<string> = new Set([...INS_DOMAINS.production, ...INS_DOMAINS.test]);
export const isInsDomain = (oid: string): boolean => ALL_INS.has(oid);

/** 13 characters and a key of two digits: 97 less the rest of the number by 97; 2A and 2B count as 19 and 18. */
export function isIns(text: string): boolean {
  const match = /^(\d{5}(?:\d\d|2[AB])\d{6})(\d\d)$/.exec(text);
  if (match === null) return false;
  const number = (match[1] as string).replace('2A', '19').replace('2B', '18');
  return 97n - (BigInt(number) % 97n) === BigInt(match[2] as string);
}

/** PS_IdNat of RPPS (8), ADELI (0), or of a structure (3 FINESS/local, 5 SIRET/local). */
export const isProfessionalId = (text: string): boolean =>
  /^(8\d{11}|0\d{8,9}|3\d{9}\/[^^&~|]{1,50}|5\d{14}\/[^^&~|]{1,50})$/.test(text);
/** Struct_IdNat: 1 FINESS, 2 SIREN, 3 SIRET, 4 RPPS and rank. */
export const isStructureId = (text: string): boolean => /^(1[0-9AB]{9}|2\d{9}|3\d{14}|4\d{11,14})$/.test(text);
