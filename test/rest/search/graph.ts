/** Searches across references: chains, _has, inclusions, lists, compartments, several types, _filter. */
import type { Test } from 'tap';
import type { TestServer } from '../../support/server.js';
import { idsOf, NS, outcomeOf, queryOf } from './records.js';

type Case = [type: string, pairs: [string, string][], ids: string[]];

const CHAINS: Case[] = [
  ['Slot', [['schedule.actor:HealthcareService.organization.identifier', `${NS}/finess|990000001`]], ['free']],
  ['Slot', [['schedule.actor:HealthcareService.organization.identifier', '990000002']], []],
  [
    'Slot',
    [
      ['schedule.actor:Practitioner.family', 'guerin'],
      ['status', 'free'],
    ],
    ['free'],
  ],
  ['Encounter', [['subject.name', 'darc']], ['stay']],
  ['Encounter', [['subject:Patient.general-practitioner:Practitioner.given', 'anais']], ['stay']],
  ['Encounter', [['service-provider.partof.identifier', '990000001']], ['stay']],
  ['Patient', [['_has:Observation:patient:code', '29463-7']], ['jeanne']],
  ['Patient', [['_has:Observation:patient:code', '85354-9']], ['paul']],
  ['Patient', [['_has:Observation:patient:_has:List:item:_id', 'mine']], []],
  ['Patient', [['_has:Encounter:patient:_has:Observation:encounter:code', '29463-7']], ['jeanne']],
  ['Patient', [['_has:Encounter:patient:service-provider.name', 'clinique']], ['jeanne']],
  ['Organization', [['_has:Patient:organization:_has:Observation:patient:value-quantity', 'gt60']], ['ehpad']],
  ['Observation', [['patient._has:Encounter:patient:status', 'finished']], ['pressure']],
  ['Patient', [['_list', 'mine']], ['paul']],
  ['Encounter', [['subject:Patient._list', 'mine']], ['visit']],
];

const FILTERS: [string, string, string[]][] = [
  ['Patient', 'family eq "Martin"', ['paul']],
  ['Patient', 'family sw "martin" and not (gender eq male)', ['zoe']],
  ['Patient', 'family co "arti" or given eq "Cécile"', ['jeanne', 'paul', 'zoe']],
  ['Patient', 'birthdate ge 1941-01-01 and birthdate lt 1941-12-31 and gender pr false', ['zoe']],
  ['Encounter', 'subject:Patient.family sw "darc"', ['stay']],
  ['Patient', `identifier eq ${NS}/ipp|A-1`, ['jeanne']],
];

export async function graph(t: Test, s: TestServer): Promise<void> {
  await t.test('chains and _has', async (t) => {
    for (const [type, pairs, ids] of CHAINS) {
      const answer = await s.call('GET', `/${type}?${queryOf(pairs)}`);
      t.same([answer.status, idsOf(answer).sort()], [200, [...ids].sort()], `${type} ${JSON.stringify(pairs)}`);
    }
  });
  await t.test('_filter', async (t) => {
    for (const [type, filter, ids] of FILTERS) {
      const answer = await s.call('GET', `/${type}?${queryOf([['_filter', filter]])}`);
      t.same(
        [answer.status, answer.status === 200 ? idsOf(answer).sort() : answer.text],
        [200, [...ids].sort()],
        filter,
      );
    }
  });
  await t.test('inclusions', async (t) => {
    const ask = async (query: string) => {
      const answer = await s.call('GET', query);
      return [idsOf(answer).sort(), idsOf(answer, 'include').sort()];
    };
    t.same(await ask('/Observation?_id=weight&_include=Observation:patient'), [['weight'], ['jeanne']]);
    t.same(await ask('/Observation?_id=weight&_include=Observation:*'), [['weight'], ['jeanne', 'stay']]);
    t.same(await ask('/Observation?_id=weight&_include=Observation:subject:Device'), [['weight'], []]);
    t.same(
      await ask(
        '/Observation?_id=weight&_include=Observation:encounter&_include:iterate=Encounter:service-provider&_include:iterate=Organization:partof',
      ),
      [['weight'], ['clinic', 'ehpad', 'stay']],
    );
    // The French guides write the second hop without :iterate.
    t.same(await ask('/Observation?_id=weight&_include=Observation:encounter&_include=Encounter:service-provider'), [
      ['weight'],
      ['clinic', 'stay'],
    ]);
    t.same(await ask('/Organization?_id=clinic&_include=Organization:partof&_revinclude=Patient:organization'), [
      ['clinic'],
      ['ehpad'],
    ]);
    t.same(await ask('/Patient?_id=jeanne&_revinclude=Observation:patient&_revinclude=Encounter:patient'), [
      ['jeanne'],
      ['stay', 'weight'],
    ]);
    t.same(
      await ask(
        '/Organization?_id=ehpad&_revinclude:iterate=Organization:partof&_revinclude:iterate=Encounter:service-provider',
      ),
      [['ehpad'], ['clinic', 'stay']],
    );
    // What is a match already is no inclusion.
    t.same(await ask('/Encounter?_include=Encounter:part-of'), [['stay', 'visit'], []]);
    const all = await s.call('GET', '/Slot?_include=*');
    t.same(idsOf(all, 'include'), ['agenda']);
  });
  await t.test('compartments', async (t) => {
    t.same(idsOf(await s.call('GET', '/Patient/jeanne/Encounter')), ['stay']);
    t.same(idsOf(await s.call('GET', '/Patient/jeanne/Encounter?status=finished')), []);
    t.same(idsOf(await s.call('GET', '/Patient/jeanne/*?_count=100')).sort(), [
      'fall',
      'jeanne',
      'relapse',
      'stay',
      'weight',
    ]);
    t.same(idsOf(await s.call('GET', '/Encounter/stay/Observation')), ['weight']);
    t.equal((await s.call('GET', '/Patient/nobody/Encounter')).json.total, 0);
    t.equal(
      (await s.call('GET', '/Organization/ehpad/Encounter')).status,
      404,
      'R4 has no compartment of Organization',
    );
  });
  await t.test('several types', async (t) => {
    t.same(idsOf(await s.call('GET', '/?_type=Patient,Encounter&_id=paul,stay')).sort(), ['paul', 'stay']);
    const sorted = await s.call('GET', '/?_type=Patient,Encounter,Observation&_sort=-_lastUpdated&_count=3');
    t.same(idsOf(sorted), ['pressure', 'weight', 'visit']);
    t.equal((await s.call('GET', '/?_type=Patient,Nothing')).status, 400);
    t.equal((await s.call('GET', '/?_type=Patient,Encounter&gender=male')).status, 400, 'Encounter has no gender');
  });
  await t.test('the bound of inclusions is told', async (t) => {
    const answer = await s.call('GET', '/Patient?_revinclude=Observation:patient&_revinclude=Encounter:patient');
    t.equal(outcomeOf(answer), undefined, 'not reached');
    t.equal(idsOf(answer, 'include').length, 4);
  });
}
