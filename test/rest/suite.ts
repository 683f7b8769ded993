/** What every server must do over HTTP, whatever its store: run by sqlite.test.ts, memory.test.ts and mongo.test.ts. */
import t, { type Test } from 'tap';
import { type Answer, patient, startServer, type TestServer } from '../support/server.js';
import { edges } from './edges.js';
import { refused } from './refused.js';

export function restSuite(name: string, store: () => Promise<string>): void {
  t.test(`REST on ${name}`, async (t) => {
    const s = await startServer({ STORE: await store(), BODY_LIMIT: '10485760' });
    t.teardown(() => s.close());
    await crud(t, s);
    await conditional(t, s);
    await concurrency(t, s);
    await preferences(t, s);
    await history(t, s);
    await search(t, s);
    await binary(t, s);
    await badInput(t, s);
    await edges(t, s);
    await privacy(t, s);
  });
}

async function crud(t: Test, s: TestServer): Promise<void> {
  await t.test('create, read, vread, update, delete', async (t) => {
    const text = JSON.stringify(patient()).replace('"active":true', '"active":true,"multipleBirthInteger":2');
    const created = await s.call('POST', '/Patient', text);
    t.equal(created.status, 201);
    t.equal(created.headers.get('etag'), 'W/"1"');
    const id = created.json.id as string;
    t.equal(created.headers.get('location'), `${s.base}/Patient/${id}/_history/1`);
    t.match(created.headers.get('content-type'), /^application\/fhir\+json; charset=utf-8$/);
    t.equal(created.json.meta.versionId, '1');
    t.equal(
      new Date(created.headers.get('last-modified') ?? '').getTime(),
      Math.floor(Date.parse(created.json.meta.lastUpdated) / 1000) * 1000,
    );
    const read = await s.call('GET', `/Patient/${id}`);
    t.equal(read.status, 200);
    t.equal(read.text, created.text);
    t.equal(read.headers.get('etag'), 'W/"1"');
    const updated = await s.call('PUT', `/Patient/${id}`, { ...patient({ active: false }), id });
    t.equal(updated.status, 200);
    t.equal(updated.headers.get('etag'), 'W/"2"');
    t.equal((await s.call('GET', `/Patient/${id}/_history/1`)).text, created.text);
    t.equal((await s.call('GET', `/Patient/${id}/_history/2`)).json.active, false);
    refused(t, await s.call('GET', `/Patient/${id}/_history/3`), 404, 'version-not-found');
    refused(t, await s.call('GET', `/Patient/${id}/_history/x`), 404, 'version-not-found');
    const deleted = await s.call('DELETE', `/Patient/${id}`);
    t.equal(deleted.status, 204);
    t.equal(deleted.text, '');
    refused(t, await s.call('GET', `/Patient/${id}`), 410, 'gone');
    refused(t, await s.call('GET', `/Patient/${id}/_history/3`), 410, 'gone');
    t.equal((await s.call('DELETE', `/Patient/${id}`)).status, 204, 'deleted again');
    t.equal((await s.call('DELETE', '/Patient/never-there')).status, 204);
    const revived = await s.call('PUT', `/Patient/${id}`, { ...patient(), id });
    t.equal(revived.status, 201);
    t.equal(revived.json.meta.versionId, '4');
    refused(t, await s.call('GET', '/Patient/never-there'), 404, 'not-found');
  });

  await t.test('the text that came in goes out', async (t) => {
    const observation =
      '{ "resourceType": "Observation",\n  "status": "final", "code": {"text": "Poids"},\n  "valueQuantity": {"value": 62.50, "unit": "kg"}, "note": [{"text": "50\\u00a0% \\"à jeun\\" \\\\o/"}] }';
    const created = await s.call('POST', '/Observation', observation);
    t.equal(created.status, 201, created.text);
    t.match(created.text, '"value":62.50,');
    const read = await s.call('GET', `/Observation/${created.json.id}`);
    t.equal(read.text, created.text);
    t.match(read.text, '"note":[{"text":"50\\u00a0% \\"à jeun\\" \\\\o/"}]}');
    const pretty = await s.call('GET', `/Observation/${created.json.id}?_pretty=true`);
    t.match(pretty.text, '"value": 62.50,');
    t.same(pretty.json, read.json);
  });

  await t.test('update as create, ids that contradict', async (t) => {
    const put = await s.call('PUT', '/Patient/my-own.id-1', { ...patient(), id: 'my-own.id-1' });
    t.equal(put.status, 201);
    t.equal(put.headers.get('location'), `${s.base}/Patient/my-own.id-1/_history/1`);
    refused(t, await s.call('PUT', '/Patient/my-own.id-1', { ...patient(), id: 'other' }), 400, 'id-mismatch');
    refused(t, await s.call('PUT', '/Patient/my-own.id-1', patient()), 400, 'id-missing');
    refused(t, await s.call('PUT', '/Patient/bad_id', { ...patient(), id: 'bad_id' }), 400, 'bad-id');
    refused(t, await s.call('PUT', `/Patient/${'x'.repeat(65)}`, { ...patient(), id: 'x'.repeat(65) }), 400, 'bad-id');
    refused(t, await s.call('POST', '/Patient', { ...patient(), id: 'no good' }), 400, 'bad-id');
  });

  await t.test('HEAD, slash, formats', async (t) => {
    await s.call('PUT', '/Patient/head-1', { ...patient(), id: 'head-1' });
    const head = await s.call('HEAD', '/Patient/head-1');
    t.equal(head.status, 200);
    t.equal(head.text, '');
    t.equal(head.headers.get('etag'), 'W/"1"');
    t.equal((await s.call('GET', '/Patient/head-1/')).status, 200);
    t.match(
      (await s.call('GET', '/Patient/head-1', undefined, { accept: 'application/json' })).headers.get('content-type'),
      'application/json;',
    );
    t.equal((await s.call('GET', '/Patient/head-1?_format=json', undefined, { accept: 'text/html' })).status, 200);
    t.equal((await s.call('GET', '/Patient/head-1?_format=application/fhir+json')).status, 200);
    t.equal(
      (await s.call('GET', '/Patient/head-1', undefined, { accept: 'application/fhir+json; fhirVersion=4.0' })).status,
      200,
    );
    t.equal(
      (await s.call('GET', '/Patient/head-1', undefined, { accept: 'text/html, application/json;q=0.9, */*;q=0.8' }))
        .status,
      200,
    );
    refused(
      t,
      await s.call('GET', '/Patient/head-1', undefined, { accept: 'application/fhir+json; fhirVersion=3.0' }),
      406,
      'not-acceptable',
    );
    refused(
      t,
      await s.call('GET', '/Patient/head-1', undefined, { accept: 'application/fhir+turtle' }),
      406,
      'not-acceptable',
    );
    refused(t, await s.call('GET', '/Patient/head-1?_format=ttl'), 406, 'not-acceptable');
    const gzip = await s.call('GET', '/metadata', undefined, { 'accept-encoding': 'gzip' });
    t.equal(gzip.headers.get('content-encoding'), 'gzip');
    t.equal(gzip.json.resourceType, 'CapabilityStatement');
  });
}

