/**
 * Our profiles of PDSm and TDDUI: valid resources of ours, and the same verdict as the published packages on examples and
 * mutations. https://interop.esante.gouv.fr/ig/fhir/pdsm/, https://interop.esante.gouv.fr/ig/fhir/tddui/
 */
import t from 'tap';
import { publishedValidator, read, refuses, resourceFiles, without } from './corpus.js';
import { Mutator, mutantsOf } from './mutation.js';
import { definitions, errors, insPatient, validator } from './support.js';

type Json = Record<string, unknown>;
const PDSM = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/';
const TDDUI = 'https://interop.esante.gouv.fr/ig/fhir/tddui/';
const MHD = 'https://profiles.ihe.net/ITI/MHD/';
const reference = (to: string) => ({ reference: to });
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });
const patient = {
  resourceType: 'Patient',
  id: 'p',
  name: [{ family: 'Kerouedan' }],
  gender: 'female',
  birthDate: '1938-02-28',
};
const role = { resourceType: 'PractitionerRole', id: 'r', practitioner: reference('Practitioner/1') };
const attachment = { contentType: 'application/pdf', language: 'fr-FR', title: 'DLU' };
const format = { system: 'urn:ietf:rfc:3986', code: 'urn:ihe:iti:xds:2017:mimeTypeSufficient' };
const list = (code: string) => ({ coding: [{ system: `${MHD}CodeSystem/MHDlistTypes`, code }] });
const designation = {
  url: `${MHD}StructureDefinition/ihe-designationType`,
  valueCodeableConcept: { text: 'Hospitalisation' },
};
const discriminator = (code: string) => ({
  url: `${TDDUI}StructureDefinition/tddui-discriminator`,
  valueCodeableConcept: { coding: [{ system: `${TDDUI}CodeSystem/tddui-discriminator`, code }] },
});

