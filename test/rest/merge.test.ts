/** Patient/$merge and its undoing, on every store. https://hl7.org/fhir/R5/patient-operation-merge.html */
import type { Test } from 'tap';
import { patientOf } from '../bench/match-people.mjs';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const SYSTEM = 'urn:oid:1.2.250.1.999.7';
const JEANNE = {
  number: 1,
  family: 'Kérouédan',
  given: 'Marie-Thérèse',
  further: [],
  date: '1938-02-11',
  place: '44036',
  gender: 'female',
  ins: '238024403611354',
  hasIns: false,
  ipp: 'IPP-1',
};
type Part = { name: string; [value: string]: unknown };
const wrap = (...parameter: Part[]) => ({ resourceType: 'Parameters', parameter });
const of = (role: string, id: string): Part => ({
  name: `${role}-patient`,
  valueReference: { reference: `Patient/${id}` },
});
const numbered = (role: string, value: string): Part => ({
  name: `${role}-patient-identifier`,
  valueIdentifier: { system: SYSTEM, value },
});
const weight = (id: string, patient: string) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'Poids' },
  subject: { reference: `Patient/${patient}` },
  performer: [{ reference: `Patient/${patient}` }],
  effectiveDateTime: '2026-11-02',
  valueQuantity: { value: 62.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
});