async function conditional(t: Test, s: TestServer): Promise<void> {
  const identified = (value: string, more = {}) => patient({ identifier: [{ system: 'urn:c', value }], ...more });
  await t.test('conditional create', async (t) => {
    const headers = { 'if-none-exist': 'identifier=urn:c|cc1' };
    const first = await s.call('POST', '/Patient', identified('cc1'), headers);
    t.equal(first.status, 201);
    const second = await s.call('POST', '/Patient', identified('cc1'), headers);
    t.equal(second.status, 200);
    t.equal(second.json.id, first.json.id);
    t.equal(second.headers.get('location'), `${s.base}/Patient/${first.json.id}/_history/1`);
    await s.call('POST', '/Patient', identified('cc1'));
    refused(t, await s.call('POST', '/Patient', identified('cc1'), headers), 412, 'multiple-matches');
    refused(
      t,
      await s.call('POST', '/Patient', identified('x'), { 'if-none-exist': 'identifer=x' }),
      400,
      'unknown-parameter',
    );
    refused(t, await s.call('POST', '/Patient', identified('x'), { 'if-none-exist': '' }), 400, 'condition-empty');
    refused(
      t,
      await s.call('POST', '/Patient', identified('x'), { 'if-none-exist': '_count=1' }),
      400,
      'condition-result-parameter',
    );
  });
  await t.test('conditional update', async (t) => {
    const path = '/Patient?identifier=urn:c|cu1';
    const first = await s.call('PUT', path, identified('cu1'));
    t.equal(first.status, 201);
    const second = await s.call('PUT', path, identified('cu1', { active: false }));
    t.equal(second.status, 200);
    t.equal(second.json.id, first.json.id);
    t.equal(second.json.meta.versionId, '2');
    refused(t, await s.call('PUT', path, { ...identified('cu1'), id: 'other' }), 400, 'match-mismatch');
    refused(t, await s.call('PUT', path, identified('cu1'), { 'if-match': 'W/"1"' }), 412, 'version-conflict');
    t.equal((await s.call('PUT', path, identified('cu1'), { 'if-match': 'W/"2"' })).status, 200);
    t.equal(
      (await s.call('PUT', '/Patient?identifier=urn:c|cu2', { ...identified('cu2'), id: 'cu-own' })).json.id,
      'cu-own',
    );
    refused(
      t,
      await s.call('PUT', '/Patient?identifier=urn:c|cu3', { ...identified('cu3'), id: 'cu-own' }),
      409,
      'id-taken',
    );
    await s.call('POST', '/Patient', identified('cu1'));
    refused(t, await s.call('PUT', path, identified('cu1')), 412, 'multiple-matches');
    refused(t, await s.call('PUT', '/Patient', identified('cu1')), 400, 'condition-empty');
  });
  await t.test('conditional delete', async (t) => {
    const created = await s.call('POST', '/Patient', identified('cd1'));
    t.equal((await s.call('DELETE', '/Patient?identifier=urn:c|cd1')).status, 204);
    refused(t, await s.call('GET', `/Patient/${created.json.id}`), 410, 'gone');
    t.equal((await s.call('DELETE', '/Patient?identifier=urn:c|cd1')).status, 204, 'nothing left to delete');
    await s.call('POST', '/Patient', identified('cd2'));
    await s.call('POST', '/Patient', identified('cd2'));
    refused(t, await s.call('DELETE', '/Patient?identifier=urn:c|cd2'), 412, 'multiple-matches');
    refused(t, await s.call('DELETE', '/Patient'), 400, 'condition-empty');
  });
  await t.test('conditional read and If-Match', async (t) => {
    const created = await s.call('PUT', '/Patient/cr-1', { ...patient(), id: 'cr-1' });
    const get = (headers: Record<string, string>) => s.call('GET', '/Patient/cr-1', undefined, headers);
    t.equal((await get({ 'if-none-match': 'W/"1"' })).status, 304);
    t.equal((await get({ 'if-none-match': 'W/"2"' })).status, 200);
    t.equal((await get({ 'if-modified-since': created.headers.get('last-modified') ?? '' })).status, 304);
    t.equal((await get({ 'if-modified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' })).status, 200);
    t.equal((await get({ 'if-modified-since': 'yesterday' })).status, 200);
    const put = (headers: Record<string, string>, id = 'cr-1') =>
      s.call('PUT', `/Patient/${id}`, { ...patient(), id }, headers);
    refused(t, await put({ 'if-none-match': '*' }), 412, 'already-exists');
    t.equal((await put({ 'if-none-match': '*' }, 'cr-2')).status, 201);
    refused(t, await put({ 'if-match': 'W/"7"' }), 412, 'version-conflict');
    refused(t, await put({ 'if-match': 'W/"abc"' }), 412, 'version-conflict');
    refused(t, await put({ 'if-match': '"' }), 400, 'bad-header');
    refused(t, await put({ 'if-match': 'W/"1"' }, 'cr-3'), 412, 'version-conflict');
    t.equal((await put({ 'if-match': 'W/"1"' })).status, 200);
    refused(t, await s.call('DELETE', '/Patient/cr-1', undefined, { 'if-match': 'W/"1"' }), 412, 'version-conflict');
    t.equal((await s.call('DELETE', '/Patient/cr-1', undefined, { 'if-match': 'W/"2"' })).status, 204);
    t.equal((await put({ 'if-none-match': '*' })).status, 201, 'a deleted resource is not there');
  });
}

