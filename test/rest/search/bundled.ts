/** Searches of Bundles by the Composition or the MessageHeader that they begin with. */
import type { Test } from 'tap';
import type { TestServer } from '../../support/server.js';
import { idsOf, queryOf } from './records.js';

const LOINC = 'http://loinc.org';
const URN = 'urn:uuid:0d4f7c1e-1111-4000-8000-00000000000';

const document = (id: string, composition: Record<string, unknown>) => ({
  resourceType: 'Bundle',
  id,
  type: 'document',
  identifier: { system: 'urn:ietf:rfc:3986', value: `${URN}${id.length}` },
  timestamp: '2026-02-03T10:00:00+01:00',
  entry: [
    {
      fullUrl: `${URN}1`,
      resource: {
        resourceType: 'Composition',
        status: 'final',
        type: { coding: [{ system: LOINC, code: '34133-9' }] },
        date: '2026-02-03T09:00:00+01:00',
        author: [{ reference: 'Practitioner/doctor' }],
        title: 'Synthèse',
        ...composition,
      },
    },
  ],
});
const BUNDLES = [
  document('summary', { id: 'c-1', title: 'Synthèse médicale', subject: { reference: 'Patient/jeanne' } }),
  document('letter', {
    id: 'c-2',
    status: 'preliminary',
    type: { coding: [{ system: LOINC, code: '34133-9' }] },
    date: '2026-03-01',
    subject: { reference: 'Patient/paul' },
  }),
  {
    resourceType: 'Bundle',
    id: 'message',
    type: 'message',
    timestamp: '2026-02-03T10:00:00+01:00',
    entry: [
      {
        fullUrl: `${URN}2`,
        resource: {
          resourceType: 'MessageHeader',
          id: 'm-1',
          eventUri: 'https://dui-test.example/event/moved',
          source: { name: 'DUI', endpoint: 'https://dui-test.example/in' },
          destination: [{ name: 'Hôpital', endpoint: 'https://hospital-test.example/in' }],
        },
      },
    ],
  },
  { resourceType: 'Bundle', id: 'empty', type: 'collection' },
];

const CASES: [pairs: [string, string][], ids: string[]][] = [
  [[['composition', 'Composition/c-1']], ['summary']],
  [[['composition', 'c-2']], ['letter']],
  [[['composition', `${URN}1`]], ['letter', 'summary']],
  [[['composition:Composition', 'c-1']], ['summary']],
  [[['composition:missing', 'true']], ['empty', 'message']],
  [[['message:missing', 'false']], ['message']],
  [[['composition._id', 'c-1']], ['summary']],
  [[['composition.patient', 'Patient/jeanne']], ['summary']],
  [[['composition.subject:Patient.name', 'martin']], ['letter']],
  [[['composition.patient.general-practitioner:Practitioner.given', 'anais']], ['summary']],
  [[['composition.title', 'synthese med']], ['summary']],
  [[['composition.title:contains', 'SYNTHESE']], ['letter', 'summary']],
  [[['composition.status', 'final']], ['summary']],
  [[['composition.status:not', 'final']], ['letter']],
  [[['composition.type', `${LOINC}|34133-9`]], ['letter', 'summary']],
  [[['composition.date', 'ge2026-02-15']], ['letter']],
  [
    [
      ['composition.author:Practitioner.family', 'guerin'],
      ['composition.date', 'lt2026-02-15'],
    ],
    ['summary'],
  ],
  [[['composition.encounter:missing', 'true']], ['letter', 'summary']],
  [[['message.destination', 'hopital']], ['message']],
  [[['message.event', 'https://dui-test.example/event/moved']], ['message']],
  [[['_filter', 'composition.status eq final']], ['summary']],
];

export async function bundled(t: Test, s: TestServer): Promise<void> {
  await t.test('into the first resource of a Bundle', async (t) => {
    for (const bundle of BUNDLES) {
      const answer = await s.call('PUT', `/Bundle/${bundle.id}`, bundle);
      t.equal(answer.status, 201, answer.text.slice(0, 300));
    }
    for (const [pairs, ids] of CASES) {
      const answer = await s.call('GET', `/Bundle?${queryOf(pairs)}`);
      t.same([answer.status, answer.status === 200 ? idsOf(answer).sort() : answer.text], [200, ids], `${pairs}`);
    }
    for (const name of ['composition._lastUpdated', 'composition._content', 'composition._has:List:item:_id']) {
      const answer = await s.call('GET', `/Bundle?${queryOf([[name, '2026']])}`);
      t.equal(answer.status, 400, name);
      t.match(answer.text, /cannot be followed|unknown-parameter|not served|it cannot point/, name);
    }
    t.equal((await s.call('GET', '/Bundle?composition.nonsense=1')).status, 400);
    t.equal((await s.call('GET', '/Bundle?_include=Bundle:composition')).status, 400, 'nothing is included');
  });
}
