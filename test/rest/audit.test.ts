/** Every interaction is traced, whoever asked, and the trace stays as it was. https://profiles.ihe.net/ITI/BALP/content.html */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent, Bundle } from '@medplum/fhirtypes';
import Sqlite from 'better-sqlite3';
import t, { type Test } from 'tap';
import { TrailWriter } from '../../src/access/audit/trail-writer.js';
import { verifyTrail } from '../../src/access/audit/verify.js';
import { audit } from '../../src/commands/audit.js';
import { readSettings } from '../../src/config.js';
import { openSqliteStore } from '../../src/store/sqlite/index.js';
import { patient, startServer, type TestServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const ENTITY = (event: AuditEvent) => event.entity?.flatMap(({ what }) => what?.reference ?? []) ?? [];
const eventsOf = (bundle: Bundle): AuditEvent[] => bundle.entry?.map(({ resource }) => resource as AuditEvent) ?? [];
const toldOf = (event: AuditEvent) => [event.subtype?.[0]?.code, event.action, event.outcomeDesc];

async function traced(t: Test, store: string): Promise<void> {
  const s = await startServer({ STORE: store, AUDIT: 'on' });
  t.teardown(() => s.close());
  const about = async (query: string) => {
    const answer = await s.call('GET', `/AuditEvent?${query}`);
    t.equal(answer.status, 200, answer.text.slice(0, 300));
    return eventsOf(answer.json);
  };
  const observation = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'poids' },
    subject: { reference: 'Patient/a' },
  };

  await t.test('who looked at my record', async (t) => {
    await s.call('PUT', '/Patient/a', patient({ id: 'a' }), { 'x-request-id': 'first-one' });
    await s.call('PUT', '/Patient/b', patient({ id: 'b' }));
    await s.call('GET', '/Patient/a');
    await s.call('GET', '/Patient/a/_history/1');
    await s.call('GET', '/Patient?family=kerouedan');
    const made = await s.call('POST', '/Observation', observation);
    await s.call('GET', `/Observation/${made.json.id}`);
    await s.call('GET', '/Patient/a/Observation');
    await s.call('GET', '/Patient/b');
    await s.call('GET', '/Patient/nobody');
    const events = await about('patient=Patient/a&_sort=date');
    t.same(events.map(toldOf), [
      ['update', 'U', 'HTTP 201'],
      ['read', 'R', 'HTTP 200'],
      ['vread', 'R', 'HTTP 200'],
      ['search-type', 'E', 'HTTP 200'],
      ['create', 'C', 'HTTP 201'],
      ['read', 'R', 'HTTP 200'],
      ['search-type', 'E', 'HTTP 200'],
    ]);
    const [first, second, , search] = events;
    t.same(ENTITY(first as AuditEvent), ['Patient/a', 'Patient/a/_history/1']);
    t.ok(first?.entity?.some(({ what }) => what?.identifier?.value === 'first-one'));
    t.same(second?.meta?.profile, ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead']);
    t.same(ENTITY(search as AuditEvent).sort(), ['Patient/a', 'Patient/b']);
    const query = search?.entity?.find((one) => one.query !== undefined)?.query ?? '';
    t.equal(Buffer.from(query, 'base64').toString(), 'Patient?family=kerouedan');
    t.equal(first?.agent?.[0]?.network?.address, '127.0.0.1');
    t.same((await about('patient=Patient/nobody')).map(toldOf), [['read', 'R', 'HTTP 404']]);
    t.same(await about('patient=Patient/nobody-else'), []);
    t.notMatch(s.log(), /kerouedan|Kérouédan|first-one.*Patient\/a/);
  });

  await t.test('each entry of a Bundle', async (t) => {
    const entry = (method: string, url: string, resource?: unknown) => ({
      request: { method, url },
      ...(resource === undefined ? {} : { resource }),
    });
    const bundle = (type: string, ...entries: unknown[]) => ({ resourceType: 'Bundle', type, entry: entries });
    await s.call('PUT', '/Patient/c', patient({ id: 'c' }));
    const done = await s.call(
      'POST',
      '',
      bundle('transaction', entry('PUT', 'Patient/c', patient({ id: 'c', gender: 'male' })), entry('GET', 'Patient/c')),
    );
    t.equal(done.status, 200);
    const failed = await s.call(
      'POST',
      '',
      bundle('transaction', entry('PUT', 'Patient/c', patient({ id: 'c' })), entry('GET', 'Patient/none')),
    );
    t.equal(failed.status, 404);
    await s.call(
      'POST',
      '',
      bundle('batch', entry('GET', 'Patient/c'), entry('DELETE', 'Patient/c'), entry('GET', 'Patient/c')),
    );
    const events = await about('patient=Patient/c&_sort=date&_count=50');
    t.same(
      events.map((one) => toldOf(one).join(' ')).sort(),
      [
        'delete D HTTP 204',
        'read R HTTP 200',
        'read R HTTP 410',
        'read R HTTP 410',
        'transaction E HTTP 200',
        'update U HTTP 200',
        'update U HTTP 201',
      ].sort(),
    );
    t.ok((await about('subtype=transaction')).some(({ outcomeDesc }) => outcomeDesc === 'HTTP 404'));
  });

  await t.test('searched as any resource, by pages', async (t) => {
    const all = await about('_count=1000&_sort=date');
    t.ok(all.length > 15);
    t.same(
      all.map(({ recorded }) => recorded),
      all.map(({ recorded }) => recorded).sort(),
    );
    const paged: string[] = [];
    let next: string | undefined = '/AuditEvent?_count=4&_sort=date';
    for (let i = 0; next !== undefined && i < 20 && paged.length < all.length; i++) {
      const page: Awaited<ReturnType<TestServer['call']>> = await s.call('GET', next);
      paged.push(...eventsOf(page.json).map(({ id }) => id as string));
      next = page.json.link.find((one: { relation: string }) => one.relation === 'next')?.url;
    }
    t.same(
      paged.slice(0, all.length),
      all.map(({ id }) => id),
    );
    t.same(await about('action=D&_summary=count'), []);
    t.equal((await s.call('GET', '/AuditEvent?action=D&_summary=count')).json.total, 1);
    t.same((await about('action=C')).map(toldOf), [['create', 'C', 'HTTP 201']]);
    t.same(await about('date=lt2026-01-01'), []);
    t.ok((await about('date=ge2026-01-01&outcome=4')).length >= 2);
    t.same(
      (await about(`_id=${all[0]?.id}`)).map(({ id }) => id),
      [all[0]?.id],
    );
    const code = async (query: string) => {
      const answer = await s.call('GET', query);
      return [answer.status, answer.json.issue?.[0].details.coding[0].code];
    };
    t.same(await code('/AuditEvent?patient.name=a'), [400, 'audit-search']);
    t.same(await code('/AuditEvent?_sort=action'), [400, 'audit-search']);
    t.same(await code('/Patient?_has:AuditEvent:patient:action=R'), [400, 'audit-search']);
    t.equal((await s.call('GET', '/?_type=AuditEvent,Patient')).status, 200);
    t.same(await code('/?_type=AuditEvent,Patient&_sort=_lastUpdated'), [400, 'audit-search']);
    t.equal((await s.call('GET', '/?_id=a')).status, 200, 'a search over all types is not about the trace');
    t.equal((await s.call('GET', '/AuditEvent?_cursor=abc')).status, 400);
  });

  await t.test('read, and never changed', async (t) => {
    const [event] = await about('patient=Patient/b&action=R');
    const read = await s.call('GET', `/AuditEvent/${event?.id}`);
    t.same(read.json, event);
    t.same(read.headers.get('etag'), 'W/"1"');
    t.equal((await s.call('GET', `/AuditEvent/${event?.id}/_history/1`)).status, 200);
    t.equal((await s.call('GET', `/AuditEvent/${event?.id}/_history`)).json.total, 1);
    t.ok((await s.call('GET', '/AuditEvent/_history?_count=5')).json.entry.length === 5);
    t.equal((await s.call('PUT', `/AuditEvent/${event?.id}`, event)).status, 405);
    t.equal((await s.call('DELETE', `/AuditEvent/${event?.id}`)).status, 405);
    const patch = [{ op: 'replace', path: '/outcome', value: '0' }];
    t.equal(
      (await s.call('PATCH', `/AuditEvent/${event?.id}`, patch, { 'content-type': 'application/json-patch+json' }))
        .status,
      405,
    );
    t.equal((await s.call('PUT', '/AuditEvent/mine', { ...event, id: 'mine' })).status, 405);
    t.equal((await s.call('DELETE', '/AuditEvent?action=R')).status, 405);
    t.same((await s.call('GET', `/AuditEvent/${event?.id}`)).json, event);
    for (const id of ['abcdefabcdef-0-0', `${event?.id}9`, 'x', 'abcdefabcdef-0-0-0']) {
      t.equal((await s.call('GET', `/AuditEvent/${id}`)).status, 404, id);
    }
    for (const one of await about('_count=100')) {
      const checked = await s.call('POST', '/AuditEvent/$validate', one);
      const errors = checked.json.issue.filter(({ severity }: { severity: string }) => severity === 'error');
      t.same(errors, [], JSON.stringify(one));
    }
  });

  await t.test('those that clients send are in the same trail', async (t) => {
    const own = {
      resourceType: 'AuditEvent',
      type: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110114' },
      recorded: '2026-03-01T10:00:00+01:00',
      agent: [{ requestor: true, who: { identifier: { value: 'infirmière' } } }],
      source: { observer: { identifier: { value: 'DUI' } } },
      entity: [{ what: { reference: 'Patient/d' } }],
    };
    const sent = await s.call('POST', '/AuditEvent', own);
    t.equal(sent.status, 201, sent.text);
    const found = await about('patient=Patient/d&type=110114');
    t.same(
      found.map(({ id }) => id),
      [sent.json.id],
    );
    t.same((await s.call('GET', `/AuditEvent/${sent.json.id}`)).json, sent.json);
    t.same(
      (await about('date=2026-03-01')).map(({ id }) => id),
      [sent.json.id],
      'when it happened',
    );
    t.equal((await s.call('DELETE', `/AuditEvent/${sent.json.id}`)).status, 405);
    const both = await s.call('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          request: { method: 'POST', url: 'AuditEvent' },
          resource: { ...own, entity: [{ what: { reference: 'Patient/e' } }] },
        },
        { request: { method: 'PUT', url: 'Patient/e' }, resource: patient({ id: 'e' }) },
      ],
    });
    t.equal(both.status, 200, both.text);
    t.equal((await about('patient=Patient/e&type=110114')).length, 1);
  });
}

