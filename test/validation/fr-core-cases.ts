/** FR Core's profiles: for each an invented resource that keeps it, and changes that break it. */
import { FR_CORE } from './support.js';

type Members = Record<string, unknown>;
/** What is refused, and the members that make it so; `undefined` takes one away. */
type Fault = [expected: string | string[], changes: Members];
export interface Case {
  profile: string;
  resource: Members & { resourceType: string };
  faults: Fault[];
}

const cs = (name: string) => `${FR_CORE}CodeSystem/fr-core-cs-${name}`;
const extension = (name: string, value: Members) => ({
  url: `${FR_CORE}StructureDefinition/fr-core-${name}`,
  ...value,
});
const nos = (name: string) => `https://mos.esante.gouv.fr/NOS/${name}/FHIR/${name.replace('_', '-')}`;
const concept = (system: string, code: string) => ({ coding: [{ system, code }] });
const to = (reference: string) => ({ reference });
const without = (members: Members, name: string): Members => ({ ...members, [name]: undefined });

const PATIENT = to('Patient/resident-1');
const PRACTITIONER = to('Practitioner/medecin-1');
const ORGANIZATION = to('Organization/structure-1');
const MOBILE = { system: 'phone', value: '+33 1 99 00 00 00' };
const SERVICE = concept('http://terminology.hl7.org/CodeSystem/service-type', '124');
const SPECIALTY = concept(nos('TRE_R38-SpecialiteOrdinale'), 'SM26');
const DURATION = { value: 20, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' };
const serviceTypeDuration = (...parts: object[]) => extension('service-type-duration', { extension: parts });
const SERVICE_TYPE = { url: 'serviceType', valueCodeableConcept: SERVICE };

const VN = concept(cs('identifier-type'), 'VN');
const STAY = { type: VN, system: 'https://ehpad.example/ns/sejour', value: 'S-1' };
const ENCOUNTER: Case = {
  profile: 'fr-core-encounter',
  resource: {
    resourceType: 'Encounter',
    extension: [extension('estimated-discharge-date', { valueDate: '2026-04-30' })],
    identifier: [STAY],
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: PATIENT,
    participant: [{ individual: PRACTITIONER }],
    period: { start: '2026-04-01' },
    account: [to('Account/1')],
    location: [{ location: to('Location/chambre-1') }],
    serviceProvider: ORGANIZATION,
  },
  faults: [
    ['profile-min Encounter', { period: undefined }],
    ['profile-min Encounter', { identifier: undefined }],
    ['profile-min Encounter.identifier[0]', { identifier: [without(STAY, 'type')] }],
    ['profile-min Encounter.class', { class: { code: 'IMP' } }],
    ['profile-max Encounter.account', { account: [to('Account/1'), to('Account/2')] }],
    // As it is published, the system of a pre-admission is a text that no real one can be.
    [
      'fixed Encounter.hospitalization.preAdmissionIdentifier.system',
      { hospitalization: { preAdmissionIdentifier: STAY } },
    ],
    ['reference-target Encounter.hospitalization.origin', { hospitalization: { origin: PATIENT } }],
    [
      'slice-max Encounter',
      {
        extension: ['2026-04-29', '2026-04-30'].map((valueDate) =>
          extension('estimated-discharge-date', { valueDate }),
        ),
      },
    ],
  ],
};

const APPOINTMENT: Case = {
  profile: 'fr-core-appointment',
  resource: {
    resourceType: 'Appointment',
    extension: [extension('appointment-operator', { valueReference: PRACTITIONER })],
    status: 'booked',
    specialty: [SPECIALTY],
    start: '2026-05-04T09:00:00+02:00',
    end: '2026-05-04T09:20:00+02:00',
    slot: [to('Slot/creneau-1')],
    participant: [{ actor: PATIENT, status: 'accepted' }],
  },
  faults: [
    [
      'reference-target Appointment.participant[0].actor',
      { participant: [{ actor: ORGANIZATION, status: 'accepted' }] },
    ],
    ['reference-target Appointment.slot[0]', { slot: [to('Schedule/agenda-1')] }],
    [
      'reference-target Appointment.extension[0].value',
      { extension: [extension('appointment-operator', { valueReference: to('Location/1') })] },
    ],
  ],
};

const RFC = 'https://www.ietf.org/rfc/rfc2445';
const rrule = (system: string, code: string, ...more: object[]) => ({
  url: 'rrule',
  extension: [{ url: 'freq', valueCoding: { system, code } }, ...more],
});
const AVAILABLE = [
  { url: 'type', valueCoding: { system: cs('schedule-type'), code: 'free' } },
  { url: 'start', valueDateTime: '2026-05-04T09:00:00+02:00' },
  { url: 'end', valueDateTime: '2026-05-04T12:00:00+02:00' },
  { url: 'identifier', valueIdentifier: { system: 'https://agenda.example/ns/plage', value: 'P-1' } },
];
const available = (...parts: object[]) => ({
  extension: [extension('schedule-availability-time', { extension: parts })],
});
const SCHEDULE: Case = {
  profile: 'fr-core-schedule',
  resource: {
    resourceType: 'Schedule',
    extension: [
      serviceTypeDuration(SERVICE_TYPE, { url: 'duration', valueDuration: DURATION }),
      ...available(
        ...AVAILABLE,
        rrule(RFC, 'WEEKLY', { url: 'byDay', valueString: 'MO' }, { url: 'wkst', valueCode: 'mon' }),
        { url: 'priority', valueInteger: 1 },
      ).extension,
    ],
    specialty: [SPECIALTY],
    actor: [to('PractitionerRole/exercice-1')],
  },
  faults: [
    ['profile-max Schedule.serviceType', { serviceType: [SERVICE] }],
    ['profile-min Schedule.extension[0]', available(...AVAILABLE.slice(0, 3))],
    ['slice-min Schedule.extension[0]', available(...AVAILABLE.slice(1), AVAILABLE[3] as object)],
    [
      'not-in-value-set Schedule.extension[0].extension[4].extension[0].value',
      available(...AVAILABLE, rrule(RFC, 'FORTNIGHTLY')),
    ],
    [
      [
        'not-in-value-set Schedule.extension[0].extension[4].extension[0].value',
        'pattern Schedule.extension[0].extension[4].extension[0].value.system',
      ],
      available(...AVAILABLE, rrule(`${RFC}/`, 'WEEKLY')),
    ],
    [
      'not-in-value-set Schedule.extension[0].extension[4].extension[1].value',
      available(...AVAILABLE, rrule(RFC, 'WEEKLY', { url: 'wkst', valueCode: 'MO' })),
    ],
    [
      'slice-min Schedule.extension[0]',
      { extension: [serviceTypeDuration({ url: 'duration', valueDuration: DURATION })] },
    ],
    ['reference-target Schedule.actor[0]', { actor: [ORGANIZATION] }],
  ],
};

const SLOT: Case = {
  profile: 'fr-core-slot',
  resource: {
    resourceType: 'Slot',
    serviceCategory: [concept('http://terminology.hl7.org/CodeSystem/service-category', '17')],
    specialty: [SPECIALTY],
    schedule: to('Schedule/agenda-1'),
    status: 'free',
    start: '2026-05-04T09:00:00+02:00',
    end: '2026-05-04T09:20:00+02:00',
  },
  faults: [
    ['profile-max Slot.serviceCategory', { serviceCategory: [SERVICE, SERVICE] }],
    ['not-in-value-set Slot.status', { status: 'booked' }],
    ['reference-target Slot.schedule', { schedule: to('Slot/creneau-1') }],
  ],
};

const HEALTHCARE_SERVICE: Case = {
  profile: 'fr-core-healthcare-service',
  resource: {
    resourceType: 'HealthcareService',
    extension: [serviceTypeDuration(SERVICE_TYPE)],
    providedBy: ORGANIZATION,
    category: [concept('http://terminology.hl7.org/CodeSystem/service-category', '17')],
    location: [to('Location/chambre-1')],
    telecom: [MOBILE],
  },
  faults: [
    ['profile-max HealthcareService.category', { category: [SERVICE, SERVICE] }],
    ['profile-min HealthcareService.telecom[0]', { telecom: [{ system: 'phone' }] }],
    ['slice-max HealthcareService.extension[0]', { extension: [serviceTypeDuration(SERVICE_TYPE, SERVICE_TYPE)] }],
  ],
};

const V0203 = cs('v2-0203');
const RPPS = { type: concept(V0203, 'RPPS'), system: 'https://rpps.esante.gouv.fr', value: '10999999999' };
const ID_NAT_PS = { type: concept(V0203, 'IDNPS'), system: 'urn:oid:1.2.250.1.71.4.2.1', value: '810999999999' };
const PRACTITIONERS: Case = {
  profile: 'fr-core-practitioner',
  resource: {
    resourceType: 'Practitioner',
    extension: [
      extension('practitioner-specialty', { valueCoding: { system: nos('TRE_R38-SpecialiteOrdinale'), code: 'SM26' } }),
    ],
    identifier: [RPPS, ID_NAT_PS],
    name: [{ family: 'Exemple', given: ['Ada'], prefix: ['MME'], suffix: ['DR'] }],
    telecom: [MOBILE],
    qualification: [{ code: concept(nos('TRE_G15-ProfessionSante'), '10') }],
  },
  faults: [
    ['profile-min Practitioner.identifier[0]', { identifier: [without(RPPS, 'type')] }],
    ['profile-min Practitioner.identifier[0]', { identifier: [without(RPPS, 'value')] }],
    ['pattern Practitioner.identifier[0].type', { identifier: [{ ...RPPS, type: concept(V0203, 'ADELI') }] }],
    ['slice-max Practitioner', { identifier: [ID_NAT_PS, ID_NAT_PS] }],
    ['profile-max Practitioner.name[0].prefix', { name: [{ family: 'Exemple', prefix: ['MME', 'M'] }] }],
    [
      ['invariant Practitioner.telecom[0]', 'profile-min Practitioner.telecom[0]'],
      { telecom: [without(MOBILE, 'system')] },
    ],
  ],
};

const NUMERO_AM = { system: 'https://www.ameli.fr', value: '999999999' };
const PRACTITIONER_ROLE: Case = {
  profile: 'fr-core-practitioner-role',
  resource: {
    resourceType: 'PractitionerRole',
    identifier: [NUMERO_AM],
    practitioner: PRACTITIONER,
    organization: ORGANIZATION,
    code: [concept(nos('TRE_R21-Fonction'), 'FON-01')],
    specialty: [SPECIALTY],
    telecom: [MOBILE],
  },
  faults: [
    ['slice-max PractitionerRole', { identifier: [NUMERO_AM, NUMERO_AM] }],
    ['reference-target PractitionerRole.practitioner', { practitioner: PATIENT }],
    [
      'slice-min PractitionerRole.extension[0]',
      { extension: [serviceTypeDuration({ url: 'duration', valueDuration: DURATION })] },
    ],
  ],
};

const ROLE = concept(nos('TRE_R260-HL7RoleClass'), 'ECON');
const RELATED_PERSON: Case = {
  profile: 'fr-core-related-person',
  resource: {
    resourceType: 'RelatedPerson',
    identifier: [{ system: 'https://ehpad.example/ns/proche', value: 'R-1' }],
    patient: PATIENT,
    relationship: [ROLE, concept(nos('TRE_R216-HL7RoleCode'), 'DAUC')],
    name: [{ family: 'Exemple', given: ['Inès'] }],
    telecom: [MOBILE],
  },
  faults: [
    ['profile-min RelatedPerson', { identifier: undefined }],
    ['profile-max RelatedPerson.identifier', { identifier: [{ value: '1' }, { value: '2' }] }],
    ['slice-max RelatedPerson', { relationship: [ROLE, ROLE] }],
    ['profile-min RelatedPerson.telecom[0]', { telecom: [{ system: 'phone' }] }],
  ],
};

const V3307 = cs('v2-3307');
const shortName = extension('organization-short-name', { valueString: 'Nord' });
const unit = (name: string, valueCodeableConcept: object) => ({
  extension: [extension(`organization-${name}`, { valueCodeableConcept })],
});
const DEPARTMENT: Case = {
  profile: 'fr-core-organization',
  resource: {
    resourceType: 'Organization',
    extension: [
      shortName,
      extension('organization-member', { valueReference: ORGANIZATION }),
      extension('organization-member', { valueReference: to('Organization/structure-2') }),
    ],
    type: [concept(V3307, 'DEPARTEMENT')],
    name: 'Département Nord',
    telecom: [MOBILE],
    address: [{ city: 'Lannion', country: 'FRA' }],
  },
  faults: [
    ['slice-max Organization', { extension: [shortName, shortName] }],
    [
      'reference-target Organization.extension[0].value',
      { extension: [extension('organization-member', { valueReference: PATIENT })] },
    ],
    ['profile-min Organization.contact[0].telecom[0]', { contact: [{ telecom: [{ system: 'phone' }] }] }],
    ['extension-context Organization.telecom[0].extension[0]', { telecom: [{ ...MOBILE, extension: [shortName] }] }],
  ],
};

const FINESS = { type: concept(V0203, 'FINEG'), system: 'https://finess.esante.gouv.fr', value: '220000000' };
const ID_NAT_ST = {
  use: 'official',
  type: concept(V0203, 'IDNST'),
  system: 'urn:oid:1.2.250.1.71.4.2.2',
  value: '1220000000',
};
const ETABLISSEMENT: Case = {
  profile: 'fr-core-organization-etablissement',
  resource: {
    resourceType: 'Organization',
    extension: [
      extension('organization-raison-sociale', { valueString: 'EHPAD Exemple' }),
      ...unit('sae-categorie', concept(nos('TRE_R66-CategorieEtablissement'), '355')).extension,
    ],
    identifier: [FINESS, ID_NAT_ST],
    type: [concept(V3307, 'GEOGRAPHICAL-ENTITY')],
    name: 'EHPAD Exemple',
    partOf: ORGANIZATION,
  },
  faults: [
    ['profile-min Organization.identifier[0]', { identifier: [without(ID_NAT_ST, 'use')] }],
    ['profile-min Organization.identifier[0]', { identifier: [without(ID_NAT_ST, 'value')] }],
    ['pattern Organization.identifier[0].use', { identifier: [{ ...ID_NAT_ST, use: 'old' }] }],
    [
      'not-in-value-set Organization.extension[0].value',
      unit('sae-categorie', concept(nos('TRE_R66-CategorieEtablissement'), '999')),
    ],
  ],
};

const UNKNOWN_CODE = [
  'code-unknown Organization.extension[0].value.coding[0].code',
  'not-in-value-set Organization.extension[0].value',
];
const UF: Case = {
  profile: 'fr-core-organization-uf',
  resource: {
    resourceType: 'Organization',
    extension: [
      shortName,
      ...unit('type-activite', concept(cs('type-activite'), '11')).extension,
      ...unit('uf-indicateur', concept(cs('uf-indicateur'), 'HEB')).extension,
      extension('organization-champ-activite', { valueCoding: { system: cs('champ-activite'), code: 'EHPAD' } }),
      extension('organization-place-hebergement-theorique', { valueInteger: 24 }),
      extension('organization-uf-externe', { valueBoolean: false }),
    ],
    type: [concept(V3307, 'UF')],
    active: true,
    address: [{ line: ['1 rue du Port'], city: 'Rennes', postalCode: '35000' }],
    name: 'UF Nord',
  },
  faults: [
    ['fixed Organization.type[0]', { type: [concept(V3307, 'UAC')] }],
    ['fixed Organization.type[0]', { type: [{ coding: [{ system: V3307, code: 'UF', display: 'UF' }] }] }],
    [UNKNOWN_CODE, unit('type-activite', concept(cs('type-activite'), '98'))],
    [UNKNOWN_CODE, unit('uf-indicateur', concept(cs('uf-indicateur'), 'heb'))],
    [
      'slice-max Organization',
      { extension: [true, false].map((valueBoolean) => extension('organization-uf-externe', { valueBoolean })) },
    ],
  ],
};

const UAC: Case = {
  profile: 'fr-core-organization-uac',
  resource: {
    resourceType: 'Organization',
    extension: [
      extension('organization-discipline-prestation', {
        valueCoding: { system: cs('discipline-prestation'), code: '174' },
      }),
      extension('organization-tarif', { valueCoding: { system: cs('code-tarif-tnjp'), code: '11' } }),
    ],
    type: [concept(V3307, 'UAC')],
    name: 'UAC Nord 1',
    partOf: to('Organization/uf-1'),
  },
  faults: [
    ['fixed Organization.type[0]', { type: [concept(V3307, 'UF')] }],
    [
      'profile-type-of-choice Organization.extension[0].value',
      { extension: [extension('organization-tarif', { valueString: '11' })] },
    ],
    // What it contains is no UF.
    [
      'target-profile Organization.partOf',
      {
        contained: [{ resourceType: 'Organization', id: 'uf', name: 'UF Nord', type: [concept(V3307, 'POLE')] }],
        partOf: to('#uf'),
      },
    ],
  ],
};

const LOCATION_TYPE = cs('location-type');
const bedPlace = extension('location-position-lit', {
  valueCoding: { system: cs('location-position-lit'), code: 'FNTR' },
});
const LOCATION: Case = {
  profile: 'fr-core-location',
  resource: {
    resourceType: 'Location',
    extension: [bedPlace],
    status: 'active',
    name: 'Lit fenêtre',
    type: [concept(LOCATION_TYPE, 'LIT')],
    partOf: to('Location/chambre-1'),
  },
  faults: [
    [
      ['code-unknown Location.type[0].coding[0].code', 'not-in-value-set Location.type[0]'],
      { type: [concept(LOCATION_TYPE, 'CAVE')] },
    ],
    ['slice-max Location', { extension: [bedPlace, bedPlace] }],
    // As published, the rule names the extension by the url that it had before.
    [
      'invariant Location',
      {
        type: [concept(LOCATION_TYPE, 'CHAMB')],
        extension: [{ ...bedPlace, url: 'http://fhir.fr/StructureDefinition/fr-core-location-position-lit' }],
      },
    ],
  ],
};

const LOINC = 'http://loinc.org';
const quantity = (value: number, code: string) => ({ value, unit: code, system: 'http://unitsofmeasure.org', code });
const sign = (code: string, members: Members) => ({
  resourceType: 'Observation',
  status: 'final',
  category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')],
  code: concept(LOINC, code),
  subject: PATIENT,
  encounter: to('Encounter/sejour-1'),
  effectiveDateTime: '2026-04-02T08:00:00+02:00',
  performer: [PRACTITIONER],
  ...members,
});
const SUPPORTING = {
  url: 'http://hl7.org/fhir/StructureDefinition/workflow-supportingInfo',
  valueReference: to('Observation/autre-1'),
};
/** What every one of them refuses. */
const NO_SIGNS: Fault[] = [
  [['profile-min Observation.code', 'slice-min Observation.code'], { code: { text: 'mesure' } }],
  ['reference-target Observation.subject', { subject: to('Device/1') }],
  ['reference-target Observation.performer[0]', { performer: [to('Device/1')] }],
  ['slice-max Observation', { extension: [SUPPORTING, SUPPORTING] }],
];
const measure = (name: string, code: string, value: number, ucum: string, members: Members = {}): Case => ({
  profile: `fr-core-observation-${name}`,
  resource: sign(code, { valueQuantity: quantity(value, ucum), extension: [SUPPORTING], ...members }),
  // Where several units are right, R4 binds the code; where one is, it fixes it.
  faults: [
    ...NO_SIGNS,
    [
      `${/^(kg|cm|Cel)$/.test(ucum) ? 'not-in-value-set' : 'fixed'} Observation.value.code`,
      { valueQuantity: quantity(value, 'furlong') },
    ],
  ],
});

const component = (code: string, value: number) => ({
  code: concept(LOINC, code),
  valueQuantity: quantity(value, 'mm[Hg]'),
});
const [SYSTOLIC, DIASTOLIC, MEAN] = [component('8480-6', 118), component('8462-4', 72), component('8478-0', 87)];
const BLOOD_PRESSURE: Case = {
  profile: 'fr-core-observation-bp',
  resource: sign('85354-9', { extension: [SUPPORTING], component: [SYSTOLIC, DIASTOLIC, MEAN] }),
  faults: [
    ...NO_SIGNS,
    [['profile-max Observation.value', 'slice-max Observation.value'], { valueQuantity: quantity(118, 'mm[Hg]') }],
    ['slice-min Observation', { component: [SYSTOLIC, MEAN] }],
    ['slice-max Observation', { component: [SYSTOLIC, DIASTOLIC, MEAN, MEAN] }],
  ],
};
const exertion = extension('observation-level-of-exertion', { valueCodeableConcept: { text: 'repos' } });
const position = extension('observation-body-position-ext', {
  valueCodeableConcept: concept('http://snomed.info/sct', '33586001'),
});
const SATURATION = measure('saturation-oxygen', '2708-6', 97, '%', { partOf: [to('MedicationAdministration/o2-1')] });
SATURATION.faults.push(
  ['profile-max Observation.partOf', { partOf: ['1', '2'].map((id) => to(`MedicationAdministration/${id}`)) }],
  ['reference-target Observation.partOf[0]', { partOf: [to('Procedure/1')] }],
);
const HEART_RATE = measure('heartrate', '8867-4', 68, '/min', { extension: [exertion, position, SUPPORTING] });
HEART_RATE.faults.push(['slice-max Observation', { extension: [exertion, exertion] }]);
const HEIGHT = measure('body-height', '8302-2', 162, 'cm', {
  extension: [
    extension('observation-height-body-position', {
      valueCodeableConcept: concept('http://snomed.info/sct', '10904000'),
    }),
  ],
});
HEIGHT.faults.push([
  'profile-type-of-choice Observation.extension[0].value',
  { extension: [extension('observation-height-body-position', { valueString: 'debout' })] },
]);

const OXYGEN: Case = {
  profile: 'fr-core-medication-administration-inhaled-oxygen',
  resource: {
    resourceType: 'MedicationAdministration',
    status: 'completed',
    medicationCodeableConcept: concept('http://snomed.info/sct', '767111007'),
    subject: PATIENT,
    effectiveDateTime: '2026-04-02T08:00:00+02:00',
    performer: [{ actor: PRACTITIONER }],
  },
  faults: [
    [
      'fixed MedicationAdministration.medication.coding[0].code',
      { medicationCodeableConcept: concept('http://snomed.info/sct', '24099007') },
    ],
    ['profile-min MedicationAdministration.medication', { medicationCodeableConcept: { text: 'O2' } }],
    [
      'profile-type-of-choice MedicationAdministration.medication',
      { medicationCodeableConcept: undefined, medicationReference: to('Medication/1') },
    ],
    ['reference-target MedicationAdministration.subject', { subject: to('Group/1') }],
  ],
};

export const CASES: readonly Case[] = [
  ENCOUNTER,
  APPOINTMENT,
  SCHEDULE,
  SLOT,
  HEALTHCARE_SERVICE,
  PRACTITIONERS,
  PRACTITIONER_ROLE,
  RELATED_PERSON,
  DEPARTMENT,
  ETABLISSEMENT,
  UF,
  UAC,
  LOCATION,
  BLOOD_PRESSURE,
  HEART_RATE,
  HEIGHT,
  SATURATION,
  measure('body-weight', '29463-7', 61.5, 'kg'),
  measure('bmi', '39156-5', 23.4, 'kg/m2'),
  measure('body-temperature', '8310-5', 37.1, 'Cel', { extension: [exertion, SUPPORTING] }),
  measure('resp-rate', '9279-1', 16, '/min', { extension: [position, exertion] }),
  measure('head-circum', '9843-4', 41, 'cm'),
  OXYGEN,
];

/** A fresh one that claims the profile. */
export function claiming({ profile, resource }: Case, changes: Members = {}): object {
  const meta = { profile: [`${FR_CORE}StructureDefinition/${profile}`] };
  return JSON.parse(JSON.stringify({ ...resource, meta, ...changes })) as object;
}
