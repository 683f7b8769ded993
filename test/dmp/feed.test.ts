/** A vendor pushes documents, a simulated DMP receives them, and Tasks tell: through the front door, on every store. */
import type { Consent, DocumentReference, Patient, Task } from '@medplum/fhirtypes';
import t from 'tap';
import { provideBundle, simplifiedPublish } from '../../fixtures/documents/provide-bundle.mjs';
import { pdfBytes } from '../support/dmp.js';
import { type Feeding, feeding, fixture, provisional } from '../support/dmp-feed.js';
import { onEveryStore } from '../support/stores.js';

const french = { 'accept-language': 'fr', prefer: 'return=OperationOutcome' };
const codesOf = (outcome: { issue?: { details?: { coding?: { code: string }[] } }[] }) =>
  (outcome.issue ?? []).map(({ details }) => details?.coding?.[0]?.code);

async function filed(s: Feeding, document: DocumentReference): Promise<string> {
  const { status, json, text } = await s.call('POST', '/DocumentReference', document);
  if (status !== 201) throw new Error(text);
  return json.id as string;
}
const post = (s: Feeding, id: string, operation: string, body?: unknown) =>
  s.call('POST', `/DocumentReference/${id}/$dmp-${operation}`, body);

const opposition = (more: Partial<Consent['provision']> = {}): Consent => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'urn:passerelle:dmp-consent', code: 'dmp-feed' }] }],
  patient: { reference: 'Patient/resident-kerouedan' },
  policyRule: { text: 'Opposition à l’alimentation du DMP' },
  provision: { type: 'deny', ...more },
});

const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante';

/** A Bundle of ITI-65 with the personalised project of the resident; its author has a profession where `isWhole`. */
function provided(isWhole: boolean, more: { replaces?: string } = {}) {
  const bytes = pdfBytes();
  const bundle = provideBundle('personalised-project', { patient: 'Patient/resident-kerouedan', bytes, ...more });
  const document = bundle.entry[1].resource;
  const author = document.contained.find(({ id }: { id: string }) => id === 'author');
  if (isWhole) author.qualification = [{ code: { coding: [{ system: G15, code: '10' }] } }];
  return bundle;
}