async function concurrency(t: Test, s: TestServer): Promise<void> {
  const WIDE = 64;
  const many = <T>(work: (i: number) => Promise<T>) => Promise.all(Array.from({ length: WIDE }, (_, i) => work(i)));
  const countOf = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length;
  await t.test(`${WIDE} at once: conditional create and update make one, If-Match lets one win`, async (t) => {
    for (let round = 0; round < 6; round++) {
      const body = patient({ identifier: [{ system: 'urn:w', value: `c${round}` }] });
      const creates = await many(() =>
        s.call('POST', '/Patient', body, { 'if-none-exist': `identifier=urn:w|c${round}` }),
      );
      t.equal(countOf(creates, 201), 1);
      t.equal(countOf(creates, 200), WIDE - 1);
      t.equal(new Set(creates.map((answer) => answer.json.id)).size, 1);

      const other = patient({ identifier: [{ system: 'urn:w', value: `u${round}` }] });
      const updates = await many(() => s.call('PUT', `/Patient?identifier=urn:w|u${round}`, other));
      t.equal(countOf(updates, 201), 1);
      t.equal(countOf(updates, 200), WIDE - 1);
      t.equal((await s.call('GET', `/Patient?identifier=urn:w|u${round}`)).json.total, 1);

      const id = creates[0]?.json.id;
      const races = await many((i) =>
        s.call('PUT', `/Patient/${id}`, { ...body, id, birthDate: `19${10 + i}` }, { 'if-match': 'W/"1"' }),
      );
      t.equal(countOf(races, 200), 1);
      t.equal(countOf(races, 412), WIDE - 1);
      const winner = races.find((answer) => answer.status === 200);
      t.equal((await s.call('GET', `/Patient/${id}`)).text, winner?.text);
    }
  });
  await t.test(`${WIDE} plain updates of one resource all count`, async (t) => {
    const answers = await many((i) =>
      s.call('PUT', '/Patient/plain-race', { ...patient({ birthDate: `19${10 + i}` }), id: 'plain-race' }),
    );
    t.equal(countOf(answers, 201), 1);
    t.equal(countOf(answers, 200), WIDE - 1);
    t.same(
      answers.map((answer) => Number(answer.json.meta.versionId)).sort((a, b) => a - b),
      Array.from({ length: WIDE }, (_, i) => i + 1),
    );
    t.equal((await s.call('GET', '/Patient/plain-race/_history?_count=100')).json.entry.length, WIDE);
  });
}

