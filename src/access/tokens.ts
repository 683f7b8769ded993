/**
 * Bearer tokens: JWTs by the keys of who issued them, others by asking him; what was found holds until the token ends.
 * https://www.rfc-editor.org/rfc/rfc6750, https://www.rfc-editor.org/rfc/rfc9068 and https://www.rfc-editor.org/rfc/rfc8725
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import type { Caller } from './caller.js';
import { type Claims, callerOf } from './claims.js';
import { fetchJson, IssuerUnavailable } from './fetch-json.js';
import { type Issuer, readSecret } from './issuers.js';
import { BadFile } from './text-file.js';

/** What a token came to. */
export interface Verified {
  readonly caller: Caller;
  /** The SHA-256 in base64url of the client certificate without which it holds for nobody. https://www.rfc-editor.org/rfc/rfc8705 */
  readonly boundTo: string | undefined;
}

export interface TokenRules {
  issuers: readonly Issuer[];
  /** The keys of an issuer that is in this process. */
  own?: { issuer: string; jwks: JSONWebKeySet };
  /** For issuers that name none; each token needs one of them in `aud`. */
  audience: readonly string[];
  algorithms: readonly string[];
  /** Seconds that clocks may differ. */
  tolerance: number;
  /** The addresses of this server's base. */
  bases: readonly string[];
  isType(name: string): boolean;
}

/** Tokens kept at most; about 2 kB each. */
const MOST_KEPT = 10_000;
/** Verified at a time at most; a token that comes beyond it waits for none and is told to come again. */
const MOST_UNDER_WAY = 256;
/** For how long an answer is taken for what it was: who introspects wants to hear of a token that was withdrawn. */
const INTROSPECTED_FOR = 300_000;
/** Between two looks at an issuer's keys for one that is not among them. */
const REFETCH = 30_000;

interface Known {
  issuer: Issuer;
  keys: JWTVerifyGetKey | undefined;
  introspect: ((token: string) => Promise<Claims | undefined>) | undefined;
}
interface Kept extends Verified {
  until: number;
}

export class Tokens {
  readonly #known: readonly Known[];
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<Verified | undefined>>();

  /** Throws BadFile for keys and secrets that cannot be read. */
  constructor(private readonly rules: TokenRules) {
    this.#known = rules.issuers.map((issuer) => ({
      issuer,
      keys: rules.own?.issuer === issuer.issuer ? createLocalJWKSet(rules.own.jwks) : keysOf(issuer),
      introspect: introspectionOf(issuer),
    }));
  }

  /** What was found out before: a look into a map. undefined says nothing about the token. */
  kept(token: string): Verified | undefined {
    const key = digest(token);
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.until > Date.now()) return kept;
    this.#kept.delete(key);
    return undefined;
  }

  /** undefined for a token that is not taken, whatever the reason. Throws IssuerUnavailable where that cannot be told. */
  verify(token: string): Promise<Verified | undefined> {
    const key = digest(token);
    const already = this.#underWay.get(key);
    if (already !== undefined) return already;
    if (this.#underWay.size >= MOST_UNDER_WAY) return Promise.reject(new IssuerUnavailable('too many at a time'));
    const verdict = this.#verify(token, key).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, verdict);
    return verdict;
  }

  async #verify(token: string, key: string): Promise<Verified | undefined> {
    const found = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? await this.#ofJwt(token) : await this.#ofOpaque(token);
    if (found === undefined) return undefined;
    const { known, claims } = found;
    const more = known.issuer.userinfo === undefined ? {} : await userinfo(known.issuer.userinfo, token, claims);
    if (more === undefined) return undefined;
    // What is signed goes before what is asked.
    const all = { ...more, ...claims };
    const caller = callerOf(all, { ...this.rules, issuer: known.issuer });
    if (caller === undefined) return undefined;
    const verified = { caller, boundTo: thumbprint(all.cnf) };
    const tolerated = caller.expires + this.rules.tolerance * 1000;
    const until = known.introspect === undefined ? tolerated : Math.min(tolerated, Date.now() + INTROSPECTED_FOR);
    this.#keep(key, { ...verified, until });
    return verified;
  }

  #keep(key: string, kept: Kept): void {
    if (this.#kept.size >= MOST_KEPT) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    this.#kept.set(key, kept);
  }

  async #ofJwt(token: string): Promise<{ known: Known; claims: Claims } | undefined> {
    const known = this.#known.find(({ issuer }) => issuer.issuer === issuerNamed(token));
    if (known === undefined) return undefined;
    const { keys, introspect } = known;
    let claims: Claims | undefined;
    if (keys !== undefined) {
      claims = await this.#signed(token, keys, known.issuer);
      if (claims === undefined) return undefined;
    }
    if (introspect !== undefined) {
      const told = await introspect(token);
      if (told === undefined) return undefined;
      claims = { ...told, ...claims };
    }
    return claims !== undefined && this.#holds(claims, known.issuer) ? { known, claims } : undefined;
  }

  async #ofOpaque(token: string): Promise<{ known: Known; claims: Claims } | undefined> {
    for (const known of this.#known) {
      const claims = await known.introspect?.(token);
      if (claims !== undefined) return this.#holds(claims, known.issuer) ? { known, claims } : undefined;
    }
    return undefined;
  }

  async #signed(token: string, keys: JWTVerifyGetKey, issuer: Issuer): Promise<Claims | undefined> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        algorithms: [...this.rules.algorithms],
        issuer: issuer.issuer,
        clockTolerance: this.rules.tolerance,
        requiredClaims: ['exp'],
      });
      return isAccessToken(protectedHeader.typ, payload.typ, issuer) ? payload : undefined;
    } catch (error) {
      if (error instanceof errors.JWKSTimeout) throw new IssuerUnavailable('timeout');
      // A token that names no key among several is not worth a try of each.
      if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC') return undefined;
      throw new IssuerUnavailable((error as Error).name);
    }
  }

  /** What is asked of a token however it came to be believed. */
  #holds(claims: Claims, { issuer, audience, clients }: Issuer): boolean {
    const now = Date.now() / 1000;
    const { iss, exp, nbf, typ, cnf } = claims;
    // A refresh token is as active as an access token.
    if (typ !== undefined && typ !== 'Bearer') return false;
    // Bound to what cannot be checked here.
    if (cnf !== undefined && thumbprint(cnf) === undefined) return false;
    if (iss !== undefined && iss !== issuer) return false;
    if (exp !== undefined && !(typeof exp === 'number' && exp + this.rules.tolerance > now)) return false;
    if (nbf !== undefined && !(typeof nbf === 'number' && nbf - this.rules.tolerance <= now)) return false;
    if (clients !== undefined && !clients.includes(String(claims.client_id ?? claims.azp))) return false;
    // Where a server sets no audience, the clients say for whom its tokens are.
    if (clients !== undefined && audience === undefined) return true;
    const named = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    return (audience ?? this.rules.audience).some((one) => named.includes(one));
  }
}

