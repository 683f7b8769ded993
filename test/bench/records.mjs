/** Invented records beside each patient: what a DUI keeps of a resident, in the sizes that it has in life. */
import { patientNumber } from './people.mjs';

const NS = 'https://dui-test.example/ns';
const LOINC = 'http://loinc.org';
const ORGANIZATIONS = 40;
const PRACTITIONERS = 200;
const DAY = 86_400_000;
const START = Date.UTC(2024, 0, 1);

/** An id that says its number and spreads over the index as a UUID would: the digits of a multiplicative hash first. */
export function idOf(prefix, i) {
  const hash = (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${hash}-${prefix}-${String(i).padStart(7, '0')}`;
}

export const patientId = (i) => idOf('pat', i);
const reference = (type, id) => ({ reference: `${type}/${id}` });
const organization = (i) => reference('Organization', idOf('org', i % ORGANIZATIONS));
const practitioner = (i) => reference('Practitioner', idOf('pra', i % PRACTITIONERS));
const coded = (system, code, display) => ({ coding: [{ system, code, display }], text: display });
/** Minute by minute over three years, without two patients at the same steps. */
const instant = (i, k) =>
  new Date(START + (((i * 37 + k * 53) % 1095) * 1440 + ((i * 11 + k * 7) % 1440)) * (DAY / 1440));
const text = (date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
const later = (date, hours) => text(new Date(date.getTime() + hours * 3_600_000));

const MEASURES = [
  ['29463-7', 'Poids', 'kg', 48, 40],
  ['8867-4', 'Fréquence cardiaque', '/min', 58, 40],
  ['8310-5', 'Température corporelle', 'Cel', 36, 2],
  ['8480-6', 'Pression artérielle systolique', 'mm[Hg]', 105, 60],
  ['8462-4', 'Pression artérielle diastolique', 'mm[Hg]', 60, 30],
  ['2708-6', 'Saturation en oxygène', '%', 90, 9],
  ['9279-1', 'Fréquence respiratoire', '/min', 12, 8],
];
/** Each code of the house's own list is borne by so many patients, at any scale. */
const RARE = 10;
export const LOCAL_CODES = `${NS}/analyses`;
export const rareCode = (i) => `ANA-${Math.floor(i / RARE)}`;

const NOTES = [
  'Résidente reposée, a pris son petit déjeuner en salle avec ses voisines de table.',
  'Surveillance rapprochée après la chute de la semaine passée, sans douleur à la mobilisation.',
  'Appétit en baisse depuis trois jours, compléments proposés au goûter et acceptés en partie.',
  'Famille prévenue par téléphone, visite prévue dimanche après-midi.',
];
const note = (i, k) => `${NOTES[(i + k) % NOTES.length]} ${NOTES[(i * 3 + k * 2 + 1) % NOTES.length]}`;

function encounter(i, k) {
  const start = instant(i, k * 5);
  return {
    resourceType: 'Encounter',
    identifier: [{ system: `${NS}/sejour`, value: `SEJ-${i}-${k}` }],
    status: k === 0 ? 'in-progress' : 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: k === 0 ? 'IMP' : 'AMB' },
    subject: reference('Patient', patientId(i)),
    participant: [{ individual: practitioner(i + k) }],
    period: k === 0 ? { start: text(start) } : { start: text(start), end: later(start, 30) },
    reasonCode: [{ text: note(i, k) }],
    serviceProvider: organization(i),
  };
}

function observation(i, k) {
  const [code, label, unit, low, width] = MEASURES[k % MEASURES.length];
  const rare = k === MEASURES.length;
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [
      coded(
        'http://terminology.hl7.org/CodeSystem/observation-category',
        rare ? 'laboratory' : 'vital-signs',
        rare ? 'Biologie' : 'Signes vitaux',
      ),
    ],
    code: rare ? coded(LOCAL_CODES, rareCode(i), 'Analyse du laboratoire de la maison') : coded(LOINC, code, label),
    subject: reference('Patient', patientId(i)),
    effectiveDateTime: text(instant(i, k * 3 + 1)),
    performer: [practitioner(i + k)],
    valueQuantity: {
      value: low + ((i * 7 + k * 3) % (width * 10)) / 10,
      unit,
      system: 'http://unitsofmeasure.org',
      code: unit,
    },
    note: [{ text: note(i, k) }],
  };
}

function documentReference(i, k) {
  const date = instant(i, k * 9 + 2);
  return {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${idOf('0000-4000-8000', i * 10 + k)}` },
    status: 'current',
    docStatus: 'final',
    type: coded(LOINC, k === 0 ? '11490-0' : '11506-3', k === 0 ? 'Lettre de liaison' : 'Note d’évolution'),
    subject: reference('Patient', patientId(i)),
    date: text(date),
    author: [practitioner(i + k)],
    custodian: organization(i),
    description: note(i, k),
    content: [
      {
        attachment: {
          contentType: 'application/pdf',
          language: 'fr-FR',
          url: `Binary/${idOf('bin', i * 10 + k)}`,
          size: 20_000 + ((i * 97 + k) % 90_000),
          hash: 'WuVAXFwkxF+l2mL9L5WinnXaeyI=',
          title: `Document ${k + 1} du dossier ${i}`,
          creation: text(date),
        },
      },
    ],
    context: { period: { start: text(date).slice(0, 10), end: later(date, 48).slice(0, 10) } },
  };
}

