/** AUTH=dev: an authorization server of invented people in this process, for development and test harnesses. */
import { fileURLToPath } from 'node:url';
import { answerLogin } from './access/dev/login.js';
import { readDevPeople } from './access/dev/people.js';
import { createDevProvider } from './access/dev/provider.js';
import { CAPABILITIES } from './access/smart-configuration.js';
import { type TokenRules, Tokens } from './access/tokens.js';
import type { Door } from './authentication.js';
import { type Settings, WrongSetting } from './config.js';
import { DEV_PATH } from './rest/dev-authorization.js';

const PEOPLE = fileURLToPath(new URL('../fixtures/dev-people.json', import.meta.url));

/**
 * Reads the people; what it gives is to be called with the base once the server listens, for the issuer has its address.
 * Throws BadFile, and WrongSetting where oidc-provider is not installed.
 */
export async function openDevAuthorization(
  { AUTH_DEV_USERS, BASE_URL }: Settings,
  rules: TokenRules,
  door: Door,
): Promise<(base: string) => Promise<void>> {
  const people = readDevPeople(AUTH_DEV_USERS === '' ? PEOPLE : AUTH_DEV_USERS);
  await import('oidc-provider').catch(() => {
    throw new WrongSetting('AUTH=dev needs the package oidc-provider: npm install --include=optional.');
  });
  return async (listening) => {
    const base = BASE_URL === '' ? listening : BASE_URL;
    const issuer = new URL(base).origin + DEV_PATH;
    const made = await createDevProvider(issuer, base, people, rules.isType);
    const own = {
      issuer,
      audience: [base],
      claims: { roles: 'roles', rpps: 'rpps', structures: 'structures', tenants: 'tenants' },
    };
    const answer = made.provider.callback();
    door.dev = (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', base);
      if (!pathname.startsWith('/interaction/')) return void answer(request, response);
      answerLogin(made, people, request, response, searchParams).catch(() => {
        // A page that was left open too long, or opened twice.
        if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' });
        response.end('This login is over; begin it again.');
      });
    };
    door.authorizationServer = {
      issuer,
      jwks: `${issuer}/jwks`,
      authorizationEndpoint: `${issuer}/authorize`,
      tokenEndpoint: `${issuer}/token`,
      introspectionEndpoint: `${issuer}/token/introspection`,
      capabilities: [...CAPABILITIES, 'launch-ehr', 'context-ehr-patient', 'context-ehr-encounter'],
    };
    door.gate.authentication.tokens = new Tokens({
      ...rules,
      issuers: [...rules.issuers, own],
      own: { issuer, jwks: made.jwks },
      bases: [...rules.bases, base],
    });
  };
}
