/** Contents of Binary over HTTP, on every store: apart from the text, whole in every answer. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { sweepContents } from '../../src/indexing/content-sweep.js';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const FHIR = { accept: 'application/fhir+json' };

async function run(t: Test, store: string) {
  const s = await startServer({ STORE: store, CONTENT_LIMIT: '3000000' });
  t.teardown(() => s.close());
  const raw = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(s.base + path, { method, headers });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const sizes = [0, 1, 16_384, 16_385, 100_000, 1_000_001];

  await t.test('bytes in, bytes and the resource out', async (t) => {
    for (const size of sizes) {
      const bytes = randomBytes(size);
      const made = await s.call('POST', '/Binary', bytes, { 'content-type': 'application/pdf' });
      t.equal(made.status, 201, made.text.slice(0, 500));
      const data = size === 0 ? undefined : bytes.toString('base64');
      t.equal(made.json.data, data);
      const { id } = made.json;
      const out = await raw(`/Binary/${id}`, { accept: 'application/pdf' });
      t.ok(out.bytes.equals(bytes), `${size} bytes`);
      t.equal(out.headers.get('content-length'), `${size}`);
      t.equal(out.headers.get('etag'), 'W/"1"');
      const head = await raw(`/Binary/${id}`, {}, 'HEAD');
      t.equal(head.headers.get('content-length'), `${size}`);
      t.equal((await s.call('GET', `/Binary/${id}`, undefined, FHIR)).json.data, data);
      const xml = await s.call('GET', `/Binary/${id}`, undefined, { accept: 'application/fhir+xml' });
      t.match(xml.text, size === 0 ? '<Binary' : `<data value="${data}"/>`);
      const pretty = await s.call('GET', `/Binary/${id}?_pretty=true`, undefined, FHIR);
      t.equal(pretty.json.data, data);
      t.equal((await raw(`/Binary/${id}`, { 'if-none-match': 'W/"1"' })).status, 304);
    }
  });

  await t.test('as a resource, in a batch, in a transaction, in pages and histories', async (t) => {
    const [a, b] = [randomBytes(60_000).toString('base64'), randomBytes(70_000).toString('base64')];
    const binary = (data: string, more = {}) => ({ resourceType: 'Binary', contentType: 'image/png', data, ...more });
    const made = await s.call('POST', '/Binary', binary(a));
    t.equal(made.json.data, a);
    const { id } = made.json;
    const put = await s.call('PUT', `/Binary/${id}`, binary(b, { id }));
    t.equal(put.status, 200);
    const history = await s.call('GET', `/Binary/${id}/_history`);
    t.same(
      history.json.entry.map((entry: { resource: { data: string } }) => entry.resource.data),
      [b, a],
    );
    t.equal((await s.call('GET', `/Binary/${id}/_history/1`, undefined, FHIR)).json.data, a);
    const found = await s.call('GET', `/Binary?_id=${id}`);
    t.equal(found.json.entry[0].resource.data, b);
    const part = await s.call('GET', `/Binary?_id=${id}&_elements=data`);
    t.equal(part.json.entry[0].resource.data, b);
    for (const type of ['batch', 'transaction']) {
      const answer = await s.call('POST', '', {
        resourceType: 'Bundle',
        type,
        entry: [
          { resource: binary(b), request: { method: 'POST', url: 'Binary' } },
          { request: { method: 'GET', url: `Binary/${id}` } },
        ],
      });
      t.equal(answer.status, 200, answer.text.slice(0, 500));
      t.equal(answer.json.entry[1].resource.data, b);
      const place = answer.json.entry[0].response.location.split('/fhir')[1];
      t.equal((await s.call('GET', place, undefined, FHIR)).json.data, b);
    }
    const patch = [{ op: 'replace', path: '/contentType', value: 'image/jpeg' }];
    const type = { 'content-type': 'application/json-patch+json' };
    const patched = await s.call('PATCH', `/Binary/${id}`, patch, type);
    t.match(patched.json, { contentType: 'image/jpeg', data: b });
    const other = await s.call('PATCH', `/Binary/${id}`, [{ op: 'replace', path: '/data', value: a }], type);
    t.match(other.json, { data: a });
  });

  await t.test('the address of a content is no way to it', async (t) => {
    const bytes = randomBytes(50_000);
    await s.call('POST', '/Binary', bytes, { 'content-type': 'image/png' });
    const address = createHash('sha256').update(bytes).digest('hex');
    const text = (data: string) => `{"resourceType":"Binary","contentType":"image/png","data":${data}}`;
    for (const body of [text(`"${address}"`), text(`\t"${address}"`), text(` \t "${address}"`)]) {
      const made = await s.call('POST', '/Binary', body);
      t.equal(made.status, 201);
      t.equal(made.json.data, address, 'it is what it says, and nothing else');
    }
    t.equal((await s.call('POST', '/Binary', text(`"\t${address}"`))).status, 400);
  });

  await t.test('parts of it', async (t) => {
    for (const size of [10_000, 600_000]) {
      const bytes = randomBytes(size);
      const { json } = await s.call('POST', '/Binary', bytes, { 'content-type': 'application/pdf' });
      const path = `/Binary/${json.id}`;
      const part = (range: string, headers = {}) => raw(path, { range, ...headers });
      const first = await part('bytes=0-99');
      t.equal(first.status, 206);
      t.equal(first.headers.get('content-range'), `bytes 0-99/${size}`);
      t.ok(first.bytes.equals(bytes.subarray(0, 100)));
      t.ok((await part('bytes=5000-')).bytes.equals(bytes.subarray(5000)));
      t.ok((await part('bytes=-7')).bytes.equals(bytes.subarray(-7)));
      t.ok((await part(`bytes=9999-${size + 10}`)).bytes.equals(bytes.subarray(9999)));
      const beyond = await part(`bytes=${size}-`);
      t.equal(beyond.status, 416);
      t.equal(beyond.headers.get('content-range'), `bytes */${size}`);
      for (const ignored of ['bytes=5-2', 'lines=1-2', 'bytes=0-1,4-5', 'bytes=-']) {
        t.equal((await part(ignored)).status, 200, ignored);
      }
      t.equal((await part('bytes=0-1', { 'if-range': 'W/"1"' })).status, 206);
      t.equal((await part('bytes=0-1', { 'if-range': 'W/"2"' })).status, 200);
      t.equal((await s.call('GET', path, undefined, { ...FHIR, range: 'bytes=0-1' })).status, 200);
    }
  });

  await t.test('what is too large is refused, with its length told or not', async (t) => {
    const bytes = Buffer.alloc(3_000_001);
    const type = { 'content-type': 'application/dicom' };
    t.equal((await s.call('POST', '/Binary', bytes, type)).status, 413);
    const body = Readable.toWeb(Readable.from([bytes.subarray(0, 2_000_000), bytes.subarray(2_000_000)]));
    const init = { method: 'POST', body, duplex: 'half', headers: type };
    const response = await fetch(`${s.base}/Binary`, init as never);
    t.equal(response.status, 413);
    await response.text();
    t.equal((await s.call('POST', '/Binary', bytes.subarray(1), type)).status, 201);
  });
}

t.test('a sweep takes what no Binary names, and nothing else', async (t) => {
  const s = await startServer();
  t.teardown(() => s.close());
  const { store } = s.server.services;
  const bytes = () => randomBytes(50_000);
  const type = { 'content-type': 'application/pdf' };
  const [first, second] = [bytes(), bytes()];
  const { id } = (await s.call('POST', '/Binary', first, type)).json;
  await s.call('PUT', `/Binary/${id}`, second, type);
  const refused = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        resource: { resourceType: 'Binary', contentType: 'image/png', data: bytes().toString('base64') },
        request: { method: 'POST', url: 'Binary' },
      },
      { request: { method: 'GET', url: 'Patient/nobody' } },
    ],
  };
  t.equal((await s.call('POST', '', refused)).status, 404);
  const { address } = await store.contents.put(bytes());
  const contents = [address];
  const due = { lane: 'a', chain: 'c', place: 1, state: 'queued', keys: [], due: 1 };
  await store.jobs.add({ id: '1', queue: 'q', ...due, body: '{}', contents });
  t.equal(await sweepContents(store), 0, 'what was put today stays');
  t.equal(await sweepContents(store, Date.now() + 1000), 1);
  t.equal(await store.contents.size(address), 50_000, 'what a job needs stays');
  for (const [path, sent] of [
    [`/Binary/${id}`, second],
    [`/Binary/${id}/_history/1`, first],
  ] as const) {
    const response = await fetch(s.base + path);
    t.ok(Buffer.from(await response.arrayBuffer()).equals(sent));
  }
});

t.test('a sweep lets others be served while it reads', async (t) => {
  const s = await startServer();
  t.teardown(() => s.close());
  const entry = Array.from({ length: 1000 }, () => ({
    resource: { resourceType: 'Binary', contentType: 'text/plain', data: 'QQ==' },
    request: { method: 'POST', url: 'Binary' },
  }));
  t.equal((await s.call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).status, 200);
  let isReading = true;
  let turns = 0;
  const turn = () => {
    turns++;
    if (isReading) setImmediate(turn);
  };
  setImmediate(turn);
  await sweepContents(s.server.services.store, Date.now() + 1000);
  isReading = false;
  t.ok(turns >= 5, `${turns} turns of the loop for five pages`);
});

onEveryStore(run);
