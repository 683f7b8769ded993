/** DocumentReferences that come otherwise than by ITI-65 and ITI-105: no way around what these ask for, on every store. */
import type { Test } from 'tap';
import { documentReference, pdf, provideBundle, simplifiedPublish } from '../../fixtures/documents/provide-bundle.mjs';
import { codesOf, sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

const JSON_PATCH = { 'content-type': 'application/json-patch+json' };

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  /** A comprehensive one, with its bytes in a Binary that was sent before. */
  const made = async (more: object = {}) => {
    const bytes = pdf();
    const sent = await s.call('POST', '/Binary', bytes, { 'content-type': 'application/pdf' });
    const binary = /Binary\/[^/]+/.exec(sent.headers.get('location') ?? '')?.[0] as string;
    const patient = await s.patient();
    const resource = documentReference('discharge-letter', { patient, bytes, url: binary, ...more });
    return { bytes, binary, patient, resource };
  };
  type Way = (resource: object) => ReturnType<typeof s.call>;
  let number = 0;
  const entry = (method: string, url: string, resource: object) => ({ resource, request: { method, url } });
  const inBundle = (type: string, entries: object[]) =>
    s.call('POST', '', { resourceType: 'Bundle', type, entry: entries });
  const WAYS: Record<string, Way> = {
    POST: (resource) => s.call('POST', '/DocumentReference', resource),
    PUT: (resource) => {
      const id = `own-${process.pid}-${++number}`;
      return s.call('PUT', `/DocumentReference/${id}`, { ...resource, id });
    },
    'conditional PUT': (resource) =>
      s.call('PUT', `/DocumentReference?identifier=nobody-${process.pid}-${++number}`, resource),
    transaction: (resource) => inBundle('transaction', [entry('POST', 'DocumentReference', resource)]),
    PATCH: async ({ ...resource }) => {
      const plain = { resourceType: 'DocumentReference', status: 'current', content: [{ attachment: { title: 'x' } }] };
      const { id } = (await s.call('POST', '/DocumentReference', plain)).json;
      const whole = { ...resource, id };
      const change = [{ op: 'replace', path: '', value: whole }];
      return s.call('PATCH', `/DocumentReference/${id}`, change, JSON_PATCH);
    },
  };

  for (const [name, send] of Object.entries(WAYS)) {
    await t.test(`what claims to be a document is held to it: ${name}`, async (t) => {
      const refused = async (resource: object, status: number, code: string) => {
        const answer = await send(resource);
        t.equal(answer.status, status, `${code}: ${answer.text.slice(0, 500)}`);
        t.ok(codesOf(answer).includes(code), `${code} among ${codesOf(answer)}`);
      };
      const { binary, resource, bytes } = await made();
      const change = (more: object) => {
        const [content] = structuredClone(resource.content);
        return { ...resource, content: [{ ...content, attachment: { ...content.attachment, ...more } }] };
      };
      await refused(change({ size: bytes.length + 1 }), 422, 'document-size');
      await refused(change({ hash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }), 422, 'document-hash');
      await refused(change({ contentType: 'image/png' }), 422, 'document-type');
      await refused(change({ url: 'Binary/nothing' }), 422, 'document-without-content');
      await refused({ ...resource, subject: { reference: 'Patient/nobody' } }, 422, 'document-subject-unknown');
      const lot = provideBundle('discharge-letter', { patient: resource.subject.reference, bytes: pdf() });
      t.equal((await s.provide(lot)).status, 200);
      const { masterIdentifier } = lot.entry[1].resource;
      await refused({ ...resource, masterIdentifier }, 409, 'document-differs');
      t.equal((await s.call('PUT', `/${binary}`, pdf(), { 'content-type': 'application/pdf' })).status, 200);
      t.equal((await s.call('PUT', `/${binary}`, bytes, { 'content-type': 'application/pdf' })).status, 200);
      const answer = await send(resource);
      t.ok([200, 201].includes(answer.status), answer.text.slice(0, 500));
      t.equal((await s.call('DELETE', `/${binary}`)).status, 405, 'its bytes stay');
      await refused(resource, 409, 'document-known');
    });

    await t.test(`nobody takes the masterIdentifier of a document: ${name}`, async (t) => {
      const { patient } = await made();
      const lot = provideBundle('discharge-letter', { patient, bytes: pdf() });
      const [, document] = s.placesOf(await s.provide(lot));
      const { masterIdentifier } = lot.entry[1].resource;
      const plain = {
        resourceType: 'DocumentReference',
        masterIdentifier,
        status: 'current',
        subject: { reference: await s.patient() },
        content: [{ attachment: { contentType: 'application/pdf', data: pdf().toString('base64') } }],
      };
      const answer = await send(plain);
      t.equal(answer.status, 409, answer.text.slice(0, 500));
      t.ok(codesOf(answer).includes('document-differs'));
      const identifier = encodeURIComponent(`urn:ietf:rfc:3986|${masterIdentifier.value}`);
      const change = [{ op: 'replace', path: '/status', value: 'superseded' }];
      const patched = await s.call('PATCH', `/DocumentReference?identifier=${identifier}`, change, JSON_PATCH);
      t.equal(patched.json.id, document?.split('/')[1], 'which goes on finding it');
    });
  }

  await t.test('of many at once one is taken', async (t) => {
    const { resource } = await made();
    const answers = await Promise.all(Array.from({ length: 6 }, () => WAYS.POST?.(resource)));
    t.same(answers.map((answer) => answer?.status).sort(), [201, 409, 409, 409, 409, 409]);
  });

  await t.test('in a transaction the bytes may come after it', async (t) => {
    for (const isRight of [true, false]) {
      const { resource, bytes } = await made();
      const name = 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000f';
      resource.content[0].attachment.url = name;
      const binary = { resourceType: 'Binary', contentType: 'application/pdf' };
      const data = (isRight ? bytes : pdf()).toString('base64');
      const answer = await inBundle('transaction', [
        entry('POST', 'DocumentReference', resource),
        { fullUrl: name, ...entry('POST', 'Binary', { ...binary, data }) },
      ]);
      t.equal(answer.status, isRight ? 200 : 422, answer.text.slice(0, 500));
      if (isRight) t.equal((await s.call('DELETE', `/${s.placesOf(answer)[1]}`)).status, 405);
      else t.same(answer.json.issue[0].expression, ['Bundle.entry[0].resource.content[0].attachment.hash']);
    }
  });

  await t.test('what it replaces is superseded', async (t) => {
    const first = await made();
    const { json } = await s.call('POST', '/DocumentReference', first.resource);
    const next = await made({ replaces: `DocumentReference/${json.id}` });
    t.equal((await s.call('POST', '/DocumentReference', next.resource)).status, 422, 'of another patient it is not');
    const own = { ...next.resource, subject: first.resource.subject };
    t.equal((await s.call('POST', '/DocumentReference', own)).status, 201);
    t.equal((await s.call('GET', `/DocumentReference/${json.id}`)).json.status, 'superseded');
  });

  await t.test('bytes elsewhere are taken at their word', async (t) => {
    const { resource } = await made({ url: 'https://ehpad.example/documents/1' });
    t.equal((await s.call('POST', '/DocumentReference', resource)).status, 201);
  });

  await t.test('ITI-105 is a POST', async (t) => {
    const simple = simplifiedPublish('discharge-letter', { patient: await s.patient(), bytes: pdf() });
    for (const way of ['PUT', 'conditional PUT', 'PATCH']) {
      const answer = await WAYS[way]?.(simple);
      t.equal(answer?.status, 405, `${way}: ${answer?.text.slice(0, 500)}`);
    }
  });
}

onEveryStore(run);
