/** An authorization server for tests: keys that turn, introspection and userinfo, on a port of its own. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { folder } from './certificates.mjs';

export const AUDIENCE = 'https://fhir.tilleuls.example/fhir';

export interface TestIssuer {
  /** Its `iss`, and the address below which `/jwks`, `/introspect` and `/userinfo` are. */
  url: string;
  /** A good token; what is given replaces claims and head, and undefined takes one away. */
  token(
    claims?: Record<string, unknown>,
    head?: Record<string, unknown>,
    key?: CryptoKey | Uint8Array,
  ): Promise<string>;
  /** A key that it never publishes. */
  otherKey: CryptoKey;
  publicPem: string;
  /** From now on it signs with a new key and publishes that one alone. */
  turn(): Promise<void>;
  /** What it was asked, by path. */
  asked: Record<string, number>;
  /** What introspection and userinfo answer, by token. */
  introspected: Map<string, Record<string, unknown>>;
  users: Map<string, Record<string, unknown>>;
  /** Answers 500 to everything. */
  broken: boolean;
  /** The file for AUTH_ISSUERS, with these members beside issuer and keys. */
  file(more?: Record<string, unknown>): string;
  close(): Promise<void>;
}

/** For POLICIES: all to whoever is known, so that a test sees the door alone. */
export const ALL_TO_ALL = folder()(
  'policies.json',
  JSON.stringify({
    policies: [
      {
        name: 'all',
        for: { kinds: ['professional', 'patient', 'system'] },
        grants: [{ types: ['*'], interactions: ['read', 'search', 'create', 'update', 'delete'] }],
      },
    ],
  }),
);

export const SECRET = 'a secret of the test: +&%';

export async function startIssuer(algorithm = 'ES256'): Promise<TestIssuer> {
  const write = folder();
  let { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  let kid = 'key-1';
  let published: JWK[] = [];
  const publish = async () => {
    published = [{ ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }];
  };
  await publish();
  const asked: Record<string, number> = {};
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    asked[path] = (asked[path] ?? 0) + 1;
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (self.broken) return send(500, {});
    if (path === '/jwks') return send(200, { keys: published });
    if (path === '/introspect') {
      const [id, secret] = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
        .toString()
        .split(':');
      if (id !== 'passerelle' || decodeURIComponent(secret ?? '') !== SECRET) return send(401, {});
      const token = new URLSearchParams(await bodyOf(request)).get('token') ?? '';
      return send(200, self.introspected.get(token) ?? { active: false });
    }
    if (path === '/userinfo') {
      const user = self.users.get(request.headers.authorization?.slice(7) ?? '');
      return send(user === undefined ? 401 : 200, user ?? {});
    }
    return send(404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secretFile = write('secret', `${SECRET}\n`);
  const self: TestIssuer = {
    url,
    otherKey: (await generateKeyPair(algorithm)).privateKey,
    publicPem: await exportSPKI(publicKey),
    asked,
    introspected: new Map(),
    users: new Map(),
    broken: false,
    async token(claims = {}, head = {}, key = privateKey) {
      const now = Math.floor(Date.now() / 1000);
      const payload = {
        iss: url,
        sub: 'u-1',
        client_id: 'dpi',
        aud: AUDIENCE,
        iat: now,
        exp: now + 300,
        scope: 'user/*.cruds',
      };
      const all = Object.entries({ ...payload, ...claims }).filter(([, value]) => value !== undefined);
      const header = Object.entries({ alg: algorithm, kid, typ: 'at+jwt', ...head }).filter(
        ([, value]) => value !== undefined,
      );
      return await new SignJWT(Object.fromEntries(all) as JWTPayload)
        .setProtectedHeader(Object.fromEntries(header) as { alg: string })
        .sign(key);
    },
    async turn() {
      ({ privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true }));
      kid = `${kid}+`;
      await publish();
    },
    file: (more = {}) => {
      const introspection =
        more.introspection === true ? { url: `${url}/introspect`, client: 'passerelle', secretFile } : undefined;
      return write(
        `issuers-${Object.keys(more).join('-')}.json`,
        JSON.stringify([{ issuer: url, jwks: `${url}/jwks`, ...more, introspection }]),
      );
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return self;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