await onEveryStore(async (t, store) => {
  const s = await feeding(t, store, { for: ['1440000000', '1290000017'] });
  await s.people();

  await t.test('ITI-65 and ITI-105 are delivered, and what ITI-65 replaces is replaced in the DMP', async (t) => {
    const push = async (isWhole: boolean, more: { replaces?: string } = {}) => {
      const { status, json, text } = await s.call('POST', '', provided(isWhole, more), french);
      t.equal(status, 200, text);
      const { response } = json.entry[1];
      return { id: response.location.split('/').at(-3) as string, outcome: response.outcome };
    };
    const first = await push(true);
    t.same(codesOf(first.outcome), ['dmp-filed']);
    await s.state(first.id, 'delivered');
    const second = await push(true, { replaces: `DocumentReference/${first.id}` });
    await s.state(second.id, 'delivered');
    t.equal((await s.state(first.id, 'superseded')).tasks[0]?.status, 'completed');
    const wrong = await push(false);
    t.same(codesOf(wrong.outcome), ['dmp-rejected', 'dmp-missing']);
    t.equal(wrong.outcome.issue[1].expression[0], 'Bundle.entry[1].resource.author[0].resolve().specialty');
    const published = simplifiedPublish('personalised-project', {
      patient: 'Patient/resident-kerouedan',
      bytes: pdfBytes(),
    });
    published.contained ??= [];
    const simple = await s.call('POST', '/DocumentReference', published, french);
    t.equal(simple.status, 201, simple.text);
    t.ok(
      codesOf(simple.json).some((code) => code?.startsWith('dmp-')) || published.custodian === undefined,
      simple.text,
    );
  });

  await t.test('a document is delivered, and its Task tells', async (t) => {
    const answer = await s.call('POST', '/DocumentReference', s.letter(), french);
    t.equal(answer.status, 201, answer.text);
    t.same(codesOf(answer.json), ['dmp-filed']);
    t.match(answer.headers.get('warning'), /299 passerelle "DMP: DocumentReference dmp-filed"/);
    const id = answer.headers.get('location')?.split('/').at(-3) ?? '';
    const { tasks } = await s.state(id, 'delivered');
    const [task] = tasks as [Task];
    t.equal(task.status, 'completed');
    t.equal(task.focus?.reference, `DocumentReference/${id}`);
    t.equal(s.simulator.counts['ITI-41 Success'], 3);
    const found = async (search: string) => (await s.call('GET', `/Task?${search}&_summary=count`)).json.total;
    t.equal(await found(`focus=DocumentReference/${id}`), 1, 'by document');
    t.equal(await found(`patient=resident-kerouedan&focus=DocumentReference/${id}`), 1, 'by patient');
    t.equal(await found('group-identifier=urn:passerelle:dmp-establishment|les-tilleuls'), 5, 'by establishment');
    t.equal(await found('business-status=urn:passerelle:dmp-status|delivered&status=completed'), 2, 'by status');
    t.equal(await found('authored-on=ge2026-01-01&modified=ge2026-01-01&period=ge2026-01-01'), 3, 'by date');
    const valid = await s.call('POST', '/Task/$validate', { ...task });
    t.notOk(
      valid.json.issue.some(({ severity }: { severity: string }) => severity === 'error'),
      valid.text,
    );
    for (const [method, path, body] of [
      ['PUT', `/Task/${task.id}`, { ...task, status: 'failed' }],
      ['DELETE', `/Task/${task.id}`, undefined],
      ['POST', '/Task', { ...task, id: undefined }],
    ] as const) {
      const refused = await s.call(method, path, body);
      t.equal(refused.status, 405, `${method}: ${refused.text}`);
    }
    t.equal((await s.call('GET', `/Task/${task.id}`)).json.status, 'completed');
    t.equal((await s.call('POST', '/Task', { resourceType: 'Task', status: 'draft', intent: 'order' })).status, 201);
  });

  await t.test('what is missing is said field by field, and mended', async (t) => {
    const { securityLabel: _, ...unlabelled } = s.letter();
    const wrong = { ...unlabelled, author: [{ display: 'Dr Personne' }] };
    const answer = await s.call('POST', '/DocumentReference', wrong, french);
    t.equal(answer.status, 201);
    t.same(codesOf(answer.json), ['dmp-rejected', 'dmp-visibility', 'dmp-reference']);
    t.same(
      answer.json.issue.map(({ expression }: { expression: string[] }) => expression[0]),
      ['DocumentReference', 'DocumentReference.securityLabel', 'DocumentReference.author[0]'],
    );
    t.match(answer.json.issue[1].details.text, /ne dit pas qui peut le voir/);
    const id = answer.headers.get('location')?.split('/').at(-3) ?? '';
    const { tasks } = await s.state(id, 'rejected');
    t.match(JSON.stringify(tasks[0]?.output), /DocumentReference.securityLabel: /);
    const { document } = { document: { ...s.letter(), id, masterIdentifier: wrong.masterIdentifier } };
    const mended = await s.call('PUT', `/DocumentReference/${id}`, document, french);
    t.equal(mended.status, 200, mended.text);
    await s.state(id, 'delivered');
  });

  await t.test('the DMP refuses, and the element is named', async (t) => {
    const text = 'typeCode 83981-1 (JDV_J66)';
    s.simulator.script.add({ fault: 'metadata-error', kind: 'ITI-41', context: text });
    const id = await filed(s, s.letter());
    const { tasks } = await s.state(id, 'rejected');
    const output = (code: string) => tasks[0]?.output?.find(({ type }) => type.coding?.[0]?.code === code)?.valueString;
    t.match(output('last-result'), /XDSRegistryMetadataError/);
    t.match(output('code-context'), text);
    t.equal((await post(s, id, 'resubmit')).status, 200);
    await s.state(id, 'delivered');
    t.notMatch(s.log(), /JDV_J66|Kérouédan|238024403611354/, 'the log knows nothing of it');
  });

  await t.test('an opposition keeps all, or one document, until it is lifted', async (t) => {
    const consent = await s.call('POST', '/Consent', opposition());
    t.equal(consent.status, 201, consent.text);
    const answer = await s.call('POST', '/DocumentReference', s.letter(), french);
    t.same(codesOf(answer.json), ['dmp-held']);
    const id = answer.headers.get('location')?.split('/').at(-3) ?? '';
    t.equal((await s.state(id, 'held')).hold, 'opposition');
    await post(s, id, 'release');
    await new Promise((done) => setTimeout(done, 300));
    t.equal((await s.state(id, 'held')).hold, 'opposition', 'a release does not lift it');
    const lifted = await s.call('PUT', `/Consent/${consent.json.id}`, { ...consent.json, status: 'inactive' });
    t.equal(lifted.status, 200, lifted.text);
    await s.state(id, 'delivered');
    const next = { ...s.letter(), meta: { tag: [{ system: 'urn:passerelle:dmp', code: 'hold' }] } };
    const held = await filed(s, next);
    t.equal((await s.state(held, 'held')).hold, 'professional');
    const data = [{ meaning: 'instance', reference: { reference: `DocumentReference/${held}` } }] as const;
    const one = await s.call('POST', '/Consent', opposition({ data: [...data] }));
    t.equal(one.status, 201, one.text);
    t.equal((await post(s, held, 'release')).status, 200);
    for (let i = 0; i < 100 && (await s.state(held, 'held', 'queued')).hold !== 'opposition'; i++);
    t.equal((await s.state(held, 'held')).hold, 'opposition');
    await s.state(await filed(s, s.letter()), 'delivered');
    t.equal((await s.call('DELETE', `/Consent/${one.json.id}`)).status, 204);
    await s.state(held, 'delivered');
  });

  await t.test('an identity that becomes qualified sets documents free', async (t) => {
    const patient = fixture<Patient>('patient-ins');
    await s.call('PUT', `/Patient/${patient.id}`, provisional(patient));
    const answer = await s.call('POST', '/DocumentReference', s.letter(), french);
    t.same(codesOf(answer.json).slice(0, 2), ['dmp-held', 'dmp-identity'], answer.text);
    const id = answer.headers.get('location')?.split('/').at(-3) ?? '';
    t.equal((await s.state(id, 'held')).hold, 'identity');
    const now = await s.call('PUT', `/Patient/${patient.id}`, patient);
    t.equal(now.status, 200, now.text);
    await s.state(id, 'delivered');
  });

  await t.test('a version replaces another, and a deletion takes it out', async (t) => {
    const first = await filed(s, s.letter());
    await s.state(first, 'delivered');
    const next = await post(s, first, 'replace', { ...s.letter(), description: 'Corrigé' });
    t.equal(next.status, 201, next.text);
    const second = next.json.id as string;
    await s.state(second, 'delivered');
    await s.state(first, 'superseded');
    const entries = [...s.simulator.registry.entries.values()];
    t.equal(entries.filter(({ status }) => status.endsWith('Deprecated')).length, 2, 'that of ITI-65 and this');
    const gone = await post(s, second, 'delete');
    t.equal(gone.status, 200, gone.text);
    await s.state(second, 'deleted');
    t.equal((await post(s, second, 'delete')).status, 409);
    t.equal(
      [...s.simulator.registry.entries.values()].filter(({ status }) => status.endsWith('Deleted')).length > 0,
      true,
    );
  });

  await t.test('a transaction and a batch are as good, and what is there twice is told', async (t) => {
    const entry = (resource: unknown, url: string, method = 'POST') => ({ resource, request: { method, url } });
    for (const type of ['transaction', 'batch']) {
      const document = s.letter();
      const entries = [entry(document, 'DocumentReference')];
      const { json, status, text } = await s.call('POST', '', { resourceType: 'Bundle', type, entry: entries }, french);
      t.equal(status, 200, text);
      const [one] = json.entry;
      t.same(codesOf(one.response.outcome), ['dmp-filed'], text);
      const id = one.response.location.split('/').at(-3);
      await s.state(id, 'delivered');
      const again = await s.call('POST', '/DocumentReference', { ...document, description: 'Autre' }, french);
      t.same(codesOf(again.json), ['dmp-duplicate']);
    }
  });

  await t.test('counts and states', async (t) => {
    const { json, status } = await s.call('GET', '/$dmp-counts');
    t.equal(status, 200);
    const [one] = json.parameter;
    t.ok(
      one.part.some(
        ({ name, valueInteger }: { name: string; valueInteger: number }) => name === 'delivered' && valueInteger > 3,
      ),
    );
    t.equal((await s.call('GET', '/DocumentReference/none/$dmp-status')).status, 404);
  });
});

