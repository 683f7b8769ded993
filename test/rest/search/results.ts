/** What comes back, and how much: order, totals, summaries, pages, plans. https://hl7.org/fhir/R4/search.html#return */
import type { Test } from 'tap';
import type { Answer, TestServer } from '../../support/server.js';
import { refused } from '../refused.js';
import { idsOf, linkOf, outcomeOf, queryOf } from './records.js';

export async function results(t: Test, s: TestServer): Promise<void> {
  const ask = (query: string) => s.call('GET', query);
  const first = (answer: Answer) => answer.json.entry[0].resource;
  await t.test('order', async (t) => {
    t.same(idsOf(await ask('/Patient?_sort=birthdate,family')), ['jeanne', 'paul', 'zoe']);
    // By the end of what a date covers: 1941 ends after 1941-07.
    t.same(idsOf(await ask('/Patient?_sort=-birthdate')), ['paul', 'zoe', 'jeanne']);
    t.same(
      idsOf(await ask('/Patient?_sort=gender,-family')),
      ['jeanne', 'paul', 'zoe'],
      'without the value comes last',
    );
    t.same(idsOf(await ask('/Patient?_sort=-gender')).at(-1), 'zoe', 'and last when it falls');
    t.same(idsOf(await ask('/Patient?_sort=-_lastUpdated')), ['zoe', 'paul', 'jeanne']);
    t.same(idsOf(await ask('/Patient?_sort=_id&_count=2')), ['jeanne', 'paul']);
    refused(t, await ask('/Patient?_sort=colour'), 400, 'bad-sort');
  });
  await t.test('totals and counts', async (t) => {
    const none = await ask('/Patient?_count=0');
    t.equal(none.json.total, 3);
    t.notOk(none.json.entry);
    t.equal((await ask('/Patient?_count=1&_total=accurate')).json.total, 3);
    t.equal((await ask('/Patient?_count=1&_total=none')).json.total, undefined);
    t.type((await ask('/Patient?_count=1&_total=estimate')).json.total, 'number');
    t.equal((await ask('/Patient?_summary=count&gender=male')).json.total, 1);
  });
  await t.test('summaries and elements', async (t) => {
    const whole = first(await ask('/Observation?_id=weight'));
    const keys = async (query: string) => Object.keys(first(await ask(`/Observation?_id=weight&${query}`)));
    t.same(await keys('_summary=false'), Object.keys(whole));
    t.notOk((await keys('_summary=true')).includes('note'));
    t.ok((await keys('_summary=true')).includes('valueQuantity'));
    t.same((await keys('_elements=note')).sort(), ['code', 'id', 'meta', 'note', 'resourceType', 'status']);
    const text = first(await ask('/Patient?_id=jeanne&_summary=text'));
    t.same(Object.keys(text).sort(), ['id', 'meta', 'resourceType', 'text']);
    const data = first(await ask('/Patient?_id=jeanne&_summary=data'));
    t.notOk(data.text);
    t.ok(data.name);
    const tags = (one: { meta: { tag: { code: string }[] } }) => one.meta.tag.map(({ code }) => code);
    t.same(tags(text), ['trial', 'SUBSETTED']);
    refused(t, await ask('/Patient?_elements=colour'), 400, 'bad-parameter');
    refused(t, await ask('/Patient?_summary=text&_include=Patient:organization'), 400, 'bad-parameter');
    refused(t, await ask('/Patient?_contained=true'), 400, 'contained-not-searched');
  });
  await t.test('the plan', async (t) => {
    const answer = await ask('/Patient?family=martin&_explain=true');
    t.equal(idsOf(answer).length, 2);
    const text = JSON.stringify(outcomeOf(answer));
    t.match(text, /index/i);
    t.match(text, /\d/);
    t.notMatch(text, /martin/i, 'values stay out of it');
  });
  await pages(t, s);
}