async function preferences(t: Test, s: TestServer): Promise<void> {
  await t.test('Prefer', async (t) => {
    const post = (prefer: string) => s.call('POST', '/Patient', patient(), { prefer });
    const minimal = await post('return=minimal');
    t.equal(minimal.status, 201);
    t.equal(minimal.text, '');
    t.ok(minimal.headers.get('location'));
    t.equal((await post('return=representation')).json.resourceType, 'Patient');
    t.equal((await post('return=OperationOutcome')).json.resourceType, 'OperationOutcome');
    const strict = await s.call('GET', '/Patient?birthdat=1938');
    refused(t, strict, 400, 'unknown-parameter');
    t.match(strict.json.issue[0].details.text, /Did you mean "birthdate"\?/);
    const lenient = await s.call('GET', '/Patient?birthdat=1938&gender=female', undefined, {
      prefer: 'handling=lenient',
    });
    t.equal(lenient.status, 200);
    t.match(lenient.json.link[0].url, /gender=female/);
    t.notMatch(lenient.json.link[0].url, /birthdat/);
    const last = lenient.json.entry.at(-1);
    t.equal(last.search.mode, 'outcome');
    t.equal(last.resource.issue[0].severity, 'warning');
  });
  await t.test('errors in French', async (t) => {
    const french = await s.call('GET', '/Patient/absent', undefined, { 'accept-language': 'fr-FR,fr;q=0.9,en;q=0.5' });
    t.equal(french.json.issue[0].details.text, 'Patient/absent n’existe pas.');
    const english = await s.call('GET', '/Patient/absent', undefined, { 'accept-language': 'de, en;q=0.5' });
    t.equal(english.json.issue[0].details.text, 'There is no Patient/absent.');
  });
}