/** A token is never a key of the map: what is in memory can be read by who takes a dump. */
const digest = (token: string): string => hash('sha256', token, 'base64url');

function issuerNamed(token: string): string | undefined {
  try {
    // Also refuses what has no header.
    decodeProtectedHeader(token);
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/**
 * Other tokens of the same issuer are no access tokens: an ID token tells a client who logged in, and is in its hands.
 * Where no audience tells them apart, the token itself must say what it is. https://www.rfc-editor.org/rfc/rfc8725#section-3.11
 */
function isAccessToken(header: unknown, claim: unknown, { audience, clients }: Issuer): boolean {
  const type = typeof header === 'string' ? header.toLowerCase().replace(/^application\//, '') : header;
  if (type === 'at+jwt') return true;
  if (type !== undefined && type !== 'jwt') return false;
  return claim === 'Bearer' || (claim === undefined && (audience !== undefined || clients === undefined));
}

function keysOf({ issuer, jwks, jwksFile }: Issuer): JWTVerifyGetKey | undefined {
  if (jwks !== undefined) {
    return createRemoteJWKSet(new URL(jwks), {
      timeoutDuration: 5000,
      cooldownDuration: REFETCH,
      cacheMaxAge: 600_000,
    });
  }
  if (jwksFile === undefined) return undefined;
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(jwksFile, 'utf8')));
  } catch {
    throw new BadFile(`the issuer ${issuer} has a jwksFile that holds no keys`);
  }
}

/** https://www.rfc-editor.org/rfc/rfc7662#section-2 */
function introspectionOf({ introspection }: Issuer): Known['introspect'] {
  if (introspection === undefined) return undefined;
  const { url, client, secretFile } = introspection;
  // RFC 6749 2.3.1: each part as in a form.
  const pair = [client, readSecret(secretFile)].map(encodeURIComponent).join(':');
  const headers = {
    authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  return async (token) => {
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' }).toString();
    const claims = await fetchJson(url, { method: 'POST', headers, body });
    // 401 is about us, not about the token.
    if (claims === undefined) throw new IssuerUnavailable('introspection refused');
    return claims.active === true ? claims : undefined;
  };
}

/** https://openid.net/specs/openid-connect-core-1_0.html#UserInfo: about the same subject, or nothing. */
async function userinfo(url: string, token: string, { sub }: Claims): Promise<Claims | undefined> {
  const claims = await fetchJson(url, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' } });
  return claims !== undefined && claims.sub === sub ? claims : undefined;
}

function thumbprint(cnf: unknown): string | undefined {
  const value = typeof cnf === 'object' && cnf !== null ? (cnf as Record<string, unknown>)['x5t#S256'] : undefined;
  return typeof value === 'string' ? value : undefined;
}
