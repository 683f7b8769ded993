/** ITI-68, Retrieve Document, over HTTP, on every store. https://profiles.ihe.net/ITI/MHD/ITI-68.html */
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { pdf, provideBundle, simplifiedPublish } from '../../fixtures/documents/provide-bundle.mjs';
import { codesOf, sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  const get = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(url, { method, headers });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const patient = await s.patient();

  for (const size of [2000, 400_000]) {
    const bytes = Buffer.concat([pdf(), randomBytes(size)]);
    const answer = await s.provide(provideBundle('discharge-letter', { patient, bytes }));
    const [, document, place] = s.placesOf(answer) as [string, string, string];
    const { attachment } = (await s.call('GET', `/${document}`)).json.content[0];
    const url = new URL(attachment.url, `${s.base}/`).href;
    t.equal(url, `${s.base}/${place}`, 'the address of the attachment leads to it');

    await t.test(`${size} bytes: as themselves, or as a resource`, async (t) => {
      for (const accept of ['application/pdf', '*/*', 'application/*', 'text/html, application/pdf;q=0.5']) {
        const got = await get(url, { accept });
        t.equal(got.status, 200, accept);
        t.equal(got.headers.get('content-type'), 'application/pdf');
        t.ok(got.bytes.equals(bytes), accept);
        t.equal(Number(got.headers.get('content-length')), attachment.size);
      }
      const json = await get(url, { accept: 'application/fhir+json' });
      t.match(JSON.parse(json.bytes.toString()), { resourceType: 'Binary', data: bytes.toString('base64') });
      const xml = await get(url, { accept: 'application/fhir+xml' });
      t.match(xml.bytes.toString(), `<data value="${bytes.toString('base64')}"/>`);
    });

    await t.test(`${size} bytes: what a client has is not sent again`, async (t) => {
      const etag = (await get(url)).headers.get('etag') ?? '';
      t.equal((await get(url, { 'if-none-match': etag })).status, 304);
      t.equal((await get(url, { 'if-none-match': 'W/"17"' })).status, 200);
      const head = await get(url, {}, 'HEAD');
      t.equal(head.status, 200);
      t.equal(Number(head.headers.get('content-length')), bytes.length);
    });

    await t.test(`${size} bytes: in parts`, async (t) => {
      const half = Math.floor(bytes.length / 2);
      const [a, b] = [await get(url, { range: `bytes=0-${half - 1}` }), await get(url, { range: `bytes=${half}-` })];
      t.same([a.status, b.status], [206, 206]);
      t.ok(Buffer.concat([a.bytes, b.bytes]).equals(bytes));
      const beyond = await get(url, { range: `bytes=${bytes.length}-` });
      t.equal(beyond.status, 416);
      t.equal(beyond.headers.get('content-range'), `bytes */${bytes.length}`);
    });

    await t.test(`${size} bytes: in no other form than theirs`, async (t) => {
      const got = await s.call('GET', url, undefined, { accept: 'image/png' });
      t.equal(got.status, 406);
      t.same(codesOf(got), ['content-not-acceptable']);
      t.equal((await get(url, { accept: 'application/pdf;q=0' })).status, 406);
    });
  }

  await t.test('what was published simply is retrieved alike', async (t) => {
    const bytes = pdf(50_000);
    const made = await s.call('POST', '/DocumentReference', simplifiedPublish('discharge-letter', { patient, bytes }));
    const got = await get(`${s.base}/${made.json.content[0].attachment.url}`, { accept: 'application/pdf' });
    t.ok(got.bytes.equals(bytes));
  });

  await t.test('what is not there', async (t) => {
    t.equal((await get(`${s.base}/Binary/nothing`, { accept: 'application/pdf' })).status, 404);
    const loose = await s.call('POST', '/Binary', pdf(), { 'content-type': 'application/pdf' });
    await s.call('DELETE', `/Binary/${loose.json.id}`);
    t.equal((await get(`${s.base}/Binary/${loose.json.id}`)).status, 410);
    t.equal((await get(`${s.base}/Binary/${'x'.repeat(65)}`)).status, 400);
  });
}

onEveryStore(run);
