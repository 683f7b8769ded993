/** What a caller sees while things change: contents on their way, series of pages, histories, records that grant each other. */
import type { Test } from 'tap';
import { pdf, provideBundle } from '../../fixtures/documents/provide-bundle.mjs';
import { professional, serverWith } from '../support/callers.js';
import { onEveryStore } from '../support/stores.js';

const reference = (reference: string) => ({ reference });
const MASK = {
  system: 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument',
  code: 'MASQUE_PS',
};
const member = (practitioner: string) => [{ member: reference(`Practitioner/${practitioner}`) }];

async function run(t: Test, STORE: string) {
  const callers = {
    nurse: professional(['60'], { practitioner: 'Practitioner/n1' }),
    other: professional(['60'], { practitioner: 'Practitioner/n2' }),
    doctor: professional(['10'], { practitioner: 'Practitioner/d1' }),
  };
  const { call, put } = await serverWith(t, callers, 'ehpad', { STORE });
  for (const id of ['n1', 'n2', 'd1']) await put({ resourceType: 'Practitioner', id });
  const people = { p1: 'n1', p2: 'n2' };
  for (const [id, who] of Object.entries(people)) {
    await put({ resourceType: 'Patient', id, name: [{ family: `Nom-${id}` }], birthDate: '1938-02-11' } as never);
    const team = { resourceType: 'CareTeam', id: `team-${id}`, status: 'active', subject: reference(`Patient/${id}`) };
    await put({ ...team, participant: [...member(who), ...member('d1')] } as never);
  }
  const document = (id: string, patient: string, url: string, labels: object[] = []) => ({
    resourceType: 'DocumentReference',
    id,
    status: 'current',
    subject: reference(`Patient/${patient}`),
    ...(labels.length > 0 && { securityLabel: labels.map((one) => ({ coding: [one] })) }),
    content: [{ attachment: { contentType: 'text/plain', url } }],
  });

  await t.test('a content is of who sent it until a document names it', async (t) => {
    const bytes = { resourceType: 'Binary', contentType: 'text/plain', data: 'bm90ZQ==' };
    const sent = await call('nurse', 'POST', '/Binary', bytes);
    t.equal(sent.status, 201);
    const place = /\/Binary\/[^/]+/.exec(sent.headers.get('location') ?? '')?.[0] ?? '';
    t.equal((await call('nurse', 'GET', place)).status, 200);
    t.equal((await call('other', 'GET', place)).status, 404);
    const { id: _, ...theirs } = document('x', 'p2', place.slice(1));
    t.equal((await call('other', 'POST', '/DocumentReference', theirs)).status, 403, 'nobody takes it into his own');
    const { id: __, ...mine } = document('x', 'p1', place.slice(1));
    t.equal((await call('nurse', 'POST', '/DocumentReference', mine)).status, 201);
    t.equal((await call('doctor', 'GET', place)).status, 200);
    t.equal((await call('other', 'GET', place)).status, 404);
    t.equal((await call('other', 'POST', '/DocumentReference', theirs)).status, 403);
    const free = { ...theirs, content: [{ attachment: { contentType: 'text/plain', url: 'Binary/nobody' } }] };
    t.equal((await call('other', 'POST', '/DocumentReference', free)).status, 403, 'as one that is not there');
    t.equal((await call('other', 'GET', place, undefined, { host: 'other.example' })).status, 404);
    const provided = provideBundle('discharge-letter', { patient: 'Patient/p1', bytes: pdf() });
    t.equal((await call('nurse', 'POST', '', provided)).status, 200, 'ITI-65');
    const foreign = provideBundle('discharge-letter', { patient: 'Patient/p2', bytes: pdf() });
    t.not((await call('nurse', 'POST', '', foreign)).status, 200, 'ITI-65 of somebody else');
  });

  await t.test('who sees less than when a series began sees no more in it', async (t) => {
    for (let i = 0; i < 6; i++) await put(document(`d${i}`, 'p1', 'https://elsewhere.example/d') as never);
    const first = await call('nurse', 'GET', '/DocumentReference?patient=p1&_sort=_id&_count=3');
    const next = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url;
    await put(document('d4', 'p1', 'https://elsewhere.example/d', [MASK]) as never);
    const ids = ({ json }: typeof first) =>
      (json.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id);
    t.notOk(ids(await call('nurse', 'GET', next)).includes('d4'));
    t.equal((await call('nurse', 'GET', '/DocumentReference/d4/_history/1')).status, 404);
    t.equal((await call('other', 'GET', next)).json.entry, undefined, "another's page shows nothing of his");
    const team = {
      resourceType: 'CareTeam',
      id: 'team-p1',
      subject: reference('Patient/p1'),
      participant: member('n1'),
    };
    await put({ ...team, status: 'inactive' } as never);
    t.equal((await call('nurse', 'GET', next)).json.entry, undefined);
    t.equal((await call('nurse', 'GET', '/Patient/p1')).status, 404, 'at once');
    await put({ ...team, status: 'active', participant: [...member('n1'), ...member('d1')] } as never);
    t.equal((await call('nurse', 'GET', '/Patient/p1')).status, 200, 'at once');
  });

  await t.test('a read many times over is right each time', async (t) => {
    const team = {
      resourceType: 'CareTeam',
      id: 'team-p1',
      subject: reference('Patient/p1'),
      participant: member('n1'),
    };
    for (let i = 0; i < 12; i++) {
      const status = i % 3 === 2 ? 'inactive' : 'active';
      await put({ ...team, status } as never);
      for (let k = 0; k < 6; k++) {
        const expected = status === 'active' ? 200 : 404;
        t.equal((await call('nurse', 'GET', '/Patient/p1')).status, expected);
        const { json } = await call('nurse', 'GET', '/DocumentReference?patient=p1');
        t.equal(json.total > 0, status === 'active', JSON.stringify(json).slice(0, 400));
      }
    }
    await put({ ...team, status: 'active', participant: [...member('n1'), ...member('d1')] } as never);
  });

  await t.test('a history has full pages and cursors that tell nothing', async (t) => {
    for (let i = 0; i < 30; i++) {
      const patient = i % 5 === 0 ? 'p1' : 'p2';
      await put({ resourceType: 'Condition', id: `c${i}`, subject: reference(`Patient/${patient}`) } as never);
    }
    const seen: string[] = [];
    let url: string | undefined = '/Condition/_history?_count=2';
    const sizes: number[] = [];
    while (url !== undefined) {
      const { json } = await call('nurse', 'GET', url);
      const entries: { resource: { id: string } }[] = json.entry ?? [];
      t.equal(json.total, undefined);
      sizes.push(entries.length);
      seen.push(...entries.map(({ resource }) => resource.id));
      url = json.link.find(({ relation }: { relation: string }) => relation === 'next')?.url;
      t.notMatch(
        Buffer.from(new URL(url ?? 'x:/').searchParams.get('_cursor') ?? '', 'base64url').toString('latin1'),
        /"h"/,
      );
    }
    t.same(seen, ['c25', 'c20', 'c15', 'c10', 'c5', 'c0']);
    t.same(sizes, [2, 2, 2]);
    const mixed = await call('', 'GET', '/Condition/_history?_count=2');
    const whole = mixed.json.link.find(({ relation }: { relation: string }) => relation === 'next').url;
    t.equal((await call('nurse', 'GET', whole)).status, 400, 'a cursor of the store itself is none of his');
  });

  await t.test('who is like whom is told of those who are seen', async (t) => {
    const alike = { resourceType: 'Patient', name: [{ family: 'Nom-p2', given: ['Jeanne'] }], birthDate: '1938-02-11' };
    await put({ ...alike, id: 'p2' } as never);
    const desk = professional(['secretariat']);
    Object.assign(callers, { desk: { ...desk, id: 'desk' } });
    t.match((await call('desk', 'POST', '/Patient', alike)).headers.get('warning'), /Patient\/p2/);
    const matched = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: alike }] };
    const { json } = await call('nurse', 'POST', '/Patient/$match', matched);
    t.notOk(JSON.stringify(json).includes('Nom-p2"') && json.total > 0);
    t.equal((await call('nurse', 'GET', '/Condition?_explain=true')).status, 403);
  });

  await t.test('entries of a transaction may grant each other, and all is undone where one may not be', async (t) => {
    const observation = (patient: string) => ({
      resource: {
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'poids' },
        subject: reference(`Patient/${patient}`),
      },
      request: { method: 'POST', url: 'Observation' },
    });
    const bundle = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });
    t.equal((await call('nurse', 'POST', '', bundle(observation('p1'), observation('p2')))).status, 403);
    t.equal((await call('', 'GET', '/Observation?_summary=count')).json.total, 0);
    const document = { resourceType: 'Binary', contentType: 'text/plain', data: 'bm90ZQ==' };
    const both = bundle(
      {
        fullUrl: 'urn:uuid:5b0f4f0e-4a5c-4b7e-9d61-2f1b7c3a8e21',
        resource: document,
        request: { method: 'POST', url: 'Binary' },
      },
      {
        resource: {
          resourceType: 'DocumentReference',
          status: 'current',
          subject: reference('Patient/p1'),
          content: [
            { attachment: { contentType: 'text/plain', url: 'urn:uuid:5b0f4f0e-4a5c-4b7e-9d61-2f1b7c3a8e21' } },
          ],
        },
        request: { method: 'POST', url: 'DocumentReference' },
      },
      observation('p1'),
    );
    const made = await call('nurse', 'POST', '', both);
    t.equal(made.status, 200, made.text.slice(0, 300));
    const parts = [observation('p1'), { request: { method: 'DELETE', url: 'Patient/p1' } }];
    t.equal((await call('nurse', 'POST', '', bundle(...parts))).status, 403);
    const batch = await call('nurse', 'POST', '', { ...bundle(...parts), type: 'batch' });
    t.same(
      batch.json.entry.map(({ response }: { response: { status: string } }) => response.status.slice(0, 3)),
      ['201', '403'],
    );
  });
}

onEveryStore(run);
