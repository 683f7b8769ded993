/** A merge moves no more than a transaction may have entries. */
import t from 'tap';
import { patient, startServer } from '../support/server.js';

t.test('beyond the bound nothing is moved', async (t) => {
  const { call, close } = await startServer({ MAX_ENTRIES: '3' });
  t.teardown(close);
  for (const id of ['a', 'b']) await call('PUT', `/Patient/${id}`, { ...patient(), id });
  for (let i = 0; i < 4; i++) {
    await call('POST', '/Basic', { resourceType: 'Basic', code: { text: 'x' }, subject: { reference: 'Patient/a' } });
  }
  const of = (role: string, id: string) => ({
    name: `${role}-patient`,
    valueReference: { reference: `Patient/${id}` },
  });
  const body = { resourceType: 'Parameters', parameter: [of('source', 'a'), of('target', 'b')] };
  const refused = await call('POST', '/Patient/$merge', body);
  t.match(refused, { status: 422, json: { issue: [{ code: 'too-costly', diagnostics: /More than 3/ }] } });
  t.equal((await call('GET', '/Patient/a')).json.meta.versionId, '1');
  t.equal((await call('GET', '/Basic?subject=Patient/a&_summary=count')).json.total, 4);
});