await onEveryStore(traced);

t.test('a trail that was touched is not whole', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const STORE = `sqlite:${folder}`;
  const run = async (flags: Record<string, unknown>, verb = 'verify') => {
    const { log, error } = console;
    const lines: string[] = [];
    console.log = console.error = (line: string) => lines.push(line);
    try {
      const code = await audit(readSettings({ STORE }, {}), [verb], flags);
      return { code, text: lines.join('\n') };
    } finally {
      Object.assign(console, { log, error });
    }
  };
  const s = await startServer({ STORE, AUDIT: 'strict' });
  await s.call('PUT', '/Patient/a', patient({ id: 'a' }));
  for (let i = 0; i < 5; i++) {
    await s.call('GET', '/Patient/a');
    // What is read is appended before; this read is a line of the next.
    await s.call('GET', '/AuditEvent?patient=Patient/a&_count=1');
  }
  await s.close();
  const head = /"trail":"([^"]+)"/.exec(s.log())?.[1] as string;
  t.match(head, /^[0-9a-f]{12}:\d+:[0-9a-f]{64}$/, 'the head is logged at the stop');
  const whole = await run({ head: [head] });
  t.same([whole.code, whole.text.split('\n')[0]], [0, '1 chains, 6 batches, 11 lines: whole']);
  t.ok(whole.text.includes(head));
  const file = join(folder, 'out.ndjson');
  t.match((await run({ to: file, patient: 'a' }, 'export')).text, /^11 AuditEvents/);
  t.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, 11);
  await t.rejects(run({ to: file }, 'export'), /cannot be made/);
  await t.rejects(run({ head: ['x'] }), /chain:number:hash/);
  t.ok(existsSync(file));

  const touched = async (sql: string, told: RegExp, flags: Record<string, unknown> = {}) => {
    const database = new Sqlite(join(folder, 'passerelle.db'));
    database.exec(`BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM trail; ${sql}; COMMIT`);
    const found = await run(flags);
    t.equal(found.code, 1, sql);
    t.match(found.text, told);
    database.exec('BEGIN; DELETE FROM trail; INSERT INTO trail SELECT * FROM kept; DROP TABLE kept; COMMIT');
    database.close();
    t.equal((await run({})).code, 0, 'as it was');
  };
  await touched(
    "UPDATE trail SET text = replace(text, 'Patient/a', 'Patient/b') WHERE number = 2",
    /batch 2 is not as it was written/,
  );
  await touched('DELETE FROM trail WHERE number = 3', /batch 3 is missing/);
  await touched('DELETE FROM trail WHERE number = 0', /batch 0 is missing/);
  await touched('DELETE FROM trail WHERE number = 5', /ends before batch 5/, { head: [head] });
  await touched(
    'UPDATE trail SET number = CASE number WHEN 2 THEN 30 WHEN 3 THEN 2 ELSE number END WHERE number IN (2, 3); UPDATE trail SET number = 3 WHERE number = 30',
    /does not follow/,
  );
  await touched(`UPDATE trail SET hash = '${'0'.repeat(64)}' WHERE number = 5`, /not as it was written/);
});

