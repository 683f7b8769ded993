/** Elements that a policy hides: cut, kept by writes, and not asked for by any search. */
import type { Test } from 'tap';
import { professional, serverWith } from '../support/callers.js';
import { onEveryStore } from '../support/stores.js';

const POLICIES = {
  policies: [
    {
      name: 'helpers',
      for: { roles: ['helper'] },
      grants: [{ types: ['*'], interactions: ['*', '$*'] }],
      hides: [
        { types: ['Patient'], elements: ['identifier', 'deceased', 'generalPractitioner'] },
        { types: ['Observation'], elements: ['value[x]'] },
      ],
    },
    { name: 'others', for: { roles: ['other'] }, grants: [{ types: ['*'], interactions: ['*', '$*'] }] },
  ],
};

const PATIENT = {
  resourceType: 'Patient',
  id: 'p1',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">IPP-0001 verger</div>' },
  identifier: [{ system: 'urn:oid:1.2.250.1.999.1', value: 'IPP-0001' }],
  name: [{ family: 'Kerouedan', given: ['Jeanne'] }],
  birthDate: '1938-02-11',
  deceasedBoolean: false,
  generalPractitioner: [{ reference: 'Practitioner/d1' }],
};

async function run(t: Test, STORE: string) {
  const callers = { helper: professional(['helper']), other: professional(['other']) };
  const { call, put } = await serverWith(t, callers, POLICIES, { STORE });
  await put({ resourceType: 'Practitioner', id: 'd1' });
  await put(PATIENT);
  const observation = { resourceType: 'Observation', id: 'o1', status: 'final', code: { text: 'poids' } };
  await put({
    ...observation,
    subject: { reference: 'Patient/p1' },
    valueQuantity: { value: 61.5, unit: 'kg' },
  } as never);
  const get = (path: string) => call('helper', 'GET', path);

  await t.test('they are cut, and the tag says so', async (t) => {
    for (const path of ['/Patient/p1', '/Patient/p1/_history/1', '/Patient?name=kerouedan', '/Patient/p1/_history']) {
      const { status, text } = await get(path);
      t.equal(status, 200, path);
      t.match(text, 'SUBSETTED', path);
      t.notMatch(text, /IPP-0001|deceased|Practitioner\/d1|verger/, path);
      t.match(text, 'Kerouedan', path);
    }
    t.notMatch((await get('/Observation/o1')).text, /61\.5/);
    t.match((await call('other', 'GET', '/Patient/p1')).text, 'IPP-0001', 'others see them');
    const included = await get('/Patient?_id=p1&_include=Patient:general-practitioner&_include=*');
    t.same(
      included.json.entry.map(({ resource }: { resource: { id: string } }) => resource.id),
      ['p1'],
      'what is hidden leads nowhere',
    );
  });

  await t.test('no search asks for them', async (t) => {
    for (const query of [
      'Patient?identifier=IPP-0001',
      'Patient?identifier:not=IPP-0001',
      'Patient?identifier:missing=false',
      'Patient?deceased=false',
      'Patient?_sort=identifier',
      'Patient?_content=verger',
      'Patient?_text=verger',
      'Patient?general-practitioner:Practitioner._id=d1',
      'Patient?_filter=identifier eq "IPP-0001"',
      'Patient?_filter=not (identifier eq "IPP-0001")',
      'Observation?value-quantity=61.5',
      'Observation?code-value-quantity=poids$61.5',
      'Observation?subject:Patient.identifier=IPP-0001',
      'Practitioner?_has:Patient:general-practitioner:name=kerouedan',
      'Observation?_sort=value-quantity',
    ]) {
      const { status, text } = await get(`/${encodeURI(query)}`);
      t.equal(status, 403, `${query}: ${text.slice(0, 200)}`);
      t.not((await call('other', 'GET', `/${encodeURI(query)}`)).status, 403, query);
    }
    t.equal(
      (await get('/Patient?general-practitioner=Practitioner/d1')).json.total,
      0,
      'a reference that is hidden finds nothing',
    );
    t.equal((await get('/Practitioner?_revinclude=*')).json.entry.length, 1);
    t.equal((await get('/Patient?_explain=true')).status, 403);
  });

  await t.test('a write leaves them as they are', async (t) => {
    const { json } = await get('/Patient/p1');
    const put = await call('helper', 'PUT', '/Patient/p1', { ...json, birthDate: '1938-02-12' });
    t.equal(put.status, 200);
    t.notMatch(put.text, /IPP-0001/);
    const patch = [{ op: 'replace', path: '/name/0/family', value: 'Le Goff' }];
    const type = { 'content-type': 'application/json-patch+json' };
    t.equal((await call('helper', 'PATCH', '/Patient/p1', patch, type)).status, 200);
    const now = (await call('', 'GET', '/Patient/p1')).json;
    t.same(now.identifier, PATIENT.identifier);
    t.same(now.deceasedBoolean, false);
    t.equal(now.birthDate, '1938-02-12');
    t.equal(now.name[0].family, 'Le Goff');
    t.equal(now.meta.tag, undefined, 'what is whole says nothing else');
    t.equal((await call('', 'GET', '/Patient?identifier=IPP-0001')).json.total, 1, 'and is found by them');
    t.match((await call('', 'GET', '/Patient/p1/_history/1')).text, 'IPP-0001', 'the past is whole');
    const other = { ...json, identifier: [{ value: 'IPP-0002' }] };
    t.equal((await call('helper', 'PUT', '/Patient/p1', other)).status, 403);
    const add = [{ op: 'add', path: '/deceasedBoolean', value: true }];
    t.equal((await call('helper', 'PATCH', '/Patient/p1', add, type)).status, 403);
  });

  await t.test('who is like whom is not told', async (t) => {
    const twin = { ...PATIENT, id: undefined };
    const made = await call('helper', 'POST', '/Patient', twin);
    t.equal(made.status, 201);
    t.equal(made.headers.get('warning'), null);
    t.match((await call('other', 'POST', '/Patient', twin)).headers.get('warning'), /possible duplicate/);
  });
}

onEveryStore(run);
