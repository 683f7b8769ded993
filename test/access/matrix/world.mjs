/**
 * A small invented EHPAD: residents, who cares for them, and callers of every kind. The same for the same seed. Each record
 * holds a secret word of its own, so that whatever tells of it can be found out.
 */
import { randomOf } from '../../model/random.mjs';

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const VISIBILITY =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument';
const RPPS = 'https://rpps.esante.gouv.fr';
const FINESS = 'https://finess.esante.gouv.fr';
export const IPP = 'urn:oid:1.2.250.1.999.1';
export const HOME = '750000017';
export const ELSEWHERE = '690000029';

const ref = (reference) => ({ reference });
const CODE = { text: 'note' };
const label = (system, code) => ({ coding: [{ system, code }] });

/** Who works there: the id, the number by which the national directory knows him, and where. */
const STAFF = {
  nurse: { rpps: '10000000011' },
  floor: { rpps: '10000000012', place: 'floor-1' },
  physician: { rpps: '10000000013' },
  author: { rpps: '10000000014' },
  outside: { rpps: '10000000015', structure: 'clinic' },
  stranger: { rpps: '10000000016' },
  coordinator: { rpps: '10000000017' },
};

const PATIENTS = 7;
export const patientId = (i) => `resident-${i}`;

/** Everything that there is, as it is put into the server: resources with ids. `secretOf(resource)` is its word. */
export function makeWorld(seed) {
  const { below } = randomOf(seed);
  const all = [];
  const word = () =>
    `zq${below(36 ** 5)
      .toString(36)
      .padStart(5, '0')}${below(36 ** 5)
      .toString(36)
      .padStart(5, '0')}`;
  const secrets = new Map();
  const add = (resourceType, id, more) => {
    const secret = word();
    secrets.set(`${resourceType}/${id}`, secret);
    const resource = { resourceType, id, ...more(secret) };
    all.push(resource);
    return resource;
  };
  add('Organization', 'home', (s) => ({ name: `EHPAD ${s}`, identifier: [{ system: FINESS, value: HOME }] }));
  add('Organization', 'clinic', (s) => ({ name: `Clinique ${s}`, identifier: [{ system: FINESS, value: ELSEWHERE }] }));
  for (const i of [1, 2]) add('Location', `floor-${i}`, (s) => ({ name: `Étage ${i} ${s}` }));
  for (const [name, { rpps, place, structure = 'home' }] of Object.entries(STAFF)) {
    add('Practitioner', name, (s) => ({ identifier: [{ system: RPPS, value: rpps }], name: [{ family: s }] }));
    add('PractitionerRole', `${name}-role`, (s) => ({
      active: true,
      practitioner: ref(`Practitioner/${name}`),
      organization: ref(`Organization/${structure}`),
      code: [{ text: s }],
      ...(place && { location: [ref(`Location/${place}`)] }),
    }));
  }
  add('Questionnaire', 'daily', (s) => ({ status: 'active', title: s, url: 'https://ehpad.example/q/daily' }));
  add('ValueSet', 'meals', (s) => ({
    status: 'active',
    url: 'https://ehpad.example/vs/meals',
    name: 'Meals',
    description: s,
    compose: { include: [{ system: 'https://ehpad.example/cs/meals', concept: [{ code: 'soup' }] }] },
  }));
  for (let i = 0; i < PATIENTS; i++) resident(i, add);
  add('Group', 'residents', (s) => ({
    type: 'person',
    actual: true,
    name: s,
    member: Array.from({ length: PATIENTS }, (_, i) => ({ entity: ref(`Patient/${patientId(i)}`) })),
  }));
  add('Basic', 'nobodys', (s) => ({ code: { text: s } }));
  add('Binary', 'orphan', (s) => ({ contentType: 'text/plain', data: base64(s) }));
  return { all, secretOf: ({ resourceType, id }) => secrets.get(`${resourceType}/${id}`), secrets };
}

export const base64 = (text) => Buffer.from(text).toString('base64');

/**
 * Who cares for whom: 0 the nurse by a team, 1 her role by a team and the physician by an episode, 2 the physician by a
 * stay, 3 who is on the first floor, 4 nobody but the outside physician by consent, 5 the nurse, whom the resident opposes,
 * 6 as many as were once: an ended team and a stay that is over.
 */
