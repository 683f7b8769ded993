/**
 * The INS matricule: 13 characters and a key of two digits, under one of four OIDs.
 * https://esante.gouv.fr/offres-services/referentiel-ins
 */
export interface Matricule {
  /** Sex, year, month, birth place and order: 13 characters, digits but for the A or B of Corsica. */
  body: string;
  /** Two digits, 01 to 97. */
  key: string;
}

export interface Authority {
  kind: 'NIR' | 'NIA';
  /** What the national service issues, or what stands for it in tests and demonstrations. */
  environment: 'production' | 'test' | 'demo';
}

export const INS_NIR = 'urn:oid:1.2.250.1.213.1.4.8';
export const INS_NIA = 'urn:oid:1.2.250.1.213.1.4.9';
export const INS_NIR_TEST = 'urn:oid:1.2.250.1.213.1.4.10';
export const INS_NIR_DEMO = 'urn:oid:1.2.250.1.213.1.4.11';

/** By `identifier.system`. */
export const AUTHORITIES: ReadonlyMap<string, Authority> = new Map<string, Authority>([
  [INS_NIR, { kind: 'NIR', environment: 'production' }],
  [INS_NIA, { kind: 'NIA', environment: 'production' }],
  [INS_NIR_TEST, { kind: 'NIR', environment: 'test' }],
  [INS_NIR_DEMO, { kind: 'NIR', environment: 'demo' }],
]);

/** Characters 6 and 7 are the département of birth; what months and orders may be is left to who issues them. */
const FORM = /^(\d{5}(?:\d\d|2[AB])\d{6})(\d\d)$/;
const BODY = /^\d{5}(?:\d\d|2[AB])\d{6}$/;

/** `undefined` for a text that is not 13 characters and a key, without spaces. Whether the key is right is another question. */
export function parseMatricule(text: string): Matricule | undefined {
  const [, body, key] = FORM.exec(text) ?? [];
  return body === undefined || key === undefined ? undefined : { body, key };
}

/** The key that goes with 13 characters; `undefined` where they are none. 2A counts as 19 and 2B as 18. */
export function keyOf(body: string): string | undefined {
  if (!BODY.test(body)) return undefined;
  const number = Number(body.replace('2A', '19').replace('2B', '18'));
  return String(97 - (number % 97)).padStart(2, '0');
}

export function hasRightKey({ body, key }: Matricule): boolean {
  return keyOf(body) === key;
}

/** In groups, as people read it: `2 38 02 44 036 113 54`. */
export function formatMatricule({ body, key }: Matricule): string {
  return [...(/^(.)(..)(..)(..)(...)(...)$/.exec(body)?.slice(1) ?? [body]), key].join(' ');
}
