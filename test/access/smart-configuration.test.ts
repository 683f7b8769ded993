/** What an operator's file of issuers becomes in the SMART configuration and in the CapabilityStatement. */
import t from 'tap';
import { folder } from '../support/certificates.mjs';
import { startServer } from '../support/server.js';

t.test('the first issuer that says where one logs in', async (t) => {
  const file = folder()(
    'issuers.json',
    JSON.stringify([
      { issuer: 'https://machines.example', jwks: 'https://machines.example/certs' },
      {
        issuer: 'https://idp.example',
        jwks: 'https://idp.example/certs',
        authorizationEndpoint: 'https://idp.example/authorize',
        tokenEndpoint: 'https://idp.example/token',
        capabilities: ['launch-standalone', 'permission-v2'],
      },
    ]),
  );
  const server = await startServer({ AUTH: 'oauth', AUTH_ISSUERS: file, AUTH_AUDIENCE: 'https://fhir.example' });
  t.teardown(() => server.close());
  const answer = await server.call('GET', '/.well-known/smart-configuration', undefined, {
    accept: 'application/fhir+xml',
  });
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), /^application\/json/);
  t.match(answer.json, {
    issuer: 'https://idp.example',
    jwks_uri: 'https://idp.example/certs',
    authorization_endpoint: 'https://idp.example/authorize',
    token_endpoint: 'https://idp.example/token',
    grant_types_supported: ['authorization_code', 'client_credentials'],
    capabilities: ['launch-standalone', 'permission-v2'],
    code_challenge_methods_supported: ['S256'],
  });
  const [{ security }] = (await server.call('GET', '/metadata')).json.rest;
  t.same(security.extension[0].extension, [
    { url: 'authorize', valueUri: 'https://idp.example/authorize' },
    { url: 'token', valueUri: 'https://idp.example/token' },
  ]);
  t.equal(security.cors, false);
});

t.test('without access control there is none', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  t.equal((await server.call('GET', '/.well-known/smart-configuration')).status, 404);
  t.equal((await server.call('GET', '/metadata')).json.rest[0].security, undefined);
});
