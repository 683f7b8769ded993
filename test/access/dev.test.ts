/** AUTH=dev as an application and a vendor's software go through it: from the SMART configuration to an answer. */
import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import t from 'tap';
import { createServer } from '../../src/app.js';
import { readSettings, WrongSetting } from '../../src/config.js';
import { folder } from '../support/certificates.mjs';
import { ALL_TO_ALL } from '../support/issuer.js';
import { startServer } from '../support/server.js';

const vendor = await generateKeyPair('ES384', { extractable: true });
const people = folder()(
  'people.json',
  JSON.stringify({
    users: [
      {
        id: 'nurse',
        name: 'Solène <Kermadec>',
        fhirUser: 'Practitioner/nurse',
        rpps: '99900000002',
        roles: ['60'],
        structures: ['990000001'],
      },
      { id: 'resident', fhirUser: 'Patient/resident' },
    ],
    clients: [
      { id: 'app', redirectUris: ['http://127.0.0.1/callback'] },
      { id: 'secretive', secret: 'a-secret', scopes: 'system/Patient.cruds' },
      {
        id: 'vendor',
        jwks: { keys: [{ ...(await exportJWK(vendor.publicKey)), kid: 'v-1', alg: 'ES384' }] },
        scopes: 'system/*.rs',
      },
    ],
  }),
);
const server = await startServer({ AUTH: 'dev', AUTH_DEV_USERS: people, POLICIES: ALL_TO_ALL });
t.teardown(() => server.close());
const smart = (await server.call('GET', '/.well-known/smart-configuration')).json;

async function token(form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(smart.token_endpoint, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { status: response.status, json: (await response.json()) as Record<string, string> };
}
const get = (path: string, bearer = '') => server.call('GET', path, undefined, { authorization: `Bearer ${bearer}` });

/** The redirects of a login, with cookies, as far as the application's own address. */
async function authorize(more: Record<string, string>, verifier: string): Promise<URLSearchParams> {
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = {
    response_type: 'code',
    client_id: 'app',
    redirect_uri: 'http://127.0.0.1:49152/callback',
    state: 's',
    aud: server.base,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  };
  const cookies = new Map<string, string>();
  let url = `${smart.authorization_endpoint}?${new URLSearchParams(query)}`;
  for (let i = 0; i < 10; i++) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) return new URLSearchParams({ page: await response.text(), url });
    url = new URL(location, url).href;
    if (url.startsWith('http://127.0.0.1:49152/')) return new URL(url).searchParams;
  }
  throw new Error('redirects without end');
}

async function login(scope: string, more: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const code = (await authorize({ scope, ...more }, verifier)).get('code') ?? '';
  return await token({
    grant_type: 'authorization_code',
    client_id: 'app',
    code,
    redirect_uri: 'http://127.0.0.1:49152/callback',
    code_verifier: verifier,
  });
}

t.test('where one logs in', async (t) => {
  const root = server.base.slice(0, -'/fhir'.length);
  t.match(smart, {
    issuer: `${root}/auth`,
    authorization_endpoint: `${root}/auth/authorize`,
    token_endpoint: `${root}/auth/token`,
    code_challenge_methods_supported: ['S256'],
  });
  t.ok(smart.capabilities.includes('permission-v2'));
  const [rest] = (await server.call('GET', '/metadata')).json.rest;
  t.same(
    rest.security.service.map((one: { coding: { code: string }[] }) => one.coding[0]?.code),
    ['SMART-on-FHIR', 'OAuth'],
  );
  const [uris] = rest.security.extension;
  t.equal(uris.url, 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris');
  t.same(uris.extension.map((one: { url: string; valueUri: string }) => [one.url, one.valueUri])[1], [
    'token',
    smart.token_endpoint,
  ]);
  const discovered = await (await fetch(`${root}/auth/.well-known/openid-configuration`)).json();
  t.match(discovered, { issuer: smart.issuer, token_endpoint: smart.token_endpoint, jwks_uri: smart.jwks_uri });
  t.equal((await server.call('GET', '/Patient')).status, 401);
});

t.test('backend services: a signed assertion', async (t) => {
  const assertion = (more: Record<string, unknown> = {}, key = vendor.privateKey) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'vendor',
      sub: 'vendor',
      aud: smart.token_endpoint,
      jti: randomBytes(8).toString('hex'),
      iat: now,
      exp: now + 240,
      ...more,
    };
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES384', kid: 'v-1', typ: 'JWT' }).sign(key);
  };
  const ask = async (client_assertion: string, scope = 'system/Patient.rs') =>
    await token({
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion,
    });
  const good = await ask(await assertion());
  t.equal(good.status, 200);
  t.match(good.json, { token_type: 'Bearer', expires_in: 300, scope: 'system/Patient.rs' });
  t.match(decodeJwt(good.json.access_token ?? ''), { sub: 'vendor', aud: server.base, scope: 'system/Patient.rs' });
  t.equal((await get('/Patient', good.json.access_token)).status, 200);
  t.equal((await get('/Observation', good.json.access_token)).status, 403);
  t.equal(
    (await ask(await assertion(), 'system/Patient.cruds system/Observation.r')).json.scope,
    'system/Observation.r',
    'no more than it may',
  );
  const once = await assertion();
  await ask(once);
  t.equal((await ask(once)).status, 401, 'an assertion twice');
  t.equal((await ask(await assertion({ exp: 1 }))).status, 401);
  t.equal((await ask(await assertion({}, (await generateKeyPair('ES384')).privateKey))).status, 401);
});