async function run(t: Test, store: string) {
  const { base, call, close } = await startServer({ STORE: store, DUPLICATES: 'off' });
  t.teardown(close);
  const put = async (resource: { resourceType: string; id: string }) => {
    const answer = await call('PUT', `/${resource.resourceType}/${resource.id}`, resource);
    t.ok(answer.status < 300, answer.text.slice(0, 400));
  };
  const both = async (name: string, source: object = {}, target: object = {}) => {
    const [a, b] = [`${name}-a`, `${name}-b`];
    await put({ ...patientOf({ ...JEANNE, ipp: a, ...source }), id: a } as never);
    await put({ ...patientOf({ ...JEANNE, ipp: b, ...target }), id: b } as never);
    return [a, b] as const;
  };
  const merge = async (...parts: Part[]) => await call('POST', '/Patient/$merge', wrap(...parts));
  const read = async (path: string) => (await call('GET', path)).json;
  const part = (json: { parameter: { name: string; resource: unknown }[] }, name: string) =>
    // biome-ignore lint/suspicious/noExplicitAny: any resource
    json.parameter.find((one) => one.name === name)?.resource as any;

  await t.test('one takes the other’s place', async (t) => {
    const [a, b] = await both('m');
    // 62.50 keeps its digits.
    const text = JSON.stringify(weight('w1', a)).replace('62.5', '62.50');
    t.equal((await call('PUT', '/Observation/w1', text)).status, 201);
    await put(weight('w2', b));
    await put({
      resourceType: 'Basic',
      id: 'x1',
      code: { text: 'x' },
      subject: { reference: `${base}/Patient/${a}` },
    } as never);
    await put({
      resourceType: 'List',
      id: 'x2',
      status: 'current',
      mode: 'working',
      subject: { reference: `Patient/${a}` },
      entry: [{ item: { reference: `Patient/${a}/_history/1` } }],
    } as never);
    const group = {
      resourceType: 'Group',
      id: 'x3',
      type: 'person',
      actual: true,
      member: [{ entity: { reference: `Patient/${b}` } }, { entity: { reference: `Patient/${a}` } }],
    };
    await put(group as never);

    const preview = await merge(of('source', a), of('target', b), { name: 'preview', valueBoolean: true });
    t.equal(preview.status, 200);
    t.match(part(preview.json, 'outcome').issue[0].diagnostics, /would be replaced.*4 resource/);
    t.match(part(preview.json, 'result').link, [{ type: 'replaces', other: { reference: `Patient/${a}` } }]);
    t.equal((await read(`/Patient/${a}`)).meta.versionId, '1', 'a preview writes nothing');
    t.equal((await read('/Observation/w1')).meta.versionId, '1');

    const done = await merge(of('source', a), of('target', b));
    t.equal(done.status, 200);
    t.same(part(done.json, 'input'), wrap(of('source', a), of('target', b)));
    t.match(part(done.json, 'outcome').issue[0], { severity: 'information', diagnostics: /4 resource/ });
    const [source, target] = [await read(`/Patient/${a}`), await read(`/Patient/${b}`)];
    t.same(part(done.json, 'result'), target);
    t.match(source, { active: false, link: [{ type: 'replaced-by', other: { reference: `Patient/${b}` } }] });
    t.match(target.link, [{ type: 'replaces', other: { reference: `Patient/${a}` } }]);
    t.match(target.identifier, [{ value: b }, { system: SYSTEM, value: a, use: 'old' }]);

    const moved = await call('GET', '/Observation/w1');
    t.match(moved.json, { subject: { reference: `Patient/${b}` }, performer: [{ reference: `Patient/${b}` }] });
    t.match(moved.text, /62\.50/);
    t.equal((await read('/Basic/x1')).subject.reference, `${base}/Patient/${b}`);
    t.equal((await read('/List/x2')).entry[0].item.reference, `Patient/${a}/_history/1`, 'a version is what it was');
    t.equal((await read('/List/x2')).subject.reference, `Patient/${b}`);
    t.equal((await read('/Group/x3')).member[1].entity.reference, `Patient/${b}`);
    t.equal((await read('/Observation/w2')).meta.versionId, '1', 'what was the target’s is as it was');
    t.equal((await read(`/Observation?subject=Patient/${a}`)).total, 0);
    t.equal((await read(`/Observation?subject=Patient/${b}&_summary=count`)).total, 2);
    t.equal((await read(`/Observation/w1/_history/1`)).subject.reference, `Patient/${a}`, 'history is kept');

    const { entry } = await read(`/Provenance?target=Patient/${b}`);
    t.equal(entry.length, 1);
    t.match(entry[0].resource, {
      activity: { coding: [{ code: 'merge' }] },
      agent: [{ who: { display: 'Passerelle' } }],
    });
    t.match(entry[0].resource.target.map((one: { reference: string }) => one.reference).slice(0, 2), [
      `Patient/${a}/_history/2`,
      `Patient/${b}/_history/2`,
    ]);
    t.equal(entry[0].resource.target.length, 6);
    const validated = await call('POST', '/Provenance/$validate', entry[0].resource);
    t.notOk(
      validated.json.issue.some(({ severity }: { severity: string }) => severity === 'error'),
      validated.text,
    );

    const again = await merge(of('source', a), of('target', b));
    t.match(again, { status: 422, json: { issue: [{ details: { coding: [{ code: 'merge-source-replaced' }] } }] } });

    await t.test('and gives it back', async (t) => {
      // What the target became since stays.
      const later = { ...(await read(`/Patient/${b}`)), birthDate: '1938-02-12' };
      await put(later);
      await put(weight('w3', b));
      const undone = await call('POST', `/Patient/${a}/$unmerge`);
      t.equal(undone.status, 200, undone.text);
      const [one, other] = [await read(`/Patient/${a}`), await read(`/Patient/${b}`)];
      t.same(part(undone.json, 'result'), one);
      t.notOk('active' in one || 'link' in one, 'as it was');
      t.notOk('link' in other);
      t.same(
        other.identifier.map(({ value }: { value: string }) => value),
        [b],
      );
      t.equal(other.birthDate, '1938-02-12');
      t.equal((await read('/Observation/w1')).subject.reference, `Patient/${a}`);
      t.match((await call('GET', '/Observation/w1')).text, /62\.50/);
      t.equal((await read('/Group/x3')).member[0].entity.reference, `Patient/${b}`);
      t.equal((await read('/Group/x3')).member[1].entity.reference, `Patient/${a}`);
      t.equal((await read('/Observation/w3')).subject.reference, `Patient/${b}`, 'what came since stays');
      const found = await read(`/Provenance?target=Patient/${a}`);
      t.same(
        found.entry
          .map(
            ({ resource }: { resource: { activity: { coding: { code: string }[] } } }) =>
              resource.activity.coding[0]?.code,
          )
          .sort(),
        ['merge', 'unmerge'],
      );
      t.match(await call('POST', `/Patient/${a}/$unmerge`), { status: 409 }, 'once');
      t.equal((await merge(of('source', a), of('target', b))).status, 200, 'and can be merged again');
    });
  });

  await t.test('who is meant, by numbers', async (t) => {
    const [a, b] = await both('n');
    t.match(await merge(numbered('source', 'nobody'), of('target', b)), { status: 422 });
    t.match(await merge(of('source', a), numbered('source', b), of('target', b)), { status: 422 }, 'they disagree');
    t.match(await merge(of('source', a)), { status: 400 });
    t.match(await merge(of('source', 'nobody'), of('target', b)), { status: 404 });
    const elsewhere = { name: 'source-patient', valueReference: { reference: 'Practitioner/1' } };
    t.match(await merge(elsewhere, of('target', b)), { status: 400 });
    t.match(await merge(numbered('source', a), numbered('target', b)), { status: 200 });
  });

  await t.test('what is refused', async (t) => {
    const [a, b] = await both('r');
    t.match(await merge(of('source', a), of('target', a)), { status: 422 });
    const [c, d] = await both('i', { hasIns: true }, { hasIns: true, ins: '238024403611451' });
    const conflict = await merge(of('source', c), of('target', d));
    t.match(conflict, { status: 422, json: { issue: [{ details: { coding: [{ code: 'merge-ins-conflict' }] } }] } });
    const [e, f] = await both('s', { hasIns: true }, { hasIns: true });
    t.equal((await merge(of('source', e), of('target', f))).status, 200, 'one INS twice is one person');
    t.equal((await read(`/Patient/${f}`)).identifier.length, 3, 'the INS once, and the number of the other');
    t.match(await merge(of('source', a), of('target', e)), { status: 422 }, 'into one that was replaced');
    t.match(await merge(of('source', a), of('target', b), { name: 'force', valueBoolean: true }), { status: 400 });
    t.equal((await call('GET', '/Patient/$merge')).status, 405);
    t.equal((await call('POST', `/Patient/${a}/$unmerge`)).status, 409, 'nothing was merged');
    t.equal((await call('POST', '/Patient/nobody/$unmerge')).status, 404);
    t.equal((await call('POST', '/Practitioner/$merge', wrap())).status, 404);
  });

  await t.test('result-patient', async (t) => {
    const [a, b] = await both('p');
    const result = { ...(await read(`/Patient/${b}`)), gender: 'unknown' };
    const given = (resource: object): Part => ({ name: 'result-patient', resource });
    t.match(await merge(of('source', a), of('target', b), given(result)), { status: 422 }, 'without the link');
    const link = [{ other: { reference: `Patient/${a}` }, type: 'replaces' }];
    t.match(await merge(of('source', a), of('target', b), given({ ...result, id: 'x', link })), { status: 422 });
    const wrong = await merge(of('source', a), of('target', b), given({ ...result, gender: 'femme', link }));
    t.match(wrong, { status: 422, json: { issue: [{ expression: ['Patient.gender'] }] } });
    t.equal((await read(`/Patient/${a}`)).meta.versionId, '1', 'nothing was written');
    t.equal((await merge(of('source', a), of('target', b), given({ ...result, link }))).status, 200);
    t.match(await read(`/Patient/${b}`), { gender: 'unknown', link });
    await put({ ...(await read(`/Patient/${b}`)), birthDate: '1938-02-12' });
    const refused = await call('POST', `/Patient/${a}/$unmerge`);
    t.match(refused, { status: 409 }, 'what of it was the merge nobody can tell');
  });

  await t.test('what was changed since stands in the way of undoing', async (t) => {
    const [a, b] = await both('c');
    await put(weight('c1', a));
    await put(weight('c2', a));
    await merge(of('source', a), of('target', b));
    await put({ ...(await read('/Observation/c1')), status: 'amended' });
    const refused = await call('POST', `/Patient/${a}/$unmerge`);
    t.match(refused, { status: 409, json: { issue: [{ diagnostics: /1 resource.*Observation\/c1/ }] } });
    t.equal((await read('/Observation/c2')).subject.reference, `Patient/${b}`, 'nothing went back');
    t.equal((await read(`/Patient/${a}`)).active, false);
    await call('DELETE', '/Observation/c1');
    t.equal((await call('POST', `/Patient/${a}/$unmerge`)).status, 200, 'what is deleted needs no way back');
  });

  await t.test('of two at once one is done', async (t) => {
    const [a, b] = await both('t');
    await put({ ...patientOf({ ...JEANNE, ipp: 't-c' }), id: 't-c' } as never);
    for (let i = 0; i < 20; i++) await put(weight(`t${i}`, a));
    const answers = await Promise.all([
      merge(of('source', a), of('target', b)),
      merge(of('source', a), of('target', 't-c')),
    ]);
    t.same(answers.map(({ status }) => status).sort(), [200, 422]);
    const { link } = await read(`/Patient/${a}`);
    const winner = link[0].other.reference;
    t.equal((await read(`/Observation?subject=${winner}&_summary=count`)).total, 20);
  });

  await t.test('many references, in one transaction', async (t) => {
    const [a, b] = await both('l');
    const entry = Array.from({ length: 1200 }, (_, i) => ({
      resource: weight(`l${i}`, a),
      request: { method: 'PUT', url: `Observation/l${i}` },
    }));
    for (let from = 0; from < entry.length; from += 300) {
      const part = { resourceType: 'Bundle', type: 'transaction', entry: entry.slice(from, from + 300) };
      t.equal((await call('POST', '/', part)).status, 200);
    }
    const done = await merge(of('source', a), of('target', b));
    t.equal(done.status, 200, done.text.slice(0, 300));
    t.equal((await read(`/Observation?subject=Patient/${b}&_summary=count`)).total, 1200);
    t.equal((await read(`/Provenance?target=Patient/${b}&_summary=count`)).total, 1);
    t.equal((await read('/Provenance?target=Observation/l1199&_summary=count')).total, 1, 'a second part');
    t.equal((await call('POST', `/Patient/${a}/$unmerge`)).status, 200);
    t.equal((await read(`/Observation?subject=Patient/${a}&_summary=count`)).total, 1200);
  });
}

await onEveryStore(run);
