/** What a start refuses: an open door to a network, files that cannot be taken, settings that do not go together. */
import t from 'tap';
import { createServer } from '../../src/app.js';
import { readSettings, type SettingName, WrongSetting } from '../../src/config.js';
import { certify, folder } from '../support/certificates.mjs';
import { startServer } from '../support/server.js';

const write = folder();
const json = (name: string, value: unknown) => write(name, JSON.stringify(value));
const issuers = (...list: unknown[]) => json(`issuers-${Math.random()}.json`, list);

/** What the start says, or that it went. */
async function start(settings: Partial<Record<SettingName, string>>): Promise<string> {
  try {
    const base = { PORT: '0', HOST: '127.0.0.1', STORE: 'memory:', LOG_LEVEL: 'silent' };
    const server = await createServer(readSettings({ ...base, ...settings }, {}));
    await server.close();
    return 'started';
  } catch (error) {
    if (error instanceof WrongSetting) return error.message;
    throw error;
  }
}

t.test('AUTH=off on an address that others reach', async (t) => {
  for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'fhir.example', '127.evil.example']) {
    t.match(await start({ HOST }), /AUTH is off/, HOST);
  }
  for (const HOST of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])
    t.equal(await start({ HOST }), 'started', HOST);
  t.equal(await start({ HOST: '0.0.0.0', AUTH_OFF_ON_NETWORK: 'allow' }), 'started');
});

t.test('an open door is told', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  t.match(server.log(), /AUTH=off/);
  t.match(server.log(), /"level":40/);
});

t.test('oauth needs somebody to come in, and an audience', async (t) => {
  const jwks = 'https://idp.example/certs';
  t.match(await start({ AUTH: 'oauth' }), /AUTH_ISSUERS/);
  const file = issuers({ issuer: 'https://idp.example', jwks });
  t.match(await start({ AUTH: 'oauth', AUTH_ISSUERS: file }), /AUTH_AUDIENCE/);
  t.equal(await start({ AUTH: 'oauth', AUTH_ISSUERS: file, BASE_URL: 'https://fhir.example/fhir' }), 'started');
  t.equal(
    await start({ AUTH: 'oauth', AUTH_ISSUERS: issuers({ issuer: 'https://idp.example', jwks, clients: ['dpi'] }) }),
    'started',
  );
});

t.test('a file of issuers that cannot be taken', async (t) => {
  const issuer = 'https://idp.example';
  const start1 = (file: string) => start({ AUTH: 'oauth', AUTH_AUDIENCE: 'https://fhir.example', AUTH_ISSUERS: file });
  t.match(await start1('/no/such/file'), /cannot be read \(ENOENT\)/);
  t.match(await start1(write('broken.json', '{')), /is not JSON/);
  t.match(await start1(issuers()), /fewer than 1/);
  t.match(await start1(issuers({ issuer })), /neither jwks, jwksFile nor introspection/);
  t.match(await start1(issuers({ issuer, jwk: 'x' })), /additional properties \(jwk\)/);
  t.match(await start1(issuers({ issuer, jwks: 'http://idp.example/certs' })), /not https/);
  t.match(await start1(issuers({ issuer, jwks: 'https://user:pass@idp.example/certs' })), /not https/);
  t.match(await start1(issuers({ issuer, jwks: 'file:///etc/passwd' })), /not https/);
  t.match(await start1(issuers({ issuer, jwksFile: 'missing.json' })), /holds no keys/);
  t.match(await start1(issuers({ issuer, jwks: 'https://a/', jwksFile: 'b' })), /both/);
  t.match(await start1(issuers({ issuer, jwks: 'https://a/' }, { issuer, jwks: 'https://b/' })), /stands twice/);
  t.match(await start1(issuers({ issuer, kind: 'pro-sante-connect', jwks: 'https://a/' })), /clients/);
  const introspection = { url: 'https://idp.example/introspect', client: 'us', secretFile: 'no-such-secret' };
  t.match(await start1(issuers({ issuer, introspection })), /no-such-secret cannot be read/);
  write('empty-secret', '\n');
  t.match(
    await start1(issuers({ issuer, introspection: { ...introspection, secretFile: 'empty-secret' } })),
    /is empty/,
  );
});

t.test('algorithms that anybody could sign with', async (t) => {
  for (const AUTH_ALGORITHMS of ['none', 'HS256', 'RS256,HS256', '']) {
    t.throws(() => readSettings({ AUTH_ALGORITHMS }, {}), WrongSetting, AUTH_ALGORITHMS);
  }
});

t.test('addresses of proxies', async (t) => {
  const { TRUSTED_PROXIES } = readSettings({ TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32, 192.0.2.7' }, {});
  for (const inside of ['10.255.0.1', '::ffff:10.1.1.1', '2001:db8::1', '192.0.2.7'])
    t.ok(TRUSTED_PROXIES.has(inside), inside);
  for (const outside of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'proxy'])
    t.notOk(TRUSTED_PROXIES.has(outside), outside);
  for (const wrong of ['10.0.0.0/33', '10.0.0.0/8/8', 'proxy', '10.0.0', '10.0.0.0/']) {
    t.throws(() => readSettings({ TRUSTED_PROXIES: wrong }, {}), WrongSetting, wrong);
  }
});

t.test('TLS files', async (t) => {
  const one = certify('localhost');
  const key = write('key.pem', one.keyPem);
  const certificate = write('certificate.pem', one.certificatePem);
  t.match(await start({ TLS_KEY: key }), /go together/);
  t.match(await start({ TLS_KEY: key, TLS_CERT: '/no/such' }), /cannot be read/);
  t.match(
    await start({ TLS_KEY: key, TLS_CERT: write('other.pem', certify('other').certificatePem) }),
    /cannot be used/,
  );
  t.equal(await start({ TLS_KEY: key, TLS_CERT: certificate }), 'started');
  const entry = { name: 'tilleuls', subject: { CN: 'x' }, structures: ['440000001'] };
  const clients = (list: unknown) => json(`clients-${Math.random()}.json`, list);
  const oauth = { AUTH: 'oauth', TLS_KEY: key, TLS_CERT: certificate } as const;
  t.match(await start({ ...oauth, CLIENT_CERTIFICATES: clients([entry]) }), /TLS_CLIENT_CA/);
  t.match(await start({ AUTH: 'oauth', CLIENT_CERTIFICATES: clients([entry]) }), /CERTIFICATE_HEADER/);
  const full = { ...oauth, TLS_CLIENT_CA: certificate };
  t.match(
    await start({ ...full, CLIENT_CERTIFICATES: clients([{ ...entry, subject: undefined }]) }),
    /fingerprint or a subject/,
  );
  t.match(await start({ ...full, CLIENT_CERTIFICATES: clients([{ ...entry, structures: ['x'] }]) }), /pattern/);
  t.match(await start({ ...full, TLS_CLIENT_CA: key, CLIENT_CERTIFICATES: clients([entry]) }), /holds no certificate/);
  t.equal(await start({ ...full, CLIENT_CERTIFICATES: clients([entry]) }), 'started');
});
