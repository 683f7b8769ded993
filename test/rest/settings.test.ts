/** What settings change, seen from outside. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { patient, startServer } from '../support/server.js';

t.test('VALIDATION=warn stores and says so, off does not look', async (t) => {
  const wrong = patient({ gender: 'homme' });
  const warn = await startServer({ VALIDATION: 'warn' });
  t.teardown(() => warn.close());
  const stored = await warn.call('POST', '/Patient', wrong, { prefer: 'return=OperationOutcome' });
  t.equal(stored.status, 201);
  t.match(stored.headers.get('warning'), /^199 passerelle "1 validation issue/);
  t.equal(stored.json.issue[0].severity, 'error');
  t.equal(stored.json.issue[0].expression[0], 'Patient.gender');
  const off = await startServer({ VALIDATION: 'off' });
  t.teardown(() => off.close());
  const blind = await off.call('POST', '/Patient', { ...wrong, anything: [1, { a: null }] });
  t.equal(blind.status, 201);
  t.equal(blind.headers.get('warning'), null);
  t.same(blind.json.anything, [1, { a: null }]);
});

t.test('RESOURCE_TYPES narrows routes and CapabilityStatement', async (t) => {
  const s = await startServer({ RESOURCE_TYPES: 'Patient,Organization' });
  t.teardown(() => s.close());
  t.equal((await s.call('POST', '/Patient', patient())).status, 201);
  t.equal((await s.call('POST', '/Encounter', { resourceType: 'Encounter' })).status, 404);
  const { rest } = (await s.call('GET', '/metadata')).json;
  t.same(
    rest[0].resource.map((r: { type: string }) => r.type),
    ['Organization', 'Patient'],
  );
});

t.test('references to types that are not served are found', async (t) => {
  const s = await startServer({ RESOURCE_TYPES: 'Patient' });
  t.teardown(() => s.close());
  await s.call('POST', '/Patient', { ...patient(), managingOrganization: { reference: 'Organization/o1' } });
  for (const query of ['organization=o1', 'organization:Organization=o1', 'organization=Organization/o1']) {
    t.equal((await s.call('GET', `/Patient?${query}`)).json.total, 1, query);
  }
});

t.test('REQUEST_TIMEOUT ends what does not arrive', { timeout: 20_000 }, async (t) => {
  const s = await startServer({ REQUEST_TIMEOUT: '1' });
  t.teardown(() => s.close());
  const { hostname, port } = new URL(s.base);
  for (const part of ['GET /fhir/meta', 'POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{']) {
    const before = Date.now();
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => socket.write(part));
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
    t.match(answer, /^HTTP\/1\.1 408 .*OperationOutcome/s, part);
    t.ok(Date.now() - before < 5000, 'in time');
  }
});

t.test('REQUEST_TIMEOUT leaves a body time that comes along', { timeout: 30_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  const s = await startServer({ REQUEST_TIMEOUT: '1', STORE: `sqlite:${folder}` });
  t.teardown(async () => {
    await s.close();
    await rm(folder, { recursive: true });
  });
  const send = async (pieces: number, size: number, path: string, type: string) => {
    async function* body() {
      yield '{"resourceType":"Binary","contentType":"text/plain","data":"';
      for (let i = 0; i < pieces; i++) {
        await setTimeout(250);
        yield 'a'.repeat(size);
      }
      yield '"}';
    }
    const init = { method: 'POST', duplex: 'half', body: Readable.toWeb(Readable.from(body())) };
    return await fetch(`${s.base}${path}`, { ...init, headers: { 'content-type': type } } as never).then(
      ({ status }) => status,
      () => 0,
    );
  };
  const began = Date.now();
  const [raw, json, slow] = await Promise.all([
    send(10, 200_000, '/Binary', 'text/plain'),
    send(10, 200_000, '/Binary', 'application/fhir+json'),
    send(80, 2000, '/Binary', 'text/plain'),
  ]);
  t.equal(raw, 201, 'a content that takes longer');
  t.equal(json, 201, 'a resource that takes longer');
  t.ok(slow === 408 || slow === 0, 'one that drips is ended');
  t.ok(Date.now() - began < 10_000, 'in time');
  const left = () => readdirSync(join(folder, 'contents', 'coming'));
  for (let i = 0; i < 50 && left().length > 0; i++) await setTimeout(50);
  t.same(left(), [], 'and leaves no file behind');
});

t.test('what is stored unchecked does not break what reads it', async (t) => {
  const s = await startServer({ VALIDATION: 'off' });
  t.teardown(() => s.close());
  const odd = { resourceType: 'Binary', contentType: 5, data: { a: 1 }, securityContext: { reference: 7 } };
  const made = await s.call('POST', '/Binary', odd);
  t.equal(made.status, 201);
  const read = await s.call('GET', `/Binary/${made.json.id}`, undefined, { accept: '*/*' });
  t.equal(read.status, 200);
  t.equal(read.headers.get('content-type'), 'application/octet-stream');
  const turtle = await s.call('GET', `/Binary/${made.json.id}`, undefined, { accept: 'application/fhir+turtle' });
  t.equal(turtle.status, 406);
  t.match(turtle.headers.get('vary'), /accept/);
});

