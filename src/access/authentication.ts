/**
 * What a request proves about who asks: a bearer token, a client certificate, or both.
 * https://www.rfc-editor.org/rfc/rfc6750 and https://www.rfc-editor.org/rfc/rfc8705
 */
import { FhirError } from '../r4/errors.js';
import type { Caller } from './caller.js';
import type { Shown } from './certificates.js';
import type { FailedAttempts } from './failed-attempts.js';
import { IssuerUnavailable } from './fetch-json.js';
import type { Tokens, Verified } from './tokens.js';

export interface Credentials {
  /** The header Authorization. */
  authorization: string | undefined;
  certificate: Shown | undefined;
  /** Where the request comes from; asked for where a token is not known yet. */
  address(): string;
}

/** One for each reason that RFC 6750 has; which rule a token broke is not told. */
const NONE = 'Bearer realm="fhir"';
const INVALID = `${NONE}, error="invalid_token"`;
export const INVALID_REQUEST = `${NONE}, error="invalid_request"`;

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const TOKEN = /^Bearer +[\w.~+/-]+=* *$/i;

export class Authentication {
  readonly #joined = new WeakMap<Caller, WeakMap<Caller, Caller>>();

  constructor(
    /** undefined: no token is taken. */
    public tokens: Tokens | undefined,
    private readonly failed: FailedAttempts,
  ) {}

  /**
   * The caller at once where his token is known, else when it is verified. Throws, or rejects with, `not-authenticated`,
   * `too-many-failures` and `issuer-unavailable`.
   */
  authenticate(credentials: Credentials): Caller | Promise<Caller> {
    const { authorization, certificate } = credentials;
    if (authorization === undefined) {
      const caller = certificate?.caller;
      // A connection may outlive its certificate.
      if (caller !== undefined && caller.expires > Date.now()) return caller;
      throw refusal(certificate === undefined ? NONE : INVALID);
    }
    const token = TOKEN.test(authorization) ? authorization.slice(7).trim() : '';
    if (token === '' || this.tokens === undefined) throw refusal(INVALID);
    const kept = this.tokens.kept(token);
    if (kept !== undefined) return this.#callerOf(kept, certificate);
    const address = credentials.address();
    const seconds = this.failed.wait(address);
    if (seconds > 0) throw new FhirError('too-many-failures', { seconds });
    return this.tokens.verify(token).then(
      (verified) => {
        if (verified !== undefined) return this.#callerOf(verified, certificate);
        this.failed.failed(address);
        throw refusal(INVALID);
      },
      (error) => {
        if (!(error instanceof IssuerUnavailable)) throw error;
        throw new FhirError('issuer-unavailable');
      },
    );
  }

  #callerOf({ caller, boundTo }: Verified, certificate: Shown | undefined): Caller {
    if (boundTo !== undefined && boundTo !== certificate?.thumbprint) throw refusal(INVALID);
    const channel = certificate?.caller;
    if (channel?.tenants === undefined) return caller;
    const byChannel = this.#joined.get(caller) ?? new WeakMap<Caller, Caller>();
    this.#joined.set(caller, byChannel);
    const joined = byChannel.get(channel) ?? within(caller, channel.tenants);
    byChannel.set(channel, joined);
    return joined;
  }
}

/** Who comes through an establishment's certificate stays within its tenants. */
function within(caller: Caller, tenants: readonly string[]): Caller {
  return { ...caller, tenants: caller.tenants?.filter((one) => tenants.includes(one)) ?? tenants };
}

const refusal = (challenge: string): FhirError => new FhirError('not-authenticated', { challenge });
