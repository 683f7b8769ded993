/** ITI-66, Find Document Lists, over HTTP, on every store. https://profiles.ihe.net/ITI/MHD/ITI-66.html */
import type { Test } from 'tap';
import { pdf, provideBundle } from '../../fixtures/documents/provide-bundle.mjs';
import { codesOf, sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

const LISTS = 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes';
const IS_ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived';

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  const ipp = `IPP-66-${store.length}-${process.pid}`;
  const identifier = [{ system: 'urn:oid:1.2.250.1.999.1', value: ipp }];
  const { json } = await s.call('POST', '/Patient', {
    resourceType: 'Patient',
    identifier,
    name: [{ family: 'Ar Bras' }],
  });
  const patient = `Patient/${json.id}`;

  const lot = provideBundle('dlu', {
    patient,
    bytes: Buffer.from('<ClinicalDocument/>'),
    folderTitle: 'Suivi du diabète',
    date: '2026-03-01T10:00:00Z',
  });
  const [set, , folder] = lot.entry.map(({ resource }: { resource: unknown }) => resource);
  set.title = 'Lot du premier mars';
  set.extension.push({ url: IS_ARCHIVED, valueBoolean: true });
  set.extension[1].valueIdentifier.value = 'urn:oid:1.2.250.1.999.66';
  set.contained[0].practitioner.display = 'Docteur Nolwenn Le Goff';
  const answer = await s.provide(lot);
  t.equal(answer.status, 200, answer.text.slice(0, 1000));
  const [one, , file] = s.placesOf(answer) as [string, string, string];
  // Of another sender, a patient.
  const next = provideBundle('discharge-letter', { patient, bytes: pdf(), date: '2025-01-05T10:00:00Z' });
  const [by] = next.entry.map(({ resource }: { resource: unknown }) => resource);
  by.contained = [{ resourceType: 'Patient', id: 'source', name: [{ family: 'Kerouedan', given: ['Jeanne'] }] }];
  by.source = { reference: '#source' };
  by.extension[0].valueCodeableConcept.coding[0].code = '21';
  const second = await s.provide(next);
  t.equal(second.status, 200, second.text.slice(0, 1000));
  const [two] = s.placesOf(second) as [string];

  const found = async (query: string, method: 'GET' | 'POST', base = `patient=${patient}&`) => {
    const asked = `${base}${query}`.replaceAll('|', '%7C');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer =
      method === 'GET' ? await s.call('GET', `/List?${asked}`) : await s.call('POST', '/List/_search', asked, form);
    t.equal(answer.status, 200, `${query}: ${answer.text.slice(0, 300)}`);
    return (answer.json.entry ?? []).map(({ resource }: { resource: { id: string } }) => `List/${resource.id}`).sort();
  };
  const questions: [string, string[]][] = [
    [`code=${LISTS}|submissionset`, [one, two]],
    ['code=submissionset&status=current', [one, two]],
    [`code=${LISTS}|folder`, [file]],
    ['date=2026-03-01', [one, file]],
    ['date=lt2026-01-01', [two]],
    ['designationType=11', [one]],
    ['designationType=https://mos.esante.gouv.fr/NOS/TRE_R209-TypeActivite/FHIR/TRE-R209-TypeActivite|21', [two]],
    [`identifier=urn:ietf:rfc:3986|${set.identifier[0].value}`, [one]],
    [`identifier=${folder.identifier[0].value}`, [file]],
    ['status=current', [one, two, file]],
    ['status=retired', []],
    ['isArchived=true', [one]],
    ['isArchived=true&code=folder', []],
    ['title=suivi du diabete', [file]],
    ['title:contains=premier', [one]],
    ['sourceId=urn:ietf:rfc:3986|urn:oid:1.2.250.1.999.66', [one]],
    ['sourceId=urn:oid:1.2.250.1.999.17', [two]],
    ['source:Patient.given=jeanne', [two]],
    ['source:Patient.family=Kerouedan', [two]],
    ['source:Patient.family:exact=kerouedan', []],
    ['source:Patient.family:contains=roue', [two]],
    ['source:PractitionerRole.name=docteur', [one]],
    ['source:PractitionerRole.practitioner.family=Le Goff', [one]],
    ['source:PractitionerRole.practitioner:Practitioner.given=Nolwenn', [one]],
    ['source:PractitionerRole.practitioner.identifier=810000000017', [one]],
    ['authorOrg:Organization.name=EHPAD Les Ajoncs', [one]],
    ['authorOrg:Organization.identifier=urn:oid:1.2.250.1.71.4.2.2|1290000017', [one]],
    ['source:Patient.family=Nobody', []],
  ];

  await t.test('every parameter of the guide, by GET and by POST', async (t) => {
    for (const method of ['GET', 'POST'] as const) {
      for (const [query, lists] of questions)
        t.same(await found(query, method), [...lists].sort(), `${method} ${query}`);
    }
    t.same(await found('code=folder&status=current', 'GET', `patient.identifier=urn:oid:1.2.250.1.999.1|${ipp}&`), [
      file,
    ]);
    t.same(await found('code=folder', 'GET', `subject=${patient}&`), [file]);
    const { json } = await s.call('GET', `/List?code=folder&patient=${patient}&_include=List:item`);
    t.same(
      json.entry.map(({ search }: { search: { mode: string } }) => search.mode),
      ['match', 'include'],
    );
  });

  await t.test('what is not understood is refused', async (t) => {
    for (const [query, code] of [
      ['DesignationType=11', 'unknown-parameter'],
      ['designation-type=11', 'unknown-parameter'],
      ['date=demain', 'bad-search-value'],
      ['source:Basic.family=x', 'bad-chain'],
      ['title:above=x', 'unknown-modifier'],
    ] as const) {
      const answer = await s.call('GET', `/List?patient=${patient}&${query}`);
      t.equal(answer.status, 400, query);
      t.same(codesOf(answer), [code], query);
    }
    t.equal((await s.call('POST', '/List/_search', '{}', { 'content-type': 'application/json' })).status, 415);
  });
}

onEveryStore(run);
