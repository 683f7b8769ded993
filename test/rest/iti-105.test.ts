/** ITI-105, Simplified Publish, over HTTP, on every store. https://profiles.ihe.net/ITI/MHD/ITI-105.html */
import { createHash } from 'node:crypto';
import type { Test } from 'tap';
import { cda, pdf, simplifiedPublish, TEMPLATES } from '../../fixtures/documents/provide-bundle.mjs';
import { codesOf, sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  const publish = (resource: unknown, headers: Record<string, string> = {}) =>
    s.call('POST', '/DocumentReference', resource, headers);
  const made = async (more: object = {}) =>
    simplifiedPublish('discharge-letter', { patient: await s.patient(), bytes: pdf(), ...more });
  const total = async () => (await s.count('DocumentReference')) + (await s.count('Binary'));
  const refused = async (t: Test, resource: unknown, status: number, code: string, expression?: string) => {
    const before = await total();
    const answer = await publish(resource);
    t.equal(answer.status, status, answer.text.slice(0, 500));
    t.ok(codesOf(answer).includes(code), `${code} among ${codesOf(answer)}`);
    if (expression !== undefined) t.same(answer.json.issue[0].expression, [expression]);
    t.equal(await total(), before, 'nothing of it is stored');
  };

  await t.test('the document goes apart, and its metadata say where', async (t) => {
    for (const { name, contentType } of TEMPLATES) {
      const bytes = contentType === 'application/pdf' ? pdf(60_000) : cda(name);
      const answer = await publish(simplifiedPublish(name, { patient: await s.patient(), bytes }));
      t.equal(answer.status, 201, answer.text.slice(0, 1000));
      t.match(answer.headers.get('location'), `/DocumentReference/${answer.json.id}/_history/1`);
      t.match(answer.json, { meta: { versionId: '1', lastUpdated: /^20/ }, status: 'current' });
      const { attachment } = answer.json.content[0];
      t.equal(attachment.data, undefined);
      const hash = createHash('sha1').update(bytes).digest('base64');
      t.match(attachment, { url: /^Binary\//, size: bytes.length, hash, contentType, title: /./ });
      const got = await fetch(`${s.base}/${attachment.url}`);
      t.ok(Buffer.from(await got.arrayBuffer()).equals(bytes));
      t.notMatch(
        JSON.stringify(answer.json.meta.profile ?? []),
        'simplified-publish',
        'what it keeps no longer it claims no longer',
      );
    }
  });

  await t.test('the subject by identifier, which one patient has', async (t) => {
    const identifier = { system: 'urn:oid:1.2.250.1.999.1', value: `105-${store.length}-${process.pid}` };
    const person = { resourceType: 'Patient', identifier: [identifier], name: [{ family: 'Ar Bras' }] };
    await refused(t, await made({ patient: identifier }), 422, 'document-subject-missing');
    const { json } = await s.call('POST', '/Patient', person);
    const answer = await publish(await made({ patient: identifier }));
    t.equal(answer.status, 201, answer.text.slice(0, 500));
    t.match(answer.json.subject, { reference: `Patient/${json.id}`, identifier });
    t.equal(await s.count(`DocumentReference?patient=Patient/${json.id}`), 1);
    await s.call('POST', '/Patient', person);
    await refused(t, await made({ patient: identifier }), 422, 'document-subject-missing');
  });

  await t.test('size and hash are no must, but have to be right', async (t) => {
    const right = await made();
    const bytes = Buffer.from(right.content[0].attachment.data, 'base64');
    const hash = createHash('sha1').update(bytes).digest('base64');
    Object.assign(right.content[0].attachment, { size: bytes.length, hash });
    t.equal((await publish(right)).status, 201);
    const place = 'DocumentReference.content[0].attachment';
    const wrong = async (more: object) => {
      const resource = await made();
      Object.assign(resource.content[0].attachment, more);
      return resource;
    };
    await refused(t, await wrong({ hash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }), 422, 'document-hash', `${place}.hash`);
    await refused(t, await wrong({ size: 7 }), 422, 'attachment-size');
    await refused(t, await wrong({ contentType: 'image/jpeg' }), 422, 'document-type', `${place}.contentType`);
    await refused(t, await wrong({ contentType: 'text/xml' }), 422, 'document-type');
  });

  await t.test('the profile is kept', async (t) => {
    for (const missing of ['masterIdentifier', 'subject', 'date', 'author', 'custodian']) {
      const resource = await made();
      delete resource[missing];
      t.equal((await publish(resource)).status, 422, missing);
    }
    const withUrl = await made();
    withUrl.content[0].attachment.url = 'Binary/x';
    t.equal((await publish(withUrl)).status, 422);
    const empty = await made();
    delete empty.content[0].attachment.data;
    t.equal((await publish(empty)).status, 422);
    await refused(
      t,
      await made({ patient: 'Patient/nobody' }),
      422,
      'document-subject-unknown',
      'DocumentReference.subject',
    );
  });

  await t.test('a document is published once', async (t) => {
    const first = await made();
    const { json } = await publish(first);
    const heard = await publish(first);
    t.equal(heard.status, 200, 'who did not hear the answer sends it again and hears it');
    t.equal(heard.json.id, json.id);
    t.match(heard.headers.get('location'), `DocumentReference/${json.id}/_history/1`);
    t.equal(heard.text, (await s.call('GET', `/DocumentReference/${json.id}`)).text);
    await refused(t, { ...first, description: 'autre' }, 409, 'document-known');
    await refused(t, { ...first, subject: { reference: await s.patient() } }, 409, 'document-known');
    const inBundle = { resource: first, request: { method: 'POST', url: 'DocumentReference' } };
    const whole = await s.provide({ resourceType: 'Bundle', type: 'transaction', entry: [inBundle] });
    t.equal(whole.status, 409);
    const other = structuredClone(first);
    other.content[0].attachment.data = pdf().toString('base64');
    await refused(t, other, 409, 'document-differs');
    const condition = `identifier=${first.masterIdentifier.system}|${first.masterIdentifier.value}`;
    const again = await publish(first, { 'if-none-exist': condition });
    t.equal(again.status, 200, 'who asks for it carefully gets what is there');
    t.equal(again.json.id, json.id);
  });

  await t.test('replaces, and what it replaces is superseded', async (t) => {
    const first = await made();
    const { json } = await publish(first);
    const next = { ...(await made()), subject: first.subject };
    next.relatesTo = [{ code: 'replaces', target: { reference: `DocumentReference/${json.id}` } }];
    t.equal((await publish(next)).status, 201);
    t.equal((await s.call('GET', `/DocumentReference/${json.id}`)).json.status, 'superseded');
  });

  await t.test('in a batch and in a transaction', async (t) => {
    for (const type of ['batch', 'transaction']) {
      const entry = [
        { resource: await made({ bytes: pdf(90_000) }), request: { method: 'POST', url: 'DocumentReference' } },
      ];
      const answer = await s.provide({ resourceType: 'Bundle', type, entry });
      t.equal(answer.status, 200, answer.text.slice(0, 500));
      const [place] = s.placesOf(answer);
      const { json } = await s.call('GET', `/${place}`);
      t.match(json.content[0].attachment.url, /^Binary\//);
    }
  });

  await t.test('without the profile it is a plain create', async (t) => {
    const plain = await made();
    delete plain.meta;
    const answer = await publish(plain);
    t.equal(answer.status, 201);
    t.ok(answer.json.content[0].attachment.data);
  });
}

onEveryStore(run);