const VALID: Record<string, Json> = {
  [`${PDSM}pdsm-comprehensive-document-reference`]: {
    resourceType: 'DocumentReference',
    contained: [patient, role],
    extension: [{ url: `${PDSM}pdsm-ext-is-archived`, valueBoolean: false }],
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.250.1.213.1.4.10.1' },
    status: 'current',
    type: loinc('34133-9'),
    category: [loinc('11503-0')],
    subject: reference('Patient/p'),
    date: '2026-11-27T08:30:00+01:00',
    author: [reference('#r')],
    custodian: reference('Organization/o'),
    securityLabel: [{ text: 'normal' }],
    content: [
      {
        attachment: {
          ...attachment,
          url: 'https://ehpad.example/Binary/1',
          size: 10,
          hash: 'AAAA',
          creation: '2026-11-27T08:30:00+01:00',
        },
        format,
      },
    ],
    context: {
      period: { start: '2026-11-27T08:00:00+01:00' },
      facilityType: { text: 'EHPAD' },
      practiceSetting: { text: 'Gériatrie' },
      sourcePatientInfo: reference('#p'),
    },
  },
  [`${PDSM}pdsm-simplified-publish`]: {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.250.1.213.1.4.10.2' },
    status: 'current',
    subject: reference('Patient/p'),
    date: '2026-11-27T08:30:00+01:00',
    author: [reference('Practitioner/r')],
    custodian: reference('Organization/o'),
    content: [{ attachment: { ...attachment, data: 'JVBERg==' } }],
  },
  [`${PDSM}pdsm-submissionset-comprehensive`]: {
    resourceType: 'List',
    contained: [role],
    extension: [
      designation,
      { url: `${MHD}StructureDefinition/ihe-sourceId`, valueIdentifier: { value: 'urn:oid:1.2.3' } },
    ],
    identifier: [{ use: 'usual', system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.250.1.213.1.4.10.3' }],
    status: 'current',
    mode: 'working',
    code: list('submissionset'),
    subject: reference('Patient/p'),
    date: '2026-11-27T08:30:00+01:00',
    source: reference('#r'),
    entry: [{ item: reference('DocumentReference/d') }],
  },
  [`${PDSM}pdsm-folder-comprehensive`]: {
    resourceType: 'List',
    extension: [designation],
    status: 'current',
    mode: 'working',
    title: 'Chute de novembre',
    code: list('folder'),
    subject: reference('Patient/p'),
    date: '2026-11-27T08:30:00+01:00',
    entry: [{ item: reference('DocumentReference/d') }],
  },
  [`${TDDUI}StructureDefinition/tddui-encounter-sejour`]: {
    resourceType: 'Encounter',
    identifier: [
      {
        type: {
          coding: [
            { system: `${TDDUI}CodeSystem/tddui-encounter-identifier`, code: 'SEJ', display: 'Identifiant du séjour' },
          ],
        },
        system: 'https://identifiant-medicosocial-sejour.esante.gouv.fr',
        value: '3990000001/1-SEJOUR-1',
      },
    ],
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: reference('Patient/p'),
    period: { start: '2026-01-17' },
    serviceProvider: reference('Organization/o'),
  },
  [`${TDDUI}StructureDefinition/tddui-encounter-evenement`]: {
    resourceType: 'Encounter',
    identifier: [
      {
        type: { coding: [{ system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type', code: 'VN' }] },
        system: 'https://identifiant-medicosocial-evenement.esante.gouv.fr',
        value: '3990000001/1-EVT-1',
      },
    ],
    status: 'planned',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HH' },
    type: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'not-permitted' }],
        text: 'Sortie au marché',
      },
    ],
    subject: reference('Patient/p'),
    period: { start: '2026-11-27T10:00:00+01:00', end: '2026-11-27T12:00:00+01:00' },
    partOf: reference('Encounter/sejour'),
  },
  [`${TDDUI}StructureDefinition/tddui-document-reference`]: {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.250.1.213.1.4.10.4' },
    status: 'current',
    subject: reference('Patient/p'),
    date: '2026-11-27T08:30:00+01:00',
    author: [reference('Practitioner/r')],
    custodian: reference('Organization/o'),
    content: [{ attachment: { ...attachment, data: 'JVBERg==' } }],
  },
  [`${TDDUI}StructureDefinition/tddui-careplan-projet-personnalise`]: {
    resourceType: 'CarePlan',
    identifier: [
      { system: 'https://identifiant-medicosocial-projetpersonnalise.esante.gouv.fr', value: '3990000001/1-PP-1' },
    ],
    status: 'active',
    intent: 'plan',
    title: 'Projet personnalisé 2026',
    subject: reference('Patient/p'),
    supportingInfo: [{ extension: [discriminator('accordStructure')], reference: 'Consent/c' }],
    note: [{ text: 'Préfère le matin' }],
  },
};

t.test('each profile is known, and kept by a resource of ours', async (t) => {
  for (const [profile, resource] of Object.entries(VALID)) {
    t.same(errors(resource, { profiles: [profile] }), [], profile);
    t.ok(validator.knows(profile), profile);
  }
});

t.test('what they ask beyond R4', async (t) => {
  const found = (profile: string, more: Json) => errors({ ...VALID[profile], ...more }, { profiles: [profile] }).join();
  const comprehensive = `${PDSM}pdsm-comprehensive-document-reference`;
  t.match(found(comprehensive, { author: [reference('Practitioner/r')] }), /aggregation|contained-orphan/);
  t.match(found(comprehensive, { docStatus: 'final' }), /profile-max/);
  t.match(found(`${PDSM}pdsm-simplified-publish`, { status: 'superseded' }), /pattern|fixed/);
  t.match(found(`${PDSM}pdsm-simplified-publish`, { identifier: [{ value: '1' }] }), /profile-max/);
  t.match(found(`${PDSM}pdsm-submissionset-comprehensive`, { code: list('folder') }), /pattern/);
  t.match(found(`${PDSM}pdsm-folder-comprehensive`, { extension: undefined, language: 'fr' }), /profile-min|slice-min/);
  t.match(found(`${TDDUI}StructureDefinition/tddui-encounter-sejour`, { identifier: [{ value: '1' }] }), /slice-min/);
  const info = [{ extension: [discriminator('accordUsager')], reference: 'Consent/c' }];
  t.match(
    found(`${TDDUI}StructureDefinition/tddui-careplan-projet-personnalise`, { supportingInfo: info }),
    /slice-min/,
  );
  const event = `${TDDUI}StructureDefinition/tddui-encounter-evenement`;
  t.match(found(event, { period: { start: '2026-11-27' } }), /profile-min Encounter.period/);
  t.match(
    found(event, { location: ['a', 'b'].map((id) => ({ location: reference(`Location/${id}`) })) }),
    /profile-max/,
  );
  const other = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' }] };
  t.match(found(event, { type: [other] }), /pattern|profile-min/);
  t.match(found(`${TDDUI}StructureDefinition/tddui-document-reference`, { author: undefined }), /profile-min/);
  const usager = { ...insPatient(), birthDate: undefined };
  t.match(
    errors(usager, { profiles: [`${TDDUI}StructureDefinition/tddui-patient-ins`] }).join(),
    /profile-min Patient/,
  );
});

const skip = without('ig/pdsm') || without('ig/tddui-2.2.0-partial');
const PUBLISHED = ['ig/pdsm', 'ig/tddui-2.2.0-partial'];

t.test('the same verdict as the published packages: 500 mutations a profile', { skip }, async (t) => {
  const theirs = publishedValidator(...PUBLISHED);
  for (const [profile, resource] of Object.entries(VALID)) {
    const all = mutantsOf(new Mutator(definitions, resource), definitions, profile, 500);
    const differing = all
      .filter((each) => refuses(validator, each.resource, [profile]) !== refuses(theirs, each.resource, [profile]))
      .map(({ name }) => name);
    t.same(differing, [], `${profile}: ${all.length} mutations`);
    t.equal(all.length, 500);
  }
});

t.test('the same verdict on the published examples', { skip }, async (t) => {
  const theirs = publishedValidator(...PUBLISHED);
  const examples = PUBLISHED.flatMap((folder) => resourceFiles(folder)).filter((file) => file.includes('/example/'));
  t.ok(examples.length > 8);
  const differing = examples.filter((file) => {
    const resource = JSON.parse(read(file)) as object;
    return refuses(validator, resource, []) !== refuses(theirs, resource, []);
  });
  t.same(differing, []);
});