t.test('client credentials with a secret', async (t) => {
  const ask = (secret: string, scope: string) =>
    token({ grant_type: 'client_credentials', scope }, { authorization: `Basic ${btoa(`secretive:${secret}`)}` });
  const { status, json } = await ask('a-secret', 'system/Patient.rs?active=true');
  t.equal(status, 200);
  t.equal(json.scope, 'system/Patient.rs?active=true', 'a scope that narrows');
  t.equal((await get('/Patient', json.access_token)).status, 200);
  t.equal((await ask('wrong', 'system/Patient.rs')).status, 401);
  t.equal((await ask('a-secret', 'user/Patient.rs')).json.scope, undefined, 'no scopes of users for software');
});

t.test('a code with PKCE: a professional', async (t) => {
  const { status, json } = await login('openid fhirUser launch user/*.rs user/Observation.cruds offline_access', {
    login_hint: 'nurse',
    launch: '42,e-1',
    prompt: 'consent',
  });
  t.equal(status, 200);
  t.match(json, { patient: '42', encounter: 'e-1', scope: /user\/\*\.rs/ });
  t.match(decodeJwt(json.id_token ?? ''), { fhirUser: `${server.base}/Practitioner/nurse`, aud: 'app' });
  t.match(decodeJwt(json.access_token ?? ''), {
    aud: server.base,
    sub: 'nurse',
    client_id: 'app',
    patient: '42',
    roles: ['60'],
    rpps: '99900000002',
    fhirUser: `${server.base}/Practitioner/nurse`,
    scope: 'user/*.rs user/Observation.cruds',
  });
  t.equal((await get('/Patient', json.access_token)).status, 200);
  t.equal((await get('/Patient', json.id_token)).status, 401, 'the ID token opens nothing');
  const refreshed = await token({
    grant_type: 'refresh_token',
    client_id: 'app',
    refresh_token: json.refresh_token ?? '',
  });
  t.equal(refreshed.status, 200);
  t.equal(refreshed.json.patient, '42');
  t.equal((await get('/Patient', refreshed.json.access_token)).status, 200);
});

t.test('a code with PKCE: a patient', async (t) => {
  const { json } = await login('launch/patient openid fhirUser patient/*.rs system/*.rs', { login_hint: 'resident' });
  t.equal(json.patient, 'resident');
  t.equal(decodeJwt(json.access_token ?? '').scope, 'patient/*.rs', 'no scopes of software for people');
});

t.test('the page where one chooses', async (t) => {
  const shown = await authorize({ scope: 'openid launch/patient patient/*.rs' }, 'x'.repeat(43));
  t.match(shown.get('page'), /Sol.ne &#60;Kermadec&#62;/);
  t.match(shown.get('page'), /name="patient"/);
  const late = await fetch(`${shown.get('url')}?user=nurse`, { redirect: 'manual' });
  t.equal(late.status, 400, 'a login is bound to the browser that began it');
});

t.test('what a login is refused', async (t) => {
  const verifier = 'v'.repeat(43);
  const error = async (more: Record<string, string>) =>
    (await authorize({ scope: 'openid', login_hint: 'nurse', ...more }, verifier)).get('error');
  t.equal(await error({ code_challenge: '', code_challenge_method: '' }), 'invalid_request', 'no PKCE');
  t.equal(await error({ code_challenge_method: 'plain' }), 'invalid_request');
  t.equal(await error({ redirect_uri: 'https://evil.example/' }), null, 'and no redirect to where it does not belong');
  const code = (await authorize({ scope: 'user/*.rs', login_hint: 'nurse' }, verifier)).get('code') ?? '';
  const exchange = (code_verifier: string) =>
    token({
      grant_type: 'authorization_code',
      client_id: 'app',
      code,
      redirect_uri: 'http://127.0.0.1:49152/callback',
      code_verifier,
    });
  t.equal((await exchange('w'.repeat(43))).status, 400, 'another verifier');
});

t.test('where AUTH=dev is refused', async (t) => {
  const open = (settings: Record<string, string>) =>
    createServer(readSettings({ AUTH: 'dev', PORT: '0', STORE: 'memory:', LOG_LEVEL: 'silent', ...settings }, {}));
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  await t.rejects(
    open({}),
    new WrongSetting('AUTH=dev lets everybody in as anybody: it is refused with NODE_ENV=production.'),
  );
  if (before === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = before;
  await t.rejects(open({ HOST: '0.0.0.0' }), { name: 'WrongSetting' });
  await t.rejects(open({ AUTH_DEV_USERS: '/no/such/file' }), { name: 'WrongSetting' });
  const shipped = await open({});
  await shipped.close();
});
