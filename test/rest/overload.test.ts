/** More than the server takes: told at once, and what was taken is done. https://www.rfc-editor.org/rfc/rfc9110#name-503-service-unavailable */
import t from 'tap';
import { patient, startServer } from '../support/server.js';

t.test('past the bound', async (t) => {
  const { base, call, close } = await startServer({ MAX_REQUESTS: '2' });
  t.teardown(close);
  const ready = base.replace('/fhir', '/readyz');
  const many = Array.from({ length: 300 }, (_, i) => ({
    resource: patient({ identifier: [{ system: 'urn:x', value: String(i) }] }),
    request: { method: 'POST', url: 'Patient' },
  }));
  const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: many });
  const began = performance.now();
  const all = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const answer = await call('POST', '', bundle);
      return { ...answer, ms: performance.now() - began };
    }),
  );
  const done = all.filter(({ status }) => status === 200);
  const refused = all.filter(({ status }) => status === 503);
  t.equal(done.length + refused.length, 40);
  t.ok(done.length >= 2 && refused.length > 0, `${done.length} done, ${refused.length} refused`);
  for (const { headers, json } of refused) {
    t.equal(headers.get('retry-after'), '1');
    t.equal(json.issue[0].details.coding[0].code, 'overloaded');
  }
  const { json } = await call('GET', '/Patient?_summary=count');
  t.equal(json.total, 300 * done.length, 'what was taken is there, and nothing else');
  t.equal((await call('GET', ready)).status, 200, 'and it is ready again');
});

t.test('many quick ones are taken', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  t.equal((await call('PUT', '/Patient/a', patient({ id: 'a' }))).status, 201);
  const all = await Promise.all(Array.from({ length: 600 }, () => call('GET', '/Patient/a')));
  t.ok(all.every(({ status }) => status === 200));
});
