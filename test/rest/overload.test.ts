/** More than the server takes: told at once, and what was taken is done. https://www.rfc-editor.org/rfc/rfc9110#name-503-service-unavailable */
import { once } from 'node:events';
import { request } from 'node:http';
import { Worker } from 'node:worker_threads';
import Fastify from 'fastify';
import t from 'tap';
import type { FhirError } from '../../src/r4/errors.js';
import { Backpressure } from '../../src/rest/backpressure.js';
import { patient, startServer } from '../support/server.js';

/** Answers that wait until it is opened, however busy the machine is. */
function newGate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Waits until so many are counted, for as long as a test may take. */
async function reached(count: () => number, wanted: number): Promise<void> {
  for (let i = 0; i < 1000 && count() < wanted; i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A server whose answers wait for a gate, behind a bound. */
async function slowServer(max: number) {
  const gate = newGate();
  const app = Fastify();
  const pressure = new Backpressure(max);
  pressure.watch(app);
  app.setErrorHandler((error: FhirError, _request, reply) => reply.code(error.status).send(error.key));
  app.get('/fhir/slow', async () => {
    await gate.opened;
    return 'done';
  });
  app.get('/healthz', async () => 'ok');
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, base, pressure, gate };
}

t.test('past the bound', async (t) => {
  const { app, base, pressure, gate } = await slowServer(2);
  t.teardown(() => app.close());
  let told = 0;
  const ask = async (path: string) => {
    const answer = await fetch(base + path);
    if (answer.status === 503) told++;
    return { status: answer.status, text: await answer.text() };
  };
  const all = Promise.all(Array.from({ length: 60 }, () => ask('/fhir/slow')));
  await reached(() => told, 40);
  t.ok(pressure.isFull());
  t.equal((await ask('/healthz')).status, 200, 'health is answered');
  gate.open();
  const answers = await all;
  const refused = answers.filter(({ status }) => status === 503);
  t.equal(refused.length, 40, 'ten times as many as it takes are under way at most');
  t.ok(refused.every(({ text }) => text === 'overloaded'));
  t.ok(answers.every(({ status }) => status === 200 || status === 503));
  t.notOk(pressure.isFull());
  t.equal((await ask('/fhir/slow')).status, 200, 'and it goes on');
});

t.test('clients that go away hold no place', async (t) => {
  const { app, base, pressure, gate } = await slowServer(2);
  t.teardown(() => app.close());
  const gone = Array.from({ length: 20 }, () => fetch(`${base}/fhir/slow`, { signal: AbortSignal.timeout(100) }));
  t.ok((await Promise.allSettled(gone)).every(({ status }) => status === 'rejected'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.notOk(pressure.isFull());
  gate.open();
  t.equal((await fetch(`${base}/fhir/slow`)).status, 200);
});

t.test('a refusal does not wait for the work of all that were taken', async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  new Backpressure(10).watch(app);
  app.setErrorHandler((error: FhirError, _request, reply) => reply.code(error.status).send(error.key));
  app.get('/fhir/heavy', async () => {
    for (const end = performance.now() + 20; performance.now() < end; );
    return 'done';
  });
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  // A client that is not held up by the server's work. The first requests open connections and tell the pace.
  const client = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    (async () => {
      const order = [];
      const all = () => Promise.all(Array.from({ length: 60 }, async () => {
        order.push((await fetch(workerData)).status);
      }));
      for (let round = 0; round < 4; round++) {
        order.length = 0;
        await all();
      }
      parentPort.postMessage(order);
    })();`,
    { eval: true, workerData: `${base}/fhir/heavy` },
  );
  const [order] = (await once(client, 'message')) as [number[]];
  t.ok(order.includes(503));
  t.ok(order.filter((status) => status === 200).length >= 3, 'a few are served all the same');
  const before = order.indexOf(503);
  t.ok(before < 10, `${before} answered before the first refusal`);
});

t.test('under overload few are taken at a time, and when it is over all is as before', async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  new Backpressure(40).watch(app);
  app.setErrorHandler((error: FhirError, _request, reply) => reply.code(error.status).send(error.key));
  // One after the other, as a store that writes.
  let last = Promise.resolve();
  let underWay = 0;
  let most = 0;
  app.get('/fhir/work', async () => {
    underWay++;
    most = Math.max(most, underWay);
    last = last.then(() => new Promise((done) => setTimeout(done, 10)));
    await last;
    underWay--;
    return 'done';
  });
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  const ask = async () => {
    const answer = await fetch(`${base}/fhir/work`);
    await answer.text();
    return answer.status;
  };
  for (let i = 0; i < 40; i++) await ask();
  const burst = await Promise.all(Array.from({ length: 40 }, ask));
  t.ok(
    burst.every((status) => status === 200),
    'a client with many connections is served',
  );
  t.ok(most > 20, `${most} were under way`);
  // More than it can do, for a while: about ten in the time of one.
  const all: Promise<number>[] = [];
  const began = performance.now();
  for (let isLater = false; performance.now() - began < 3000; ) {
    // The queue of before the overload was seen is behind.
    if (!isLater && performance.now() - began > 1500) {
      isLater = true;
      most = 0;
    }
    for (let i = 0; i < 10; i++) all.push(ask());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const answers = await Promise.all(all);
  t.ok(answers.includes(503));
  t.ok(answers.filter((status) => status === 200).length > 30, 'it goes on');
  t.ok(most > 0 && most <= 20, `${most} were under way at most`);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  t.ok((await Promise.all(Array.from({ length: 40 }, ask))).every((status) => status === 200));
});

t.test('what is refused says when to come again', async (t) => {
  const { server, call, close } = await startServer({ MAX_REQUESTS: '1' });
  t.teardown(close);
  const { store } = server.services;
  const gate = newGate();
  // Reads that wait, as those of a database that is slow.
  const read = store.read.bind(store);
  store.read = async (type, id) => {
    await gate.opened;
    return await read(type, id);
  };
  let told = 0;
  const languages = ['fr', 'en', 'de'];
  const ask = async (_: unknown, i: number) => {
    const headers: Record<string, string> = { 'accept-language': languages[i % 3] ?? '', 'x-request-id': `r${i}` };
    if (i % 2 === 0) headers.accept = 'application/fhir+xml';
    const answer = await call('GET', '/Patient/nobody', undefined, headers);
    if (answer.status === 503) told++;
    return { ...answer, i };
  };
  const asked = Promise.all(Array.from({ length: 30 }, ask));
  await reached(() => told, 20);
  gate.open();
  const all = await asked;
  const refused = all.filter(({ status }) => status === 503);
  t.equal(refused.length, 20);
  for (const { headers, json, text, i } of refused) {
    t.equal(headers.get('retry-after'), '1');
    t.equal(headers.get('x-request-id'), `r${i}`);
    t.match(headers.get('vary'), 'accept-language');
    t.equal(headers.get('content-type'), `application/fhir+${i % 2 === 0 ? 'xml' : 'json'}; charset=utf-8`);
    t.match(text, i % 3 === 0 ? 'réessayez' : 'try again');
    if (i % 2 === 0) t.match(text, '<code value="overloaded"/>');
    else t.equal(json.issue[0].details.coding[0].code, 'overloaded');
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
