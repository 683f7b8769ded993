/** The update of a document's metadata by conditional patch, over HTTP, on every store. https://interop.esante.gouv.fr/ig/fhir/pdsm/ */
import type { Test } from 'tap';
import { pdf, provideBundle, simplifiedPublish } from '../../fixtures/documents/provide-bundle.mjs';
import { codesOf, sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

const IS_ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived';
const VISIBILITY =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument';
const MASKED = { coding: [{ system: VISIBILITY, code: 'MASQUE_PS' }] };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const XML_PATCH = { 'content-type': 'application/xml-patch+xml' };

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  /** By the identifier of its version, or by another of its own. */
  const filed = async (simply = false) => {
    const patient = await s.patient();
    const bundle = provideBundle('discharge-letter', { patient, bytes: pdf() });
    const published = simplifiedPublish('discharge-letter', { patient, bytes: pdf() });
    const own = `urn:oid:1.2.250.1.999.${process.pid}.${store.length}.${patient.length}.${Math.floor(Math.random() * 1e9)}`;
    bundle.entry[1].resource.identifier = [{ use: 'official', system: 'urn:ietf:rfc:3986', value: own }];
    const answer = simply ? await s.call('POST', '/DocumentReference', published) : await s.provide(bundle);
    const place = simply ? `DocumentReference/${answer.json.id}` : (s.placesOf(answer)[1] as string);
    const { masterIdentifier } = simply ? published : bundle.entry[1].resource;
    const by = (value: string) => `/DocumentReference?identifier=${encodeURIComponent(`urn:ietf:rfc:3986|${value}`)}`;
    return { place, byMaster: by(masterIdentifier.value), byOwn: by(own) };
  };
  const operation = (type: string, path: string, more: object[]) => ({
    resourceType: 'Parameters',
    parameter: [
      { name: 'operation', part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...more] },
    ],
  });

  await t.test('status, visibility, archive: by masterIdentifier and by identifier', async (t) => {
    const { place, byMaster, byOwn } = await filed();
    const masked = await s.call(
      'PATCH',
      byMaster,
      [{ op: 'add', path: '/securityLabel/-', value: MASKED }],
      JSON_PATCH,
    );
    t.equal(masked.status, 200, masked.text.slice(0, 500));
    t.match(masked.json, { meta: { versionId: '2' }, securityLabel: [{}, MASKED] });
    t.equal(masked.headers.get('etag'), 'W/"2"');
    const archived = await s.call(
      'PATCH',
      byOwn,
      [{ op: 'add', path: '/extension', value: [{ url: IS_ARCHIVED, valueBoolean: true }] }],
      JSON_PATCH,
    );
    t.equal(archived.status, 200, archived.text.slice(0, 500));
    const id = place.split('/')[1];
    t.equal(await s.count(`DocumentReference?_id=${id}&isArchived=true&security-label=MASQUE_PS`), 1);
    const back = await s.call(
      'PATCH',
      byMaster,
      operation('replace', `DocumentReference.extension.where(url = '${IS_ARCHIVED}').value`, [
        { name: 'value', valueBoolean: false },
      ]),
    );
    t.equal(back.status, 200, back.text.slice(0, 500));
    t.equal(await s.count(`DocumentReference?_id=${id}&isArchived=false`), 1);
    const status = operation('replace', 'DocumentReference.status', [{ name: 'value', valueCode: 'superseded' }]);
    t.equal((await s.call('PATCH', byOwn, status)).json.status, 'superseded');
    const xml =
      '<diff xmlns:f="http://hl7.org/fhir"><replace sel="f:DocumentReference/f:status/@value">current</replace></diff>';
    const renewed = await s.call('PATCH', byMaster, xml, XML_PATCH);
    t.equal(renewed.status, 200, renewed.text.slice(0, 500));
    t.match(renewed.json, { status: 'current', meta: { versionId: '6' } });
    t.equal((await s.call('PATCH', `/${place}`, [{ op: 'remove', path: '/securityLabel/1' }], JSON_PATCH)).status, 200);
  });

  await t.test('what was published simply changes alike', async (t) => {
    const { byMaster } = await filed(true);
    const change = [{ op: 'replace', path: '/status', value: 'superseded' }];
    t.equal((await s.call('PATCH', byMaster, change, JSON_PATCH)).status, 200);
    const other = await s.call('PATCH', byMaster, [{ op: 'add', path: '/description', value: 'x' }], JSON_PATCH);
    t.equal(other.status, 405);
  });

  await t.test('anything else is 405', async (t) => {
    for (const simply of [false, true]) {
      const { place, byMaster } = await filed(simply);
      const before = (await s.call('GET', `/${place}`)).text;
      for (const change of [
        { op: 'replace', path: '/content/0/attachment/title', value: 'autre' },
        { op: 'replace', path: '/content/0/attachment/url', value: 'Binary/other' },
        { op: 'replace', path: '/masterIdentifier/value', value: 'urn:uuid:0f0f0f0f-0000-4000-8000-00000000ffff' },
        { op: 'replace', path: '/subject/reference', value: 'Patient/other' },
        { op: 'replace', path: '/date', value: '2020-01-01T00:00:00Z' },
        { op: 'add', path: '/description', value: 'autre' },
        { op: 'add', path: '/extension', value: [{ url: 'https://ehpad.example/x', valueBoolean: true }] },
        { op: 'replace', path: '/meta', value: {} },
        { op: 'add', path: '/meta/security', value: [{ code: 'R' }] },
        { op: 'add', path: '/meta/profile', value: ['https://ehpad.example/profile'] },
        { op: 'add', path: '/language', value: 'fr' },
        {
          op: 'add',
          path: '/text',
          value: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">autre</div>' },
        },
      ]) {
        for (const path of [byMaster, `/${place}`]) {
          const answer = await s.call('PATCH', path, [change], JSON_PATCH);
          t.equal(answer.status, 405, `${change.path}: ${answer.text.slice(0, 300)}`);
          t.same(codesOf(answer), ['document-immutable'], change.path);
        }
      }
      const mixed = [
        { op: 'replace', path: '/status', value: 'superseded' },
        { op: 'add', path: '/description', value: 'autre' },
      ];
      t.equal((await s.call('PATCH', byMaster, mixed, JSON_PATCH)).status, 405, 'not in part either');
      const put = await s.call('PUT', `/${place}`, { ...JSON.parse(before), status: 'superseded' });
      t.equal(put.status, 405, 'a PUT is no way, whatever it changes');
      t.same(codesOf(put), ['document-put']);
      t.equal((await s.call('GET', `/${place}`)).text, before);
    }
  });

  await t.test('no such document, several, a status that there is not, another version', async (t) => {
    const change = [{ op: 'replace', path: '/status', value: 'superseded' }];
    const nobody = await s.call('PATCH', '/DocumentReference?identifier=nobody', change, JSON_PATCH);
    t.equal(nobody.status, 404);
    const one = await filed();
    const two = await filed();
    const several = `${one.byMaster}%2C${two.byMaster.split('=')[1]}`;
    t.equal((await s.call('PATCH', several, change, JSON_PATCH)).status, 412);
    t.equal((await s.call('PATCH', '/DocumentReference', change, JSON_PATCH)).status, 400);
    const odd = [{ op: 'replace', path: '/status', value: 'gone' }];
    t.equal((await s.call('PATCH', one.byMaster, odd, JSON_PATCH)).status, 422);
    const late = await s.call('PATCH', one.byMaster, change, { ...JSON_PATCH, 'if-match': 'W/"7"' });
    t.equal(late.status, 412);
    // As the guide prints it: RFC 6902 knows no such path.
    const printed = [{ op: 'replace', path: `/extension[url:'${IS_ARCHIVED}']/valueBoolean`, value: 'true' }];
    t.ok([400, 422].includes((await s.call('PATCH', one.byMaster, printed, JSON_PATCH)).status));
  });
}

onEveryStore(run);
