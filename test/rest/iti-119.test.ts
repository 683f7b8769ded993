/** IHE PDQm, Patient Demographics Match [ITI-119]: the cases of its expected actions. https://profiles.ihe.net/ITI/PDQm/ITI-119.html */
import type { Test } from 'tap';
import { patientOf } from '../bench/match-people.mjs';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const JEANNE = {
  number: 1,
  family: 'Kérouédan',
  used: 'Le Bihan',
  given: 'Marie-Thérèse',
  further: ['Jeanne', 'Yvonne'],
  date: '1938-02-11',
  place: '44036',
  gender: 'female',
  ins: '238024403611354',
  hasIns: true,
  ipp: 'IPP-1',
};
const TWIN = { ...JEANNE, given: 'Annick', further: [], ins: '238024403611451', ipp: 'IPP-2' };
const asked = (more: object = {}) =>
  patientOf({ ...JEANNE, hasIns: false, ipp: 'AUTRE-1', ...more }, 'urn:oid:1.2.250.1.999.8');
const wrap = (resource: object, ...more: object[]) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'resource', resource }, ...more],
});
const ONLY = { name: 'onlyCertainMatches', valueBoolean: true };
const GRADE = 'http://hl7.org/fhir/StructureDefinition/match-grade';

interface Entry {
  fullUrl?: string;
  resource: { resourceType: string; id?: string; issue?: { severity: string; diagnostics: string }[] };
  search: { mode: string; score?: number; extension?: { url: string; valueCode: string }[] };
}

