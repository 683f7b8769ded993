/** Duplicates at the create of a Patient: told by a header and an outcome, never merged. */
import type { Test } from 'tap';
import { patientOf } from '../bench/match-people.mjs';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const JEANNE = {
  number: 1,
  family: 'Kérouédan',
  given: 'Marie-Thérèse',
  further: [],
  date: '1938-02-11',
  place: '44036',
  gender: 'female',
  ins: '238024403611354',
  hasIns: true,
  ipp: 'IPP-1',
};
let number = 0;
const again = (more: object = {}) =>
  patientOf({ ...JEANNE, hasIns: false, ipp: `AUTRE-${number++}`, ...more }, 'urn:oid:1.2.250.1.999.8');

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  const first = await call('POST', '/Patient', patientOf(JEANNE));
  t.equal(first.status, 201);
  t.notMatch(first.headers.get('warning') ?? '', /299/, 'nobody is there yet');
  const { id } = first.json;
  const named = `299 passerelle "possible duplicate of Patient/${id}"`;

  await t.test('who is there is named, and the create is done', async (t) => {
    const second = await call('POST', '/Patient', again({ family: 'KEROUEDAN' }));
    t.equal(second.status, 201);
    t.equal(second.headers.get('warning'), named);
    t.not(second.json.id, id);
    t.equal((await call('GET', `/Patient/${id}`)).json.meta.versionId, '1', 'nothing was merged');
    const told = await call('POST', '/Patient', again({ family: 'Kerouédam' }), { prefer: 'return=OperationOutcome' });
    t.equal(told.status, 201);
    const found = told.json.issue.filter((one: { code: string }) => one.code === 'duplicate');
    t.equal(found.length, 2, 'both who are there');
    t.match(found[0], { severity: 'warning', details: { text: /Patient\/.*\(certain\)/ } });
    t.notMatch(told.text, /Kérouédan|1938/);
  });

  await t.test('by the INS, whatever else', async (t) => {
    const other = await call(
      'POST',
      '/Patient',
      patientOf({ ...JEANNE, given: 'Solange', date: '1938-02-12', ipp: 'IPP-5' }),
    );
    t.match(other.headers.get('warning'), named);
  });

  await t.test('others are no duplicates', async (t) => {
    for (const more of [
      { family: 'Abadie', given: 'Marie', place: '31555' },
      { date: '1968-02-11' },
      { given: 'Annick', date: '1940-02-11' },
    ]) {
      const other = await call('POST', '/Patient', again(more));
      t.equal(other.status, 201);
      t.notMatch(other.headers.get('warning') ?? '', /299/, JSON.stringify(more));
    }
    const bare = await call('POST', '/Patient', { resourceType: 'Patient', name: [{ text: 'X' }] });
    t.notMatch(bare.headers.get('warning') ?? '', /299/);
  });

  await t.test('conditional, and in a transaction', async (t) => {
    const anne = { ...JEANNE, family: 'Quéméner', given: 'Anne', date: '1941-03-03', hasIns: false, ipp: 'IPP-7' };
    t.equal((await call('PUT', '/Patient/anne', { ...patientOf(anne), id: 'anne' })).status, 201);
    const conditional = await call('POST', '/Patient', patientOf({ ...anne, ipp: 'IPP-8' }), {
      'if-none-exist': 'identifier=urn:oid:1.2.250.1.999.7|IPP-8',
    });
    t.equal(conditional.status, 201);
    t.match(conditional.headers.get('warning'), /Patient\/anne"/);
    const entry = [{ resource: patientOf({ ...anne, ipp: 'IPP-9' }), request: { method: 'POST', url: 'Patient' } }];
    for (const type of ['batch', 'transaction']) {
      const { json } = await call('POST', '/', { resourceType: 'Bundle', type, entry });
      t.equal(json.entry[0].response.status, '201 Created');
      const texts = json.entry[0].response.outcome.issue.map((one: { diagnostics: string }) => one.diagnostics);
      t.ok(
        texts.some((text: string) => text.includes('Patient/anne')),
        type,
      );
    }
  });

  await t.test('two of one transaction see each other', async (t) => {
    const yves = { ...JEANNE, family: 'Morvan', given: 'Yves', gender: 'male', date: '1944-09-30', hasIns: false };
    const entry = ['Y1', 'Y2'].map((ipp) => ({
      resource: patientOf({ ...yves, ipp }),
      request: { method: 'POST', url: 'Patient' },
    }));
    const { json } = await call('POST', '/', { resourceType: 'Bundle', type: 'transaction', entry });
    const [one, two] = json.entry.map(({ response }: { response: object }) => response);
    const idOf = ({ location }: { location: string }) => /Patient\/([^/]+)/.exec(location)?.[1] as string;
    for (const [self, other] of [
      [one, two],
      [two, one],
    ]) {
      const text = JSON.stringify(self.outcome);
      t.ok(text.includes(`Patient/${idOf(other)}`));
      t.notOk(text.includes(`Patient/${idOf(self)}`), 'nobody is like himself');
    }
  });

  await t.test('who was deleted is not there', async (t) => {
    const marc = {
      ...JEANNE,
      family: 'Hamon',
      given: 'Marc',
      gender: 'male',
      date: '1950-07-07',
      hasIns: false,
      ipp: 'M',
    };
    const made = await call('POST', '/Patient', patientOf(marc));
    await call('DELETE', `/Patient/${made.json.id}`);
    const other = await call('POST', '/Patient', patientOf({ ...marc, ipp: 'N' }));
    t.notMatch(other.headers.get('warning') ?? '', /299/);
  });
}

await onEveryStore(run);
