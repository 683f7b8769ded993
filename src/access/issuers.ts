/**
 * Whose tokens are taken, and what is asked of them: a data file of the operator.
 * https://www.rfc-editor.org/rfc/rfc8414 and https://www.rfc-editor.org/rfc/rfc7662
 */
import { dirname, resolve } from 'node:path';
import type { JSONSchemaType } from 'ajv';
import { isLoopback } from './addresses.js';
import { readDataFile } from './data-file.js';
import { BadFile, textOf } from './text-file.js';

/** An authorization server as the file says it. Paths are beside the file. */
export interface Issuer {
  /** The `iss` of its tokens. */
  issuer: string;
  /** How its claims are read; `pro-sante-connect` gives no scopes and no audience of ours. */
  kind?: 'smart' | 'pro-sante-connect';
  /** Where its public keys are: an address, or a file. Without any, its tokens are introspected. */
  jwks?: string;
  jwksFile?: string;
  introspection?: { url: string; client: string; secretFile: string };
  /** Where more claims about the person are had with his token. */
  userinfo?: string;
  /** One of them must be in `aud`; without it AUTH_AUDIENCE, else the base. */
  audience?: string[];
  /** The clients (`client_id`, `azp`) whose tokens are taken; without it all. Takes the place of `audience` where a server sets none. */
  clients?: string[];
  /** `false`: its tokens hold no scopes about resources, and policies alone decide. */
  scopes?: boolean;
  /** The names of claims that no standard gives one; `a.b` is b in a. */
  claims?: { roles?: string; rpps?: string; structures?: string; tenants?: string };
  /** Its names of roles, and the code that each stands for. Others are none. */
  roles?: Record<string, string>;
  /** The establishments for which it may speak. */
  tenants?: string[];
  /** For /.well-known/smart-configuration. */
  authorizationEndpoint?: string;
  tokenEndpoint?: string;
  capabilities?: string[];
}

const text = { type: 'string', minLength: 1, maxLength: 2048 } as const;
const optional = { ...text, nullable: true } as const;
const texts = { type: 'array', items: text, minItems: 1, nullable: true } as const;

const SCHEMA: JSONSchemaType<Issuer[]> = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['issuer'],
    properties: {
      issuer: text,
      kind: { type: 'string', enum: ['smart', 'pro-sante-connect'], nullable: true },
      jwks: optional,
      jwksFile: optional,
      introspection: {
        type: 'object',
        nullable: true,
        additionalProperties: false,
        required: ['url', 'client', 'secretFile'],
        properties: { url: text, client: text, secretFile: text },
      },
      userinfo: optional,
      audience: texts,
      clients: texts,
      scopes: { type: 'boolean', nullable: true },
      claims: {
        type: 'object',
        nullable: true,
        additionalProperties: false,
        properties: { roles: optional, rpps: optional, structures: optional, tenants: optional },
      },
      roles: { type: 'object', nullable: true, required: [], additionalProperties: text },
      tenants: texts,
      authorizationEndpoint: optional,
      tokenEndpoint: optional,
      capabilities: texts,
    },
  },
};

/** The issuers of the file, paths resolved. Throws BadFile. */
export function readIssuers(path: string): Issuer[] {
  const issuers = readDataFile(path, SCHEMA);
  const beside = (file: string) => resolve(dirname(path), file);
  const names = new Set<string>();
  for (const each of issuers) {
    const wrong = (why: string) => new BadFile(`${path}: the issuer ${each.issuer} ${why}`);
    if (names.has(each.issuer)) throw wrong('stands twice');
    names.add(each.issuer);
    const { jwks, jwksFile, introspection, userinfo, kind } = each;
    if (jwks === undefined && jwksFile === undefined && introspection === undefined) {
      throw wrong('has neither jwks, jwksFile nor introspection');
    }
    if (jwks !== undefined && jwksFile !== undefined) throw wrong('has both jwks and jwksFile');
    for (const url of [jwks, introspection?.url, userinfo]) {
      if (url !== undefined && !isSafe(url)) throw wrong('has an address that is not https (or http on this machine)');
    }
    if (kind === 'pro-sante-connect' && each.clients === undefined && each.audience === undefined) {
      throw wrong('must name the clients whose tokens are taken');
    }
    if (jwksFile !== undefined) each.jwksFile = beside(jwksFile);
    if (introspection !== undefined) introspection.secretFile = beside(introspection.secretFile);
  }
  return issuers;
}

/** The secret that a file holds, without the line's end. Throws BadFile. */
export function readSecret(path: string): string {
  const secret = textOf(path).trim();
  if (secret === '') throw new BadFile(`${path} is empty`);
  return secret;
}

/** What a token or a secret goes to is encrypted, or does not leave the machine. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  return (
    username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
  );
}