function carePlan(i) {
  return {
    resourceType: 'CarePlan',
    identifier: [{ system: `${NS}/projet`, value: `PP-${i}` }],
    status: 'active',
    intent: 'plan',
    title: 'Projet personnalisé',
    description: note(i, 0),
    subject: reference('Patient', patientId(i)),
    period: { start: text(instant(i, 4)).slice(0, 10) },
    author: practitioner(i),
    activity: [
      { detail: { status: 'in-progress', description: 'Kinésithérapie deux fois par semaine' } },
      { detail: { status: 'scheduled', description: 'Atelier mémoire le jeudi, chorale le vendredi' } },
    ],
  };
}

function appointment(i, k) {
  const start = instant(i, k * 13 + 6);
  return {
    resourceType: 'Appointment',
    identifier: [{ system: `${NS}/rendez-vous`, value: `RDV-${i}-${k}` }],
    status: k === 0 ? 'booked' : 'fulfilled',
    description: 'Consultation de suivi avec le médecin coordonnateur',
    start: text(start),
    end: later(start, 1),
    minutesDuration: 60,
    comment: note(i, k),
    participant: [reference('Patient', patientId(i)), practitioner(i + k)].map((actor) => ({
      actor,
      status: 'accepted',
    })),
  };
}

const PROBLEMS = [
  ['I10', 'Hypertension essentielle'],
  ['E11', 'Diabète sucré de type 2'],
  ['F00', 'Démence de la maladie d’Alzheimer'],
  ['I50', 'Insuffisance cardiaque'],
  ['M81', 'Ostéoporose sans fracture'],
];
function condition(i, k) {
  const [code, label] = PROBLEMS[(i + k) % PROBLEMS.length];
  return {
    resourceType: 'Condition',
    clinicalStatus: coded('http://terminology.hl7.org/CodeSystem/condition-clinical', 'active', 'Actif'),
    category: [
      coded('http://terminology.hl7.org/CodeSystem/condition-category', 'problem-list-item', 'Liste des problèmes'),
    ],
    code: coded('http://hl7.org/fhir/sid/icd-10', code, label),
    subject: reference('Patient', patientId(i)),
    onsetDateTime: text(instant(i, k + 8)).slice(0, 10),
    recordedDate: text(instant(i, k + 8)),
    asserter: practitioner(i),
    note: [{ text: note(i, k) }],
  };
}

/** The twenty, those that searches look for first: fewer are the first of them. */
const KINDS = [
  [encounter, 0],
  [observation, 0],
  [observation, 7],
  [documentReference, 0],
  [encounter, 1],
  [carePlan, 0],
  [appointment, 0],
  [condition, 0],
  [encounter, 2],
  ...[1, 2, 3, 4, 5, 6].map((k) => [observation, k]),
  [documentReference, 1],
  [documentReference, 2],
  [appointment, 1],
  [condition, 1],
  [condition, 2],
];

/** The resources shared by all patients. */
export function* sharedRecords() {
  for (let i = 0; i < ORGANIZATIONS; i++) {
    yield {
      resourceType: 'Organization',
      id: idOf('org', i),
      identifier: [{ system: 'https://finess.esante.gouv.fr', value: `99${String(i).padStart(7, '0')}` }],
      active: true,
      name: `Résidence des Tilleuls ${i + 1}`,
      address: [{ city: 'Guérande', postalCode: '44350', country: 'FRA' }],
    };
  }
  for (let i = 0; i < PRACTITIONERS; i++) {
    yield {
      resourceType: 'Practitioner',
      id: idOf('pra', i),
      identifier: [{ system: 'https://rpps.esante.gouv.fr', value: `999${String(i).padStart(8, '0')}` }],
      active: true,
      name: [{ family: `Soignant${i}`, given: ['Camille'], prefix: ['DR'] }],
    };
  }
}

/** Patient `i` and `perPatient` resources of theirs, 20 at most, each with its id. */
export function* recordOf(i, perPatient) {
  yield { ...patientNumber(i), id: patientId(i) };
  for (let k = 0; k < Math.min(perPatient, KINDS.length); k++) {
    const [make, number] = KINDS[k];
    yield { ...make(i, number), id: idOf('res', i * KINDS.length + k) };
  }
}