t.test('UPDATE_CREATE=off keeps ids to the server', async (t) => {
  const s = await startServer({ UPDATE_CREATE: 'off' });
  t.teardown(() => s.close());
  t.equal((await s.call('PUT', '/Patient/mine', { ...patient(), id: 'mine' })).status, 405);
  const made = await s.call('POST', '/Patient', patient());
  t.equal((await s.call('PUT', `/Patient/${made.json.id}`, { ...patient(), id: made.json.id })).status, 200);
  t.equal((await s.call('GET', '/metadata')).json.rest[0].resource[0].updateCreate, false);
});

t.test('BASE_URL is in links, and references below it are local', async (t) => {
  const s = await startServer({ BASE_URL: 'https://fhir.exemple.fr/r4/' });
  t.teardown(() => s.close());
  const made = await s.call(
    'POST',
    '/Patient',
    patient({ managingOrganization: { reference: 'https://fhir.exemple.fr/r4/Organization/o1' } }),
  );
  t.match(made.headers.get('location'), /^https:\/\/fhir\.exemple\.fr\/r4\/Patient\//);
  const found = await s.call('GET', '/Patient?organization=Organization/o1');
  t.equal(found.json.entry[0].fullUrl, `https://fhir.exemple.fr/r4/Patient/${made.json.id}`);
});

t.test('limits', async (t) => {
  const s = await startServer({ BODY_LIMIT: '2000', URL_LIMIT: '300', MAX_COUNT: '5', DEFAULT_COUNT: '3' });
  t.teardown(() => s.close());
  t.equal((await s.call('POST', '/Patient', patient({ language: 'x'.repeat(2100) }))).status, 413);
  t.equal((await s.call('GET', `/Patient?name=${'x'.repeat(300)}`)).status, 414);
  for (let i = 0; i < 7; i++) await s.call('POST', '/Patient', patient());
  t.equal((await s.call('GET', '/Patient')).json.entry.length, 3);
  const capped = await s.call('GET', '/Patient?_count=100');
  t.equal(capped.json.entry.length, 5);
  t.match(capped.json.link[0].url, /_count=5/, 'self tells what was really used');
});

t.test('TIME_ZONE decides what a date without zone means', async (t) => {
  const appointment = (start: string, end: string) => ({
    resourceType: 'Appointment',
    status: 'booked',
    start,
    end,
    participant: [{ actor: { reference: 'Patient/1' }, status: 'accepted' }],
  });
  for (const [TIME_ZONE, expected] of [
    ['Europe/Paris', 1],
    ['UTC', 0],
  ] as const) {
    const s = await startServer({ TIME_ZONE });
    t.teardown(() => s.close());
    // Just after midnight in Paris on New Year's Day.
    await s.call('POST', '/Appointment', appointment('2026-01-01T00:10:00+01:00', '2026-01-01T00:20:00+01:00'));
    t.equal((await s.call('GET', '/Appointment?date=2026-01-01')).json.total, expected, TIME_ZONE);
  }
});
