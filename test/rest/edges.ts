/** HTTP at its edges, on every store: encodings, odd heads, headers that say what cannot be, values out of all proportion. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Test } from 'tap';
import { patient, type TestServer } from '../support/server.js';
import { refused } from './refused.js';

/** A request whose bytes are sent as they are; resolves to all that comes back. */
function raw(base: string, bytes: Buffer | string): Promise<string> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

export async function edges(t: Test, s: TestServer): Promise<void> {
  await t.test('text above ASCII in URLs and headers is UTF-8', async (t) => {
    const zemour = { ...patient(), name: [{ family: 'Zémour-Ünal' }] };
    await s.call('PUT', '/Patient/edge-utf8', { ...zemour, id: 'edge-utf8' });
    const host = new URL(s.base).host;
    const send = (line: string, condition: Buffer, body = '') =>
      raw(
        s.base,
        Buffer.concat([
          Buffer.from(`${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nIf-None-Exist: `),
          condition,
          Buffer.from('\r\nContent-Type: application/fhir+json\r\n'),
          Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
        ]),
      );
    const body = JSON.stringify(zemour);
    const condition = Buffer.from('family:exact=Zémour-Ünal');
    t.match(await send('POST /fhir/Patient', condition, body), /^HTTP\/1\.1 200 /, 'found, not made');
    const latin1 = Buffer.from('family=é', 'latin1');
    t.match(await send('POST /fhir/Patient', latin1, body), /^HTTP\/1\.1 400 .*bad-url/s);
    t.match(await send('POST /fhir/Patient', Buffer.from('family=%ff'), body), /^HTTP\/1\.1 400 .*bad-url/s);
    // A URL is ASCII: Node refuses others before they are a request.
    t.match(await send('GET /fhir/Patient?family=Zémour', condition), /^HTTP\/1\.1 400 .*OperationOutcome/s);
    for (const query of ['family=%ff', 'family=%', 'family=%zz', '%c3=1']) {
      refused(t, await s.call('GET', `/Patient?${query}`), 400, 'bad-url', query);
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      refused(t, await s.call('POST', '/Patient/_search', query, form), 400, 'bad-url', query);
    }
    t.equal((await s.call('GET', '/Patient?family=z%C3%A9mour+%C3%BCnal')).json.total, 1);
  });
  await t.test('content encodings', async (t) => {
    const body = JSON.stringify(patient());
    const send = (encoding: string, bytes: Uint8Array | string) =>
      s.call('POST', '/Patient', bytes, { 'content-encoding': encoding });
    for (const encoding of ['gzip', 'GZIP', 'x-gzip']) t.equal((await send(encoding, gzipSync(body))).status, 201);
    t.equal((await send('identity', body)).status, 201);
    refused(t, await send('br', body), 415, 'unsupported-encoding');
    refused(t, await send('gzip', body), 400, 'bad-encoding');
    refused(t, await send('gzip', gzipSync(body).subarray(0, 40)), 400, 'bad-encoding');
  });
  await t.test('paths and methods that are none', async (t) => {
    refused(t, await s.call('GET', '/_history/1'), 404, 'no-such-route');
    refused(t, await s.call('GET', '/metadata/1'), 404, 'no-such-route');
    const patched = await s.call('PATCH', '/metadata', '{}');
    refused(t, patched, 405, 'method-not-allowed');
    t.equal(patched.headers.get('allow'), 'GET, HEAD');
    refused(t, await s.call('GET', '/Patient/_search?_id=1'), 405, 'method-not-allowed');
    refused(t, await s.call('GET', '/metadata?foo=1'), 400, 'parameter-not-here');
    t.equal((await s.call('GET', '//Patient//?_count=0')).status, 200);
    t.match(await raw(s.base, 'GET /fhir/metadata HTTP/1.1\r\nConnection: close\r\n\r\n'), /400 .*no-host/s);
  });
  await t.test('preconditions', async (t) => {
    const body = { ...patient(), id: 'edge-match', identifier: [{ system: 'urn:edge', value: 'match' }] };
    await s.call('PUT', '/Patient/edge-match', body);
    const star = { 'if-none-match': '*' };
    refused(t, await s.call('PUT', '/Patient?identifier=urn:edge|match', body, star), 412, 'already-exists');
    refused(t, await s.call('PUT', '/Patient/edge-match', body, { 'if-none-match': 'W/"1"' }), 412, 'already-exists');
    t.equal((await s.call('PUT', '/Patient/edge-match', body, { 'if-none-match': 'W/"7"' })).status, 200);
    t.equal((await s.call('PUT', '/Patient/edge-match', body, { 'if-match': 'W/"9", W/"2"' })).status, 200);
    refused(t, await s.call('PUT', '/Patient/edge-match', body, { 'if-match': 'W/"8", "9"' }), 412, 'version-conflict');
  });
  await t.test('one person named in two ways at once is one', async (t) => {
    for (let round = 0; round < 3; round++) {
      const identifier = [{ system: 'urn:edge:two', value: `T${round}` }];
      const body = { ...patient(), identifier };
      const answers = await Promise.all(
        Array.from({ length: 32 }, (_, i) =>
          i % 2 === 0
            ? s.call('POST', '/Patient', body, { 'if-none-exist': `identifier=T${round}` })
            : s.call('PUT', `/Patient?identifier=urn:edge:two|T${round}`, body),
        ),
      );
      t.same(
        answers.filter(({ status }) => status !== 200 && status !== 201),
        [],
      );
      t.equal((await s.call('GET', `/Patient?identifier=T${round}`)).json.total, 1);
    }
  });
  await t.test('a long value does not stop a series of pages', async (t) => {
    const names = ['edge-a', `edge-b${'x'.repeat(900_000)}`, 'edge-c', `edge-b${'x'.repeat(900_000)}y`];
    for (const [i, family] of names.entries()) {
      const more = { id: `edge-long-${i}`, name: [{ family }], identifier: [{ system: 'urn:edge', value: family }] };
      t.equal((await s.call('PUT', `/Patient/edge-long-${i}`, { ...patient(), ...more })).status, 201);
    }
    for (const query of ['_sort=family', '_sort=-identifier', '_sort=family,_id', 'family=edge']) {
      const seen: string[] = [];
      let next: string | undefined = `${s.base}/Patient?identifier=urn:edge|&_count=1&${query}`;
      if (query === 'family=edge') next = `${s.base}/Patient?family=edge&_count=1`;
      while (next !== undefined && seen.length < 50) {
        t.ok(next.length < 2000, 'a short link');
        const page = await s.call('GET', next);
        t.equal(page.status, 200);
        seen.push(...(page.json.entry ?? []).map((entry: { resource: { id: string } }) => entry.resource.id));
        next = page.json.link.find((link: { relation: string }) => link.relation === 'next')?.url;
      }
      const long = seen.filter((id) => id.startsWith('edge-long'));
      t.same([...long].sort(), ['edge-long-0', 'edge-long-1', 'edge-long-2', 'edge-long-3'], query);
    }
  });
  await t.test('thousands of values cost thousands, not millions', async (t) => {
    const many = { ...patient(), identifier: Array.from({ length: 60_000 }, (_, i) => ({ value: `v${i}` })) };
    const contained = Array.from({ length: 10_000 }, (_, i) => ({
      resourceType: 'Organization',
      id: `o${i}`,
      name: 'x',
    }));
    const generalPractitioner = contained.map(({ id }) => ({ reference: `#${id}` }));
    for (const body of [many, { ...patient(), contained, generalPractitioner }]) {
      const before = performance.now();
      t.equal((await s.call('POST', '/Patient', body, { prefer: 'return=minimal' })).status, 201);
      t.ok(performance.now() - before < 5000, `${Math.round(performance.now() - before)} ms`);
    }
  });
}