t.test('a rule refuses what is not whole, waits for a tag, and for a professional', async (t) => {
  const feed = { incomplete: 'refuse', mode: 'opt-in', hold: ['83981-1'], maxBytes: 100_000 };
  const s = await feeding(t, 'memory:', feed);
  await s.people();
  const tag = (code: string) => ({ meta: { tag: [{ system: 'urn:passerelle:dmp', code }] } });
  const untagged = await filed(s, s.letter());
  t.equal((await s.call('GET', `/DocumentReference/${untagged}/$dmp-status`)).status, 404);
  const { securityLabel: _, ...wrong } = { ...s.letter(), ...tag('feed') };
  const before = (await s.call('GET', '/DocumentReference?_summary=count')).json.total;
  const refused = await s.call('POST', '/DocumentReference', wrong, french);
  t.equal(refused.status, 422, refused.text);
  t.ok(codesOf(refused.json).includes('dmp-visibility'), refused.text);
  const entry = [{ resource: wrong, request: { method: 'POST', url: 'DocumentReference' } }];
  const bundle = await s.call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry });
  t.equal(bundle.status, 422, bundle.text);
  t.match(bundle.text, /Bundle\.entry\[0\]\.resource\.securityLabel/);
  t.equal((await s.call('GET', '/DocumentReference?_summary=count')).json.total, before);
  const held = await filed(s, { ...s.letter(), ...tag('feed') });
  t.equal((await s.state(held, 'held')).hold, 'professional');
  t.equal((await post(s, held, 'resubmit')).status, 409);
  t.equal((await post(s, held, 'release')).status, 200);
  await s.state(held, 'delivered');
  t.equal((await post(s, held, 'hold')).status, 409);
  const mistaken = await s.call('GET', `/DocumentReference/${held}`);
  const marked = await s.call('PUT', `/DocumentReference/${held}`, { ...mistaken.json, status: 'entered-in-error' });
  t.equal(marked.status, 200, marked.text);
  await s.state(held, 'deleted');
});

t.test('without DMP nothing is fed', async (t) => {
  const { startServer } = await import('../support/server.js');
  const s = await startServer();
  t.teardown(() => s.close());
  t.equal((await s.call('GET', '/$dmp-counts')).status, 501);
});
