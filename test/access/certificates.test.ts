/** Client certificates: shown to us in TLS, or handed on by a proxy; what is trusted, and whom it stands for. */

import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import t from 'tap';
import { certify, folder } from '../support/certificates.mjs';
import { ALL_TO_ALL, AUDIENCE, startIssuer } from '../support/issuer.js';
import { startServer } from '../support/server.js';

const write = folder();
const authority = certify('Autorité de test', { isAuthority: true });
const home = certify('tilleuls.example', { issuer: authority });
const unknown = certify('acacias.example', { issuer: authority });
const expired = certify('tilleuls.example', { issuer: authority, from: -2 * 86_400_000, to: -86_400_000 });
const future = certify('tilleuls.example', { issuer: authority, from: 86_400_000, to: 2 * 86_400_000 });
const selfSigned = certify('tilleuls.example');
const pinned = certify('pinned.example', { issuer: authority });
const otherAuthority = certify('Autorité de test', { isAuthority: true });
const forged = certify('tilleuls.example', { issuer: otherAuthority });
/** Issued by a certificate that may issue none. */
const below = certify('tilleuls.example', { issuer: home });

const der = (one: { certificatePem: string }) => new X509Certificate(one.certificatePem).raw;
const thumbprint = (one: { certificatePem: string }) =>
  Buffer.from(new X509Certificate(one.certificatePem).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');

const clients = write(
  'clients.json',
  JSON.stringify([
    {
      name: 'tilleuls',
      subject: { CN: 'tilleuls.example', OU: '0002 440000000' },
      structures: ['1440000001'],
      tenants: ['tilleuls'],
    },
    {
      name: 'pinned',
      fingerprint: new X509Certificate(pinned.certificatePem).fingerprint256,
      structures: [],
      roles: ['AUTOMATE'],
      scopes: 'system/Patient.rs',
    },
  ]),
);
const TLS_CLIENT_CA = write('ca.pem', authority.certificatePem);
const own = certify('127.0.0.1', { hosts: ['127.0.0.1'] });
const issuer = await startIssuer();
t.teardown(() => issuer.close());
const common = {
  AUTH: 'oauth',
  POLICIES: ALL_TO_ALL,
  CLIENT_CERTIFICATES: clients,
  TLS_CLIENT_CA,
  AUTH_ISSUERS: issuer.file(),
  AUTH_AUDIENCE: AUDIENCE,
};

t.test('in TLS', async (t) => {
  const server = await startServer({
    ...common,
    TLS_KEY: write('key.pem', own.keyPem),
    TLS_CERT: write('own.pem', own.certificatePem),
  });
  t.teardown(() => server.close());
  t.match(server.base, /^https:/);
  const get = (path: string, one?: { keyPem: string; certificatePem: string }, headers = {}) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const shown = one === undefined ? {} : { key: one.keyPem, cert: one.certificatePem };
      const agent = new Agent({ keepAlive: false });
      request(server.base + path, { agent, ca: own.certificatePem, headers, ...shown }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode, text });
      })
        .on('error', reject)
        .end();
    });
  t.equal((await get('/Patient', home)).status, 200);
  t.equal((await get('/Patient')).status, 401, 'none');
  for (const [name, one] of Object.entries({ unknown, expired, future, selfSigned, forged, below })) {
    t.equal((await get('/Patient', one)).status, 401, name);
  }
  t.equal((await get('/Patient', pinned)).status, 200);
  t.equal((await get('/Observation', pinned)).status, 403, 'scopes of the file narrow');
  const { status, text } = await get('/metadata');
  t.equal(status, 200);
  const [rest] = JSON.parse(text).rest;
  t.same(rest.security.service, [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'Certificates' }] },
  ]);
  t.match(JSON.parse(text).implementation.url, /^https:/);
  const bearer = async (claims: object) => ({ authorization: `Bearer ${await issuer.token({ ...claims })}` });
  t.equal((await get('/Patient', home, await bearer({}))).status, 200, 'a token beside it');
  t.equal((await get('/Patient', unknown, await bearer({}))).status, 200, 'one that stands for nobody is no hindrance');
  t.equal((await get('/Patient', home, { authorization: 'Bearer x' })).status, 401, 'and does not help a wrong token');
  const bound = await bearer({ cnf: { 'x5t#S256': thumbprint(home) } });
  t.equal((await get('/Patient', home, bound)).status, 200, 'a token that is bound to it');
  t.equal((await get('/Patient', pinned, bound)).status, 401, 'in other hands');
  t.equal((await get('/Patient', undefined, bound)).status, 401);
  t.equal(
    (await get('/Patient', undefined, { 'client-cert': `:${der(home).toString('base64')}:` })).status,
    401,
    'the header is nothing here',
  );
});

t.test('by a proxy', async (t) => {
  const settings = { ...common, CERTIFICATE_HEADER: 'Client-Cert' };
  const trusting = await startServer({ ...settings, TRUSTED_PROXIES: '127.0.0.0/8' });
  const wary = await startServer({ ...settings, TRUSTED_PROXIES: '192.0.2.1' });
  t.teardown(() => Promise.all([trusting.close(), wary.close()]));
  const status = async (header: string, server = trusting) =>
    (await server.call('GET', '/Patient', undefined, { 'client-cert': header })).status;
  const forms = {
    'RFC 9440': `:${der(home).toString('base64')}:`,
    nginx: encodeURIComponent(home.certificatePem),
    Traefik: der(home).toString('base64'),
  };
  for (const [name, header] of Object.entries(forms)) {
    t.equal(await status(header), 200, name);
    t.equal(await status(header, wary), 401, `${name}, from who is no proxy`);
  }
  for (const [name, one] of Object.entries({ unknown, expired, future, selfSigned, forged, below })) {
    t.equal(await status(`:${der(one).toString('base64')}:`), 401, name);
  }
  for (const wrong of ['', 'x', ':AAAA:', '%', '%zz', 'a,b']) t.equal(await status(wrong), 401, JSON.stringify(wrong));
  t.equal((await trusting.call('GET', '/Patient')).status, 401, 'no header');
});

t.test('the wait of a client is not that of all behind a proxy', async (t) => {
  const server = await startServer({
    ...common,
    CERTIFICATE_HEADER: 'Client-Cert',
    TRUSTED_PROXIES: '127.0.0.1',
    AUTH_FAILURES: '1',
  });
  t.teardown(() => server.close());
  const status = async (from: string) =>
    (
      await server.call('GET', '/Patient', undefined, {
        authorization: `Bearer x${Math.random()}`,
        'x-forwarded-for': from,
      })
    ).status;
  t.equal(await status('203.0.113.5'), 401);
  t.equal(await status('203.0.113.5'), 429);
  t.equal(await status('203.0.113.99, 203.0.113.5'), 429, 'what the client itself wrote before is not believed');
  t.equal(await status('203.0.113.6'), 401);
});
