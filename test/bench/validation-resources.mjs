/** Resources of 1 to 5 kB as a DPI or DUI sends them, of people who do not exist. */
import { readFileSync } from 'node:fs';

const FRC = 'https://hl7.fr/ig/fhir/core';
const TDDUI = 'https://interop.esante.gouv.fr/ig/fhir/tddui';
const EHPAD = 'https://ehpad-les-tilleuls.example/ns';
const V3 = 'http://terminology.hl7.org/CodeSystem/';
const NOS = 'https://mos.esante.gouv.fr/NOS/';
const fixture = (name) => JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8'));
const coded = (system, code, display, text) => ({
  coding: [{ system, code, ...(display && { display }) }],
  ...(text && { text }),
});
const reference = (to, display) => ({ reference: to, display });

const PATIENT = reference('Patient/resident-kerouedan', 'Maëlle KEROUEDAN');
const DOCTOR = reference('Practitioner/dr-le-goff', 'Dr Yann LE GOFF');
const NURSE = reference('Practitioner/ide-morvan', 'Soizic MORVAN, infirmière');
const HOME = reference('Organization/ehpad-les-tilleuls', 'EHPAD Les Tilleuls');

const encounter = {
  resourceType: 'Encounter',
  id: 'sejour-2026-0117',
  meta: { profile: [`${FRC}/StructureDefinition/fr-core-encounter`] },

  identifier: [
    {
      use: 'official',
      type: coded(`${FRC}/CodeSystem/fr-core-cs-identifier-type`, 'VN', 'Numéro de venue'),
      system: `${EHPAD}/sejour`,
      value: 'SEJ-2026-0117',
    },
  ],
  status: 'in-progress',
  statusHistory: [
    { status: 'planned', period: { start: '2026-01-05T09:00:00+01:00', end: '2026-01-17T14:30:00+01:00' } },
    { status: 'arrived', period: { start: '2026-01-17T14:30:00+01:00', end: '2026-01-17T16:00:00+01:00' } },
  ],
  class: { system: `${V3}v3-ActCode`, code: 'IMP', display: 'inpatient encounter' },
  classHistory: [
    { class: { system: `${V3}v3-ActCode`, code: 'PRENC' }, period: { start: '2026-01-05', end: '2026-01-17' } },
  ],
  type: [{ text: 'Hébergement permanent en unité protégée' }],
  priority: coded(`${V3}v3-ActPriority`, 'EL', 'elective'),
  subject: PATIENT,
  participant: ['ATND', 'CON', 'REF'].map((code, i) => ({
    type: [coded(`${V3}v3-ParticipationType`, code)],
    period: { start: '2026-01-17T14:30:00+01:00' },
    individual: [DOCTOR, NURSE, DOCTOR][i],
  })),
  period: { start: '2026-01-17T14:30:00+01:00' },
  length: { value: 314, unit: 'jours', system: 'http://unitsofmeasure.org', code: 'd' },
  reasonCode: [{ text: 'Perte d’autonomie après une fracture du col du fémur' }],
  diagnosis: [1, 2].map((rank) => ({
    condition: reference(`Condition/diagnostic-${rank}`, 'Diagnostic suivi'),
    use: coded(`${V3}diagnosis-role`, 'AD', 'Admission diagnosis'),
    rank,
  })),
  hospitalization: {
    origin: reference('Location/domicile', 'Domicile'),
    admitSource: coded(`${V3}admit-source`, 'outp', 'From outpatient department'),
    dietPreference: [{ text: 'Repas mixés, sans sel ajouté' }],
    destination: reference('Location/chambre-12', 'Chambre 12'),
  },
  location: ['chambre-12', 'unite-b'].map((place, i) => ({
    location: reference(`Location/${place}`, place),
    status: 'active',
    physicalType: coded(`${V3}location-physical-type`, i === 0 ? 'ro' : 'wa'),
    period: { start: '2026-01-17T14:30:00+01:00' },
  })),
  serviceProvider: HOME,
};

