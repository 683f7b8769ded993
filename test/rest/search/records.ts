/** Invented records for searches over HTTP, and short ways to ask for them. */
import type { Answer, TestServer } from '../../support/server.js';

export const NS = 'https://dui-test.example/ns';
const UCUM = 'http://unitsofmeasure.org';
const LOINC = 'http://loinc.org';
const V2 = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const ref = (reference: string) => ({ reference });

export const RECORDS: readonly Record<string, unknown>[] = [
  {
    resourceType: 'Organization',
    id: 'ehpad',
    name: 'EHPAD Les Œillets',
    identifier: [{ system: `${NS}/finess`, value: '990000001' }],
  },
  { resourceType: 'Organization', id: 'clinic', name: 'Clinique du Port', partOf: ref('Organization/ehpad') },
  { resourceType: 'Practitioner', id: 'doctor', name: [{ family: 'Guérin', given: ['Anaïs'] }] },
  {
    resourceType: 'Patient',
    id: 'jeanne',
    meta: {
      profile: ['https://dui-test.example/StructureDefinition/resident'],
      tag: [{ system: `${NS}/tags`, code: 'trial' }],
      security: [{ system: `${NS}/labels`, code: 'R' }],
      source: 'urn:dui:one',
    },
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Chute <b>récente</b></div>' },
    active: true,
    identifier: [
      { system: `${NS}/ipp`, value: 'A-1', type: { coding: [{ system: V2, code: 'PI' }], text: 'Numéro local' } },
      { value: 'without, system' },
    ],
    name: [
      { use: 'official', family: "D'Arc-Lefèvre", given: ['Jeanne-Marie', 'Cécile'] },
      { use: 'usual', family: 'Nœuvéglise' },
    ],
    gender: 'female',
    birthDate: '1938-02-11',
    generalPractitioner: [ref('Practitioner/doctor')],
    managingOrganization: ref('Organization/ehpad'),
  },
  {
    resourceType: 'Patient',
    id: 'paul',
    active: false,
    identifier: [{ system: `${NS}/other`, value: 'A-1' }],
    name: [{ family: 'Martin', given: ['Paul'] }],
    gender: 'male',
    birthDate: '1941',
  },
  { resourceType: 'Patient', id: 'zoe', name: [{ family: 'Martineau', given: ['Zoé'] }], birthDate: '1941-07' },
  {
    resourceType: 'Encounter',
    id: 'stay',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: ref('Patient/jeanne'),
    serviceProvider: ref('Organization/clinic'),
    period: { start: '2026-01-10T08:00:00+01:00' },
  },
  {
    resourceType: 'Encounter',
    id: 'visit',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { ...ref('Patient/paul'), identifier: { system: `${NS}/ipp`, value: 'P-9' } },
    partOf: ref('Encounter/stay'),
    period: { start: '2025-05-01', end: '2025-05-03' },
  },
  {
    resourceType: 'Observation',
    id: 'weight',
    status: 'final',
    code: { coding: [{ system: LOINC, code: '29463-7', display: 'Poids du corps' }] },
    subject: ref('Patient/jeanne'),
    encounter: ref('Encounter/stay'),
    effectiveDateTime: '2026-01-11T09:30:00+01:00',
    valueQuantity: { value: 62.5, unit: 'kg', system: UCUM, code: 'kg' },
    note: [{ text: 'Pesée au lever' }],
  },
  {
    resourceType: 'Observation',
    id: 'pressure',
    status: 'final',
    code: { coding: [{ system: LOINC, code: '85354-9' }], text: 'Tension artérielle' },
    subject: ref('Patient/paul'),
    effectiveDateTime: '2026-01-12',
    component: [
      {
        code: { coding: [{ system: LOINC, code: '8480-6' }] },
        valueQuantity: { value: 150, system: UCUM, code: 'mm[Hg]' },
      },
      {
        code: { coding: [{ system: LOINC, code: '8462-4' }] },
        valueQuantity: { value: 80, system: UCUM, code: 'mm[Hg]' },
      },
    ],
  },
  {
    resourceType: 'Condition',
    id: 'relapse',
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'relapse' }],
    },
    subject: ref('Patient/jeanne'),
  },
  {
    resourceType: 'RiskAssessment',
    id: 'fall',
    status: 'final',
    subject: ref('Patient/jeanne'),
    prediction: [{ probabilityDecimal: 0.85 }],
  },
  {
    resourceType: 'ValueSet',
    id: 'jdv',
    status: 'active',
    url: 'https://dui-test.example/fhir/ValueSet/jdv-1',
    title: 'Jeu de valeurs',
  },
  { resourceType: 'Location', id: 'nantes', name: 'Aile ouest', position: { latitude: 47.218, longitude: -1.554 } },
  { resourceType: 'Location', id: 'lille', name: 'Étage', position: { latitude: 50.629, longitude: 3.057 } },
  {
    resourceType: 'List',
    id: 'mine',
    status: 'current',
    mode: 'working',
    entry: [{ item: ref('Patient/paul') }, { item: ref('Encounter/stay') }],
  },
  { resourceType: 'HealthcareService', id: 'kine', providedBy: ref('Organization/ehpad') },
  { resourceType: 'Schedule', id: 'agenda', actor: [ref('HealthcareService/kine'), ref('Practitioner/doctor')] },
  {
    resourceType: 'Slot',
    id: 'free',
    schedule: ref('Schedule/agenda'),
    status: 'free',
    start: '2026-02-01T09:00:00Z',
    end: '2026-02-01T09:30:00Z',
  },
];

export async function fill({ call }: TestServer): Promise<void> {
  for (const record of RECORDS) {
    const { status, text } = await call('PUT', `/${record.resourceType}/${record.id}`, record);
    if (status !== 201) throw new Error(`${record.id} was answered with ${status}: ${text}`);
  }
}

/** A query whose values are encoded: `['family', 'D’Arc']` ... */
export function queryOf(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

type Entry = { resource: { resourceType: string; id: string }; search: { mode: string } };

/** Ids of the entries with a search mode, in their order. */
export function idsOf({ json }: Answer, mode = 'match'): string[] {
  return ((json.entry ?? []) as Entry[])
    .filter(({ search }) => search.mode === mode)
    .map(({ resource }) => resource.id);
}

/** The link of a relation, as an address to call. */
export function linkOf({ json }: Answer, relation: string): string | undefined {
  return json.link.find((one: { relation: string }) => one.relation === relation)?.url;
}

/** The OperationOutcome among the entries. */
export function outcomeOf({
  json,
}: Answer): { issue: { diagnostics?: string; details?: { text?: string; coding: { code: string }[] } }[] } | undefined {
  return json.entry?.find((one: Entry) => one.search?.mode === 'outcome')?.resource;
}
