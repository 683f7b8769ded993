/**
 * Client certificates: which are trusted, and the establishment that each stands for, by a data file of the operator.
 * https://www.rfc-editor.org/rfc/rfc5280, https://www.rfc-editor.org/rfc/rfc8705 and https://www.rfc-editor.org/rfc/rfc9440
 */
import { createHash, X509Certificate } from 'node:crypto';
import type { JSONSchemaType } from 'ajv';
import type { Caller } from './caller.js';
import { readDataFile } from './data-file.js';
import { finess } from './pro-sante-connect.js';
import { parseScopes } from './scopes.js';
import { BadFile, textOf } from './text-file.js';

/** One line of the file: a certificate by its fingerprint (SHA-256), or all those with these parts of the subject. */
interface Entry {
  /** For the trace. */
  name: string;
  fingerprint?: string;
  subject?: Record<string, string>;
  /** Parts of the issuer's name. */
  issuer?: Record<string, string>;
  structures: string[];
  tenants?: string[];
  /** Codes, as those of professionals. */
  roles?: string[];
  /** As in a token; without them policies alone decide. */
  scopes?: string;
}

const text = { type: 'string', minLength: 1, maxLength: 255 } as const;
const optional = { ...text, nullable: true } as const;
const texts = { type: 'array', items: text, nullable: true } as const;
const parts = { type: 'object', required: [], minProperties: 1, additionalProperties: text, nullable: true } as const;

const SCHEMA: JSONSchemaType<Entry[]> = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'structures'],
    properties: {
      name: { type: 'string', pattern: '^[\\x21-\\x7e]{1,64}$' },
      fingerprint: { type: 'string', pattern: '^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$', nullable: true },
      subject: parts,
      issuer: parts,
      structures: { type: 'array', items: { type: 'string', pattern: '^1?[0-9][0-9AB][0-9]{7}$' } },
      tenants: texts,
      roles: texts,
      scopes: optional,
    },
  },
};

/** A certificate that a client showed: whom it stands for, if anybody. */
export interface Shown {
  readonly caller: Caller | undefined;
  /** SHA-256 of its DER in base64url. */
  readonly thumbprint: string;
}

/** Certificates remembered; the oldest is forgotten. */
const MOST = 10_000;

export class Certificates {
  readonly #entries: readonly Entry[];
  readonly #authorities: readonly X509Certificate[];
  readonly #seen = new Map<string, Shown & { until: number }>();

  /**
   * `file`: whom they stand for. `authorities`: PEM of those that issue them; without it whoever hands a certificate on
   * has to have checked it. Throws BadFile.
   */
  constructor(
    file: string | undefined,
    authorities: string | undefined,
    private readonly isType: (name: string) => boolean,
  ) {
    this.#entries = file === undefined ? [] : readDataFile(file, SCHEMA);
    this.#authorities = authorities === undefined ? [] : authoritiesOf(authorities);
    for (const { name, fingerprint, subject } of this.#entries) {
      if ((fingerprint === undefined) === (subject === undefined)) {
        throw new BadFile(`${file}: ${name} must have either a fingerprint or a subject`);
      }
    }
  }

  /** `raw` is DER. `isChecked`: the TLS layer has seen that an authority issued it and that it holds. */
  ofDer(raw: Buffer, isChecked: boolean): Shown | undefined {
    const thumbprint = createHash('sha256').update(raw).digest('base64url');
    const seen = this.#seen.get(thumbprint);
    if (seen !== undefined && seen.until > Date.now()) return seen;
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(raw);
    } catch {
      return undefined;
    }
    const until = Date.parse(certificate.validTo);
    const isTrusted = this.#holds(certificate) && (isChecked || this.#isIssued(certificate));
    const entry = isTrusted ? this.#entries.find((one) => fits(one, certificate)) : undefined;
    const shown = { thumbprint, caller: entry === undefined ? undefined : this.#callerOf(entry, until) };
    // What is not trusted in one way may be in another.
    if (!isTrusted) return shown;
    if (this.#seen.size >= MOST)
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    this.#seen.set(thumbprint, { ...shown, until });
    return shown;
  }

  /** A header that a proxy sets: RFC 9440's `:base64:`, PEM in percent escapes (nginx), or base64 alone (Traefik). */
  ofHeader(header: string): Shown | undefined {
    let plain = header.trim();
    if (plain.includes('%')) {
      try {
        plain = decodeURIComponent(plain);
      } catch {
        return undefined;
      }
    }
    const base64 = plain
      .replace(/^:|:$/g, '')
      .replace(/-----(BEGIN|END) CERTIFICATE-----/g, '')
      .replace(/\s+/g, '');
    return /^[A-Za-z0-9+/]+=*$/.test(base64) ? this.ofDer(Buffer.from(base64, 'base64'), false) : undefined;
  }

  #holds({ validFrom, validTo }: X509Certificate): boolean {
    const now = Date.now();
    return Date.parse(validFrom) <= now && now < Date.parse(validTo);
  }

  #isIssued(certificate: X509Certificate): boolean {
    if (this.#authorities.length === 0) return true;
    return this.#authorities.some(
      (authority) =>
        authority.ca &&
        this.#holds(authority) &&
        certificate.checkIssued(authority) &&
        certificate.verify(authority.publicKey),
    );
  }

  #callerOf({ name, structures, tenants, roles = [], scopes }: Entry, expires: number): Caller {
    const numbers = structures.flatMap((one) => finess(one) ?? []);
    const [structure] = numbers;
    const where = numbers.length === 1 && structure !== undefined ? { structure } : {};
    return {
      kind: 'system',
      id: `certificate|${name}`,
      client: undefined,
      roles: roles.map((code) => ({ code, ...where })),
      idnps: undefined,
      rpps: undefined,
      structures: numbers,
      fhirUser: undefined,
      patient: undefined,
      practitioner: undefined,
      tenants,
      scopes: scopes === undefined ? undefined : parseScopes(scopes, this.isType),
      launch: {},
      expires,
    };
  }
}

function authoritiesOf(pem: string): X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return found.map((one) => new X509Certificate(one));
  } catch {
    throw new BadFile('TLS_CLIENT_CA holds a certificate that cannot be read');
  }
}

function fits({ fingerprint, subject, issuer }: Entry, certificate: X509Certificate): boolean {
  if (fingerprint !== undefined) {
    return (
      certificate.fingerprint256.replaceAll(':', '').toLowerCase() === fingerprint.replaceAll(':', '').toLowerCase()
    );
  }
  const { subject: of, issuer: by } = certificate.toLegacyObject() as unknown as Record<'subject' | 'issuer', Name>;
  return hasParts(of, subject ?? {}) && hasParts(by, issuer ?? {});
}

/** By short name; a list where a part stands several times. */
type Name = Record<string, string | string[] | undefined>;

const hasParts = (name: Name, parts: Readonly<Record<string, string>>): boolean =>
  Object.entries(parts).every(([part, value]) => [name[part]].flat().includes(value));

/** The text of a file of authorities. Throws BadFile where it holds none. */
export function readAuthorities(path: string): string {
  const pem = textOf(path);
  if (authoritiesOf(pem).length === 0) throw new BadFile(`${path} holds no certificate`);
  return pem;
}