const carePlan = {
  resourceType: 'CarePlan',
  id: 'projet-personnalise-2026',
  meta: { profile: [`${TDDUI}/StructureDefinition/tddui-careplan-projet-personnalise`] },
  identifier: [
    {
      system: 'https://identifiant-medicosocial-projetpersonnalise.esante.gouv.fr',
      value: '3440000000/IPP-004217-PP-1',
    },
  ],
  status: 'active',
  intent: 'plan',
  category: [{ text: 'Projet personnalisé d’accompagnement' }],
  title: 'Projet personnalisé 2026',
  description: 'Maintenir la marche avec déambulateur, retrouver les repas en salle, garder le lien avec la famille.',
  subject: PATIENT,
  encounter: reference('Encounter/sejour-2026-0117', 'Séjour 2026-0117'),
  period: { start: '2026-02-01', end: '2027-01-31' },
  created: '2026-02-01T10:15:00+01:00',
  author: DOCTOR,
  contributor: [NURSE, DOCTOR],
  careTeam: [reference('CareTeam/equipe-b', 'Équipe de l’unité B')],
  supportingInfo: [
    {
      extension: [
        {
          url: `${TDDUI}/StructureDefinition/tddui-discriminator`,
          valueCodeableConcept: coded(`${TDDUI}/CodeSystem/tddui-discriminator`, 'accordStructure'),
        },
      ],
      reference: 'Consent/accord-structure',
    },
  ],
  goal: [1, 2, 3].map((i) => reference(`Goal/objectif-${i}`, `Objectif ${i}`)),
  activity: ['Marche accompagnée', 'Atelier mémoire', 'Repas en salle', 'Visio avec la famille'].map((text, i) => ({
    detail: {
      kind: 'ServiceRequest',
      code: { text },
      status: i === 0 ? 'in-progress' : 'scheduled',
      doNotPerform: false,
      scheduledTiming: {
        repeat: { frequency: 1 + i, period: 1, periodUnit: 'wk', dayOfWeek: ['mon', 'thu'].slice(0, 1 + (i % 2)) },
        code: { text: 'chaque semaine' },
      },
      performer: [i % 2 === 0 ? NURSE : DOCTOR],
      quantity: { value: 1 + i, unit: 'séance' },
      description: `${text}, avec l’aide d’un soignant, selon l’état du jour.`,
    },
  })),
  note: [
    {
      authorReference: NURSE,
      time: '2026-03-02T09:30:00+01:00',
      text: 'Préfère le matin ; refuse l’atelier quand il y a du bruit.',
    },
  ],
};

