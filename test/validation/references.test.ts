/** References that lead somewhere: documents that are whole, target profiles, how a target may come. */
import t from 'tap';
import { createValidator } from '../../src/validation/index.js';
import { definitions, errors } from './support.js';

const BASE = 'https://ehpad.example.org/fhir';
const composition = (more: object) => ({
  resourceType: 'Composition',
  id: 'c',
  status: 'final',
  type: { text: 'DLU' },
  date: '2026-11-27',
  title: 'DLU',
  author: [{ display: 'Dr Morel' }],
  ...more,
});
const entry = (resource: { resourceType: string; id: string }) => ({
  fullUrl: `${BASE}/${resource.resourceType}/${resource.id}`,
  resource,
});
const patient = { resourceType: 'Patient', id: 'p' };
const document = (...resources: { resourceType: string; id: string }[]) => ({
  resourceType: 'Bundle',
  type: 'document',
  identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0f0f0f0f-0000-4000-8000-000000000001' },
  timestamp: '2026-11-27T10:00:00Z',
  entry: resources.map(entry),
});
const of = (resource: object) => errors(resource).map((each) => each.replace('Bundle.entry[0].resource.', ''));

t.test('a document brings along what its Composition refers to', async (t) => {
  const subject = { reference: 'Patient/p' };
  t.same(of(document(composition({ subject }), patient)), []);
  t.same(of(document(composition({ subject: { reference: `${BASE}/Patient/p` } }), patient)), []);
  t.same(of(document(composition({ subject: { reference: 'Patient/q' } }), patient)), [
    'document-missing subject.reference',
  ]);
  const section = [{ title: 'a', section: [{ title: 'b', entry: [{ reference: 'Condition/x' }] }] }];
  t.same(of(document(composition({ subject, section }), patient)), [
    'document-missing section[0].section[0].entry[0].reference',
  ]);
  t.same(of(document(composition({ subject: { identifier: { value: '1' } } }))), [], 'no literal reference');
});

t.test('versions in a document', async (t) => {
  const one = { ...patient, meta: { versionId: '1' } };
  const two = { ...patient, meta: { versionId: '2' } };
  const subject = (reference: string) => composition({ subject: { reference } });
  t.same(of(document(subject('Patient/p/_history/2'), one, two)), []);
  t.same(of(document(subject('Patient/p/_history/3'), one, two)), ['document-missing subject.reference']);
  t.same(of(document(subject('Patient/p'), one, two)), ['document-ambiguous subject.reference']);
});

t.test('the type of an entry that a UUID points to', async (t) => {
  const uuid = 'urn:uuid:0f0f0f0f-0000-4000-8000-000000000002';
  const bundle = (target: object) => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      {
        fullUrl: `${BASE}/Encounter/e`,
        resource: {
          resourceType: 'Encounter',
          id: 'e',
          status: 'finished',
          class: { code: 'IMP' },
          subject: { reference: uuid },
        },
      },
      { fullUrl: uuid, resource: target },
    ],
  });
  t.same(of(bundle({ resourceType: 'Patient' })), []);
  t.same(of(bundle({ resourceType: 'Location' })), ['reference-target subject']);
});

const profile = (name: string, type: string, element: object[]) => ({
  resourceType: 'StructureDefinition',
  url: `${BASE}/StructureDefinition/${name}`,
  name,
  status: 'active',
  kind: 'resource',
  abstract: false,
  type,
  baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
  derivation: 'constraint',
  differential: { element },
});
const target = `${BASE}/StructureDefinition/born`;
const subjectOf = (type: object) =>
  profile('stay', 'Encounter', [
    { id: 'Encounter.subject', path: 'Encounter.subject', type: [{ code: 'Reference', ...type }] },
  ]);
const BORN = profile('born', 'Patient', [{ id: 'Patient.birthDate', path: 'Patient.birthDate', min: 1 }]);
const stay = { resourceType: 'Encounter', id: 'e', status: 'finished', class: { code: 'IMP' } };
const claim = { profiles: [`${BASE}/StructureDefinition/stay`] };

t.test('the target keeps the profile that is asked for', async (t) => {
  const by = createValidator(definitions.with([subjectOf({ targetProfile: [target] }), BORN]));
  const contained = (birthDate?: string) => ({
    ...stay,
    contained: [{ resourceType: 'Patient', id: 'p', ...(birthDate && { birthDate }) }],
    subject: { reference: '#p' },
  });
  t.same(errors(contained('1940-01-01'), claim, by), []);
  t.same(errors(contained(), claim, by), ['target-profile Encounter.subject']);
  const elsewhere = { ...stay, subject: { reference: 'Patient/p' } };
  t.same(errors(elsewhere, claim, by), [], 'what is not at hand is not judged');
});

t.test('targets that refer to each other end', async (t) => {
  const PARENT = profile('parent', 'Encounter', [
    {
      id: 'Encounter.partOf',
      path: 'Encounter.partOf',
      type: [{ code: 'Reference', targetProfile: [`${BASE}/StructureDefinition/parent`] }],
    },
  ]);
  const by = createValidator(definitions.with([PARENT]));
  const meta = { profile: [`${BASE}/StructureDefinition/parent`] };
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      entry({ ...stay, id: 'a', meta, partOf: { reference: 'Encounter/b' } } as never),
      entry({ ...stay, id: 'b', meta, partOf: { reference: 'Encounter/a' } } as never),
    ],
  };
  t.same(errors(bundle, {}, by), []);
});

