/** How issuers are asked: keys that turn, introspection, userinfo, and what is kept of an answer. */
import t, { type Test } from 'tap';
import { ALL_TO_ALL, AUDIENCE, startIssuer } from '../support/issuer.js';
import { startServer } from '../support/server.js';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function started(t: Test, more: Record<string, unknown> = {}, settings: Record<string, string> = {}) {
  const issuer = await startIssuer();
  const server = await startServer({
    AUTH: 'oauth',
    POLICIES: ALL_TO_ALL,
    AUTH_ISSUERS: issuer.file(more),
    AUTH_AUDIENCE: AUDIENCE,
    ...settings,
  });
  t.teardown(async () => {
    await server.close();
    await issuer.close();
  });
  const status = async (token: string) => (await server.call('GET', '/Patient', undefined, bearer(token))).status;
  return { issuer, server, status };
}

t.test('keys are fetched once, and again for a kid that is new, but not for each', async (t) => {
  const { issuer, status } = await started(t);
  for (let i = 0; i < 5; i++) t.equal(await status(await issuer.token({ sub: `u-${i}` })), 200);
  t.equal(issuer.asked['/jwks'], 1);
  for (let i = 0; i < 5; i++)
    t.equal(await status(await issuer.token({}, { kid: `made-up-${i}` }, issuer.otherKey)), 401);
  t.equal(issuer.asked['/jwks'], 1, 'made-up kids within half a minute lead to no question');
});

t.test('a key that turned is taken', async (t) => {
  const issuer = await startIssuer();
  const before = await issuer.token();
  // The server sees the keys for the first time after the turn: those that were withdrawn are gone.
  await issuer.turn();
  const server = await startServer({
    AUTH: 'oauth',
    POLICIES: ALL_TO_ALL,
    AUTH_ISSUERS: issuer.file(),
    AUTH_AUDIENCE: AUDIENCE,
  });
  t.teardown(async () => {
    await server.close();
    await issuer.close();
  });
  const status = async (token: string) => (await server.call('GET', '/Patient', undefined, bearer(token))).status;
  t.equal(await status(before), 401);
  t.equal(await status(await issuer.token()), 200);
});

t.test('a token is verified once', async (t) => {
  const { issuer, status } = await started(t, { introspection: true });
  const token = await issuer.token();
  issuer.introspected.set(token, { active: true, sub: 'u-1' });
  const all = await Promise.all(Array.from({ length: 20 }, () => status(token)));
  t.ok(all.every((one) => one === 200));
  t.equal(issuer.asked['/introspect'], 1, 'also of many requests at once');
  issuer.broken = true;
  t.equal(await status(token), 200, 'and needs no issuer afterwards');
});

t.test('a token that ended is not kept', async (t) => {
  const { issuer, status } = await started(t, {}, { AUTH_CLOCK_TOLERANCE: '0' });
  const token = await issuer.token({ exp: Math.floor(Date.now() / 1000) + 2 });
  t.equal(await status(token), 200);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  t.equal(await status(token), 401);
});

t.test('an issuer that does not answer says nothing about a token', async (t) => {
  const { issuer, server, status } = await started(t);
  issuer.broken = true;
  const token = await issuer.token();
  const answer = await server.call('GET', '/Patient', undefined, bearer(token));
  t.equal(answer.status, 503);
  t.equal(answer.headers.get('retry-after'), '1');
  t.equal(answer.json.issue[0].code, 'transient');
  t.equal(await status('no.such.token'), 401);
});

t.test('introspection: opaque tokens', async (t) => {
  const { issuer, status } = await started(t, { introspection: true, jwks: undefined });
  const now = Math.floor(Date.now() / 1000);
  const good = {
    active: true,
    iss: issuer.url,
    sub: 'u-1',
    client_id: 'dpi',
    aud: AUDIENCE,
    exp: now + 60,
    scope: 'user/*.rs',
  };
  const tell = async (name: string, claims: Record<string, unknown>) => {
    issuer.introspected.set(name, claims);
    return await status(name);
  };
  t.equal(await tell('good', good), 200);
  t.equal(await tell('good-2', { ...good, exp: undefined }), 200);
  t.equal(await tell('inactive', { ...good, active: false }), 401);
  t.equal(await tell('active-by-word', { ...good, active: 'true' }), 401);
  t.equal(await tell('expired', { ...good, exp: now - 60 }), 401);
  t.equal(await tell('not-yet', { ...good, nbf: now + 60 }), 401);
  t.equal(await tell('another-audience', { ...good, aud: 'https://other.example' }), 401);
  t.equal(await tell('another-issuer', { ...good, iss: 'https://other.example' }), 401);
  t.equal(await tell('refresh', { ...good, typ: 'Refresh' }), 401);
  t.equal(await status('unknown'), 401);
  const jwt = await issuer.token();
  t.equal(await tell(jwt, good), 200, 'a JWT too, where no keys are named');
  issuer.broken = true;
  t.equal(await status('later'), 503);
  t.equal(await status('good'), 200);
});

t.test('who is among the clients needs no audience', async (t) => {
  const { issuer, status } = await started(t, { clients: ['dpi'] });
  t.equal(await status(await issuer.token({ aud: undefined })), 200);
  t.equal(await status(await issuer.token({ aud: undefined, client_id: 'another' })), 401);
  t.equal(
    await status(await issuer.token({ aud: 'dpi', typ: 'ID' }, { typ: 'JWT' })),
    401,
    'an ID token is no access token',
  );
  t.equal(
    await status(await issuer.token({ aud: 'dpi' }, { typ: 'JWT' })),
    401,
    'nor what does not say that it is one',
  );
  t.equal(await status(await issuer.token({ aud: undefined, typ: 'Bearer' }, { typ: 'JWT' })), 200);
});

t.test('algorithms that the operator does not allow', async (t) => {
  const { issuer, status } = await started(t, {}, { AUTH_ALGORITHMS: 'RS256' });
  t.equal(await status(await issuer.token()), 401);
});

t.test('failures slow down who makes them', async (t) => {
  const { issuer, server, status } = await started(t, {}, { AUTH_FAILURES: '5' });
  const good = await issuer.token();
  t.equal(await status(good), 200);
  for (let i = 0; i < 5; i++) t.equal(await status(`wrong-${i}`), 401);
  const answer = await server.call('GET', '/Patient', undefined, bearer('wrong-again'));
  t.equal(answer.status, 429);
  t.equal(answer.headers.get('retry-after'), '1');
  t.equal(answer.json.issue[0].code, 'throttled');
  t.equal(await status(good), 200, 'a token that is known goes on');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.equal(await status(await issuer.token({ sub: 'u-2' })), 200, 'after a second the next is looked at');
});
