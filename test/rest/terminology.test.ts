/** $expand, $validate-code and $lookup over HTTP. https://hl7.org/fhir/R4/terminology-service.html */
import t, { type Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const BASE = 'https://ehpad.example.org/fhir';
const GENDER = 'http://hl7.org/fhir/administrative-gender';
const GENDERS = 'http://hl7.org/fhir/ValueSet/administrative-gender';
const rooms = {
  resourceType: 'CodeSystem',
  id: 'rooms',
  url: `${BASE}/CodeSystem/rooms`,
  version: '2',
  name: 'Rooms',
  status: 'active',
  content: 'complete',
  concept: [
    {
      code: 'room',
      display: 'Chambre',
      definition: 'Où l’on dort.',
      designation: [{ language: 'en', value: 'Room' }],
      concept: [{ code: 'double', display: 'Chambre à deux lits' }],
    },
    { code: 'hall', display: 'Salle' },
  ],
};
const beds = {
  resourceType: 'ValueSet',
  id: 'beds',
  url: `${BASE}/ValueSet/beds`,
  status: 'active',
  compose: { include: [{ system: rooms.url, filter: [{ property: 'concept', op: 'is-a', value: 'room' }] }] },
};
type Part = { name: string; [value: string]: unknown };

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  await call('PUT', '/CodeSystem/rooms', rooms);
  await call('PUT', '/ValueSet/beds', beds);
  const get = async (path: string) => await call('GET', path.replace(/\|/g, '%7C'));
  const wrap = (...parameter: Part[]) => ({ resourceType: 'Parameters', parameter });
  const codes = ({ json }: { json: { expansion: { contains?: { code: string }[] } } }) =>
    (json.expansion.contains ?? []).map(({ code }) => code);

  await t.test('$expand', async (t) => {
    t.same(codes(await get(`/ValueSet/$expand?url=${GENDERS}`)), ['male', 'female', 'other', 'unknown']);
    const mine = await get(`/ValueSet/$expand?url=${beds.url}`);
    t.match(mine.json, { resourceType: 'ValueSet', url: beds.url, expansion: { total: 2, offset: 0 } });
    t.match(mine.json.expansion.contains[1], { system: rooms.url, code: 'double', display: 'Chambre à deux lits' });
    t.same(codes(await get('/ValueSet/beds/$expand')), ['room', 'double']);
    t.same(codes(await get(`/ValueSet/$expand?url=${beds.url}&filter=deux`)), ['double']);
    t.same(codes(await get(`/ValueSet/$expand?url=${GENDERS}&offset=1&count=2`)), ['female', 'other']);
    t.same(codes(await call('POST', '/ValueSet/$expand', wrap({ name: 'url', valueUri: GENDERS }))).length, 4);
    t.same(codes(await call('POST', '/ValueSet/$expand', beds)), ['room', 'double'], 'one that is sent');
    t.match(await get('/ValueSet/$expand?url=urn:nobody'), { status: 404 });
    t.match(await get('/ValueSet/$expand'), { status: 400 });
    t.match(await get(`/ValueSet/$expand?url=${GENDERS}&count=-1`), { status: 400 });
    t.match(await get(`/ValueSet/$expand?url=${GENDERS}&where=x`), { status: 400 });
    t.match(await get('/ValueSet/nobody/$expand'), { status: 404 });
    t.match(await get('/Patient/$expand'), { status: 404 });
    const broken = { resourceType: 'ValueSet', status: 'active', compose: { include: [null, { system: 5 }] } };
    t.match(await call('POST', '/ValueSet/$expand', broken), { status: 422 });
    const endless = await get('/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/mimetypes');
    t.match(endless, { status: 422, json: { issue: [{ code: 'not-supported' }] } });
    const open = { ...beds, compose: { include: [{ system: 'http://snomed.info/sct' }] } };
    t.match(await call('POST', '/ValueSet/$expand', open), { status: 422 });
  });

  await t.test('$validate-code', async (t) => {
    const result = ({ status, json }: { status: number; json: { parameter: Part[] } }) => {
      t.equal(status, 200);
      return json.parameter.find(({ name }) => name === 'result')?.valueBoolean;
    };
    t.equal(result(await get(`/ValueSet/$validate-code?url=${GENDERS}&system=${GENDER}&code=male`)), true);
    t.equal(result(await get(`/ValueSet/$validate-code?url=${GENDERS}&system=${GENDER}&code=mâle`)), false);
    t.equal(result(await get(`/ValueSet/$validate-code?url=${GENDERS}&code=male`)), true, 'the system is implied');
    t.equal(result(await get(`/ValueSet/$validate-code?url=${GENDERS}&coding=${GENDER}|male`)), true);
    t.equal(
      result(await get(`/ValueSet/$validate-code?url=${GENDERS}&system=${GENDER}&code=male&display=Femme`)),
      false,
    );
    t.equal(result(await get(`/ValueSet/beds/$validate-code?system=${rooms.url}&code=double`)), true);
    t.equal(result(await get(`/ValueSet/beds/$validate-code?system=${rooms.url}&code=hall`)), false);
    const mime = 'http://hl7.org/fhir/ValueSet/mimetypes';
    t.equal(result(await get(`/ValueSet/$validate-code?url=${mime}&code=application/pdf`)), true, 'without end');
    const concept = {
      coding: [
        { system: 'urn:x', code: 'y' },
        { system: GENDER, code: 'other' },
      ],
    };
    const body = wrap({ name: 'url', valueUri: GENDERS }, { name: 'codeableConcept', valueCodeableConcept: concept });
    t.equal(result(await call('POST', '/ValueSet/$validate-code', body)), true);
    t.equal(result(await get(`/CodeSystem/$validate-code?url=${rooms.url}&code=hall`)), true);
    t.equal(result(await get(`/CodeSystem/$validate-code?url=${rooms.url}&code=cave`)), false);
    t.equal(result(await get('/CodeSystem/rooms/$validate-code?code=hall')), true);
    const elsewhere = `coding=${GENDER}|hall`;
    t.equal(result(await get(`/CodeSystem/rooms/$validate-code?${elsewhere}`)), false, 'a code of another system');
    t.equal(result(await get('/CodeSystem/$validate-code?url=http://unitsofmeasure.org&code=mm[Hg]')), true);
    t.match(await get('/CodeSystem/$validate-code?url=http://loinc.org&code=1'), { status: 404 });
    t.match(await get(`/ValueSet/$validate-code?url=${GENDERS}`), { status: 400 });
  });

  await t.test('$lookup', async (t) => {
    const { json } = await get(`/CodeSystem/$lookup?system=${rooms.url}&code=double`);
    t.match(json.parameter, [
      { name: 'name', valueString: 'Rooms' },
      { name: 'version', valueString: '2' },
      { name: 'display', valueString: 'Chambre à deux lits' },
      { name: 'property', part: [{ valueCode: 'parent' }, { valueCode: 'room' }] },
    ]);
    const coding = { system: GENDER, code: 'female' };
    const asked = await call('POST', '/CodeSystem/$lookup', wrap({ name: 'coding', valueCoding: coding }));
    t.equal(asked.json.parameter.find(({ name }: Part) => name === 'display').valueString, 'Female');
    const lookup = async (query: string, headers = {}) => {
      const { json } = await call('GET', `/CodeSystem/$lookup?${query}`, undefined, headers);
      return (json.parameter as { name: string; valueString?: string; part?: Record<string, string>[] }[]).map(
        ({ name, valueString, part }) =>
          [
            name,
            valueString ?? part?.map((one) => one.valueCode ?? one.valueString ?? one.valueBoolean).join(' '),
          ].join(': '),
      );
    };
    const female = await lookup(`system=${GENDER}&code=female`);
    t.ok(
      female.some((line) => line.startsWith('property: definition Female')),
      female.join(),
    );
    t.same(await lookup(`system=${rooms.url}&code=room`), [
      'name: Rooms',
      'version: 2',
      'display: Chambre',
      'designation: en Room',
      'property: definition Où l’on dort.',
      'property: child double',
    ]);
    t.same(await lookup(`system=${rooms.url}&code=room&property=child&displayLanguage=en-GB`), [
      'name: Rooms',
      'version: 2',
      'display: Room',
      'designation: en Room',
      'property: child double',
    ]);
    t.same(await lookup('system=urn:iso:std:iso:3166&code=FR'), ['name: ISO 3166', 'display: France']);
    t.same(await lookup('system=urn:iso:std:iso:3166&code=DE', { 'accept-language': 'fr' }), [
      'name: ISO 3166',
      'display: Allemagne',
    ]);
    t.same(await lookup('system=urn:ietf:bcp:47&code=fr&displayLanguage=de'), ['name: BCP-47', 'display: Französisch']);
    t.match(await get(`/CodeSystem/$lookup?system=${GENDER}&code=x`), { status: 404 });
    t.match(await get('/CodeSystem/$lookup?system=http://loinc.org&code=x'), { status: 404 });
    t.match(await get(`/CodeSystem/$lookup?system=${GENDER}`), { status: 400 });
  });
}
await onEveryStore(run);

