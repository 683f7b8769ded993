/** Who may see which documents: the rule by itself, and a store as a reader sees it. */
import t, { type Test } from 'tap';
import { pdf, provideBundle } from '../../fixtures/documents/provide-bundle.mjs';
import { storeSeenBy } from '../../src/documents/masked-store.js';
import { maySee, type Reader, visibilityLabels } from '../../src/documents/visibility.js';
import { historyInstance } from '../../src/interactions/history.js';
import type { Context, InteractionRequest, Result } from '../../src/interactions/interaction.js';
import { read } from '../../src/interactions/read.js';
import { searchType } from '../../src/interactions/search.js';
import { vread } from '../../src/interactions/vread.js';
import { sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

const READERS: readonly Reader[] = ['professional', 'author', 'patient', 'legal-representative'];
const STATUT = 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument';
const STATUS = 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument';
const CONFIDENTIALITY = 'https://mos.esante.gouv.fr/NOS/TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality';

t.test('the rule', async (t) => {
  const labelled = (...labels: [string, string][]) => ({
    securityLabel: labels.map(([system, code]) => ({ coding: [{ system, code }] })),
  });
  const seenBy = (document: Record<string, unknown>) => READERS.filter((reader) => maySee(document, reader));
  t.same(seenBy({}), READERS);
  t.same(seenBy(labelled([CONFIDENTIALITY, 'N'])), READERS);
  t.same(seenBy(labelled([CONFIDENTIALITY, 'V'])), READERS, 'confidentiality is for who gives access');
  for (const system of [STATUT, STATUS, 'urn:oid:1.2.250.1.213.1.1.4.13']) {
    t.same(seenBy(labelled([CONFIDENTIALITY, 'N'], [system, 'MASQUE_PS'])), [
      'author',
      'patient',
      'legal-representative',
    ]);
    t.same(seenBy(labelled([system, 'INVISIBLE_PATIENT'])), ['professional', 'author']);
    t.same(seenBy(labelled([system, 'INVISIBLE_REPRESENTANTS_LEGAUX'])), ['professional', 'author', 'patient']);
    t.same(seenBy(labelled([system, 'MASQUE_PS'], [system, 'INVISIBLE_PATIENT'])), ['author']);
  }
  t.same(seenBy(labelled(['https://ehpad.example/x', 'MASQUE_PS'])), READERS, 'a code of another system');
  t.same(visibilityLabels({ securityLabel: 'MASQUE_PS' }), [], 'what nobody validated');
});

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  const { services } = s.server;
  const patient = await s.patient();
  const places: Record<string, { document: string; content: string }> = {};
  for (const label of ['N', 'MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX']) {
    const labels = label === 'N' ? ['N'] : ['N', label];
    const answer = await s.provide(provideBundle('discharge-letter', { patient, bytes: pdf(), labels }));
    t.equal(answer.status, 200, answer.text.slice(0, 500));
    const [, document, content] = s.placesOf(answer) as [string, string, string];
    places[label] = { document, content };
  }
  const as = (reader: Reader): Context => ({
    services: { ...services, store: storeSeenBy(services.store, reader) },
    baseUrl: s.base,
    language: 'en',
    lenient: false,
  });
  const asked = (place: string, more: Partial<InteractionRequest> = {}): InteractionRequest => {
    const [type = '', id = ''] = place.split('/');
    const nothing = { ifMatch: undefined, ifNoneMatch: undefined, ifModifiedSince: undefined, ifNoneExist: undefined };
    return { type, id, vid: '', parameters: [], body: undefined, ...nothing, ...more };
  };
  const fails = async (t: Test, work: Promise<Result>, what: string) => {
    const status = await work.then((result) => result.status).catch((error) => error.status);
    t.equal(status, 404, what);
  };

  await t.test('reads, versions, contents, searches', async (t) => {
    for (const reader of READERS) {
      const context = as(reader);
      const hidden = Object.keys(places).filter((label) => {
        const securityLabel = [{ coding: [{ system: STATUT, code: label }] }];
        return !maySee({ securityLabel }, reader);
      });
      for (const [label, { document, content }] of Object.entries(places)) {
        for (const place of [document, content]) {
          const what = `${reader}: ${label} ${place}`;
          const whole = () => read.run(asked(place), context);
          const first = () => vread.run(asked(place, { vid: '1' }), context);
          if (hidden.includes(label)) {
            await fails(t, whole(), what);
            await fails(t, first(), what);
          } else t.same([(await whole()).status, (await first()).status], [200, 200], what);
        }
      }
      const search = async (type: string, ...parameters: [string, string][]) =>
        JSON.parse((await searchType.run(asked(type, { parameters }), context)).text ?? '');
      const found = await search('DocumentReference', ['patient', patient], ['_total', 'accurate']);
      t.equal(found.total, 4 - hidden.length, `${reader} finds as many as he may see`);
      t.equal(found.entry.length, 4 - hidden.length);
      const [, id = ''] = (places.MASQUE_PS as { content: string }).content.split('/');
      const bytes = await search('Binary', ['_id', id]);
      t.equal((bytes.entry ?? []).length, hidden.includes('MASQUE_PS') ? 0 : 1);
    }
  });

  await t.test('who is masked later does not see the past either', async (t) => {
    const answer = await s.provide(provideBundle('discharge-letter', { patient, bytes: pdf() }));
    const [, document] = s.placesOf(answer) as [string, string];
    const label = { coding: [{ system: STATUT, code: 'INVISIBLE_PATIENT' }] };
    const headers = { 'content-type': 'application/json-patch+json' };
    await s.call('PATCH', `/${document}`, [{ op: 'add', path: '/securityLabel/-', value: label }], headers);
    await fails(t, vread.run(asked(document, { vid: '1' }), as('patient')), 'the version before');
    await fails(t, historyInstance.run(asked(document), as('patient')), 'its history');
    t.equal((await vread.run(asked(document, { vid: '1' }), as('professional'))).status, 200);
  });

  await t.test('labels are searched', async (t) => {
    t.equal(await s.count(`DocumentReference?patient=${patient}&security-label=MASQUE_PS`), 1);
    t.equal(await s.count(`DocumentReference?patient=${patient}&security-label:not=INVISIBLE_PATIENT`), 3);
  });
}

onEveryStore(run);