async function pages(t: Test, s: TestServer): Promise<void> {
  const ask = (query: string) => s.call('GET', query);
  await t.test('pages forward and back', async (t) => {
    for (const query of ['_sort=-birthdate', '_sort=_id', '', 'name=m', '_sort=gender,_id']) {
      const seen: Answer[] = [];
      let url: string | undefined = `/Patient?${query}&_count=1`;
      while (url !== undefined) {
        const page = await s.call('GET', url);
        t.equal(page.status, 200);
        seen.push(page);
        url = linkOf(page, 'next');
      }
      const ids = seen.flatMap((page) => idsOf(page));
      t.equal(new Set(ids).size, ids.length, 'none twice');
      t.same([...ids].sort(), idsOf(await s.call('GET', `/Patient?${query}&_count=100`)).sort());
      let back = seen.at(-1) as Answer;
      for (const page of seen.slice(0, -1).reverse()) {
        back = await s.call('GET', linkOf(back, 'previous') as string);
        t.same(idsOf(back), idsOf(page), 'previous');
      }
      t.equal(linkOf(back, 'previous'), undefined);
      t.same(idsOf(await s.call('GET', linkOf(seen.at(-1) as Answer, 'first') as string)), ids.slice(0, 1));
      t.same(idsOf(await s.call('GET', linkOf(seen[1] as Answer, 'self') as string)), ids.slice(1, 2));
    }
  });
  await t.test('a long series goes back page by page to its first', async (t) => {
    const entry = Array.from({ length: 130 }, (_, i) => ({
      resource: { resourceType: 'Basic', id: `page-${i}`, code: { text: 'page' }, created: `2026-01-${(i % 28) + 1}` },
      request: { method: 'PUT', url: `Basic/page-${i}` },
    }));
    for (const { resource } of entry) resource.created = resource.created.replace(/-(\d)$/, '-0$1');
    t.equal((await s.call('POST', '/', { resourceType: 'Bundle', type: 'transaction', entry })).status, 200);
    const places: string[] = [];
    let page = await s.call('GET', '/Basic?_sort=-created&_count=1');
    for (;;) {
      places.push(...idsOf(page));
      for (const { url } of page.json.link) if (url.length >= 2000) t.fail(`a link of ${url.length} characters`);
      const next = linkOf(page, 'next');
      if (next === undefined) break;
      page = await s.call('GET', next);
    }
    t.equal(new Set(places).size, 130);
    const back: string[] = [];
    for (;;) {
      back.unshift(...idsOf(page));
      const previous = linkOf(page, 'previous');
      if (previous === undefined) break;
      page = await s.call('GET', previous);
    }
    t.same(back, places);
    for (const { resource } of entry) await s.call('DELETE', `/Basic/${resource.id}`);
  });
  await t.test('links stay short however long the search is', async (t) => {
    const many = Array.from({ length: 150 }, (_, i) => `a-long-identifier-${i}`);
    const query = queryOf([
      ['_id', ['jeanne', 'paul', 'zoe', ...many].join(',')],
      ['_count', '1'],
    ]);
    let page = await s.call('GET', `/Patient?${query}`);
    const ids: string[] = [];
    for (;;) {
      ids.push(...idsOf(page));
      for (const { url } of page.json.link) t.ok(url.length < 2000, `${url.length}`);
      const next = linkOf(page, 'next');
      if (next === undefined) break;
      t.notMatch(next, /long-identifier/);
      page = await s.call('GET', next);
    }
    t.same(ids.sort(), ['jeanne', 'paul', 'zoe']);
  });
  await t.test('cursors that are not ours', async (t) => {
    const next = linkOf(await s.call('GET', '/Patient?_count=1'), 'next') as string;
    const token = new URL(next).searchParams.get('_cursor') as string;
    const changed = token.slice(0, -2) + (token.endsWith('A') ? 'BB' : 'AA');
    for (const bad of ['x', '', changed, token.slice(0, 20), `${token}A`, 'a'.repeat(3000)]) {
      refused(t, await s.call('GET', `/Patient?_cursor=${bad}`), 400, 'bad-cursor');
    }
    refused(t, await s.call('GET', `/Encounter?_cursor=${token}`), 400, 'bad-cursor');
    refused(t, await s.call('GET', `/Patient?_cursor=${token}&gender=male`), 400, 'cursor-alone');
    t.notMatch(next, /gender|male/);
  });
  await t.test('sampled data are found by their bounds', async (t) => {
    const origin = { value: 7, unit: 'mm', system: 'http://unitsofmeasure.org', code: 'mm' };
    const valueSampledData = { origin, period: 10, factor: 0.5, dimensions: 1, data: 'E 2 4 -2 0' };
    const curve = { resourceType: 'Observation', id: 'curve', status: 'final', code: { text: 'x' }, valueSampledData };
    await s.call('PUT', '/Observation/curve', curve);
    const found = async (value: string) =>
      idsOf(await ask(`/Observation?_id=curve&${queryOf([['value-quantity', value]])}`));
    const UCUM = 'http://unitsofmeasure.org';
    t.same(await found(`gt8|${UCUM}|mm`), ['curve'], 'up to 9 mm');
    t.same(await found(`gt9|${UCUM}|mm`), []);
    t.same(await found(`lt0.7|${UCUM}|cm`), ['curve'], 'from 6 mm on');
    t.same(await found(`lt0.6|${UCUM}|cm`), []);
    t.same(idsOf(await ask('/Observation?_id=curve&value-quantity:missing=true')), []);
    await s.call('DELETE', '/Observation/curve');
  });
  await t.test('a version of a canonical that is asked for is the one that is named', async (t) => {
    const form = 'http://example.org/Questionnaire/douleur';
    const named = { v1: `${form}|1.0`, v2: `${form}|2.0`, any: form };
    for (const [id, questionnaire] of Object.entries(named)) {
      const answer = { resourceType: 'QuestionnaireResponse', id, status: 'completed', questionnaire };
      await s.call('PUT', `/QuestionnaireResponse/${id}`, answer);
    }
    const found = async (value: string) =>
      idsOf(await ask(`/QuestionnaireResponse?${queryOf([['questionnaire', value]])}`));
    t.same((await found(form)).sort(), ['any', 'v1', 'v2']);
    t.same(await found(`${form}|1.0`), ['v1']);
    t.same(await found(`${form}|3.0`), []);
    for (const id of Object.keys(named)) await s.call('DELETE', `/QuestionnaireResponse/${id}`);
  });
  await t.test('a page series shows its start, in what its filters look into too', async (t) => {
    const place = { resourceType: 'Organization', id: 'then', name: 'Avant' };
    await s.call('PUT', '/Organization/then', place);
    const people = ['then1', 'then2', 'then3', 'then4'];
    const reference = 'Organization/then';
    for (const id of people) {
      await s.call('PUT', `/Patient/${id}`, { resourceType: 'Patient', id, managingOrganization: { reference } });
      const subject = { reference: `Patient/${id}` };
      await s.call('PUT', `/Flag/${id}`, { resourceType: 'Flag', id, subject, identifier: [{ value: 'then' }] });
    }
    const queries = [
      'organization.name=avant',
      '_has:Flag:patient:identifier=then',
      '_filter=organization.name+eq+Avant',
    ];
    const pages = await Promise.all(
      queries.flatMap((query) => ['', '&_sort=-_id'].map((sort) => s.call('GET', `/Patient?${query}&_count=2${sort}`))),
    );
    await s.call('PUT', '/Organization/then', { ...place, name: 'Autre' });
    for (const id of people) await s.call('DELETE', `/Flag/${id}`);
    await s.call('PUT', '/Patient/then5', {
      resourceType: 'Patient',
      id: 'then5',
      managingOrganization: { reference },
    });
    for (const page of pages) {
      const next = await s.call('GET', linkOf(page, 'next') as string);
      t.same([...idsOf(page), ...idsOf(next)].sort(), people, linkOf(page, 'self') ?? '');
      t.equal(linkOf(next, 'next'), undefined);
    }
    for (const query of queries)
      t.same(idsOf(await s.call('GET', `/Patient?${query}`)), [], 'a new series sees what is');
    for (const id of [...people, 'then5']) await s.call('DELETE', `/Patient/${id}`);
    await s.call('DELETE', '/Organization/then');
  });
  await t.test('a page series shows its start', async (t) => {
    const page = await s.call('GET', '/Patient?_sort=family&_count=1');
    t.same(idsOf(page), ['jeanne']);
    const { json: paul } = await s.call('GET', '/Patient/paul');
    await s.call('PUT', '/Patient/paul', { ...paul, name: [{ family: 'Aaa' }] });
    const second = await s.call('GET', linkOf(page, 'next') as string);
    t.same(idsOf(second), ['paul']);
    t.equal(second.json.entry[0].resource.name[0].family, 'Martin', 'as he was called then');
    await s.call('PUT', '/Patient/paul', paul);
  });
}
