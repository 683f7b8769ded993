/**
 * The official examples of PDSm and PDSm4DMP, pushed as they are: each is accepted, or refused for the reason that stands
 * beside it. They lie outside the repository.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { codesOf, sharing } from '../support/documents.js';
import { onEveryStore } from '../support/stores.js';

const FOLDER = fileURLToPath(new URL('../../../shared/data/ig/', import.meta.url));

interface Expected {
  status: number;
  /** Errors that the answer names, among others. */
  codes?: readonly string[];
  /** Why it is refused. */
  because?: string;
}
const ACCEPTED: Expected = { status: 201 };

const PDSM: Readonly<Record<string, Expected>> = {
  // As a Binary by itself it is taken; as a document it would be refused: "Hello World" is no PDF.
  'Binary-6789': ACCEPTED,
  'Bundle-a9c10f8a-882d-4000-a280-7150e0aeb478': {
    status: 400,
    codes: ['bundle-type'],
    because: 'it is the answer of a server, and no transaction',
  },
  'DocumentReference-PDSmSimplifiedExample': {
    status: 422,
    codes: ['attachment-size'],
    because: 'it says 250 000 bytes, and its data are 11',
  },
  'DocumentReference-exemple-pdsm-documentreference': {
    status: 422,
    codes: ['aggregation', 'contained-orphan'],
    because: 'author, authenticator and source patient are elsewhere, where the profile wants them contained',
  },
  'List-ExampleFolder': ACCEPTED,
  'List-ExampleSubmissionSet': {
    status: 422,
    codes: ['contained-meta'],
    because: 'contained resources have meta.versionId and meta.lastUpdated, which R4 forbids (dom-4)',
  },
  'Organization-org-example': ACCEPTED,
  'Patient-fr-patient-123': ACCEPTED,
};
const NO_CUSTODIAN: Expected = {
  status: 422,
  codes: ['profile-min'],
  because: 'it has no custodian, which PDSm asks for',
};
const TD2 = 'Bundle-example-td2-iti65-lot-soumission';
const PDSM4DMP: Readonly<Record<string, Expected>> = {
  'Binary-AuthorDispositif': ACCEPTED,
  'Binary-AuthorInstitutionCabinetRPPS': ACCEPTED,
  'Binary-AuthorInstitutionSNR': ACCEPTED,
  'Binary-AuthorInstitutionStructure': ACCEPTED,
  'Binary-AuthorPSCabinetRPPS': ACCEPTED,
  'Binary-AuthorPatient': ACCEPTED,
  'Binary-AuthorStructure': ACCEPTED,
  'Binary-example-annexe-binary-cda': ACCEPTED,
  'Bundle-example-annexe-fhir-document': ACCEPTED,
  [TD2]: {
    status: 422,
    codes: ['profile-min', 'slice-min'],
    because:
      'its document has no custodian, and the source of its SubmissionSet is a Practitioner, which PDSm does not allow',
  },
  'DocumentReference-doc-x-id': NO_CUSTODIAN,
  'DocumentReference-example-annexe-docref-cda': NO_CUSTODIAN,
  'DocumentReference-example-annexe-docref-fhir': NO_CUSTODIAN,
  'DocumentReference-example-td2-iti105-publication-simplifiee': NO_CUSTODIAN,
  'DocumentReference-example-td3-1a-cr-consultation': NO_CUSTODIAN,
  'DocumentReference-example-td3-1a-fhir-document': NO_CUSTODIAN,
};

async function run(t: Test, store: string) {
  const s = await sharing(t, { STORE: store });
  for (const [guide, expected] of [
    ['pdsm', PDSM],
    ['pdsm4dmp', PDSM4DMP],
  ] as const) {
    await t.test(guide, async (t) => {
      const folder = `${FOLDER}${guide}/example/`;
      const names = readdirSync(folder).map((name) => name.replace(/\.json$/, ''));
      t.same(Object.keys(expected).sort(), names.sort(), 'all of them are here');
      for (const name of names) {
        const resource = JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8'));
        const { resourceType, id } = resource;
        const isToBase = resourceType === 'Bundle' && /^(transaction|batch)/.test(resource.type);
        const isPublished = JSON.stringify(resource.meta ?? {}).includes('simplified-publish');
        const answer = isToBase
          ? await s.provide(resource)
          : isPublished
            ? await s.call('POST', '/DocumentReference', resource)
            : await s.call('PUT', `/${resourceType}/${id}`, resource);
        const wanted = expected[name] ?? ACCEPTED;
        t.equal(answer.status, wanted.status, `${name}: ${answer.text.slice(0, 1500)}`);
        for (const code of wanted.codes ?? [])
          t.ok(codesOf(answer).includes(code), `${name}: ${code} among ${codesOf(answer)}`);
      }
    });
  }

  await t.test('what is wrong with them is only that: mended they are filed', async (t) => {
    // A matricule goes with a qualified identity alone, which nobody here has: the patient is known by a number of the house.
    const ins = 'Patient?identifier=urn:oid:1.2.250.1.213.1.4.8|123456789012345';
    const own = `Patient?identifier=urn:oid:1.2.250.1.999.1|official-${store.length}-${process.pid}`;
    const read = (path: string) =>
      JSON.parse(readFileSync(`${FOLDER}${path}.json`, 'utf8').replaceAll(`"${ins}"`, `"${own}"`));
    const custodian = { display: 'Établissement' };
    const lot = read(`pdsm4dmp/example/${TD2}`);
    lot.entry[1].resource.custodian = custodian;
    const [{ resource: set }] = lot.entry;
    set.contained.push({
      resourceType: 'PractitionerRole',
      id: 'role',
      practitioner: { reference: '#practitioner-author' },
    });
    set.source.reference = '#role';
    const unknown = await s.provide(lot);
    t.equal(unknown.status, 412, 'nobody is called so yet');
    const [, system, value] = /identifier=(.*)\|(.*)/.exec(set.subject.reference) ?? [];
    const person = { resourceType: 'Patient', identifier: [{ system, value }], name: [{ family: 'Ar Bras' }] };
    t.equal((await s.call('POST', '/Patient', person)).status, 201);
    const filed = await s.provide(lot);
    t.equal(filed.status, 200, filed.text.slice(0, 1500));
    const simple = read('pdsm4dmp/example/DocumentReference-example-td2-iti105-publication-simplifiee');
    const published = await s.call('POST', '/DocumentReference', { ...simple, custodian });
    t.equal(published.status, 201, published.text.slice(0, 1500));
  });
}

if (existsSync(FOLDER)) onEveryStore(run);
else t.test('the official examples', { skip: 'no ../shared/data/ig here' }, async () => undefined);
