/**
 * Our FR Core profiles beside the published ones: the same verdict on every published example, and on mutations of
 * resources of ours. https://hl7.fr/ig/fhir/core/2.2.0/
 */
import t from 'tap';
import { createValidator } from '../../src/validation/index.js';
import { read, resourceFiles, without } from './corpus.js';
import { Mutator, mutantsOf } from './mutation.js';
import { definitions, errors, FR_CORE, insPatient, validator } from './support.js';

type Json = Record<string, unknown>;
const profile = (name: string) => `${FR_CORE}StructureDefinition/fr-core-${name}`;
const V0203 = `${FR_CORE}CodeSystem/fr-core-cs-v2-0203`;
const V3307 = `${FR_CORE}CodeSystem/fr-core-cs-v2-3307`;
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });
const reference = (to: string) => ({ reference: to });
const identifier = (system: string, code: string, value: string, more: Json = {}) => ({
  ...more,
  type: coded(V0203, code),
  system,
  value,
});

/** One valid resource a profile; nobody of them exists. */
const VALID: Record<string, Json> = {
  'patient-ins': insPatient(),
  encounter: {
    resourceType: 'Encounter',
    extension: [{ url: profile('estimated-discharge-date'), valueDate: '2026-12-24' }],
    identifier: [
      {
        type: coded(`${FR_CORE}CodeSystem/fr-core-cs-identifier-type`, 'VN'),
        system: 'https://ehpad.example/sejour',
        value: '1',
        assigner: reference('Organization/o'),
      },
    ],
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: reference('Patient/p'),
    participant: [{ individual: reference('Practitioner/r') }],
    appointment: [reference('Appointment/a')],
    period: { start: '2026-11-27' },
    account: [reference('Account/a')],
    hospitalization: { origin: reference('Location/l'), destination: reference('Organization/o') },
    location: [{ location: reference('Location/l') }],
    serviceProvider: reference('Organization/o'),
    partOf: reference('Encounter/e'),
  },
  appointment: {
    resourceType: 'Appointment',
    extension: [{ url: profile('appointment-operator'), valueReference: reference('Practitioner/r') }],
    status: 'booked',
    start: '2026-12-03T10:00:00+01:00',
    end: '2026-12-03T10:30:00+01:00',
    slot: [reference('Slot/s')],
    participant: [
      { actor: reference('Patient/p'), status: 'accepted' },
      { actor: reference('Location/l'), status: 'accepted' },
    ],
  },
  slot: {
    resourceType: 'Slot',
    identifier: [{ use: 'usual', system: 'https://ehpad.example/creneau', value: '1' }],
    serviceCategory: [{ text: 'Consultation' }],
    schedule: reference('Schedule/s'),
    status: 'free',
    start: '2026-12-03T10:00:00+01:00',
    end: '2026-12-03T10:30:00+01:00',
  },
  schedule: {
    resourceType: 'Schedule',
    extension: [
      {
        url: profile('schedule-availability-time'),
        extension: [
          { url: 'type', valueCoding: { system: `${FR_CORE}CodeSystem/fr-core-cs-schedule-type`, code: 'free' } },
          { url: 'start', valueDateTime: '2026-12-01' },
          { url: 'end', valueDateTime: '2026-12-31' },
          { url: 'identifier', valueIdentifier: { system: 'https://ehpad.example/plage', value: '1' } },
          {
            url: 'rrule',
            extension: [
              { url: 'freq', valueCoding: { system: 'https://www.ietf.org/rfc/rfc2445', code: 'WEEKLY' } },
              { url: 'byDay', valueString: 'MO' },
            ],
          },
        ],
      },
      {
        url: profile('service-type-duration'),
        extension: [{ url: 'serviceType', valueCodeableConcept: { text: 'Soin' } }],
      },
    ],
    active: true,
    actor: [reference('PractitionerRole/r')],
    planningHorizon: { start: '2026-12-01', end: '2026-12-31' },
    comment: 'Le matin',
  },
  'healthcare-service': {
    resourceType: 'HealthcareService',
    providedBy: reference('Organization/o'),
    category: [{ text: 'Soin' }],
    name: 'Consultation',
    location: [reference('Location/l')],
    telecom: [{ system: 'phone', value: '+33 1 00 00 00 00' }],
  },
  practitioner: {
    resourceType: 'Practitioner',
    identifier: [
      identifier('urn:oid:1.2.250.1.71.4.2.1', 'IDNPS', '899700000000', { use: 'official' }),
      identifier('https://rpps.esante.gouv.fr', 'RPPS', '99700000000'),
    ],
    name: [{ family: 'Le Goff', given: ['Yann'] }],
    telecom: [{ system: 'phone', value: '+33 1 00 00 00 00' }],
  },
  'practitioner-role': {
    resourceType: 'PractitionerRole',
    identifier: [{ system: 'https://www.ameli.fr', value: '991000000' }],
    practitioner: reference('Practitioner/r'),
    organization: reference('Organization/o'),
    location: [reference('Location/l')],
    healthcareService: [reference('HealthcareService/h')],
  },
  'related-person': {
    resourceType: 'RelatedPerson',
    identifier: [{ system: 'https://ehpad.example/proche', value: '1' }],
    patient: reference('Patient/p'),
    name: [{ family: 'Kerouedan' }],
    telecom: [{ system: 'phone', value: '+33 1 00 00 00 00' }],
  },
  organization: {
    resourceType: 'Organization',
    extension: [
      { url: profile('organization-short-name'), valueString: 'Tilleuls' },
      { url: profile('organization-member'), valueReference: reference('Organization/m') },
    ],
    name: 'EHPAD Les Tilleuls',
    telecom: [{ system: 'phone', value: '+33 1 00 00 00 00' }],
    partOf: reference('Organization/g'),
  },
  'organization-etablissement': {
    resourceType: 'Organization',
    identifier: [
      identifier('urn:oid:1.2.250.1.71.4.2.2', 'IDNST', '1990000001', { use: 'official' }),
      identifier('https://sirene.fr', 'SIREN', '990000001'),
      identifier('https://finess.esante.gouv.fr', 'FINEG', '990000001'),
    ],
    name: 'EHPAD Les Tilleuls',
  },
  'organization-uf': {
    resourceType: 'Organization',
    type: [coded(V3307, 'UF')],
    active: true,
    name: 'Unité B',
    alias: ['UB'],
    telecom: [{ system: 'phone', value: '+33 1 00 00 00 00', use: 'work', rank: 1 }],
    address: [{ line: ['1 rue du Port'], city: 'Rennes', postalCode: '35000' }],
    contact: [{ name: { family: 'Morel' }, telecom: [{ system: 'email', value: 'x@example.org' }] }],
  },
  'organization-uac': {
    resourceType: 'Organization',
    type: [coded(V3307, 'UAC')],
    name: 'Unité C',
    language: 'fr',
    partOf: reference('Organization/b'),
  },
  location: {
    resourceType: 'Location',
    extension: [
      {
        url: profile('location-type-chambre'),
        valueCoding: { system: `${FR_CORE}CodeSystem/fr-core-cs-location-type-chambre`, code: 'STD' },
      },
    ],
    type: [coded(`${FR_CORE}CodeSystem/fr-core-cs-location-type`, 'CHAMB')],
    status: 'active',
    name: 'Chambre 12',
    description: 'Au premier étage',
    telecom: [{ system: 'phone', value: '1' }],
    position: { longitude: -1.5, latitude: 48.1 },
  },
  'observation-heartrate': {
    resourceType: 'Observation',
    status: 'final',
    category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')],
    code: coded('http://loinc.org', '8867-4'),
    subject: reference('Patient/p'),
    encounter: reference('Encounter/e'),
    effectiveDateTime: '2026-11-27',
    performer: [reference('Practitioner/r')],
    valueQuantity: { value: 72, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
  },
};

t.test('each is valid, claimed by a resource that keeps it', async (t) => {
  for (const [name, resource] of Object.entries(VALID)) {
    const claiming = { ...resource, meta: { profile: [profile(name)] } };
    t.same(errors(claiming), [], name);
    t.notOk(
      validator.validate(claiming).some(({ key }) => key === 'profile-unknown'),
      `${name} is known`,
    );
  }
});

t.test('slices that nothing tells apart hold as many as both', async (t) => {
  const note = (text: string) => ({ url: 'http://hl7.org/fhir/StructureDefinition/note', valueAnnotation: { text } });
  const withNotes = (...notes: string[]) => ({ ...VALID.organization, extension: notes.map(note) });
  const profiles = [profile('organization')];
  t.same(errors(withNotes('ouverture', 'fermeture'), { profiles }), []);
  t.ok(
    errors(withNotes('a', 'b', 'c'), { profiles })
      .join()
      .includes('slice-max'),
  );
});

t.test('a required binding of a profile that is met ends the remark of the base', async (t) => {
  const found = validator.validate({ ...VALID.location, meta: { profile: [profile('location')] } });
  t.notOk(found.some(({ key }) => key === 'not-in-extensible'));
});

t.test('what a profile asks beyond R4', async (t) => {
  const found = (name: string, more: Json) => errors({ ...VALID[name], ...more }, { profiles: [profile(name)] });
  t.match(
    found('encounter', { identifier: undefined, period: undefined, language: 'fr' }).join(),
    /profile-min Encounter/,
  );
  t.match(found('encounter', { subject: reference('Practitioner/r') }).join(), /reference-target Encounter.subject/);
  t.match(found('schedule', { serviceType: [{ text: 'x' }] }).join(), /profile-max Schedule.serviceType/);
  t.match(found('slot', { serviceCategory: [{ text: 'a' }, { text: 'b' }] }).join(), /profile-max/);
  t.match(found('related-person', { identifier: [{ value: '1' }, { value: '2' }] }).join(), /profile-max/);
  t.match(found('location', { type: [coded('urn:x', 'y')] }).join(), /not-in-value-set Location.type/);
  t.match(found('organization-uf', { type: [coded(V3307, 'UAC')] }).join(), /fixed Organization.type/);
  t.match(found('practitioner', { telecom: [{ value: '1' }] }).join(), /profile-min Practitioner.telecom/);
  const rpps = identifier('https://rpps.esante.gouv.fr', 'SIREN', '1');
  t.match(found('practitioner', { identifier: [rpps] }).join(), /pattern Practitioner.identifier/);
});

const THEIRS = 'ig/hl7.fhir.fr.core';
const skip = without(THEIRS);
/** Ours and theirs, side by side: without and with the published package. */
function pair() {
  const published = resourceFiles(THEIRS)
    .filter((file) => /\/(StructureDefinition|ValueSet|CodeSystem)-[^/]*$/.test(file) && !file.includes('/example/'))
    .map((file) => JSON.parse(read(file)) as object);
  return { ours: validator, theirs: createValidator(definitions.with(published)) };
}
const refuses = (by: typeof validator, resource: object, profiles: readonly string[]) =>
  by.validate(resource, { profiles }).some(({ severity }) => severity === 'error');

t.test('the same verdict as the published package: 500 mutations a profile', { skip }, async (t) => {
  const { ours, theirs } = pair();
  for (const [name, resource] of Object.entries(VALID)) {
    const profiles = [profile(name)];
    const all = mutantsOf(new Mutator(definitions, resource), definitions, profile(name), 500);
    const differing = all
      .filter((each) => refuses(ours, each.resource, profiles) !== refuses(theirs, each.resource, profiles))
      .map((each) => each.name);
    t.same(differing, [], `${name}: ${all.length} mutations`);
    t.ok(all.length === 500, `${name}: ${all.length}`);
  }
});

t.test('the same verdict as the published package on its examples', { skip }, async (t) => {
  const { ours, theirs } = pair();
  const examples = resourceFiles(THEIRS).filter((file) => file.includes('/example/'));
  const differing = examples.filter((file) => {
    const resource = JSON.parse(read(file)) as object;
    return refuses(ours, resource, []) !== refuses(theirs, resource, []);
  });
  t.comment(`${examples.length} examples`);
  t.same(differing, []);
});
