/** More than the server takes: told at once, and what was taken is done. https://www.rfc-editor.org/rfc/rfc9110#name-503-service-unavailable */
import { once } from 'node:events';
import { request } from 'node:http';
import Fastify from 'fastify';
import t from 'tap';
import type { FhirError } from '../../src/r4/errors.js';
import { Backpressure } from '../../src/rest/backpressure.js';
import { patient, startServer } from '../support/server.js';

/** A server whose answers take a while, behind a bound. */
async function slowServer(max: number) {
  const app = Fastify();
  const pressure = new Backpressure(max);
  pressure.watch(app);
  app.setErrorHandler((error: FhirError, _request, reply) => reply.code(error.status).send(error.key));
  app.get('/fhir/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return 'done';
  });
  app.get('/healthz', async () => 'ok');
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, base, pressure };
}

t.test('past the bound', async (t) => {
  const { app, base, pressure } = await slowServer(2);
  t.teardown(() => app.close());
  const ask = async (path: string) => {
    const began = performance.now();
    const answer = await fetch(base + path);
    return { status: answer.status, text: await answer.text(), ms: performance.now() - began };
  };
  const all = Promise.all(Array.from({ length: 60 }, () => ask('/fhir/slow')));
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.ok(pressure.isFull());
  t.equal((await ask('/healthz')).status, 200, 'health is answered');
  const answers = await all;
  const refused = answers.filter(({ status }) => status === 503);
  t.equal(refused.length, 40, 'ten times as many as it takes are under way at most');
  t.ok(refused.every(({ text }) => text === 'overloaded'));
  t.ok(answers.every(({ status }) => status === 200 || status === 503));
  t.notOk(pressure.isFull());
  t.equal((await ask('/fhir/slow')).status, 200, 'and it goes on');
});

t.test('clients that go away hold no place', async (t) => {
  const { app, base, pressure } = await slowServer(2);
  t.teardown(() => app.close());
  const gone = Array.from({ length: 20 }, () => fetch(`${base}/fhir/slow`, { signal: AbortSignal.timeout(100) }));
  t.ok((await Promise.allSettled(gone)).every(({ status }) => status === 'rejected'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.notOk(pressure.isFull());
  t.equal((await fetch(`${base}/fhir/slow`)).status, 200);
});

t.test('what is refused says when to come again', async (t) => {
  const { server, call, close } = await startServer({ MAX_REQUESTS: '1' });
  t.teardown(close);
  const { store } = server.services;
  // Reads that wait, as those of a database that is slow.
  const read = store.read.bind(store);
  store.read = async (type, id) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return await read(type, id);
  };
  const all = await Promise.all(Array.from({ length: 30 }, () => call('GET', '/Patient/nobody')));
  const refused = all.filter(({ status }) => status === 503);
  t.equal(refused.length, 20);
  for (const { headers, json } of refused) {
    t.equal(headers.get('retry-after'), '1');
    t.equal(json.issue[0].details.coding[0].code, 'overloaded');
  }
});

t.test('many quick ones are taken', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  t.equal((await call('PUT', '/Patient/a', patient({ id: 'a' }))).status, 201);
  const all = await Promise.all(Array.from({ length: 600 }, () => call('GET', '/Patient/a')));
  t.ok(all.every(({ status }) => status === 200));
});

t.test('a client that waits for 100 Continue gets it', async (t) => {
  const { base, close } = await startServer({});
  t.teardown(close);
  const sent = request(`${base}/Patient`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json', expect: '100-continue' },
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  sent.end(JSON.stringify(patient()));
  const [answer] = await once(sent, 'response');
  t.equal(answer.statusCode, 201);
  answer.resume();
});
