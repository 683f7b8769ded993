/** ITI-65, Provide Document Bundle, over HTTP, on every store. https://profiles.ihe.net/ITI/MHD/ITI-65.html */
import { createHash } from 'node:crypto';
import type { Test } from 'tap';
import { cda, folder, pdf, provideBundle, submissionSet, TEMPLATES } from '../../fixtures/documents/provide-bundle.mjs';
import { codesOf, sharing } from '../support/documents.js';
import type { Answer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const bundleProfile =
  'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-provide-document-bundle';
const VISIBILITY =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument';
const MASKED = { coding: [{ system: VISIBILITY, code: 'MASQUE_PS' }] };
const FHIR = { accept: 'application/fhir+json' };
const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('base64');

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  const letter = async (more: object = {}) => {
    const options = { patient: await s.patient(), bytes: pdf(), ...more };
    return { options, bundle: provideBundle('discharge-letter', options) };
  };
  const patchEntry = (place: string, status: string) => ({
    resource: {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            { name: 'type', valueCode: 'replace' },
            { name: 'path', valueString: 'DocumentReference.status' },
            { name: 'value', valueCode: status },
          ],
        },
      ],
    },
    request: { method: 'PATCH', url: place },
  });

  await t.test('every template is filed: set, document, folder and bytes', async (t) => {
    for (const { name, contentType } of TEMPLATES) {
      const patient = await s.patient();
      const bytes = contentType === 'application/pdf' ? pdf(100_000) : cda(name);
      const answer = await s.provide(provideBundle(name, { patient, bytes, folderTitle: 'Urgences' }));
      t.equal(answer.status, 200, answer.text.slice(0, 500));
      t.equal(answer.json.type, 'transaction-response');
      t.same(
        answer.json.entry.map((entry: { response: { status: string } }) => entry.response.status),
        ['201 Created', '201 Created', '201 Created', '201 Created'],
      );
      const [set, document, file, content] = s.placesOf(answer) as [string, string, string, string];
      t.match(answer.json.entry[1].resource, { resourceType: 'DocumentReference', status: 'current' });
      t.equal(answer.json.entry[3].resource, undefined, 'the bytes do not come back unasked');
      const { json } = await s.call('GET', `/${document}`);
      const { attachment } = json.content[0];
      t.match(attachment, { url: content, size: bytes.length, hash: sha1(bytes) });
      const got = await fetch(`${s.base}/${attachment.url}`);
      t.ok(Buffer.from(await got.arrayBuffer()).equals(bytes));
      t.match((await s.call('GET', `/${set}`)).json.entry, [
        { item: { reference: document } },
        { item: { reference: file } },
      ]);
      t.match((await s.call('GET', `/${file}`)).json.entry, [{ item: { reference: document } }]);
    }
  });

  await t.test('without the profile a Bundle is a plain transaction', async (t) => {
    const { bundle } = await letter();
    delete bundle.meta;
    delete bundle.entry[1].resource.meta;
    bundle.entry[1].resource.content[0].attachment.hash = sha1(pdf());
    bundle.entry.splice(0, 1);
    t.equal((await s.provide(bundle)).status, 200);
  });

  await t.test('the same bytes are kept once, and sent again under another name', async (t) => {
    const bytes = pdf(50_000);
    const places: string[] = [];
    for (const _ of [1, 2]) {
      const answer = await s.provide((await letter({ bytes })).bundle);
      t.equal(answer.status, 200);
      places.push(s.placesOf(answer)[2] as string);
    }
    for (const place of places) {
      const got = await fetch(`${s.base}/${place}`);
      t.ok(Buffer.from(await got.arrayBuffer()).equals(bytes));
    }
  });

  await t.test('replace: the old one is superseded with the new one, by relatesTo alone', async (t) => {
    const { bundle, options } = await letter();
    const [, first] = s.placesOf(await s.provide(bundle)) as [string, string];
    const next = provideBundle('discharge-letter', { ...options, bytes: pdf(), replaces: first });
    const answer = await s.provide(next);
    t.equal(answer.status, 200, answer.text.slice(0, 1000));
    const [, second] = s.placesOf(answer) as [string, string];
    t.match((await s.call('GET', `/${first}`)).json, { status: 'superseded', meta: { versionId: '2' } });
    t.match((await s.call('GET', `/${second}`)).json, {
      status: 'current',
      relatesTo: [{ code: 'replaces', target: { reference: first } }],
    });
    // What is past is not replaced again, and the one that replaced it stays alone.
    const again = provideBundle('discharge-letter', { ...options, bytes: pdf(), replaces: first });
    await s.refuses(t, again, 422, 'document-replaces-past', 'Bundle.entry[1].resource.relatesTo[0].target');
  });

  await t.test('replace: with an entry that patches, by reference or by identifier', async (t) => {
    for (const named of ['id', 'identifier']) {
      const { bundle, options } = await letter();
      const [, first] = s.placesOf(await s.provide(bundle)) as [string, string];
      const next = provideBundle('discharge-letter', { ...options, bytes: pdf(), replaces: first });
      const master = bundle.entry[1].resource.masterIdentifier.value;
      const url =
        named === 'id' ? first : `DocumentReference?identifier=${encodeURIComponent(`urn:ietf:rfc:3986|${master}`)}`;
      next.entry.push(patchEntry(url, 'superseded'));
      const answer = await s.provide(next);
      t.equal(answer.status, 200, answer.text.slice(0, 1000));
      t.match((await s.call('GET', `/${first}`)).json, { status: 'superseded', meta: { versionId: '2' } });
    }
  });

  await t.test('the subject by condition, the patient in the Bundle, an absolute address of ours', async (t) => {
    const { bundle } = await letter();
    const identifier = { system: 'urn:oid:1.2.250.1.999.1', value: `lot-${process.pid}-${store.length}` };
    const condition = `Patient?identifier=${identifier.system}|${identifier.value}`;
    await s.refuses(t, withSubject(bundle, condition), 412, 'reference-not-found');
    const patient = { resourceType: 'Patient', identifier: [identifier], name: [{ family: 'Ar Bras' }] };
    const made = await s.call('POST', '/Patient', patient);
    const answer = await s.provide(withSubject(bundle, condition));
    t.equal(answer.status, 200, answer.text.slice(0, 1000));
    t.equal(answer.json.entry[1].resource.subject.reference, `Patient/${made.json.id}`);
    const whole = withSubject((await letter()).bundle, `${s.base}/Patient/${made.json.id}`);
    t.equal((await s.provide(whole)).status, 200);
    const name = 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000a';
    const lot = withSubject((await letter()).bundle, name);
    lot.entry.push({ fullUrl: name, resource: patient, request: { method: 'POST', url: 'Patient' } });
    const third = await s.provide(lot);
    t.equal(third.status, 200, third.text.slice(0, 1000));
    t.equal(third.json.entry[1].resource.subject.reference, s.placesOf(third)[3]);
  });

  await t.test('bytes that were sent before, as themselves', async (t) => {
    for (const size of [1000, 300_000]) {
      const bytes = pdf(size);
      const sent = await s.call('POST', '/Binary', bytes, { 'content-type': 'application/pdf' });
      const { bundle } = await letter({ bytes });
      bundle.entry.splice(2, 1);
      bundle.entry[1].resource.content[0].attachment.url = `Binary/${sent.json.id}`;
      const answer = await s.provide(bundle);
      t.equal(answer.status, 200, answer.text.slice(0, 1000));
      const change = await s.call('PUT', `/Binary/${sent.json.id}`, pdf(), { 'content-type': 'application/pdf' });
      t.equal(change.status, 405, 'they stay what they are now');
      const got = await s.call('GET', `/Binary/${sent.json.id}`, undefined, FHIR);
      t.equal(got.json.data, bytes.toString('base64'));
      const { bundle: other } = await letter({ bytes: pdf(size) });
      other.entry.splice(2, 1);
      other.entry[1].resource.content[0].attachment.url = `Binary/${sent.json.id}`;
      const place = 'Bundle.entry[1].resource.content[0].attachment.hash';
      await s.refuses(t, other, 422, 'document-hash', place);
    }
  });

  await t.test('what does not agree with the bytes is refused', async (t) => {
    const attachment = 'Bundle.entry[1].resource.content[0].attachment';
    const changed = async (
      change: (document: { [name: string]: unknown }, bundle: ReturnType<typeof provideBundle>) => void,
    ) => {
      const { bundle } = await letter();
      change(bundle.entry[1].resource.content[0].attachment, bundle);
      return bundle;
    };
    const wrong = (size: number) => changed((a) => Object.assign(a, { size }));
    await s.refuses(t, await wrong(1999), 422, 'document-size', `${attachment}.size`);
    const other = sha1(Buffer.from('x'));
    await s.refuses(
      t,
      await changed((a) => Object.assign(a, { hash: other })),
      422,
      'document-hash',
      `${attachment}.hash`,
    );
    const fake = Buffer.from('<html>no PDF</html>');
    await s.refuses(t, (await letter({ bytes: fake })).bundle, 422, 'document-type', `${attachment}.contentType`);
    const image = await changed((_, bundle) => Object.assign(bundle.entry[2].resource, { contentType: 'image/png' }));
    await s.refuses(t, image, 422, 'document-binary-type', `${attachment}.contentType`);
    await s.refuses(t, (await letter({ bytes: Buffer.alloc(0) })).bundle, 422, 'empty-string');
    const nowhere = await changed((a) => Object.assign(a, { url: 'Binary/nowhere' }));
    await s.refuses(t, nowhere, 422, 'document-without-content', `${attachment}.url`);
    const extra = await changed((_, bundle) => {
      const binary = { resourceType: 'Binary', contentType: 'text/plain', data: 'QQ==' };
      bundle.entry.push({
        fullUrl: 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000b',
        resource: binary,
        request: { method: 'POST', url: 'Binary' },
      });
    });
    await s.refuses(t, extra, 422, 'document-content-unused', 'Bundle.entry[3].resource');
  });

  await t.test('a masterIdentifier is one document, for ever', async (t) => {
    const { bundle, options } = await letter();
    const masterIdentifier = bundle.entry[1].resource.masterIdentifier.value as string;
    const [, place] = s.placesOf(await s.provide(bundle)) as [string, string];
    const again = (bytes: Buffer) => provideBundle('discharge-letter', { ...options, bytes, masterIdentifier });
    await s.refuses(t, again(pdf()), 409, 'document-differs', 'Bundle.entry[1]');
    await s.refuses(t, again(options.bytes as Buffer), 409, 'document-known', 'Bundle.entry[1]');
    const answer = await s.provide(again(options.bytes as Buffer));
    t.match(answer.json.issue[0].diagnostics, place, 'it is told which');
    const twice = provideBundle('discharge-letter', options);
    twice.entry[0].resource.entry.push({ item: { reference: 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000c' } });
    twice.entry.push({ ...twice.entry[1], fullUrl: 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000c' });
    await s.refuses(t, twice, 422, 'document-master-twice', 'Bundle.entry[3].resource.masterIdentifier');
    // Of many at once one is filed.
    const one = await letter();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        s.provide(
          provideBundle('discharge-letter', {
            ...one.options,
            bytes: pdf(3000 + i),
            masterIdentifier: one.bundle.entry[1].resource.masterIdentifier.value,
          }),
        ),
      ),
    );
    t.same(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409, 409, 409]);
  });

  await t.test('who did not hear the answer sends it again and hears it', async (t) => {
    for (const bytes of [pdf(), pdf(60_000)]) {
      const { bundle, options } = await letter({ bytes, folderTitle: 'Urgences' });
      const first = await s.provide(bundle);
      const places = s.placesOf(first) as [string, string, string, string];
      const numbers = () => Promise.all(['DocumentReference', 'Binary', 'List'].map(s.count));
      const before = await numbers();
      const heard = async (lot: unknown) => {
        const again = await s.provide(lot);
        t.equal(again.status, 200, again.text.slice(0, 1000));
        t.same(s.placesOf(again), places);
        t.match(again.json.entry[0].response.status, /^200/);
        t.same(await numbers(), before, 'nothing more is stored');
        return again;
      };
      t.equal((await heard(bundle)).json.entry[1].resource.id, places[1].split('/')[1], 'with what is there');
      const change = [{ op: 'replace', path: '/status', value: 'superseded' }];
      const patched = await s.call('PATCH', `/${places[1]}`, change, { 'content-type': 'application/json-patch+json' });
      t.equal(patched.status, 200);
      const late = await heard(bundle);
      t.match(late.json.entry[1], { resource: { status: 'superseded' }, response: { etag: 'W/"2"' } });
      // The least that differs makes it something else.
      const other = await s.patient();
      const changes: ((lot: typeof bundle) => void)[] = [
        (lot) => withSubject(lot, other),
        (lot) => lot.entry[1].resource.securityLabel.push(MASKED),
        (lot) => {
          lot.entry[1].resource.content[0].attachment.title = 'autre';
        },
        (lot) => {
          lot.entry[0].resource.identifier[0].value = 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000b';
        },
        (lot) => {
          lot.entry[2].resource.title = 'autre';
        },
        (lot) => {
          lot.entry.splice(2, 1);
          lot.entry[0].resource.entry.pop();
        },
        (lot) => {
          const more = provideBundle('dlu', { patient: options.patient, bytes: cda() });
          lot.entry.push(...more.entry.slice(1));
          lot.entry[0].resource.entry.push(more.entry[0].resource.entry[0]);
        },
      ];
      for (const change of changes) {
        const lot = structuredClone(bundle);
        change(lot);
        await s.refuses(t, lot, 409, 'document-known', 'Bundle.entry[1]');
      }
    }
    // As when the answer is slow: all are told the same.
    const { bundle } = await letter();
    const all = await Promise.all([1, 2, 3, 4].map(() => s.provide(bundle)));
    t.same(
      all.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    t.equal(new Set(all.map((answer) => s.placesOf(answer).join())).size, 1);
    // With what it replaces.
    const [, old] = s.placesOf(all[0] as Answer) as [string, string];
    const { subject } = bundle.entry[1].resource;
    const next = provideBundle('discharge-letter', { patient: subject.reference, bytes: pdf(), replaces: old });
    next.entry.push(patchEntry(old, 'superseded'));
    const places = s.placesOf(await s.provide(next));
    const again = await s.provide(next);
    t.equal(again.status, 200, again.text.slice(0, 1000));
    t.same(s.placesOf(again), places);
    t.equal((await s.call('GET', `/${old}`)).json.meta.versionId, '2');
    const withdrawing = structuredClone(next);
    withdrawing.entry[3] = patchEntry(old, 'current');
    await s.refuses(t, withdrawing, 409, 'document-known');
  });

  await t.test('replace: by a number that all versions of a document have', async (t) => {
    const { options } = await letter();
    const identifier = {
      system: 'urn:oid:1.2.250.1.999.7',
      value: `${process.pid}-${store.length}-${options.patient}`,
    };
    let before = '';
    for (const number of [1, 2, 3]) {
      const { entry, ...bundle } = provideBundle('discharge-letter', { ...options, bytes: pdf() });
      entry[1].resource.identifier = [{ use: 'usual', ...identifier }];
      if (number > 1) entry[1].resource.relatesTo = [{ code: 'replaces', target: { identifier } }];
      const answer = await s.provide({ ...bundle, entry });
      t.equal(answer.status, 200, answer.text.slice(0, 500));
      if (number > 1) t.equal((await s.call('GET', `/${before}`)).json.status, 'superseded');
      before = s.placesOf(answer)[1] as string;
    }
  });

  await t.test('each content is looked at, wherever it is', async (t) => {
    const mhd = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Comprehensive.ProvideBundle';
    const lot = async (change: (bundle: ReturnType<typeof provideBundle>) => void) => {
      const { bundle } = await letter();
      bundle.meta.profile = [mhd];
      for (const { resource } of bundle.entry) delete resource.meta;
      change(bundle);
      return bundle;
    };
    const place = 'Bundle.entry[1].resource.content';
    const second = await lot(({ entry }) => {
      const [content] = entry[1].resource.content;
      const attachment = { ...content.attachment, hash: sha1(pdf()) };
      entry[1].resource.content.push({ ...content, attachment });
    });
    await s.refuses(t, second, 422, 'document-hash', `${place}[1].attachment.hash`);
    const inside = await lot(({ entry }) => {
      const { attachment } = entry[1].resource.content[0];
      delete attachment.url;
      attachment.size = 5;
      attachment.data = Buffer.from('%PDF-').toString('base64');
      entry.splice(2, 1);
    });
    await s.refuses(t, inside, 422, 'document-hash', `${place}[0].attachment.hash`);
    const nowhere = await lot(({ entry }) => {
      delete entry[1].resource.content[0].attachment.url;
      entry.splice(2, 1);
    });
    await s.refuses(t, nowhere, 422, 'document-without-content', `${place}[0].attachment.url`);
  });

  await t.test('a lot is whole, and of one patient', async (t) => {
    const { bundle, options } = await letter();
    const change = (more: (copy: typeof bundle) => void) => {
      const copy = structuredClone(bundle);
      more(copy);
      return copy;
    };
    const other = await s.patient();
    const without = change((b) => b.entry.splice(0, 1));
    await s.refuses(t, without, 422, 'slice-min');
    const mhd = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Comprehensive.ProvideBundle';
    const unset = change((b) => {
      b.entry.splice(0, 1);
      b.meta.profile = [mhd];
    });
    await s.refuses(t, unset, 422, 'document-set-count', 'Bundle.entry');
    await s.refuses(
      t,
      change((b) => {
        b.entry[0].resource.entry = undefined;
      }),
      422,
      'document-not-in-set',
      'Bundle.entry[1].resource',
    );
    const mixed = change((b) => {
      b.entry[1].resource.subject.reference = other;
    });
    await s.refuses(t, mixed, 422, 'document-subject-differs', 'Bundle.entry[1].resource.subject');
    await s.refuses(t, withSubject(structuredClone(bundle), 'Patient/nobody'), 422, 'document-subject-unknown');
    const foreign = provideBundle('dlu', { patient: other, bytes: cda() });
    const [, document] = s.placesOf(await s.provide(foreign)) as [string, string];
    const replacing = provideBundle('discharge-letter', { ...options, replaces: document });
    await s.refuses(t, replacing, 422, 'document-subject-differs', 'Bundle.entry[1].resource.relatesTo[0].target');
    const patching = provideBundle('discharge-letter', options);
    patching.entry.push(patchEntry(document, 'superseded'));
    await s.refuses(t, patching, 422, 'document-subject-differs', 'Bundle.entry[3].resource.subject');
    t.equal((await s.call('GET', `/${document}`)).json.status, 'current');
    const blind = provideBundle('discharge-letter', { ...options, replaces: 'DocumentReference/nothing' });
    await s.refuses(t, blind, 422, 'document-replaces-unknown');
    const odd = change((b) => {
      b.meta.profile = [mhd];
      b.entry.push({
        resource: { resourceType: 'Basic', code: { text: 'x' } },
        request: { method: 'POST', url: 'Basic' },
      });
    });
    await s.refuses(t, odd, 422, 'document-entry-kind', 'Bundle.entry[3].resource');
  });

  await t.test('the profile is kept, in the Bundle and in what it holds', async (t) => {
    for (const missing of ['custodian', 'date', 'securityLabel', 'masterIdentifier', 'author', 'context']) {
      const { bundle } = await letter();
      delete bundle.entry[1].resource[missing];
      const answer = await s.provide(bundle);
      t.equal(answer.status, 422, missing);
    }
    const { bundle } = await letter();
    bundle.entry[1].resource.author[0].reference = 'Practitioner/elsewhere';
    t.equal((await s.provide(bundle)).status, 422, 'authors are contained');
  });

  await t.test('what is filed stays what it is', async (t) => {
    const { bundle, options } = await letter();
    const [, document, content] = s.placesOf(await s.provide(bundle)) as [string, string, string];
    const { json } = await s.call('GET', `/${document}`);
    const put = (path: string, body: unknown, headers = {}) => immutable('PUT', path, body, 'document-put', headers);
    const immutable = async (method: string, path: string, body: unknown, code: string, headers = {}) => {
      const answer = await s.call(method, `/${path}`, body, headers);
      t.equal(answer.status, 405, `${method} ${path}: ${answer.text.slice(0, 300)}`);
      t.ok(codesOf(answer).includes(code));
      t.ok(answer.headers.get('allow'));
    };
    const other = await s.patient();
    await put(document, { ...json, subject: { reference: other } });
    await put(document, { ...json, description: 'autre' });
    await put(document, { ...json, meta: undefined });
    await immutable('DELETE', document, undefined, 'document-kept');
    await immutable('DELETE', content, undefined, 'document-kept');
    await put(content, pdf(), { 'content-type': 'application/pdf' });
    const inBundle = await s.provide({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: { ...json, description: 'x' }, request: { method: 'PUT', url: document } }],
    });
    t.equal(inBundle.status, 405);
    await put(document, json);
    await put(document, { ...json, status: 'superseded' });
    await put(`DocumentReference?identifier=${json.masterIdentifier.value}`, json);
    const got = await fetch(`${s.base}/${content}`);
    t.ok(Buffer.from(await got.arrayBuffer()).equals(options.bytes as Buffer));
  });

  await t.test('a document of FHIR, sent with it or before', async (t) => {
    for (const isSentBefore of [false, true]) {
      const { bundle } = await letter();
      const composition = {
        resourceType: 'Composition',
        status: 'final',
        type: { text: 'Lettre de liaison' },
        date: '2026-03-01',
        author: [{ display: 'EHPAD Les Ajoncs' }],
        title: 'Lettre de liaison',
      };
      const document = {
        resourceType: 'Bundle',
        type: 'document',
        identifier: { system: 'urn:ietf:rfc:3986', value: bundle.entry[1].resource.masterIdentifier.value },
        timestamp: '2026-03-01T10:00:00Z',
        entry: [{ fullUrl: 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000e', resource: composition }],
      };
      const { attachment } = bundle.entry[1].resource.content[0];
      attachment.contentType = 'application/fhir+json';
      if (isSentBefore) {
        attachment.url = `Bundle/${(await s.call('POST', '/Bundle', document)).json.id}`;
        bundle.entry.splice(2, 1);
      } else Object.assign(bundle.entry[2], { resource: document, request: { method: 'POST', url: 'Bundle' } });
      const answer = await s.provide(bundle);
      t.equal(answer.status, 200, answer.text.slice(0, 1000));
      const filed = (await s.call('GET', `/${s.placesOf(answer)[1]}`)).json.content[0].attachment.url;
      const { json } = await s.call('GET', `/${filed}`);
      t.match(json, { resourceType: 'Bundle', type: 'document' });
      const changed = await s.call('PUT', `/${filed}`, { ...json, timestamp: '2026-03-02T10:00:00Z' });
      t.equal(changed.status, 405);
      t.equal((await s.call('DELETE', `/${filed}`)).status, 405);
    }
  });

  await t.test('what the server says of itself', async (t) => {
    const { json } = await s.call('GET', '/metadata');
    t.match(json.instantiates, [/PDSm-GestionnaireDePartageDeDocuments$/]);
    const resources = new Map<string, { supportedProfile?: string[] }>(
      json.rest[0].resource.map((one: { type: string }) => [one.type, one]),
    );
    t.match(resources.get('Bundle')?.supportedProfile, [bundleProfile]);
    t.equal(resources.get('DocumentReference')?.supportedProfile?.length, 2);
    t.equal(resources.get('Patient')?.supportedProfile, undefined);
  });

  await t.test('a folder takes in what was filed before', async (t) => {
    const { bundle, options } = await letter();
    const [, document] = s.placesOf(await s.provide(bundle)) as [string, string];
    const name = 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000000d';
    const { patient } = options;
    const lot = {
      resourceType: 'Bundle',
      meta: bundle.meta,
      type: 'transaction',
      entry: [
        { resource: submissionSet({ patient, entries: [name] }), request: { method: 'POST', url: 'List' } },
        {
          fullUrl: name,
          resource: folder({ patient, title: 'Suivi', entries: [document] }),
          request: { method: 'POST', url: 'List' },
        },
      ],
    };
    const answer = await s.provide(lot);
    t.equal(answer.status, 200, answer.text.slice(0, 1000));
  });
}

/** All that has a subject has this one. */
function withSubject(bundle: ReturnType<typeof provideBundle>, reference: string) {
  for (const { resource } of bundle.entry) if (resource.subject !== undefined) resource.subject = { reference };
  return bundle;
}

onEveryStore(run);
