/** IHE PDQm, Mobile Patient Demographics Query [ITI-78]: every parameter that it asks of a supplier. https://profiles.ihe.net/ITI/PDQm/ITI-78.html */
import type { Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const person = (id: string, more: object = {}) => ({
  resourceType: 'Patient',
  id,
  active: true,
  identifier: [
    { system: 'urn:oid:1.2.250.1.999.1', value: `A-${id}` },
    { system: 'urn:oid:1.2.250.1.999.2', value: `B-${id}` },
  ],
  name: [
    { use: 'official', family: 'Quéméner', given: ['Anne-Laure'] },
    { use: 'usual', family: 'Le Goff' },
  ],
  telecom: [{ system: 'phone', value: '+33 2 61 91 00 14' }],
  gender: 'female',
  birthDate: '1941-03-03',
  address: [
    { line: ['3 rue des Ajoncs'], city: 'Guérande', postalCode: '44350', state: 'Loire-Atlantique', country: 'FRA' },
  ],
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: 'Kermarrec' }],
  ...more,
});

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const { extension: _, ...other } = person('other', {
    active: false,
    name: [{ use: 'official', family: 'Hamon', given: ['Marc'] }],
    identifier: [{ system: 'urn:oid:1.2.250.1.999.3', value: 'C' }],
    telecom: [{ system: 'email', value: 'marc@ehpad.example.org' }],
    gender: 'male',
    birthDate: '1950-07-07',
    address: [{ line: ['9 quai'], city: 'Brest', postalCode: '29200', state: 'Finistère', country: 'BEL' }],
  });
  for (const one of [person('anne'), other]) t.equal((await call('PUT', `/Patient/${one.id}`, one)).status, 201);
  const ids = ({ json }: { json: { entry?: { resource: { id: string } }[] } }) =>
    (json.entry ?? []).map(({ resource }) => resource.id);
  const get = async (query: string, headers = {}) =>
    await call('GET', `/Patient?${query.replaceAll('|', '%7C')}`, undefined, headers);

  const asked = [
    '_id=anne',
    'active=true',
    'family=quemener',
    'family=Le Goff',
    'given=anne',
    'identifier=urn:oid:1.2.250.1.999.1|A-anne',
    'identifier=A-anne',
    'identifier=urn:oid:1.2.250.1.999.2|',
    'identifier=urn:oid:1.2.250.1.999.9|,urn:oid:1.2.250.1.999.2|',
    'telecom=%2B33 2 61 91 00 14',
    'birthdate=1941-03-03',
    'birthdate=ge1941&birthdate=lt1942',
    'address=Guérande',
    'address=44350',
    'address-city=guerande',
    'address-country=FRA',
    'address-postalcode=44350',
    'address-state=Loire',
    'gender=female',
    'mothersMaidenName=kerm',
    'family:exact=Quéméner',
    'given:exact=Anne-Laure',
    'address-city:exact=Guérande',
    'mothersMaidenName:exact=Kermarrec',
    'family=quemener&gender=female',
    'birthdate=1941-03-03&family=goff,quemener',
    'family=QUEMENER&identifier=urn:oid:1.2.250.1.999.1|',
  ];
  await t.test('case 1: every parameter, alone and together, by GET and POST', async (t) => {
    const statement = (await call('GET', '/metadata')).json.rest[0].resource.find(
      (one: { type: string }) => one.type === 'Patient',
    );
    const served = statement.searchParam.map(({ name }: { name: string }) => name);
    for (const query of asked) {
      const answer = await get(query);
      t.equal(answer.status, 200, query);
      t.same(ids(answer), ['anne'], query);
      t.equal(answer.json.total, 1, query);
      t.ok(served.includes(query.split(/[=:]/)[0]), `${query} is in the CapabilityStatement`);
      const form = await call('POST', '/Patient/_search', query.replaceAll('|', '%7C'), {
        'content-type': 'application/x-www-form-urlencoded',
      });
      t.same(ids(form), ['anne'], `POST ${query}`);
    }
  });

  await t.test('cases 3 and 4: nobody, and an authority that nobody has a number of', async (t) => {
    for (const query of [
      'family=abadie',
      'family:exact=quemener',
      'family=quemener&gender=male',
      'identifier=urn:oid:1.2.250.1.999.9|',
    ]) {
      const answer = await get(query);
      t.match(answer, { status: 200, json: { resourceType: 'Bundle', type: 'searchset', total: 0 } }, query);
      t.notOk('entry' in answer.json, query);
    }
  });

  await t.test('case 5: a form that cannot be made', async (t) => {
    const answer = await get('family=quemener&_format=text/html5');
    t.match(answer, { status: 406, json: { issue: [{ severity: 'error', code: 'not-supported' }] } });
    const xml = await get('family=quemener&_format=xml');
    t.match(xml.text, /<Bundle /);
  });

  await t.test('case 6: a record out of use says so', async (t) => {
    t.equal((await get('family=hamon')).json.entry[0].resource.active, false);
    t.same(ids(await get('family=hamon&active=true')), []);
  });

  await t.test('what cannot be read is refused', async (t) => {
    for (const query of [
      'birthdate=03/03/1941',
      'familly=quemener',
      'family:fuzzy=quemener',
      'birthdate=1941-02-30',
      '_sort=nothing',
    ]) {
      t.match(await get(query), { status: 400, json: { resourceType: 'OperationOutcome' } }, query);
    }
    const lenient = await get('family=quemener&nothing=x', { prefer: 'handling=lenient' });
    t.equal(lenient.status, 200);
    t.notMatch(lenient.json.link[0].url, /nothing/, 'what was left out is not in the self link');
  });
}

await onEveryStore(run);