async function history(t: Test, s: TestServer): Promise<void> {
  await t.test('history of an instance, a type, the system', async (t) => {
    for (const active of [true, false, true])
      await s.call('PUT', '/Organization/h-1', {
        resourceType: 'Organization',
        id: 'h-1',
        name: 'Les Tilleuls',
        active,
      });
    await s.call('DELETE', '/Organization/h-1');
    const all = (await s.call('GET', '/Organization/h-1/_history')).json;
    t.equal(all.type, 'history');
    t.equal(all.total, 4);
    t.same(
      all.entry.map((e: { request: { method: string } }) => e.request.method),
      ['DELETE', 'PUT', 'PUT', 'PUT'],
    );
    t.notOk(all.entry[0].resource);
    t.equal(all.entry[0].response.status, '204');
    t.equal(all.entry[3].response.etag, 'W/"1"');
    const first = (await s.call('GET', '/Organization/h-1/_history?_count=3')).json;
    t.equal(first.entry.length, 3);
    const next = first.link.find((link: { relation: string }) => link.relation === 'next');
    const second = (await s.call('GET', next.url)).json;
    t.same(
      second.entry.map((e: { resource: { meta: { versionId: string } } }) => e.resource.meta.versionId),
      ['1'],
    );
    const since = all.entry[2].resource.meta.lastUpdated as string;
    const later = (await s.call('GET', `/Organization/h-1/_history?_since=${since}`)).json;
    t.ok(later.entry.length >= 3 && later.entry.length <= 4);
    t.equal((await s.call('GET', '/Organization/_history?_count=2')).json.entry.length, 2);
    t.equal((await s.call('GET', '/_history?_count=5')).json.entry.length, 5);
    t.equal((await s.call('GET', '/Organization/h-1/_history?_since=2999-01-01')).json.entry, undefined);
    refused(t, await s.call('GET', '/Organization/h-none/_history'), 404, 'not-found');
    refused(t, await s.call('GET', '/Organization/h-1/_history?_since=soon'), 400, 'bad-parameter');
    refused(t, await s.call('GET', '/Organization/h-1/_history?_cursor=nonsense'), 400, 'bad-cursor');
    refused(t, await s.call('GET', '/Organization/h-1/_history?_sinc=2020'), 400, 'parameter-not-here');
  });
}

