/**
 * The authorization server of AUTH=dev, made of oidc-provider: codes with PKCE, client credentials by key and by secret,
 * SMART launch context. https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html and .../backend-services.html
 */
import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose';
import type { ClientMetadata, Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { isLoopback } from '../addresses.js';
import { parseScope } from '../scopes.js';
import type { DevClient, DevPeople, DevUser } from './people.js';

export interface DevProvider {
  provider: Provider;
  /** The public keys, as at its jwks_uri. */
  jwks: JSONWebKeySet;
  /** What was chosen at the login goes with the grant. */
  launched(grantId: string, launch: Launch): void;
}

export interface Launch {
  patient?: string;
  encounter?: string;
}

/** Grants whose launch is remembered; the oldest is forgotten. */
const MOST = 1000;
/** Seconds. */
const ACCESS_TOKEN = 3600;

/**
 * `issuer` is its address, which ends with the path below which it is mounted; `base` the FHIR base that tokens are for.
 * Throws where oidc-provider is not installed.
 */
export async function createDevProvider(
  issuer: string,
  base: string,
  people: DevPeople,
  isType: (name: string) => boolean,
): Promise<DevProvider> {
  const { default: Provider } = await import('oidc-provider');
  const users = new Map(people.users.map((user) => [user.id, user]));
  const clients = new Map(people.clients.map((client) => [client.id, client]));
  const launches = new Map<string, Launch>();
  const { privateKey } = await generateKeyPair('ES384', { extractable: true });
  const { privateKey: rsa } = await generateKeyPair('RS256', { extractable: true });
  const keys: JWK[] = [
    { ...(await exportJWK(privateKey)), kid: 'dev-ec', alg: 'ES384', use: 'sig' },
    // What clients expect of an ID token unless told otherwise.
    { ...(await exportJWK(rsa)), kid: 'dev-rsa', alg: 'RS256', use: 'sig' },
  ];
  const isAsked = (scope: string, client: DevClient | undefined, grantType: unknown): boolean => {
    const parsed = parseScope(scope, isType);
    if (parsed === undefined) return false;
    if ((parsed.level === 'system') !== (grantType === 'client_credentials')) return false;
    return isWithin(scope, client?.scopes ?? 'user/*.cruds patient/*.cruds', isType);
  };
  const configuration: Configuration = {
    clients: people.clients.map(metadataOf),
    jwks: { keys: keys as never },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    scopes: [
      'openid',
      'profile',
      'fhirUser',
      'launch',
      'launch/patient',
      'launch/encounter',
      'offline_access',
      'online_access',
    ],
    claims: { openid: ['sub'], fhirUser: ['fhirUser'], profile: ['name'] },
    // SMART has fhirUser in the ID token.
    conformIdTokenClaims: false,
    extraParams: ['aud', 'launch'],
    pkce: { required: () => true },
    routes: { authorization: '/authorize' },
    ttl: {
      IdToken: ACCESS_TOKEN,
      AccessToken: ACCESS_TOKEN,
      ClientCredentials: 300,
      Interaction: 600,
      Session: 3600,
      Grant: 86_400,
      RefreshToken: 86_400,
    },
    // What Backend Services sign with beside the defaults.
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'RS384', 'ES256', 'ES384'] },
    interactions: { url: (_ctx, { uid }) => `${new URL(issuer).pathname}/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => base,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, _resource, { clientId }) => {
          const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
          const asked = [ctx.oidc.params?.scope, code?.scope, refresh?.scope].flatMap((list) =>
            typeof list === 'string' ? list.split(' ') : [],
          );
          const client = clients.get(clientId);
          const grantType = ctx.oidc.params?.grant_type;
          return {
            scope: [...new Set(asked)].filter((scope) => isAsked(scope, client, grantType)).join(' '),
            audience: base,
            accessTokenFormat: 'jwt',
            accessTokenTTL: ACCESS_TOKEN,
            jwt: { sign: { alg: 'ES384' } },
          };
        },
      },
    },
    findAccount: (_ctx, sub) => {
      const user = users.get(sub);
      return user && { accountId: sub, claims: () => ({ sub, fhirUser: fhirUserOf(user, base), name: user.name }) };
    },
    extraTokenClaims: (_ctx, token) => {
      if (token.kind === 'ClientCredentials') return claimsOf(clients.get(token.clientId ?? '') ?? {});
      const user = users.get((token as { accountId?: string }).accountId ?? '');
      if (user === undefined) return undefined;
      const launch = launches.get((token as { grantId?: string }).grantId ?? '');
      return { ...claimsOf(user), fhirUser: fhirUserOf(user, base), ...launch };
    },
  };
  const provider = new Provider(issuer, configuration);
  // Applications read the context beside the token.
  provider.use(async (ctx, next) => {
    await next();
    const { oidc, body } = ctx as unknown as KoaContextWithOIDC & { body?: Record<string, unknown> };
    if (oidc?.route !== 'token' || typeof body?.access_token !== 'string') return;
    Object.assign(body, launches.get(oidc.entities.Grant?.jti ?? ''));
  });
  return {
    provider,
    jwks: { keys: keys.map(publicPart) },
    launched(grantId, launch) {
      if (launches.size >= MOST) {
        for (const oldest of launches.keys()) {
          launches.delete(oldest);
          break;
        }
      }
      launches.set(grantId, launch);
    },
  };
}

function metadataOf({ id, secret, jwks, redirectUris = [] }: DevClient): ClientMetadata {
  const isNative = redirectUris.length > 0 && redirectUris.every((uri) => isLoopback(new URL(uri).hostname));
  const method = jwks !== undefined ? 'private_key_jwt' : secret !== undefined ? 'client_secret_basic' : 'none';
  return {
    client_id: id,
    redirect_uris: redirectUris,
    response_types: redirectUris.length > 0 ? ['code'] : [],
    grant_types: [
      ...(redirectUris.length > 0 ? ['authorization_code', 'refresh_token'] : []),
      ...(method === 'none' ? [] : ['client_credentials']),
    ],
    token_endpoint_auth_method: method,
    ...(isNative && { application_type: 'native' as const }),
    ...(secret !== undefined && jwks === undefined && { client_secret: secret }),
    ...(jwks !== undefined && { jwks: jwks as never }),
  };
}

/** Is each right that a scope asks for in one that is allowed? What narrows an allowed one must be there as it is. */
function isWithin(scope: string, allowed: string, isType: (name: string) => boolean): boolean {
  const asked = parseScope(scope, isType);
  return allowed.split(' ').some((text) => {
    if (text === scope) return true;
    const given = parseScope(text, isType);
    return (
      asked !== undefined &&
      given !== undefined &&
      given.level === asked.level &&
      (given.type === '*' || given.type === asked.type) &&
      given.narrowing.length === 0 &&
      [...asked.permissions].every((one) => given.permissions.has(one))
    );
  });
}

const fhirUserOf = ({ fhirUser }: DevUser, base: string): string | undefined =>
  fhirUser === undefined ? undefined : `${base}/${fhirUser}`;

const claimsOf = ({ rpps, roles, structures, tenants }: Partial<DevUser>) => ({ rpps, roles, structures, tenants });

const publicPart = ({ d, p, q, dp, dq, qi, ...open }: JWK): JWK => open;
