/** A token leads to the establishments that it names; of others it does not tell whether they are there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { tenant } from '../../src/commands/tenant.js';
import { readSettings } from '../../src/config.js';
import { ALL_TO_ALL, AUDIENCE, startIssuer } from '../support/issuer.js';
import { patient, startServer } from '../support/server.js';

t.test('tenants of a caller', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  const print = console.log;
  console.log = () => undefined;
  for (const name of ['les-tilleuls', 'le-port']) {
    await tenant(readSettings({ STORE: `sqlite:${folder}` }, {}), ['add', name], {});
  }
  console.log = print;
  const issuer = await startIssuer();
  const server = await startServer({
    STORE: `sqlite:${folder}`,
    TENANTS: 'on',
    AUTH: 'oauth',
    POLICIES: ALL_TO_ALL,
    AUTH_ISSUERS: issuer.file({ claims: { tenants: 'tenants' } }),
    AUTH_AUDIENCE: AUDIENCE,
  });
  t.teardown(async () => {
    await server.close();
    await issuer.close();
    await rm(folder, { recursive: true });
  });
  const call = async (path: string, tenants: unknown, method = 'GET', body?: unknown) =>
    await server.call(method, path, body, { authorization: `Bearer ${await issuer.token({ tenants })}` });

  t.equal((await call('/les-tilleuls/Patient/a', ['les-tilleuls'], 'PUT', patient({ id: 'a' }))).status, 201);
  t.equal((await call('/les-tilleuls/Patient/a', 'les-tilleuls le-port')).status, 200);
  const others = await call('/le-port/Patient/a', ['les-tilleuls']);
  const nowhere = await call('/nowhere/Patient/a', ['les-tilleuls']);
  t.equal(others.status, 404);
  t.same([others.status, others.text], [nowhere.status, nowhere.text], 'one of others is as one that is not there');
  t.equal((await call('/les-tilleuls/Patient/a', undefined)).status, 404, 'a token that names none');
  t.equal((await call('/les-tilleuls/Patient/a', [])).status, 404);
  t.equal((await call('/Patient/a', ['les-tilleuls'])).status, 404, 'there is nothing beside the tenants');

  const none = await server.call('GET', '/les-tilleuls/Patient/a');
  t.equal(none.status, 401);
  t.equal((await server.call('GET', '/nowhere/Patient/a')).text, none.text, 'who is not known learns of no tenant');
  const statement = await server.call('GET', '/les-tilleuls/metadata');
  t.equal(statement.status, 200);
  t.equal((await server.call('GET', '/nowhere/metadata')).status, 200);
});