async function search(t: Test, s: TestServer): Promise<void> {
  await t.test('search by GET and by form, with pages', async (t) => {
    for (let i = 0; i < 25; i++) {
      await s.call('POST', '/Location', {
        resourceType: 'Location',
        name: `Chambre ${100 + i}`,
        status: i % 2 ? 'active' : 'suspended',
      });
    }
    const seen = new Set<string>();
    let url: string | undefined = `${s.base}/Location?name=chambre&_count=7`;
    for (let page = 0; url !== undefined; page++) {
      t.ok(page < 4, 'four pages');
      const bundle: Answer['json'] = (await s.call('GET', url)).json;
      t.equal(bundle.type, 'searchset');
      for (const entry of bundle.entry ?? []) {
        t.notOk(seen.has(entry.resource.id), 'seen once');
        seen.add(entry.resource.id);
        t.equal(entry.fullUrl, `${s.base}/Location/${entry.resource.id}`);
      }
      url = bundle.link.find((link: { relation: string }) => link.relation === 'next')?.url;
    }
    t.equal(seen.size, 25);
    const form = await s.call('POST', '/Location/_search?_sort=-name', 'status=active&_count=3', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    t.same(
      form.json.entry.map((e: { resource: { name: string } }) => e.resource.name),
      ['Chambre 123', 'Chambre 121', 'Chambre 119'],
    );
    refused(t, await s.call('POST', '/Location/_search', { name: 'x' }), 415, 'unsupported-media-type');
    refused(t, await s.call('GET', '/Location?_cursor=AAAA'), 400, 'bad-cursor');
    refused(t, await s.call('GET', '/Location?name:phonetic=x'), 400, 'unknown-modifier');
    refused(t, await s.call('GET', '/Location?_lastUpdated=soon'), 400, 'bad-search-value');
    t.equal((await s.call('GET', `/Location?name=${encodeURIComponent('"; DROP TABLE resource; --')}`)).json.total, 0);
    t.equal((await s.call('GET', `/Location?status=${encodeURIComponent('{"$ne":""}')}`)).json.total, 0);
  });
}

async function binary(t: Test, s: TestServer): Promise<void> {
  await t.test('Binary: bytes or the resource', async (t) => {
    const bytes = Buffer.from('%PDF-1.4 \u0000\u00ff', 'latin1');
    const raw = await s.call('POST', '/Binary', bytes, {
      'content-type': 'application/pdf',
      'x-security-context': 'Patient/1',
    });
    t.equal(raw.status, 201, raw.text);
    t.equal(raw.json.data, bytes.toString('base64'));
    const response = await fetch(`${s.base}/Binary/${raw.json.id}`);
    t.equal(response.headers.get('content-type'), 'application/pdf');
    t.equal(response.headers.get('x-content-type-options'), 'nosniff');
    t.equal(response.headers.get('x-security-context'), 'Patient/1');
    t.same(Buffer.from(await response.arrayBuffer()), bytes);
    const resource = await s.call('GET', `/Binary/${raw.json.id}`, undefined, { accept: 'application/fhir+json' });
    t.equal(resource.json.contentType, 'application/pdf');
    const put = await s.call('PUT', `/Binary/${raw.json.id}`, bytes, { 'content-type': 'application/pdf' });
    t.equal(put.status, 200);
  });
}

async function badInput(t: Test, s: TestServer): Promise<void> {
  await t.test('bad input: a clear 4xx, nothing stored', async (t) => {
    const count = async () => (await s.call('GET', '/Patient?_count=0')).json.total as number;
    const before = await count();
    const post = (body: unknown, headers = {}) => s.call('POST', '/Patient', body, headers);
    refused(t, await post('{"resourceType":"Patient"'), 400, 'bad-json');
    refused(t, await post(''), 400, 'empty-body');
    refused(t, await post('[]'), 400, 'not-an-object');
    refused(t, await post('{"resourceType":"Patient","active":true,"active":false}'), 400, 'duplicate-key');
    const twice = await post('{"resourceType":"Patient","name":[{},{"family":"a","family":"b"}]}');
    t.same(twice.json.issue[0].expression, ['Patient.name[1]']);
    refused(t, await post('{"resourceType":"Patient","__proto__":{"active":true}}'), 400, 'bad-key');
    refused(t, await post('{"active":true}'), 400, 'no-resource-type');
    refused(t, await post({ ...patient(), resourceType: 'Observation' }), 400, 'wrong-resource-type');
    refused(t, await post({ ...patient(), resourceType: 7 }), 400, 'wrong-resource-type');
    refused(t, await post({ ...patient(), meta: 'x' }), 400, 'bad-meta');
    refused(
      t,
      await post(`{"resourceType":"Patient","extension":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      400,
      'too-deep',
    );
    refused(t, await post(Buffer.from([0x7b, 0xff, 0x7d])), 400, 'bad-utf8');
    refused(t, await post('{"resourceType":"Patient","language":"\\ud800"}'), 400, 'bad-unicode');
    refused(t, await post(`{"resourceType":"Patient","language":"${'x'.repeat(20_000_000)}"}`), 413, 'too-large');
    refused(t, await post(patient(), { 'content-type': 'text/plain' }), 415, 'unsupported-media-type');
    refused(t, await post(patient(), { 'content-type': 'application/fhir+turtle' }), 415, 'unsupported-media-type');
    refused(
      t,
      await post(patient(), { 'content-type': 'application/fhir+json; charset=iso-8859-1' }),
      415,
      'unsupported-media-type',
    );
    refused(
      t,
      await post(patient(), { 'content-type': 'application/fhir+json; fhirVersion=5.0' }),
      415,
      'unsupported-fhir-version',
    );
    refused(t, await post(patient(), { 'content-encoding': 'br' }), 415, 'unsupported-encoding');
    for (const more of [
      { favouriteColour: 'blue' },
      { active: 'true' },
      { gender: 'homme' },
      { birthDate: '1938-02-30' },
      { deceasedBoolean: true, deceasedDateTime: '2020' },
      { name: { family: 'x' } },
      { name: [] },
      { name: [{ family: '' }] },
      { managingOrganization: { reference: 'Patient/1' } },
      { multipleBirthInteger: 1.5 },
      { name: [{ family: 'x'.repeat(1_100_000) }] },
      { generalPractitioner: [null] },
    ]) {
      const answer = await post({ ...patient(), ...more });
      t.equal(answer.status, 422, JSON.stringify(more).slice(0, 60));
      t.ok(answer.json.issue[0].expression[0], 'names the element');
    }
    refused(t, await s.call('GET', '/Patien/1'), 404, 'unknown-type');
    t.match((await s.call('GET', '/Patien/1')).json.issue[0].details.text, /Did you mean "Patient"/);
    refused(t, await s.call('POST', '/Patien', patient()), 404, 'unknown-type');
    refused(t, await s.call('GET', '/Patient/$nothing'), 404, 'unknown-operation');
    refused(t, await s.call('POST', '/Patient/1', {}), 405, 'method-not-allowed');
    refused(t, await s.call('DELETE', '/metadata'), 405, 'method-not-allowed');
    refused(t, await s.call('GET', s.base.replace('/fhir', '/nowhere')), 404, 'no-such-route');
    refused(t, await s.call('GET', `/Patient?name=${'x'.repeat(9000)}`), 414, 'url-too-long');
    refused(t, await s.call('GET', '/Patient/%ff'), 400, 'bad-url');
    refused(t, await s.call('GET', '/Patient/a%2Fb'), 400, 'bad-id');
    refused(t, await s.call('GET', '/Patient/x?y=1'), 400, 'parameter-not-here');
    refused(t, await s.call('GET', '/Patient', undefined, { 'x-long': 'x'.repeat(20_000) }), 431, 'header-too-large');
    t.equal(await count(), before, 'nothing was stored');
    t.equal((await s.call('GET', s.base.replace('/fhir', '/healthz'))).status, 200);
    t.equal((await s.call('GET', s.base.replace('/fhir', '/readyz'))).status, 200);
  });
}

async function privacy(t: Test, s: TestServer): Promise<void> {
  await t.test('the log has one line a request and no patient data', async (t) => {
    await s.call('GET', '/Patient?family=Kerouedan', undefined, { 'x-request-id': 'abc-123' });
    const answer = await s.call('GET', '/Patient/absent-id', undefined, { 'x-request-id': 'bad id"' });
    t.notMatch(answer.headers.get('x-request-id'), /bad/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const lines = s
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.equal(lines.filter((line) => line.request === 'abc-123').length, 1);
    t.notMatch(s.log(), /rou[ée]dan|Jeanne|IPP-0001|absent-id|1938-02/i);
  });
}