async function run(t: Test, store: string) {
  const { base, call, close } = await startServer({ STORE: store });
  t.teardown(close);
  await call('PUT', '/Patient/jeanne', { ...patientOf(JEANNE), id: 'jeanne' });
  await call('PUT', '/Patient/annick', { ...patientOf(TWIN), id: 'annick' });
  const match = async (body: unknown, headers = {}) => await call('POST', '/Patient/$match', body, headers);
  const entries = (json: { entry?: Entry[] }) => json.entry ?? [];
  const grades = (json: { entry?: Entry[] }) =>
    entries(json)
      .filter(({ search }) => search.mode === 'match')
      .map(({ resource, search }) => `${resource.id} ${search.extension?.find(({ url }) => url === GRADE)?.valueCode}`);

  await t.test('cases 1 and 2: who fits, the likeliest first', async (t) => {
    const answer = await match(wrap(asked()));
    t.equal(answer.status, 200);
    t.match(answer.json, { resourceType: 'Bundle', type: 'searchset', total: 2 });
    t.same(grades(answer.json), ['jeanne certain', 'annick probable']);
    const [first, second, outcome] = entries(answer.json) as [Entry, Entry, Entry];
    t.equal(first.fullUrl, `${base}/Patient/jeanne`);
    t.ok(Number(first.search.score) > Number(second.search.score) && Number(first.search.score) <= 1);
    t.equal(outcome.search.mode, 'outcome');
    t.match(outcome.resource.issue?.[0]?.diagnostics, /^certain, 0\.\d+: .*birth date equal; gender equal/);
    t.notMatch(JSON.stringify(outcome), /Kérouédan|1938|44036/, 'which traits, not their values');
    const french = await match(wrap(asked()), { 'accept-language': 'fr' });
    t.match(french.text, /prénom différent/);
    t.same((await match(asked())).json, answer.json, 'the Patient by itself asks the same');
    t.same((await match(wrap(asked()))).json, answer.json, 'and gets the same each time');
    const ins = await match(wrap({ resourceType: 'Patient', identifier: [patientOf(JEANNE).identifier as never][0] }));
    t.same(grades(ins.json), ['jeanne certain'], 'by the number alone');
    const typed = asked({ family: 'KEROUEDAM', date: '1938-11-02', used: undefined });
    t.same(grades((await match(wrap(typed))).json)[0], 'jeanne certain');
    const slip = asked({ date: '1933-02-11' });
    t.same(grades((await match(wrap(slip))).json), ['jeanne certain']);
    const swapped = asked({ family: 'Marie-Thérèse', given: 'Kérouédan', used: undefined, date: '1939-02-11' });
    t.same(grades((await match(wrap(swapped))).json), ['jeanne certain']);
  });

  await t.test('cases 3 to 5: only certain ones', async (t) => {
    t.same(grades((await match(wrap(asked(), ONLY))).json), ['jeanne certain']);
    const vague = asked({ given: 'M.', further: [], place: undefined });
    t.same(grades((await match(wrap(vague))).json).includes('jeanne certain'), false);
    const none = await match(wrap(vague, ONLY));
    t.equal(none.status, 200);
    t.same(none.json, { resourceType: 'Bundle', type: 'searchset', total: 0 });
    const again = { ...patientOf({ ...JEANNE, hasIns: false, ipp: 'IPP-3' }), id: 'again' };
    t.equal((await call('PUT', '/Patient/again', again)).status, 201);
    const twice = grades((await match(wrap(asked(), ONLY))).json);
    t.same(twice.sort(), ['again certain', 'jeanne certain'], 'one person with two records');
    t.equal((await call('DELETE', '/Patient/again')).status, 204);
    t.same(grades((await match(wrap(asked(), ONLY))).json), ['jeanne certain'], 'what is deleted is nobody');
  });

  await t.test('case 6: count', async (t) => {
    const one = await match(wrap(asked(), { name: 'count', valueInteger: 1 }));
    t.same(grades(one.json), ['jeanne certain']);
  });

  await t.test('case 7: nobody', async (t) => {
    const somebody = asked({
      family: 'Abadie',
      used: undefined,
      given: 'Firmin',
      further: [],
      date: '1950-05-05',
      place: '31555',
      gender: 'male',
    });
    const answer = await match(wrap(somebody));
    t.equal(answer.status, 200);
    t.same(answer.json, { resourceType: 'Bundle', type: 'searchset', total: 0 });
  });

  await t.test('case 8: a record that another took the place of stands for that one', async (t) => {
    const link = [{ other: { reference: 'Patient/jeanne' }, type: 'replaced-by' }];
    const old = {
      ...patientOf({ ...JEANNE, family: 'Kerrouedant', hasIns: false, ipp: 'IPP-9' }),
      id: 'old',
      active: false,
      link,
    };
    t.equal((await call('PUT', '/Patient/old', old)).status, 201);
    const answer = await match(wrap(asked({ family: 'Kerrouedant', used: undefined })));
    t.same(grades(answer.json)[0], 'jeanne certain');
    t.notMatch(grades(answer.json).join(), /old/);
    await call('DELETE', '/Patient/old');
  });

  await t.test('case 9: what cannot be answered', async (t) => {
    t.match(await match({ resourceType: 'Parameters', parameter: [ONLY] }), {
      status: 400,
      json: { issue: [{ code: 'required' }] },
    });
    t.match(await match(wrap({ resourceType: 'Practitioner' })), { status: 400 });
    t.match(await match({ resourceType: 'Practitioner' }), { status: 400 });
    t.match(await match(wrap(asked(), { name: 'count', valueInteger: -1 })), { status: 400 });
    t.match(await match(wrap(asked(), { name: 'onlyCertainMatches', valueString: 'oui' })), { status: 400 });
    t.match(await match(wrap(asked(), { name: 'treshold', valueDecimal: 1 })), { status: 400 });
    for (const little of [{}, { birthDate: '1938-02-11' }, { name: [{ family: 'Kérouédan' }] }, { gender: 'female' }]) {
      const refused = await match(wrap({ resourceType: 'Patient', ...little }));
      t.match(refused, { status: 422, json: { resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] } });
    }
    t.equal((await call('GET', '/Patient/$match')).status, 405);
    t.equal((await call('POST', '/Practitioner/$match', wrap(asked()))).status, 404);
    t.equal((await match('{')).status, 400);
  });

  await t.test('XML in and out', async (t) => {
    const xml =
      '<Patient xmlns="http://hl7.org/fhir"><name><family value="Kerouedan"/><given value="Marie-Therese"/></name><birthDate value="1938-02-11"/></Patient>';
    const answer = await match(xml, { 'content-type': 'application/fhir+xml', accept: 'application/fhir+xml' });
    t.equal(answer.status, 200);
    t.match(answer.text, /<Bundle .*<valueCode value="certain"\/>/s);
  });
}

await onEveryStore(run);
