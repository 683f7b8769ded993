/** Breaking the glass: for whom a policy says so, with a reason, for a time. */
import t from 'tap';
import { professional, serverWith } from '../support/callers.js';

t.test('a reason opens for a time', async (t) => {
  const callers = {
    doctor: professional(['10'], { practitioner: 'Practitioner/d1' }),
    helper: professional(['aide-soignant']),
  };
  const { call, put, server } = await serverWith(t, callers, 'ehpad');
  await put({ resourceType: 'Patient', id: 'p1' });
  const read = (who: string, reason?: string) =>
    call(who, 'GET', '/Patient/p1', undefined, reason === undefined ? {} : { 'break-glass': reason });
  t.equal((await read('doctor')).status, 404);
  t.equal(
    (await read('doctor', 'malaise au réfectoire, pouls faible'.normalize('NFD').replace(/\p{M}/gu, ''))).status,
    200,
  );
  t.equal((await read('doctor', 'malaise au refectoire, pouls faible')).status, 200, 'the same reason holds');
  t.equal((await read('doctor')).status, 404, 'a request without a reason is one without');
  t.equal((await read('doctor', 'urgent')).status, 400, 'a word is no reason');
  t.equal((await read('helper', 'malaise au refectoire')).status, 403, 'not for all');
  const header = { 'break-glass': 'malaise au refectoire' };
  t.equal(
    (await call('doctor', 'PUT', '/Patient/p1', { resourceType: 'Patient', id: 'p1' }, header)).status,
    403,
    'to look, not to write',
  );

  const { state } = server.services.store;
  const { get } = state;
  t.teardown(() => Object.assign(state, { get }));
  // As if an hour had gone by.
  Object.assign(state, {
    get: async (name: string) => {
      const found = await get.call(state, name);
      return found !== undefined && name.startsWith('break-glass/') ? String(Number(found) - 3_600_000) : found;
    },
  });
  const over = await read('doctor', 'malaise au refectoire, pouls faible');
  t.equal(over.status, 403);
  t.match(over.text, /30 minutes/);
  t.equal((await read('doctor', 'le malaise dure depuis une heure')).status, 200, 'another reason');
});

t.test('what a patient opposes is not behind the glass', async (t) => {
  const callers = { doctor: professional(['10'], { practitioner: 'Practitioner/d1' }) };
  const { call, put } = await serverWith(t, callers, 'ehpad');
  await put({ resourceType: 'Practitioner', id: 'd1' });
  await put({ resourceType: 'Patient', id: 'p1' });
  const header = { 'break-glass': 'malaise au refectoire' };
  t.equal((await call('doctor', 'GET', '/Patient/p1', undefined, header)).status, 200);
  await put({
    resourceType: 'Consent',
    id: 'c1',
    status: 'active',
    scope: { text: 'acces' },
    category: [{ text: 'opposition' }],
    patient: { reference: 'Patient/p1' },
    policyRule: { text: 'loi' },
    provision: { type: 'deny', actor: [{ role: { text: 'medecin' }, reference: { reference: 'Practitioner/d1' } }] },
  } as never);
  t.equal((await call('doctor', 'GET', '/Patient/p1', undefined, header)).status, 404);
});
