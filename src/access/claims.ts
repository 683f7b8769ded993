/**
 * The claims of a verified token as a caller.
 * https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html and https://www.rfc-editor.org/rfc/rfc9068
 */
import type { Caller, Role } from './caller.js';
import type { Issuer } from './issuers.js';
import { finess, rolesOfProSanteConnect } from './pro-sante-connect.js';
import { parseScopes } from './scopes.js';

export type Claims = Readonly<Record<string, unknown>>;

export interface Reading {
  issuer: Issuer;
  /** Tells R4's resource types. */
  isType(name: string): boolean;
  /** The addresses of this server's base: what is below them is local. */
  bases: readonly string[];
}

/** undefined for claims that name nobody. */
export function callerOf(claims: Claims, { issuer, isType, bases }: Reading): Caller | undefined {
  const client = fit(claims.client_id) ?? fit(claims.azp);
  const subject = fit(claims.sub) ?? client;
  if (subject === undefined) return undefined;
  const isProSanteConnect = issuer.kind === 'pro-sante-connect';
  const named = issuer.claims ?? {};
  const { idnps, rpps } = numbers(isProSanteConnect ? claims.SubjectNameID : at(claims, named.rpps));
  const own = isProSanteConnect
    ? rolesOfProSanteConnect(claims)
    : rolesOf(list(at(claims, named.roles)), list(at(claims, named.structures)), issuer.roles);
  const fhirUser = localReference(claims.fhirUser, bases);
  const user = fhirUser?.split('/')[0];
  const scopes = issuer.scopes === false || isProSanteConnect ? undefined : parseScopes(scopeText(claims), isType);
  const launched = fhirId(claims.patient);
  const encounter = fhirId(claims.encounter);
  const isSystem =
    !isProSanteConnect &&
    user === undefined &&
    idnps === undefined &&
    (subject === client ||
      (scopes !== undefined && scopes.length > 0 && scopes.every(({ level }) => level === 'system')));
  const isPatient = user === 'Patient' || user === 'RelatedPerson';
  return {
    kind: isPatient ? 'patient' : isSystem ? 'system' : 'professional',
    id: `${issuer.issuer}|${subject}`,
    client,
    roles: isPatient ? [] : own.roles,
    idnps: isPatient ? undefined : idnps,
    rpps: isPatient ? undefined : rpps,
    structures: isPatient ? [] : own.structures,
    fhirUser,
    patient: launched !== undefined ? `Patient/${launched}` : user === 'Patient' ? fhirUser : undefined,
    practitioner: user === 'Practitioner' ? fhirUser : undefined,
    tenants: tenantsOf(at(claims, named.tenants), issuer.tenants),
    scopes,
    launch: { ...(launched !== undefined && { patient: launched }), ...(encounter !== undefined && { encounter }) },
    expires: typeof claims.exp === 'number' ? claims.exp * 1000 : Number.POSITIVE_INFINITY,
  };
}

/** A claim by its name, as it stands or as a path. */
function at(claims: Claims, name: string | undefined): unknown {
  if (name === undefined) return undefined;
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, step) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, step)
      ? (value as Record<string, unknown>)[step]
      : undefined;
  }, claims);
}

/** A list of words, or words with spaces between them. */
const list = (value: unknown): string[] =>
  (typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []).flatMap((one) => fit(one) ?? []);

/** What may stand in a trace and in a key. */
function fit(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value) ? value : undefined;
}

const fhirId = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9.-]{1,64}$/.test(value) ? value : undefined;

/** RFC 6749 writes `scope` as one text, some servers as a list or as `scp`. */
function scopeText({ scope, scp }: Claims): string {
  const value = scope ?? scp;
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string').join(' ') : '';
}

function localReference(value: unknown, bases: readonly string[]): string | undefined {
  if (typeof value !== 'string') return undefined;
  const base = bases.find((one) => value.startsWith(`${one}/`));
  const reference = base === undefined ? value : value.slice(base.length + 1);
  const isUser = /^(Practitioner|PractitionerRole|Patient|RelatedPerson|Person)\/[A-Za-z0-9.-]{1,64}$/.test(reference);
  return isUser ? reference : undefined;
}

/** A national number of a person begins with 8 where an RPPS follows. */
function numbers(value: unknown): { idnps: string | undefined; rpps: string | undefined } {
  const number = fit(value);
  if (number === undefined) return { idnps: undefined, rpps: undefined };
  if (/^\d{11}$/.test(number)) return { idnps: `8${number}`, rpps: number };
  return { idnps: number, rpps: /^8\d{11}$/.test(number) ? number.slice(1) : undefined };
}

/** Of several structures a token does not say which role is where. */
function rolesOf(
  names: readonly string[],
  places: readonly string[],
  codes: Readonly<Record<string, string>> | undefined,
): { roles: Role[]; structures: string[] } {
  const structures = [...new Set(places.flatMap((place) => finess(place) ?? []))];
  const [structure] = structures;
  const where = structures.length === 1 && structure !== undefined ? { structure } : {};
  const known = names.flatMap((name) =>
    codes === undefined ? name : Object.hasOwn(codes, name) ? (codes[name] ?? []) : [],
  );
  return { roles: [...new Set(known)].map((code) => ({ code, ...where })), structures };
}

/** What the token says, within what its issuer may say. */
function tenantsOf(claim: unknown, allowed: readonly string[] | undefined): string[] | undefined {
  const named = claim === undefined ? undefined : list(claim);
  if (allowed === undefined) return named;
  return named === undefined ? [...allowed] : named.filter((name) => allowed.includes(name));
}
