/** ITI-67, Find Document References, over HTTP, on every store. https://profiles.ihe.net/ITI/MHD/ITI-67.html */
import type { Test } from 'tap';
import { pdf, provideBundle, simplifiedPublish } from '../../fixtures/documents/provide-bundle.mjs';
import { codesOf, sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

const NOS = 'https://mos.esante.gouv.fr/NOS/';
const IS_ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived';

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  const ipp = `IPP-67-${store.length}-${process.pid}`;
  const identifier = { system: 'urn:oid:1.2.250.1.999.1', value: ipp };
  const person = { resourceType: 'Patient', identifier: [identifier], name: [{ family: 'Ar Bras' }] };
  const patient = `Patient/${(await s.call('POST', '/Patient', person)).json.id}`;

  const letter = provideBundle('discharge-letter', { patient, bytes: pdf(), date: '2026-03-01T10:00:00Z' });
  const document = letter.entry[1].resource;
  document.extension = [{ url: IS_ARCHIVED, valueBoolean: true }];
  document.identifier = [
    { use: 'official', system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000e67a' },
  ];
  document.context.period.end = '2026-03-08T10:00:00Z';
  document.context.event = [{ coding: [{ system: 'https://ehpad.example/acte', code: 'SORTIE' }] }];
  document.context.related = [
    {
      type: 'ServiceRequest',
      identifier: {
        type: { coding: [{ system: 'urn:ietf:rfc:3986', code: 'urn:ihe:iti:xds:2013:accession' }] },
        system: 'https://ehpad.example/dossier',
        value: 'D-17',
      },
    },
  ];
  document.description = 'Sortie vers le domicile';
  document.content[0].attachment.creation = '2026-02-28T09:00:00Z';
  document.securityLabel.push({
    coding: [
      { system: `${NOS}TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument`, code: 'MASQUE_PS' },
    ],
  });
  const first = await s.provide(letter);
  t.equal(first.status, 200, first.text.slice(0, 1000));
  const [, one] = s.placesOf(first) as [string, string];
  // Another one of the same patient, that agrees in nothing, by ITI-105.
  const other = simplifiedPublish('prescription', {
    patient,
    bytes: Buffer.from('<Prescription/>'),
    date: '2025-01-05T10:00:00Z',
  });
  other.contained[0].name = [{ family: 'Guéguen', given: ['Yann'] }];
  other.contained[0].identifier[0].value = '810000000025';
  other.content[0].attachment.creation = '2025-01-05';
  other.context.period = { start: '2025-01-05', end: '2025-01-05' };
  const second = await s.call('POST', '/DocumentReference', other);
  t.equal(second.status, 201, second.text.slice(0, 1000));
  const two = `DocumentReference/${second.json.id}`;

  const found = async (query: string, by: 'GET' | 'POST' = 'GET', base = `patient=${patient}&`) => {
    const asked = `${base}${query}`.replaceAll('|', '%7C');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer =
      by === 'GET'
        ? await s.call('GET', `/DocumentReference?${asked}`)
        : await s.call('POST', '/DocumentReference/_search', asked, form);
    t.equal(answer.status, 200, `${query}: ${answer.text.slice(0, 300)}`);
    t.match(answer.json, { resourceType: 'Bundle', type: 'searchset' });
    return (answer.json.entry ?? []).map(
      ({ resource }: { resource: { id: string } }) => `DocumentReference/${resource.id}`,
    );
  };
  const master = document.masterIdentifier.value;
  /** What finds the first and not the second. */
  const questions = [
    'type=http://loinc.org|83981-1',
    `category=${NOS}TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument|10`,
    'category=10',
    'format=urn:ihe:iti:xds-sd:pdf:2008',
    'event=SORTIE',
    'event=https://ehpad.example/acte|SORTIE',
    'security-label=MASQUE_PS',
    `security-label=${NOS}TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument|MASQUE_PS`,
    `identifier=urn:ietf:rfc:3986|${master}`,
    `identifier=${master}`,
    'identifier=urn:uuid:0f0f0f0f-0000-4000-8000-00000000e67a',
    'creation=2026-02-28',
    'creation=ge2026-02-01&creation=lt2026-03-01',
    'isArchived=true',
    'period-start=2026-03-01',
    'period-start=ge2026-01-01',
    'period-end=2026-03-08',
    'period-end=gt2026-03-01',
    'period=ge2026-03-02&period=le2026-03-05',
    'date=2026-03-01',
    'date=ge2026-01-01',
    'related:identifier=https://ehpad.example/dossier|D-17',
    'author.family=Le Goff',
    'author.family=legoff',
    'author.given=nolw',
    'author.identifier=urn:oid:1.2.250.1.71.4.2.1|810000000017',
    'author.identifier=810000000017',
    'author:Practitioner.family=Le Goff',
    'author:Practitioner.name=legoff',
    'authenticator.family=Le Goff',
    'description=sortie',
  ];
  /** What finds both. */
  const both = [
    'status=current',
    `facility=${NOS}TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite|SA17`,
    'setting=ETABLISSEMENT',
    'author.family=Le Goff,Guéguen',
    'type=83981-1,57833-6',
  ];
  /** What finds neither. */
  const none = [
    'status=superseded',
    'setting=HAD',
    'author.family=Nobody',
    'isArchived=false',
    'period-end=gt2027-01-01',
    'relatesto=DocumentReference/nothing',
  ];

  await t.test('every parameter of the guide, by GET and by POST', async (t) => {
    for (const by of ['GET', 'POST'] as const) {
      for (const query of questions) t.same(await found(query, by), [one], `${by} ${query}`);
      for (const query of both) t.same((await found(query, by)).sort(), [one, two].sort(), `${by} ${query}`);
      for (const query of none) t.same(await found(query, by), [], `${by} ${query}`);
    }
    t.same(await found('author.family=gueguen'), [two], 'accents fold');
  });

  await t.test('whose they are: by reference, id, address, identifier', async (t) => {
    const [, id] = patient.split('/');
    for (const whose of [
      `patient=${patient}`,
      `patient=${id}`,
      `patient=${s.base}/${patient}`,
      `subject=${patient}`,
      `subject:Patient=${id}`,
      `patient.identifier=urn:oid:1.2.250.1.999.1|${ipp}`,
      `subject:Patient.identifier=${ipp}`,
    ]) {
      t.same((await found('status=current', 'GET', `${whose}&`)).sort(), [one, two].sort(), whose);
    }
    t.same(await found('status=current', 'GET', 'patient.identifier=nobody&'), []);
  });

  await t.test('what a document replaces', async (t) => {
    const next = provideBundle('discharge-letter', { patient, bytes: pdf(), replaces: one });
    const answer = await s.provide(next);
    t.equal(answer.status, 200);
    const [, third] = s.placesOf(answer) as [string, string];
    t.same(await found(`relatesto=${one}`), [third]);
    t.same(await found('relation=replaces'), [third]);
    t.same(await found('status=superseded'), [one]);
    t.same(await found(`relatesto=${one}&status=current`), [third]);
    t.same(await found(`identifier=${master}&status=current`), []);
  });

  await t.test('pages, totals, order', async (t) => {
    const { json } = await s.call('GET', `/DocumentReference?patient=${patient}&_sort=-date&_count=2`);
    t.equal(json.entry.length, 2);
    t.ok(json.link.some(({ relation }: { relation: string }) => relation === 'next'));
    t.equal(await s.count(`DocumentReference?patient=${patient}`), 3);
  });

  await t.test('what is not understood is refused', async (t) => {
    const refused = async (query: string, code: string) => {
      for (const [method, path, body, headers] of [
        ['GET', `/DocumentReference?${query}`, undefined, {}],
        ['POST', '/DocumentReference/_search', query, { 'content-type': 'application/x-www-form-urlencoded' }],
      ] as const) {
        const answer = await s.call(method, path, body, headers);
        t.equal(answer.status, 400, query);
        t.same(codesOf(answer), [code], query);
      }
    };
    await refused('statut=current', 'unknown-parameter');
    await refused('PDSm_isArchived=true', 'unknown-parameter');
    await refused('period-start=hier', 'bad-search-value');
    await refused('author.nothing=2026', 'unknown-parameter');
    await refused('creation:exact=2026', 'unknown-modifier');
    const form = await s.call('POST', '/DocumentReference/_search', '{}', { 'content-type': 'application/json' });
    t.equal(form.status, 415);
  });

  await t.test('with lenient handling what is not understood is told in an outcome', async (t) => {
    const { json } = await s.call('GET', `/DocumentReference?patient=${patient}&statut=x`, undefined, {
      prefer: 'handling=lenient',
    });
    const outcomes = json.entry.filter(({ search }: { search: { mode: string } }) => search.mode === 'outcome');
    t.equal(outcomes.length, 1);
  });
}

onEveryStore(run);
