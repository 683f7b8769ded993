/** Batches and transactions over HTTP, on every store. https://hl7.org/fhir/R4/http.html#transaction */
import t, { type Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

type Json = Record<string, unknown>;
interface Answered {
  resource?: Json & { id: string; subject?: { reference: string } };
  response: { status: string; location?: string; etag?: string; lastModified?: string; outcome?: { issue: Json[] } };
}
const uuid = (n: number) => `urn:uuid:0f0f0f0f-0000-4000-8000-${String(n).padStart(12, '0')}`;
const SYSTEM = 'https://ehpad.example/ns/usager';
const person = (value: string, more: Json = {}) => ({
  resourceType: 'Patient',
  identifier: [{ system: SYSTEM, value }],
  name: [{ family: 'Kerouedan' }],
  ...more,
});
const stay = (reference: string, more: Json = {}) => ({
  resourceType: 'Encounter',
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference },
  ...more,
});
const entry = (method: string, url: string, more: Json = {}, request: Json = {}) => ({
  ...more,
  request: { method, url, ...request },
});
const bundle = (type: string, entries: object[]) => ({
  resourceType: 'Bundle',
  type,
  ...(entries.length > 0 && { entry: entries }),
});

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const post = async (type: string, entries: object[], headers: Record<string, string> = {}) => {
    const { status, json } = await call('POST', '', bundle(type, entries), headers);
    const answered: Answered[] = status === 200 ? (json.entry ?? []) : [];
    return { status, json, answered, statuses: answered.map(({ response }) => response.status.slice(0, 3)) };
  };
  const transaction = (entries: object[], headers: Record<string, string> = {}) =>
    post('transaction', entries, headers);
  const count = async (search: string) => (await call('GET', `/${search}&_summary=count`)).json.total as number;
  const patient = (value: string) => `identifier=${SYSTEM}|${value}`.replaceAll('|', '%7C');
  const found = async (value: string) => await count(`Patient?${patient(value)}`);
  const placeOf = ({ response }: Answered | undefined = { response: { status: '' } }) =>
    response.location?.split('/fhir/')[1]?.replace(/\/_history.*/, '') ?? '';

  await t.test('references to entries by fullUrl, whatever their order', async (t) => {
    const links = {
      partOf: { reference: uuid(3) },
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${uuid(1)}">X</a></div>` },
    };
    const note = {
      resourceType: 'Basic',
      code: { text: 'x' },
      extension: [
        { url: 'https://ehpad.example/a', valueUri: uuid(1) },
        { url: 'https://ehpad.example/b', valueMarkdown: `voir [ici](${uuid(1)})` },
        { url: 'https://ehpad.example/c', valueString: uuid(1) },
        { url: 'https://ehpad.example/d', valueCanonical: uuid(1) },
        { url: 'https://ehpad.example/e', valueAttachment: { url: uuid(1) } },
        { url: 'https://ehpad.example/f', valueDecimal: 1.5 },
      ],
      identifier: [{ system: 'urn:ietf:rfc:3986', value: uuid(1) }],
    };
    const { status, answered, statuses } = await transaction(
      [
        entry('POST', 'Encounter', { fullUrl: uuid(2), resource: stay(uuid(1), links) }),
        entry('POST', 'Patient', { fullUrl: uuid(1), resource: person('links') }),
        entry('POST', 'Encounter', { fullUrl: uuid(3), resource: stay(uuid(1)) }),
        entry('POST', 'Basic', { fullUrl: uuid(4), resource: note }),
      ],
      { prefer: 'return=representation' },
    );
    t.equal(status, 200);
    t.same(statuses, ['201', '201', '201', '201']);
    const place = placeOf(answered[1]);
    t.match(answered[0]?.resource, { subject: { reference: place }, partOf: { reference: placeOf(answered[2]) } });
    t.match(answered[0]?.resource?.text, { div: `href="${place}"` });
    t.match(answered[3]?.resource, {
      extension: [
        { valueUri: place },
        { valueMarkdown: `voir [ici](${place})` },
        { valueString: uuid(1) },
        { valueCanonical: uuid(1) },
        { valueAttachment: { url: place } },
        { valueDecimal: 1.5 },
      ],
      identifier: [{ value: uuid(1) }],
    });
    t.match(answered[0]?.response, { etag: 'W/"1"', lastModified: /^2/, location: /\/_history\/1$/ });
    t.equal(await count(`Encounter?subject=${place}`), 2, 'they are searched by what they became');
  });

  await t.test('absolute and relative names, ids that are only names here', async (t) => {
    const base = 'https://other.example/fhir';
    const { answered, statuses } = await transaction(
      [
        entry('POST', 'Patient', { fullUrl: `${base}/Patient/a`, resource: person('names', { id: 'a' }) }),
        entry('POST', 'Encounter', { fullUrl: `${base}/Encounter/b`, resource: stay('Patient/a') }),
        entry('POST', 'Encounter', { fullUrl: `${base}/Encounter/c`, resource: stay(`${base}/Patient/a`) }),
        entry('PUT', 'Patient/kept', { fullUrl: `${base}/Patient/kept`, resource: person('kept', { id: 'kept' }) }),
        entry('POST', 'Encounter', { fullUrl: `${base}/Encounter/d`, resource: stay(`${base}/Patient/kept`) }),
        entry('POST', 'Encounter', { resource: stay('Patient/elsewhere') }),
      ],
      { prefer: 'return=representation' },
    );
    t.same(statuses, ['201', '201', '201', '201', '201', '201']);
    const place = placeOf(answered[0]);
    t.not(place, 'Patient/a');
    t.same(
      [1, 2, 4, 5].map((i) => answered[i]?.resource?.subject?.reference),
      [place, place, 'Patient/kept', 'Patient/elsewhere'],
    );
  });

  await t.test('one that fails undoes all, and says which it is', async (t) => {
    const first = entry('POST', 'Patient', { resource: person('undone') });
    const failing: [object, number, string][] = [
      [
        entry('POST', 'Patient', { resource: person('x', { gender: 'femelle' }) }),
        422,
        'Bundle.entry[1].resource.gender',
      ],
      [entry('GET', 'Patient/nobody'), 404, 'Bundle.entry[1]'],
      [entry('PUT', 'Patient/a', { resource: person('x', { id: 'b' }) }), 400, 'Bundle.entry[1]'],
      [
        entry('PUT', 'Patient/kept', { resource: person('x', { id: 'kept' }) }, { ifMatch: 'W/"9"' }),
        412,
        'Bundle.entry[1]',
      ],
      [entry('POST', 'Encounter', { resource: stay(uuid(99)) }), 400, 'Bundle.entry[1].resource.subject.reference'],
      [entry('POST', 'Encounter', { resource: stay('Patient?identifier=nobody') }), 412, 'Bundle.entry[1]'],
      [entry('POST', 'Nothing', { resource: person('x') }), 404, 'Bundle.entry[1]'],
      [entry('POST', 'Patient'), 400, 'Bundle.entry[1]'],
      [entry('DELETE', 'Patient/kept', {}, { ifMatch: 'W/"9"' }), 412, 'Bundle.entry[1]'],
    ];
    for (const [wrong, status, expression] of failing) {
      const answer = await transaction([first, wrong]);
      t.equal(answer.status, status, JSON.stringify(wrong).slice(0, 120));
      t.equal(answer.json.issue[0].expression?.[0], expression);
    }
    t.equal(await found('undone'), 0);
  });

  await t.test('conditions', async (t) => {
    const create = (n: number, value: string) =>
      entry(
        'POST',
        'Patient',
        { fullUrl: uuid(n), resource: person(value) },
        { ifNoneExist: `identifier=${SYSTEM}|${value}` },
      );
    const refers = (n: number) => entry('POST', 'Encounter', { resource: stay(uuid(n)) });
    const once = await transaction([create(1, 'once'), refers(1)]);
    t.same(once.statuses, ['201', '201']);
    const again = await transaction([create(1, 'once'), refers(1)], { prefer: 'return=representation' });
    t.same(again.statuses, ['200', '201']);
    const place = placeOf(once.answered[0]);
    t.equal(placeOf(again.answered[0]), place);
    t.equal(again.answered[1]?.resource?.subject?.reference, place);
    const twins = await transaction([create(1, 'twins'), create(2, 'twins'), refers(1), refers(2)], {
      prefer: 'return=representation',
    });
    t.same(twins.statuses, ['201', '200', '201', '201']);
    t.equal(twins.answered[2]?.resource?.subject?.reference, twins.answered[3]?.resource?.subject?.reference);
    t.equal(await found('twins'), 1);

    const put = (value: string, more: Json = {}) =>
      entry('PUT', `Patient?${patient(value)}`, { resource: person(value, more) });
    t.same((await transaction([put('put')])).statuses, ['201']);
    t.same((await transaction([put('put', { gender: 'female' })])).statuses, ['200']);
    t.equal(await found('put'), 1);
    t.equal((await transaction([put('two'), put('two')])).status, 400, 'two on one identity');
    t.equal((await transaction([put('put'), put('put')])).status, 400);
    t.equal((await transaction([create(1, 'both'), put('both')])).status, 400, 'a create that the update finds');
    t.equal((await found('two')) + (await found('both')), 0);
    const conditional = await transaction(
      [
        entry('POST', 'Encounter', { resource: stay(`Patient?${patient('late')}`) }),
        entry('POST', 'Patient', { resource: person('late') }),
      ],
      { prefer: 'return=representation' },
    );
    t.equal(
      conditional.answered[0]?.resource?.subject?.reference,
      placeOf(conditional.answered[1]),
      'found among the entries',
    );
    t.same((await transaction([entry('DELETE', `Patient?${patient('late')}`)])).statuses, ['204']);
    t.equal(await found('late'), 0);
  });

  await t.test('the order of the specification: delete, create, update, read', async (t) => {
    await call('PUT', '/Patient/order', person('order', { id: 'order' }));
    const { statuses, answered } = await transaction([
      entry('GET', `Patient?${patient('order')}`),
      entry('GET', 'Patient/second'),
      entry('PUT', 'Patient/second', { resource: person('order', { id: 'second' }) }),
      entry('DELETE', 'Patient/order'),
      entry('GET', 'Patient/kept', {}, { ifNoneMatch: 'W/"1"' }),
    ]);
    t.same(statuses, ['200', '200', '201', '204', '304']);
    t.equal(answered[0]?.resource?.total, 1);
    t.equal(answered[1]?.resource?.id, 'second');
    for (const other of ['PUT', 'DELETE']) {
      const more = other === 'PUT' ? { resource: person('x', { id: 'second' }) } : {};
      const twice = [
        entry('PUT', 'Patient/second', { resource: person('y', { id: 'second' }) }),
        entry(other, 'Patient/second', more),
      ];
      t.equal((await transaction(twice)).status, 400, `PUT and ${other} of one resource`);
    }
  });

  await t.test('versions', async (t) => {
    const { answered } = await transaction(
      [
        entry('PUT', 'Patient/kept', { fullUrl: uuid(1), resource: person('kept', { id: 'kept', active: true }) }),
        entry('POST', 'Encounter', { resource: stay(`${uuid(1)}/_history/1`) }),
        entry('GET', 'Patient/kept/_history/1'),
        entry('GET', 'Patient/kept/_history'),
      ],
      { prefer: 'return=representation' },
    );
    t.equal(answered[0]?.response.etag, 'W/"2"');
    t.equal(answered[1]?.resource?.subject?.reference, 'Patient/kept/_history/2');
    t.match(answered[2]?.resource?.meta, { versionId: '1' });
    t.equal(answered[3]?.resource?.total, 2, 'what the transaction wrote is seen');
  });

  await t.test('searches of every kind inside', async (t) => {
    const began = Date.now();
    const long = `identifier=${'x'.repeat(1500)},${'y'.repeat(1500)}`;
    for (const url of [
      'Patient?_count=1',
      'Patient?_count=1&_sort=family&_total=accurate',
      `Patient?_count=1&${long}`,
      'Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender',
      'Patient?_count=1&_include=*&_revinclude=Encounter:subject',
      'Patient/kept/Encounter?_count=1',
      '_history?_count=1',
      'ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender',
    ]) {
      t.same((await transaction([entry('GET', url)])).statuses, ['200'], url.slice(0, 80));
    }
    t.equal((await transaction([entry('GET', '$reindex')])).status, 400, 'what is about the server is asked apart');
    t.equal((await transaction([entry('GET', 'Patient?_explain=true')])).status, 400);
    t.ok(Date.now() - began < 8000, `${Date.now() - began} ms`);
    const page = await transaction([entry('GET', 'Patient?_count=1')]);
    const links = page.answered[0]?.resource?.link as { relation: string; url: string }[];
    const next = links.find(({ relation }) => relation === 'next');
    t.equal((await call('GET', next?.url ?? '')).status, 200, 'a page goes on after the transaction');
  });

  await t.test('a batch: each by itself', async (t) => {
    const { status, statuses, answered } = await post('batch', [
      entry('POST', 'Patient', { resource: person('batch') }),
      entry('POST', 'Patient', { resource: person('batch', { gender: 'femelle' }) }),
      entry('GET', 'Patient/nobody'),
      entry('POST', 'Patient/$validate', { resource: person('batch') }),
      entry('GET', 'metadata'),
      entry('POST', 'Patient/a/b/c'),
      entry('GET', `Patient?${patient('batch')}`),
    ]);
    t.equal(status, 200);
    t.same(statuses, ['201', '422', '404', '200', '200', '400', '200']);
    t.equal(answered[1]?.response.outcome?.issue[0]?.severity, 'error');
    t.match(answered[1]?.response.outcome?.issue[0], { expression: ['Bundle.entry[1].resource.gender'] });
    t.equal(await found('batch'), 1);
  });

  await t.test('what is no batch or transaction', async (t) => {
    t.equal((await post('collection', [])).status, 400);
    t.equal((await post('batch-response', [])).status, 400);
    t.equal((await call('POST', '', person('x'))).status, 400);
    t.equal((await call('POST', '', '')).status, 400);
    t.same((await transaction([])).json, { resourceType: 'Bundle', type: 'transaction-response' });
    t.equal((await transaction([{ resource: person('x') }])).status, 422, 'an entry without request');
    t.equal((await transaction([entry('POST', '/', { resource: bundle('batch', []) })])).status, 400, 'one in another');
    const twice = entry('POST', 'Patient', { fullUrl: uuid(1), resource: person('x') });
    t.equal((await transaction([twice, twice])).status, 422, 'bdl-7: a fullUrl twice');
    const slashed = await call('POST', '/', bundle('transaction', []));
    t.equal(slashed.status, 200, 'with a slash');
  });

  await t.test('at the same time', async (t) => {
    const create = entry(
      'POST',
      'Patient',
      { fullUrl: uuid(1), resource: person('race') },
      { ifNoneExist: `identifier=${SYSTEM}|race` },
    );
    const all = await Promise.all(
      Array.from({ length: 8 }, () => transaction([create, entry('POST', 'Encounter', { resource: stay(uuid(1)) })])),
    );
    t.ok(all.every(({ status }) => status === 200));
    t.equal(await found('race'), 1);
    const put = (n: number) => entry('PUT', 'Patient/counted', { resource: person(`n${n}`, { id: 'counted' }) });
    const puts = await Promise.all(Array.from({ length: 8 }, (_, n) => transaction([put(n)])));
    const done = puts.filter(({ status }) => status === 200).length;
    t.ok(puts.every(({ status }) => status === 200 || status === 409 || status === 412));
    t.equal((await call('GET', '/Patient/counted')).json.meta.versionId, String(done), 'none is lost');
  });

  await t.test('a thousand entries', async (t) => {
    const entries = Array.from({ length: 1000 }, (_, i) =>
      i % 2 === 0
        ? entry('POST', 'Patient', { fullUrl: uuid(i), resource: person(`many${i}`) })
        : entry('POST', 'Encounter', { fullUrl: uuid(i), resource: stay(uuid(i - 1)) }),
    );
    const { status, answered } = await transaction(entries);
    t.equal(status, 200);
    t.equal(answered.length, 1000);
    t.equal(await count(`Encounter?subject=${placeOf(answered[998])}`), 1);
  });

  await t.test('one that takes too long is undone', async (t) => {
    const short = await startServer({ STORE: store, TRANSACTION_SECONDS: '1', MAX_ENTRIES: '1000000' });
    t.teardown(short.close);
    // As many as it takes on this machine; a condition lets all of them be read and validated in the transaction.
    for (let n = 4000; ; n *= 2) {
      const system = `${SYSTEM}/${n}`;
      const identifier = [{ system, value: 'x' }];
      const entries = Array.from({ length: n }, () =>
        entry('POST', 'Patient', { resource: person('', { identifier }) }),
      );
      entries.push(entry('POST', 'Patient', { resource: person('z') }, { ifNoneExist: 'identifier=none' }));
      const headers = { 'accept-language': 'en' };
      const { status, json, headers: answered } = await short.call('POST', '', bundle('transaction', entries), headers);
      const { json: found } = await short.call('GET', `/Patient?identifier=${system}|&_summary=count`);
      if (status === 200) {
        t.equal(found.total, n);
        continue;
      }
      t.equal(status, 503);
      t.ok(answered.get('retry-after'));
      t.match(json.issue[0], { code: 'timeout', details: { coding: [{ code: 'transaction-too-long' }] } });
      t.match(json.issue[0].diagnostics, /more than 1 s \(TRANSACTION_SECONDS\)/);
      t.equal(found.total, 0, 'nothing is left');
      break;
    }
    t.equal(
      (await short.call('POST', '', bundle('transaction', [entry('POST', 'Patient', { resource: person('after') })])))
        .status,
      200,
    );
  });
}
await onEveryStore(run);

t.test('the limits and leniencies of the server', async (t) => {
  const { call, close } = await startServer({ MAX_ENTRIES: '2' });
  t.teardown(close);
  const get = entry('GET', 'metadata');
  t.equal((await call('POST', '', bundle('batch', [get, get]))).status, 200);
  t.equal((await call('POST', '', bundle('batch', [get, get, get]))).status, 413);
  const named = bundle('transaction', [entry('POST', 'TDDUIPatient', { resource: person('x') })]);
  t.equal((await call('POST', '', named)).status, 404, 'no type of R4');
  t.equal((await call('POST', '', named, { prefer: 'handling=lenient' })).status, 200, 'as TDDUI’s examples have it');
  const { json } = await call('GET', '/metadata');
  const codes = json.rest[0].interaction.map(({ code }: { code: string }) => code);
  t.ok(codes.includes('transaction') && codes.includes('batch'));
});