function resident(i, add) {
  const id = patientId(i);
  const own = (name) => `${name}-${i}`;
  const subject = ref(`Patient/${id}`);
  add('Patient', id, (s) => ({
    identifier: [{ system: IPP, value: `IPP-${i}` }],
    name: [{ family: s, given: ['Jeanne'] }],
    birthDate: `19${30 + i}-02-1${i}`,
    gender: i % 2 === 0 ? 'female' : 'male',
    ...(i < 6 && { managingOrganization: ref('Organization/home') }),
    ...(i === 2 && { generalPractitioner: [ref('Practitioner/author')] }),
  }));
  const member = {
    0: 'Practitioner/nurse',
    1: 'PractitionerRole/nurse-role',
    5: 'Practitioner/nurse',
    6: 'Practitioner/nurse',
  }[i];
  add('CareTeam', own('team'), (s) => ({
    status: i === 6 ? 'inactive' : 'active',
    name: s,
    subject,
    participant: [{ member: ref(member ?? 'Practitioner/stranger') }],
  }));
  add('EpisodeOfCare', own('episode'), (s) => ({
    status: 'active',
    patient: subject,
    identifier: [{ system: IPP, value: s }],
    ...(i === 1 && { careManager: ref('Practitioner/physician') }),
  }));
  add('Encounter', own('stay'), (s) => ({
    status: i === 6 ? 'finished' : 'in-progress',
    class: { code: 'IMP', system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode' },
    identifier: [{ system: IPP, value: s }],
    subject,
    serviceProvider: ref('Organization/home'),
    ...(i === 2 && { participant: [{ individual: ref('Practitioner/physician') }] }),
    ...(i === 6 && { participant: [{ individual: ref('Practitioner/physician') }] }),
    location: [{ location: ref(i === 3 ? 'Location/floor-1' : 'Location/floor-2') }],
  }));
  const consent = (what, type, actor, status = 'active') =>
    add('Consent', own(what), (s) => ({
      status,
      scope: label('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
      category: [{ text: s }],
      patient: subject,
      policyRule: { text: 'loi' },
      provision: {
        type,
        actor: [{ role: { text: 'destinataire' }, reference: ref(actor) }],
      },
    }));
  if (i === 4) consent('shared', 'permit', 'Practitioner/outside');
  if (i === 0) consent('shared-once', 'permit', 'Practitioner/outside', 'inactive');
  if (i === 5) consent('opposed', 'deny', 'Practitioner/nurse');
  if (i === 2) consent('opposed-once', 'deny', 'Practitioner/physician', 'inactive');
  for (const [what, security] of [
    ['weight', undefined],
    ['mood', 'R'],
    ['serology', 'V'],
  ]) {
    add('Observation', own(what), (s) => ({
      ...(security && { meta: { security: [{ system: CONFIDENTIALITY, code: security }] } }),
      status: 'final',
      category: [
        label(
          'http://terminology.hl7.org/CodeSystem/observation-category',
          what === 'serology' ? 'laboratory' : 'exam',
        ),
      ],
      code: { text: what },
      subject,
      encounter: ref(`Encounter/${own('stay')}`),
      performer: [ref('Practitioner/author')],
      note: [{ text: s }],
      valueString: s,
    }));
  }
  add('Condition', own('condition'), (s) => ({ subject, code: CODE, note: [{ text: s }] }));
  add('MedicationRequest', own('drug'), (s) => ({
    status: 'active',
    intent: 'order',
    subject,
    medicationCodeableConcept: { text: s },
    requester: ref('Practitioner/physician'),
  }));
  add('RelatedPerson', own('daughter'), (s) => ({ patient: subject, name: [{ family: s }] }));
  add('Appointment', own('visit'), (s) => ({
    status: 'proposed',
    description: s,
    participant: [{ actor: subject, status: 'accepted' }],
  }));
  for (const [what, labels, author = 'physician'] of [
    ['letter', ['N']],
    ['letter-r', ['R']],
    ['letter-v', ['V'], 'author'],
    ['masked', ['N', 'MASQUE_PS']],
    ['masked-own', ['N', 'MASQUE_PS'], i === 0 ? 'nurse' : 'author'],
    ['unseen', ['N', 'INVISIBLE_PATIENT']],
    ['unseen-too', ['N', 'INVISIBLE_REPRESENTANTS_LEGAUX']],
  ]) {
    add('Binary', own(`${what}-bytes`), (s) => ({ contentType: 'text/plain', data: base64(s) }));
    add('DocumentReference', own(what), (s) => ({
      status: 'current',
      subject,
      description: s,
      author: [ref(`Practitioner/${author}`)],
      securityLabel: labels.map((code) => label(code.length === 1 ? CONFIDENTIALITY : VISIBILITY, code)),
      content: [{ attachment: { contentType: 'text/plain', url: `Binary/${own(`${what}-bytes`)}` } }],
    }));
  }
  add('Binary', own('picture'), (s) => ({
    contentType: 'text/plain',
    securityContext: subject,
    data: base64(s),
  }));
  add('List', own('list'), (s) => ({
    status: 'current',
    mode: 'working',
    title: s,
    subject,
    entry: ['weight', 'mood', 'serology'].map((what) => ({ item: ref(`Observation/${own(what)}`) })),
  }));
  add('Provenance', own('origin'), (s) => ({
    target: [subject],
    recorded: '2026-11-01T08:00:00Z',
    agent: [{ who: { display: s } }],
  }));
}

/** What every caller is without more. */
const NOBODY = {
  kind: 'anonymous',
  client: undefined,
  roles: [],
  idnps: undefined,
  rpps: undefined,
  structures: [],
  fhirUser: undefined,
  patient: undefined,
  practitioner: undefined,
  tenants: undefined,
  scopes: undefined,
  launch: {},
  expires: Number.POSITIVE_INFINITY,
};

const scope = (level, type, letters, narrowing = []) => ({
  level,
  type,
  permissions: new Set(
    [...letters].map((one) => ({ c: 'create', r: 'read', u: 'update', d: 'delete', s: 'search' })[one]),
  ),
  narrowing,
});
const professional = (name, roles, more = {}) => ({
  ...NOBODY,
  kind: 'professional',
  rpps: STAFF[name]?.rpps,
  roles: roles.map((code) => ({ code })),
  structures: [HOME],
  ...more,
});
const of = (i) => `Patient/${patientId(i)}`;

/** By name. `glass` is the reason that goes with each request. */
export const CALLERS = {
  anonymous: { ...NOBODY, scopes: [] },
  'no-role': professional('stranger', [], { scopes: [scope('user', '*', 'cruds')] }),
  'unknown-role': professional('stranger', ['jardinier'], { scopes: [scope('user', '*', 'cruds')] }),
  nurse: professional('nurse', ['60']),
  floor: professional('floor', ['60']),
  physician: professional('physician', ['10']),
  author: professional('author', ['10'], { rpps: undefined, practitioner: 'Practitioner/author' }),
  stranger: professional('stranger', ['10']),
  'broken-glass': professional('stranger', ['10'], { glass: 'malaise au réfectoire' }),
  'nurse-broken-glass': professional('nurse', ['60'], { glass: 'chute dans la chambre' }),
  outside: professional('outside', ['10'], { structures: [ELSEWHERE] }),
  desk: professional(undefined, ['secretariat']),
  archive: professional(undefined, ['dim']),
  identity: professional(undefined, ['identitovigilance']),
  coordinator: professional('coordinator', ['10', 'medecin-coordonnateur']),
  'narrow-nurse': professional('nurse', ['60'], {
    scopes: [scope('user', 'Observation', 'rs', [['category', 'exam']]), scope('user', 'Patient', 'rs')],
  }),
  'physician-app': professional('physician', ['10'], { patient: of(1), scopes: [scope('patient', '*', 'rs')] }),
  patient: { ...NOBODY, kind: 'patient', patient: of(0), fhirUser: of(0) },
  'patient-app': {
    ...NOBODY,
    kind: 'patient',
    patient: of(1),
    fhirUser: of(1),
    scopes: [scope('patient', 'Observation', 'rs'), scope('patient', 'Patient', 'r')],
  },
  daughter: { ...NOBODY, kind: 'patient', patient: of(0), fhirUser: 'RelatedPerson/daughter-0' },
  vendor: { ...NOBODY, kind: 'system', client: 'dui', scopes: [scope('system', '*', 'cruds')] },
  laboratory: {
    ...NOBODY,
    kind: 'system',
    client: 'lab',
    scopes: [scope('system', 'Observation', 'crus', [['category', 'laboratory']]), scope('system', 'Patient', 's')],
  },
  certificate: { ...NOBODY, kind: 'system', structures: [HOME] },
};
for (const [name, caller] of Object.entries(CALLERS)) caller.id = name;