t.test('targets that lead to many others are each looked at once', async (t) => {
  const LINKED = profile('linked', 'List', [
    {
      id: 'List.entry.item',
      path: 'List.entry.item',
      type: [{ code: 'Reference', targetProfile: [`${BASE}/StructureDefinition/linked`] }],
    },
    { id: 'List.title', path: 'List.title', min: 1 },
  ]);
  const by = createValidator(definitions.with([LINKED]));
  const meta = { profile: [`${BASE}/StructureDefinition/linked`] };
  const lists = Array.from({ length: 60 }, (_, i) => ({
    resourceType: 'List',
    id: `l${i}`,
    meta,
    status: 'current',
    mode: 'working',
    title: 'Tournée',
    entry: Array.from({ length: 12 }, (_, j) => ({ item: { reference: `List/l${(i * 7 + j * 5 + 1) % 60}` } })),
  }));
  const bundle = (resources: object[]) => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: resources.map((each) => entry(each as never)),
  });
  const began = Date.now();
  t.same(errors(bundle(lists), {}, by), []);
  const { title: _, ...untitled } = lists[59] as { title: string };
  const found = errors(bundle([...lists.slice(0, 59), untitled]), {}, by);
  t.ok(found.includes('target-profile Bundle.entry[34].resource.entry[0].item'), 'what refers to the wrong one');
  t.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
});

t.test('how a target may come', async (t) => {
  const by = (...aggregation: string[]) => createValidator(definitions.with([subjectOf({ aggregation })]));
  const contained = { ...stay, contained: [{ resourceType: 'Patient', id: 'p' }], subject: { reference: '#p' } };
  const referred = { ...stay, subject: { reference: 'Patient/p' } };
  const refused = ['aggregation Encounter.subject'];
  t.same(errors(contained, claim, by('contained')), []);
  t.same(errors(contained, claim, by('referenced')), refused);
  t.same(errors(referred, claim, by('contained')), refused);
  t.same(errors(referred, claim, by('referenced')), []);
  t.same(errors(referred, claim, by('bundled')), [], 'outside a Bundle nobody can say');
  const bundle = (...resources: object[]) => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: resources.map((each) => entry(each as never)),
  });
  const claiming = { ...referred, meta: { profile: claim.profiles } };
  t.same(errors(bundle(claiming, patient), {}, by('bundled')), []);
  t.same(errors(bundle(claiming), {}, by('bundled')), ['aggregation Bundle.entry[0].resource.subject']);
});

t.test('slices that are told by what a reference leads to', async (t) => {
  const sliced = profile('author', 'DocumentReference', [
    {
      id: 'DocumentReference.author',
      path: 'DocumentReference.author',
      slicing: { discriminator: [{ type: 'type', path: 'resolve()' }], rules: 'open' },
    },
    {
      id: 'DocumentReference.author:place',
      path: 'DocumentReference.author',
      sliceName: 'place',
      min: 1,
      max: '1',
      type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Organization'] }],
    },
  ]);
  const by = createValidator(definitions.with([sliced]));
  const reference = (...contained: object[]) => ({
    resourceType: 'DocumentReference',
    status: 'current',
    content: [{ attachment: { url: `${BASE}/Binary/1` } }],
    contained,
    author: contained.map((each) => ({ reference: `#${(each as { id: string }).id}` })),
  });
  const profiles = [`${BASE}/StructureDefinition/author`];
  const organization = { resourceType: 'Organization', id: 'o', name: 'EHPAD' };
  const practitioner = { resourceType: 'Practitioner', id: 'r' };
  t.same(errors(reference(organization, practitioner), { profiles }, by), []);
  t.same(errors(reference(practitioner), { profiles }, by), ['slice-min DocumentReference']);
});

t.test('a vital sign keeps its profile, claimed or not', async (t) => {
  const observation = (system: string, code: string, more: object = {}) => ({
    resourceType: 'Observation',
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
    ],
    code: { coding: [{ system, code }] },
    subject: { reference: 'Patient/p' },
    effectiveDateTime: '2026-11-27',
    valueQuantity: { value: 37, unit: '°C', system: 'http://unitsofmeasure.org', code: 'Cel' },
    ...more,
  });
  t.same(errors(observation('http://loinc.org', '8310-5')), []);
  t.same(errors(observation('http://loinc.org', '8310-5', { category: [{ text: 'x' }] })).length > 0, true);
  t.same(errors(observation('http://snomed.info/sct', '386725007')), ['slice-min Observation.code']);
  t.same(errors(observation('http://loinc.org', '1234-5', { category: [{ text: 'x' }] })), []);
});

t.test('settings: example URLs, HTML, unknown extensions', async (t) => {
  const strict = createValidator(definitions, { exampleUrls: 'refuse', htmlInText: 'refuse' });
  const named = (text: string) => errors({ resourceType: 'Patient', name: [{ text }] }, {}, strict);
  t.same(named('Maëlle <3 De La Tour, a < b > c'), []);
  t.same(named('Maëlle <b>De La Tour</b>'), ['html-in-string Patient.name[0].text']);
  t.same(named('<!-- x -->'), ['html-in-string Patient.name[0].text']);
  const at = (system: string) => errors({ resourceType: 'Patient', identifier: [{ system, value: '1' }] }, {}, strict);
  t.same(at('https://ehpad.example.org/ipp'), ['example-url Patient.identifier[0].system']);
  t.same(at('https://myexample.org/ipp'), []);
  t.same(at('https://ehpad.fr/example.org'), []);
});
