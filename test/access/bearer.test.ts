/** Bearer tokens through HTTP: each kind that is refused, and that the answer does not say which. */
import { request as httpRequest } from 'node:http';
import t from 'tap';
import { ALL_TO_ALL, AUDIENCE, startIssuer } from '../support/issuer.js';
import { patient, startServer } from '../support/server.js';

const issuer = await startIssuer();
const other = await startIssuer();
const server = await startServer({
  AUTH: 'oauth',
  POLICIES: ALL_TO_ALL,
  AUTH_ISSUERS: issuer.file(),
  AUTH_AUDIENCE: AUDIENCE,
  AUTH_FAILURES: '10000',
});
t.teardown(async () => {
  await server.close();
  await issuer.close();
  await other.close();
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const get = (path: string, headers: Record<string, string> = {}) => server.call('GET', path, undefined, headers);
const seconds = (more: number) => Math.floor(Date.now() / 1000) + more;
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

t.test('a good token opens', async (t) => {
  const token = await issuer.token();
  const created = await server.call('POST', '/Patient', patient(), bearer(token));
  t.equal(created.status, 201);
  for (const path of ['/Patient', `/Patient/${created.json.id}`, '', '/Patient/_search?_id=x']) {
    t.not((await get(path, bearer(token))).status, 401, path);
  }
  t.equal((await get('/Patient', { authorization: `bEARER ${token}` })).status, 200, 'the scheme in any case');
  t.equal((await get('/Patient', bearer(await issuer.token({ aud: ['https://x.example', AUDIENCE] })))).status, 200);
  t.equal(
    (await get('/Patient', bearer(await issuer.token({ exp: seconds(-5) })))).status,
    200,
    'within the tolerance',
  );
});

const now = seconds(0);
const refused: Record<string, () => Promise<string> | string> = {
  expired: () => issuer.token({ exp: seconds(-60) }),
  'without an end': () => issuer.token({ exp: undefined }),
  'not yet': () => issuer.token({ nbf: seconds(60) }),
  'for another audience': () => issuer.token({ aud: 'https://other.example/fhir' }),
  'for an audience that begins the same': () => issuer.token({ aud: `${AUDIENCE}/` }),
  'without an audience': () => issuer.token({ aud: undefined }),
  'of another issuer': () => issuer.token({ iss: 'https://other.example' }),
  'of another issuer that has its own keys': () => other.token(),
  'in the name of an issuer by another': () => other.token({ iss: issuer.url }),
  'without an issuer': () => issuer.token({ iss: undefined }),
  'by another key': () => issuer.token({}, {}, issuer.otherKey),
  'of an unknown kid': () => issuer.token({}, { kid: 'nobody' }, issuer.otherKey),
  'alg none': () =>
    `${base64({ alg: 'none', typ: 'at+jwt' })}.${base64({ iss: issuer.url, aud: AUDIENCE, sub: 'u', exp: now + 300 })}.`,
  'alg none with a signature': async () => {
    const [, payload, signature] = (await issuer.token()).split('.');
    return `${base64({ alg: 'none', kid: 'key-1' })}.${payload}.${signature}`;
  },
  'HS256 with the public key': () => issuer.token({}, { alg: 'HS256' }, new TextEncoder().encode(issuer.publicPem)),
  'an ID token': () => issuer.token({ typ: 'ID' }, { typ: 'JWT' }),
  'a logout token': () => issuer.token({}, { typ: 'logout+jwt' }),
  'a token that asks for an extension': () => issuer.token({}, { crit: ['x'], x: 1 }).catch(() => 'a.b.c'),
  'bound to a key of DPoP': () => issuer.token({ cnf: { jkt: 'abc' } }),
  'bound to a certificate that is not shown': () => issuer.token({ cnf: { 'x5t#S256': 'abc' } }),
  'without a subject': () => issuer.token({ sub: undefined, client_id: undefined }),
  'with a changed payload': async () => {
    const [head, payload = '', signature] = (await issuer.token()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return `${head}.${base64({ ...claims, sub: 'admin' })}.${signature}`;
  },
  'with the end cut off': async () => (await issuer.token()).slice(0, -4),
  'no JWT': () => 'abcdef',
  'three parts of nothing': () => 'e30.e30.e30',
};

t.test('what is refused, with one and the same answer', async (t) => {
  const bodies = new Set<string>();
  for (const [name, make] of Object.entries(refused)) {
    const token = await make();
    for (const [method, path, body] of [
      ['GET', '/Patient', undefined],
      ['POST', '/Patient', patient()],
      ['GET', '/nowhere', undefined],
    ] as const) {
      const answer = await server.call(method, path, body, bearer(token));
      t.equal(answer.status, 401, `${name}: ${method} ${path}`);
      t.equal(answer.headers.get('www-authenticate'), 'Bearer realm="fhir", error="invalid_token"', name);
      bodies.add(answer.text);
      t.notMatch(server.log(), token, `${name}: not in the log`);
    }
  }
  t.equal(bodies.size, 1, 'which rule was broken is not told');
});

t.test('no credentials, and those of another kind', async (t) => {
  const none = await get('/Patient');
  t.equal(none.status, 401);
  t.equal(none.headers.get('www-authenticate'), 'Bearer realm="fhir"', 'RFC 6750 3.1: no error code');
  t.equal(none.json.resourceType, 'OperationOutcome');
  t.equal(none.json.issue[0].code, 'login');
  t.match(none.json.issue[0].details.text, /access token/);
  t.match((await get('/Patient', { 'accept-language': 'fr' })).json.issue[0].details.text, /jeton d’accès/);
  t.match((await get('/Patient', { accept: 'application/fhir+xml' })).text, /^<\?xml|<OperationOutcome/);
  for (const authorization of ['Basic dTpw', 'Bearer', 'Bearer a b', 'Bearer é', 'DPoP abc', '']) {
    t.equal(
      (await get('/Patient', { authorization: authorization.normalize('NFD').replace(/[^\x20-\x7e]/g, '~') })).status,
      401,
      authorization,
    );
  }
});

t.test('nothing is there for who is not known', async (t) => {
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/'],
    ['GET', '/Patient/1'],
    ['GET', '/Patient/1/_history/1'],
    ['GET', '/_history'],
    ['GET', '/NoSuchType'],
    ['GET', '/Patient/$nothing'],
    ['GET', '/.well-known/other'],
    ['GET', '/metadata/x'],
    ['GET', '/Binary/1'],
    ['HEAD', '/Patient/1'],
    ['PUT', '/Patient/1'],
    ['PATCH', '/Patient/1'],
    ['DELETE', '/Patient/1'],
    ['POST', ''],
    ['POST', '/Patient/_search'],
    ['POST', '/Binary'],
    ['OPTIONS', '/Patient'],
  ] as const) {
    const body = ['PUT', 'POST', 'PATCH'].includes(method) ? '{' : undefined;
    t.equal((await server.call(method, path, body)).status, 401, `${method} ${path}`);
  }
  // The router takes other spellings of the same path.
  const root = server.base.slice(0, -'/fhir'.length);
  for (const path of [
    '//fhir/Patient',
    '/fhir//Patient',
    '///fhir///Patient/1',
    '/fhir/Patient/',
    '/%66hir/Patient',
    '/fhir;x=1/Patient',
  ]) {
    t.equal((await raw(`${root}`, path)).status, 401, path);
  }
});

t.test('the open routes', async (t) => {
  const root = server.base.slice(0, -'/fhir'.length);
  for (const path of [`${root}/healthz`, `${root}/readyz`, '/metadata', '/metadata?_format=xml']) {
    t.equal((await get(path)).status, 200, path);
    t.equal((await get(path, bearer('broken'))).status, 200, `${path} whatever token comes along`);
  }
  t.equal((await get('/.well-known/smart-configuration')).status, 404, 'nobody said where one logs in');
  t.equal((await get(`${root}/elsewhere`)).status, 404);
});

t.test('a refused body is not read', async (t) => {
  const { hostname, port } = new URL(server.base);
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest({
      hostname,
      port,
      method: 'POST',
      path: '/fhir/Patient',
      headers: { 'content-length': '50000000', 'content-type': 'application/fhir+json' },
    });
    request.on('response', (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on('error', reject);
    request.write('{');
  });
  t.equal(status, 401, 'before the body came');
});

t.test('a token in the URL', async (t) => {
  const token = await issuer.token();
  for (const headers of [{}, bearer(token)]) {
    const answer = await get(`/Patient?access_token=${token}`, headers);
    t.equal(answer.status, 400);
    t.equal(answer.headers.get('www-authenticate'), 'Bearer realm="fhir", error="invalid_request"');
  }
  t.equal((await get(`/Patient?access%5Ftoken=${token}`)).status, 401, 'never read from there');
  t.notMatch(server.log(), token);
});

t.test('an oversized header', async (t) => {
  const answer = await get('/Patient', bearer('a'.repeat(20_000)));
  t.equal(answer.status, 431);
  t.equal((await get('/Patient', bearer(`${'a'.repeat(6000)}.${'b'.repeat(6000)}.c`))).status, 401);
});

function raw(root: string, path: string): Promise<{ status: number | undefined }> {
  const { hostname, port } = new URL(root);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path }, (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    })
      .on('error', reject)
      .end();
  });
}