t.test('the value sets of the DMP', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  const nos = (name: string) => `https://mos.esante.gouv.fr/NOS/${name}/FHIR/${name.replace('_', '-')}`;
  const { json } = await call('GET', `/ValueSet/$expand?url=${nos('JDV_J57-ClassCode-DMP')}`);
  t.match(json.expansion.contains[1], { system: nos('TRE_A03-ClasseDocument'), code: '11', display: 'Synthèse' });
  const inDmp = async (set: string, system: string, code: string) =>
    (await call('GET', `/ValueSet/$validate-code?url=${nos(set)}&system=${system}&code=${code}`)).json.parameter[0]
      .valueBoolean;
  t.equal(await inDmp('JDV_J66-TypeCode-DMP', 'http://loinc.org', '34133-9'), true);
  t.equal(await inDmp('JDV_J66-TypeCode-DMP', 'http://loinc.org', '8867-4'), false);
  // What the CI-SIS has and the DMP does not take.
  const settings = nos('TRE_A01-CadreExercice');
  t.equal(await inDmp('JDV_J04-XdsPracticeSettingCode-CISIS', settings, 'ESSMS'), true);
  t.equal(await inDmp('JDV_J62-PracticeSettingCode-DMP', settings, 'ESSMS'), false);
});

t.test('a large code system', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  const concept = Array.from({ length: 5000 }, (_, i) => ({ code: `c${i}`, display: `Code ${i}` }));
  t.equal((await call('PUT', '/CodeSystem/rooms', { ...rooms, concept })).status, 201);
  const whole = { ...beds, compose: { include: [{ system: rooms.url }] } };
  t.equal((await call('PUT', '/ValueSet/beds', whole)).status, 201);
  const began = Date.now();
  const { json } = await call('GET', '/ValueSet/beds/$expand?count=5&filter=code%2019');
  t.equal(json.expansion.total, 111);
  t.ok(Date.now() - began < 1500, `${Date.now() - began} ms`);
});

t.test('the statement tells of them', async (t) => {
  const { call, close } = await startServer({});
  t.teardown(close);
  const { json } = await call('GET', '/metadata');
  const of = (type: string) =>
    json.rest[0].resource
      .find((one: { type: string }) => one.type === type)
      .operation.map(({ name }: { name: string }) => name)
      .sort();
  t.same(of('ValueSet'), ['expand', 'validate', 'validate-code']);
  t.same(of('CodeSystem'), ['lookup', 'validate', 'validate-code']);
  for (const name of ['expand', 'lookup', 'validate-code'])
    t.notOk(of('Patient').includes(name), `Patient has no $${name}`);
  const definition = (type: string) =>
    json.rest[0].resource
      .find((one: { type: string }) => one.type === type)
      .operation.find(({ name }: { name: string }) => name === 'validate-code').definition;
  t.equal(definition('ValueSet'), 'http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code');
  t.equal(definition('CodeSystem'), 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code');
});