const documentReference = {
  resourceType: 'DocumentReference',
  id: 'dlu-2026-11-02',
  meta: {
    profile: ['https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-document-reference'],
  },
  text: {
    status: 'generated',
    div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Document de liaison d’urgence du <b>2 novembre 2026</b></p></div>',
  },
  contained: [
    {
      resourceType: 'Patient',
      id: 'resident',
      name: [{ family: 'Kerouedan', given: ['Maëlle'] }],
      gender: 'female',
      birthDate: '1938-02-28',
    },
    {
      resourceType: 'PractitionerRole',
      id: 'auteur',
      practitioner: DOCTOR,
      organization: HOME,
      telecom: [{ system: 'phone', value: '+33 1 23 45 67 89', use: 'work' }],
    },
  ],
  masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.250.1.213.1.4.10.2026.11.2' },
  identifier: [
    { use: 'official', system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0b1f6f3e-6d3b-4a53-9b0e-0c4f9a8d7e21' },
    { system: `${EHPAD}/document`, value: 'DOC-2026-1102' },
  ],
  status: 'current',
  type: coded('http://loinc.org', '34133-9', 'Summary of episode note', 'Document de liaison d’urgence'),
  category: [coded('http://loinc.org', '11503-0', 'Medical records')],
  subject: PATIENT,
  date: '2026-11-02T08:30:00+01:00',
  author: [{ reference: '#auteur' }],
  authenticator: { reference: '#auteur' },
  custodian: HOME,
  relatesTo: [{ code: 'replaces', target: reference('DocumentReference/dlu-2026-05-04', 'DLU de mai') }],
  description: 'Document de liaison d’urgence, à jour des traitements du 2 novembre',
  securityLabel: [coded(`${NOS}TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality`, 'N', 'Normal')],
  content: [
    {
      attachment: {
        contentType: 'application/pdf',
        language: 'fr-FR',
        url: 'https://ehpad-les-tilleuls.example/fhir/Binary/dlu-2026-11-02',
        size: 48213,
        hash: 'X3uWnkjv0m2f2lqvJ9A5kq1H6yA=',
        title: 'DLU',
        creation: '2026-11-02T08:30:00+01:00',
      },
      format: {
        system: 'urn:ietf:rfc:3986',
        code: 'urn:ihe:iti:xds:2017:mimeTypeSufficient',
        display: 'mimeType Sufficient',
      },
    },
  ],
  context: {
    encounter: [reference('Encounter/sejour-2026-0117', 'Séjour')],
    event: [{ text: 'Mise à jour semestrielle' }],
    period: { start: '2026-11-02T08:00:00+01:00', end: '2026-11-02T08:30:00+01:00' },
    facilityType: { text: 'EHPAD' },
    practiceSetting: { text: 'Établissement personnes âgées' },
    sourcePatientInfo: { reference: '#resident' },
  },
};

const appointment = {
  resourceType: 'Appointment',
  id: 'rdv-2026-12-03',
  meta: { profile: [`${FRC}/StructureDefinition/fr-core-appointment`] },

  identifier: [{ use: 'usual', system: `${EHPAD}/rendez-vous`, value: 'RDV-1203' }],
  status: 'booked',
  serviceCategory: [{ text: 'Consultation' }],
  serviceType: [{ text: 'Consultation de gériatrie' }],
  appointmentType: coded(`${V3}v2-0276`, 'FOLLOWUP', 'A follow up visit from a previous appointment'),
  reasonCode: [{ text: 'Suite de l’hospitalisation' }],
  priority: 5,
  description: 'Consultation du médecin coordonnateur, suite de l’hospitalisation',
  start: '2026-12-03T10:00:00+01:00',
  end: '2026-12-03T10:30:00+01:00',
  minutesDuration: 30,
  slot: [reference('Slot/creneau-1000', 'Jeudi 10 h')],
  created: '2026-11-20T15:42:00+01:00',
  comment: 'Apporter les résultats du laboratoire et l’ordonnance en cours.',
  patientInstruction: 'Venir à jeun n’est pas nécessaire.',
  participant: [
    [PATIENT, 'PART'],
    [DOCTOR, 'ATND'],
    [NURSE, 'ATND'],
    [reference('Location/cabinet-1', 'Cabinet médical'), 'LOC'],
  ].map(([actor, code]) => ({
    ...(code !== 'LOC' && { type: [coded(`${V3}v3-ParticipationType`, code)] }),
    actor,
    required: 'required',
    status: 'accepted',
    period: { start: '2026-12-03T10:00:00+01:00', end: '2026-12-03T10:30:00+01:00' },
  })),
};

export const RESOURCES = {
  Patient: fixture('patient-ins'),
  Encounter: encounter,
  CarePlan: carePlan,
  DocumentReference: documentReference,
  Appointment: appointment,
};

/** A hundred of them, each under an address of its own. */
export function bundleOf100() {
  const all = Object.values(RESOURCES);
  return {
    resourceType: 'Bundle',
    type: 'collection',
    entry: Array.from({ length: 100 }, (_, i) => {
      const resource = { ...all[i % all.length], id: `r-${i}` };
      return { fullUrl: `https://ehpad-les-tilleuls.example/fhir/${resource.resourceType}/r-${i}`, resource };
    }),
  };
}

/** The same with faults of several kinds: a wrong code, a wrong date, an unknown element. */
export function spoilt(resource) {
  return {
    ...resource,
    ...(resource.status ? { status: 'nowhere' } : { gender: 'femelle' }),
    language: ' fr',
    naem: 'x',
  };
}