t.test('what a process left that was killed is appended by another', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const first = openSqliteStore({ folder });
  t.teardown(() => first.close());
  const { trail } = first;
  const line = (id: string) => ({ t: Date.now(), do: 'read', status: 200, request: id, from: '', patients: [id] });
  const dead = new TrailWriter(trail);
  dead.add(line('p1'));
  await dead.seal();
  dead.add(line('p2'));
  dead.add(line('p3'));
  await dead.flush();
  const [{ chain } = { chain: '' }] = await trail.heads();
  t.equal((await trail.heads())[0]?.number, 0, 'the last two are journaled');
  const store = openSqliteStore({ folder });
  t.teardown(() => store.close());
  const writer = new TrailWriter(store.trail);
  await writer.adopt(Date.now() - 60_000);
  t.equal((await store.trail.heads())[0]?.number, 0, 'not while it may live');
  await writer.adopt(Date.now() + 1000);
  await writer.adopt(Date.now() + 1000);
  const [batch, other] = await store.trail.walk({ key: 'Patient/p3', descending: false, count: 5 });
  t.same([batch?.chain, batch?.number, other], [chain, 1, undefined]);
  t.same(await verifyTrail(store.trail, []), { chains: 1, batches: 2, lines: 3, faults: [] });
  // It was not dead after all.
  dead.add(line('p4'));
  await dead.seal();
  const all = await verifyTrail(store.trail, []);
  t.same([all.chains, all.faults], [2, []]);
  t.equal((await store.trail.walk({ key: 'Patient/p4', descending: false, count: 5 })).length, 1);
});

t.test('what cannot be traced is not done', async (t) => {
  const s = await startServer({ AUDIT: 'strict' });
  t.teardown(() => s.close());
  const { store } = s.server.services;
  const journal = store.trail.journal.bind(store.trail);
  store.trail.journal = async () => {
    throw Object.assign(new Error('the disk is full'), { name: 'StoreFull' });
  };
  t.ok((await s.call('GET', '/Patient')).status >= 500);
  store.trail.journal = journal;
  await new Promise((resolve) => setTimeout(resolve, 700));
  t.equal((await s.call('GET', '/Patient')).status, 200);
  t.equal((await s.call('GET', '/AuditEvent?subtype=search-type')).json.total, 2, 'both are told');
});
