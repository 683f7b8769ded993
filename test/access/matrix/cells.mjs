/**
 * The cells of the matrix: a request of a caller, and what the statement says that it must give, its status and the exact
 * set of records told of. Cells that write come last and are undone.
 */
import { residentsOf } from './statement.mjs';
import { base64, CALLERS, IPP, patientId } from './world.mjs';

const nameOf = ({ resourceType, id }) => `${resourceType}/${id}`;
const RESIDENTS = 7;
const TYPES = [
  'Appointment',
  'Basic',
  'CareTeam',
  'Condition',
  'Consent',
  'DocumentReference',
  'Encounter',
  'EpisodeOfCare',
  'Group',
  'List',
  'Location',
  'MedicationRequest',
  'Observation',
  'Organization',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Provenance',
  'Questionnaire',
  'RelatedPerson',
  'ValueSet',
];

/** `world` has `live()`, `deleted()` and `versions`; `statement` says who sees what. */
export function* readingCells(world, statement) {
  for (const [name, caller] of Object.entries(CALLERS)) {
    const ask = (what, path, expected, more = {}) => ({ caller: name, what, method: 'GET', path, expected, ...more });
    const live = world.live();
    const sees = (one, action = 'read') => statement.sees(caller, one, action);
    const found = (type) => live.filter((one) => one.resourceType === type && sees(one, 'search'));
    const gives = (action, type) => statement.gives(caller, action, type);
    const refusedOr = (isGiven, expected) => (isGiven ? expected : { status: 403 });
    const listed = (list, isTotal = true) => ({
      status: 200,
      ids: list.map(nameOf),
      ...(isTotal && { total: list.length }),
    });
    yield ask('capabilities', '/metadata', { status: 200 });

    for (const one of live) {
      const { resourceType: type } = one;
      const path = `/${nameOf(one)}`;
      const isSeen = sees(one);
      const expected = refusedOr(gives('read', type), isSeen ? { status: 200 } : { status: 404 });
      yield ask('read', path, expected);
      yield ask('vread', `${path}/_history/1`, expected);
      const versions = world.versions.get(nameOf(one));
      const history = isSeen
        ? { status: 200, ids: Array(versions).fill(nameOf(one)), total: versions }
        : { status: 404 };
      yield ask('history-instance', `${path}/_history`, refusedOr(gives('read', type), history));
    }
    for (const one of world.deleted()) {
      const { resourceType: type } = one;
      const told = statement.seesDeleted(caller, type);
      const path = `/${nameOf(one)}`;
      yield ask('read', path, refusedOr(gives('read', type), { status: told ? 410 : 404 }), { about: 'deleted' });
      yield ask('vread', `${path}/_history/1`, refusedOr(gives('read', type), { status: told ? 200 : 404 }), {
        about: 'deleted',
      });
      const versions = { status: 200, ids: [nameOf(one), nameOf(one)] };
      yield ask(
        'history-instance',
        `${path}/_history`,
        refusedOr(gives('read', type), told ? versions : { status: 404 }),
        { about: 'deleted' },
      );
    }
    for (const type of ['Observation', 'Patient', 'Practitioner', 'Binary']) {
      yield ask('read', `/${type}/nobody`, refusedOr(gives('read', type), { status: 404 }), { about: 'absent' });
    }

    for (const type of TYPES) {
      const all = found(type);
      const given = gives('search', type);
      yield ask('search-type', `/${type}?_count=500&_total=accurate`, refusedOr(given, listed(all)));
      yield ask(
        'search-type',
        `/${type}?_summary=count`,
        refusedOr(given, { status: 200, ids: [], total: all.length }),
        { about: 'count' },
      );
      const order = [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
      yield ask(
        'search-type',
        `/${type}?_sort=_id&_count=3`,
        refusedOr(given, { ...listed(order, false), ordered: true }),
        { about: 'pages', follow: true },
      );
      yield {
        caller: name,
        what: 'search-type',
        about: 'form',
        method: 'POST',
        path: `/${type}/_search`,
        form: '_count=500',
        expected: refusedOr(given, listed(all)),
      };
      const versions = all.flatMap((one) => Array(world.versions.get(nameOf(one))).fill(nameOf(one)));
      const gone = world
        .deleted()
        .filter(
          (one) => one.resourceType === type && statement.seesDeleted(caller, type) && given && gives('search', type),
        );
      const told = [...versions, ...gone.flatMap((one) => [nameOf(one), nameOf(one)])];
      yield ask('history-type', `/${type}/_history?_count=4`, refusedOr(given, { status: 200, ids: told, pages: 4 }), {
        follow: true,
      });
    }
    const given = TYPES.filter((type) => gives('search', type));
    const several = ['Patient', 'Observation', 'Practitioner'];
    const some = several.filter((type) => gives('search', type));
    yield ask(
      'search-system',
      '/?_type=Patient,Observation,Practitioner&_count=500',
      refusedOr(some.length > 0, listed(some.flatMap(found))),
    );
    yield ask(
      'search-system',
      '/?_type=Patient,Observation,Practitioner&_count=7&_sort=_lastUpdated',
      refusedOr(some.length > 0, listed(some.flatMap(found), false)),
      { follow: true, about: 'pages' },
    );
    yield ask('search-system', '/?_type=Group', refusedOr(gives('search', 'Group'), listed(found('Group'))));
    const everything = live.filter(
      (one) => one.resourceType !== 'Binary' && gives('search', one.resourceType) && sees(one, 'search'),
    );
    const contents = live.filter(
      (one) => one.resourceType === 'Binary' && caller.kind !== 'patient' && (name === 'identity' || name === 'vendor'),
    );
    yield ask(
      'search-system',
      '/?_lastUpdated=gt2020-01-01&_count=50',
      refusedOr(given.length > 0, listed([...everything, ...contents], false)),
      { follow: true, about: 'all' },
    );
    const systemHistory = [
      ...everything,
      ...live.filter((one) => one.resourceType === 'Binary' && gives('search', 'Binary') && sees(one, 'search')),
    ].flatMap((one) => Array(world.versions.get(nameOf(one))).fill(nameOf(one)));
    const goneAll = world
      .deleted()
      .filter((one) => gives('search', one.resourceType) && statement.seesDeleted(caller, one.resourceType))
      .flatMap((one) => [nameOf(one), nameOf(one)]);
    yield ask(
      'history-system',
      '/_history?_count=60',
      refusedOr(given.length > 0, { status: 200, ids: [...systemHistory, ...goneAll], pages: 60 }),
      { follow: true },
    );

    for (let i = 0; i < RESIDENTS; i++) {
      const base = `/Patient/${patientId(i)}`;
      const isOf = (one) => residentsOf(one).includes(patientId(i));
      for (const type of ['Observation', 'DocumentReference', 'Encounter', 'CareTeam', 'Consent']) {
        yield ask(
          'search-compartment',
          `${base}/${type}`,
          refusedOr(gives('search', type), listed(found(type).filter(isOf))),
        );
      }
      const members = live.filter(
        (one) =>
          one.resourceType !== 'Binary' &&
          one.resourceType !== 'Group' &&
          isOf(one) &&
          gives('search', one.resourceType) &&
          sees(one, 'search'),
      );
      // R4's compartment has a Group for each of its members.
      const groups = gives('search', 'Group') ? found('Group') : [];
      yield ask(
        'search-compartment',
        `${base}/*?_count=500`,
        refusedOr(given.length > 0, listed([...members, ...groups])),
        { about: 'all' },
      );
    }
    yield* searches(ask, { caller, live, found, gives, sees, listed, refusedOr, world });
    yield* bundles(name, { live, sees, gives });
    yield* operations(name, caller, { statement, live, found, gives, sees, listed, refusedOr });
  }
}

function* searches(ask, { live, found, gives, sees, listed, refusedOr, world }) {
  const residents = found('Patient');
  const nameIs = (i) => world.secretOf({ resourceType: 'Patient', id: patientId(i) });
  const observations = found('Observation');
  const seesResident = (id) => residents.some((one) => one.id === id);
  const isGiven = gives('search', 'Observation');
  for (let i = 0; i < RESIDENTS; i++) {
    const of = observations.filter((one) => residentsOf(one).includes(patientId(i)));
    const chained = gives('search', 'Patient') && seesResident(patientId(i)) ? of : [];
    yield ask('search-type', `/Observation?subject:Patient.family=${nameIs(i)}`, refusedOr(isGiven, listed(chained)), {
      about: 'chain',
    });
    yield ask('search-type', `/Observation?patient=${patientId(i)}&_count=1`, refusedOr(isGiven, listed(of, false)), {
      about: 'pages',
      follow: true,
    });
    const filter = encodeURIComponent(`subject:Patient.family eq "${nameIs(i)}"`);
    yield ask('search-type', `/Observation?_filter=${filter}`, refusedOr(isGiven, listed(chained)), {
      about: '_filter',
    });
    const patient = residents.filter(({ id }) => id === patientId(i));
    const isMood = of.filter(({ code }) => code.text === 'mood');
    yield ask(
      'search-type',
      `/Patient?_id=${patientId(i)}&_has:Observation:patient:code:text=mood`,
      refusedOr(gives('search', 'Patient'), listed(isMood.length > 0 && isGiven ? patient : [])),
      { about: '_has' },
    );
    const identifier = encodeURIComponent(`${IPP}|IPP-${i}`);
    yield ask(
      'search-type',
      `/Patient?identifier=${identifier}`,
      refusedOr(gives('search', 'Patient'), listed(patient)),
      { about: 'identifier' },
    );
    const isListed = gives('search', 'List') && found('List').some(({ id }) => id === `list-${i}`);
    yield ask('search-type', `/Observation?_list=list-${i}`, refusedOr(isGiven, listed(isListed ? of : [])), {
      about: '_list',
    });
    yield ask(
      'search-type',
      `/Binary?_id=letter-bytes-${i},masked-bytes-${i},unseen-bytes-${i}`,
      refusedOr(
        gives('search', 'Binary'),
        listed(
          live
            .filter(
              ({ resourceType, id }) =>
                resourceType === 'Binary' &&
                [`letter-bytes-${i}`, `masked-bytes-${i}`, `unseen-bytes-${i}`].includes(id),
            )
            .filter((one) => sees(one, 'search')),
        ),
      ),
      { about: 'contents' },
    );
    const word = world.secretOf({ resourceType: 'Observation', id: `serology-${i}` });
    yield ask(
      'search-type',
      `/Observation?_content=${word}`,
      refusedOr(isGiven, listed(of.filter(({ id }) => id === `serology-${i}`))),
      { about: 'words' },
    );
    const twoHops = observations.filter(
      (one) =>
        gives('search', 'Encounter') &&
        gives('search', 'Patient') &&
        chained.includes(one) &&
        found('Encounter').some(({ id }) => one.encounter?.reference === `Encounter/${id}`),
    );
    yield ask(
      'search-type',
      `/Observation?encounter:Encounter.subject:Patient.family=${nameIs(i)}`,
      refusedOr(isGiven, listed(twoHops)),
      { about: 'two hops' },
    );
  }
  const negative = encodeURIComponent('not (subject:Patient.gender eq "female")');
  const notOf = observations.filter((one) => {
    const [id] = residentsOf(one);
    const resident = gives('search', 'Patient') ? residents.find((each) => each.id === id) : undefined;
    return resident?.gender !== 'female';
  });
  yield ask('search-type', `/Observation?_filter=${negative}&_count=500`, refusedOr(isGiven, listed(notOf)), {
    about: 'not a chain',
  });
  const missing = residents.filter(({ generalPractitioner }) => generalPractitioner === undefined);
  yield ask(
    'search-type',
    '/Patient?general-practitioner:missing=true&_count=500',
    refusedOr(gives('search', 'Patient'), listed(missing)),
    { about: ':missing' },
  );
  const documents = found('DocumentReference');
  yield ask(
    'search-type',
    '/DocumentReference?security-label:not=MASQUE_PS&_count=500',
    refusedOr(
      gives('search', 'DocumentReference'),
      listed(documents.filter(({ securityLabel }) => !JSON.stringify(securityLabel).includes('MASQUE_PS'))),
    ),
    { about: ':not' },
  );

  // What is included is read: of the types that are read.
  const pointed = (one) => {
    const wanted = [...JSON.stringify(one).matchAll(/"reference":"([A-Z]\w+\/[\w-]+)"/g)].map(
      ([, reference]) => reference,
    );
    return live.filter((each) => wanted.includes(nameOf(each)) && gives('read', each.resourceType) && sees(each));
  };
  const withPointed = (list, types) => [
    ...new Map(
      [...list, ...list.flatMap(pointed).filter(({ resourceType }) => types.includes(resourceType))].map((one) => [
        nameOf(one),
        one,
      ]),
    ).values(),
  ];
  yield ask(
    'search-type',
    '/Observation?_count=500&_include=Observation:subject&_include=Observation:performer',
    refusedOr(isGiven, listed(withPointed(observations, ['Patient', 'Practitioner']), false)),
    { about: '_include' },
  );
  yield ask(
    'search-type',
    '/Observation?_count=500&_include=*',
    refusedOr(isGiven, listed(withPointed(observations, ['Patient', 'Practitioner', 'Encounter']), false)),
    { about: '_include' },
  );
  const iterated = () => {
    const first = withPointed(observations, ['Encounter']);
    return withPointed(
      withPointed(first, [
        'Encounter',
        ...(first.some(({ resourceType }) => resourceType === 'Encounter') ? ['Location'] : []),
      ]).filter(({ resourceType }) => ['Observation', 'Encounter', 'Location'].includes(resourceType)),
      ['Encounter'],
    );
  };
  yield ask(
    'search-type',
    '/Observation?_count=500&_include=Observation:encounter&_include:iterate=Encounter:location',
    refusedOr(isGiven, listed(iterated(), false)),
    { about: '_include:iterate' },
  );
  const pointing = (list, type, of) =>
    found(type).filter((one) => gives('search', type) && list.some((each) => of(one) === nameOf(each)));
  const reverse = [
    ...residents,
    ...pointing(residents, 'Observation', (one) => one.subject?.reference),
    ...pointing(residents, 'Encounter', (one) => one.subject?.reference),
  ];
  yield ask(
    'search-type',
    '/Patient?_count=500&_revinclude=Observation:subject&_revinclude=Encounter:patient',
    refusedOr(gives('search', 'Patient'), listed(reverse, false)),
    { about: '_revinclude' },
  );
  const all = found('Practitioner');
  const about = live.filter(
    (one) =>
      !['Practitioner', 'Binary'].includes(one.resourceType) &&
      gives('search', one.resourceType) &&
      sees(one, 'search') &&
      all.some((each) => JSON.stringify(one).includes(`"${nameOf(each)}"`)),
  );
  yield ask(
    'search-type',
    '/Practitioner?_count=500&_revinclude=*',
    refusedOr(gives('search', 'Practitioner'), listed([...all, ...about], false)),
    { about: '_revinclude' },
  );
}

/** A batch and a transaction of reads: entries are as requests by themselves. */
function* bundles(name, { live, sees, gives }) {
  const wanted = [0, 2, 5].flatMap((i) => [
    `Patient/${patientId(i)}`,
    `Observation/serology-${i}`,
    `DocumentReference/masked-${i}`,
    `Binary/letter-bytes-${i}`,
  ]);
  const records = wanted.map((one) => live.find((each) => nameOf(each) === one));
  const entry = wanted.map((url) => ({ request: { method: 'GET', url } }));
  const statuses = records.map((one) => (gives('read', one.resourceType) ? (sees(one) ? '200' : '404') : '403'));
  const body = { resourceType: 'Bundle', type: 'batch', entry };
  const ids = wanted.filter((_, i) => statuses[i] === '200');
  yield { caller: name, what: 'batch', method: 'POST', path: '', body, expected: { status: 200, statuses, ids } };
  const first = statuses.find((status) => status === '403') ?? statuses.find((status) => status !== '200') ?? '200';
  const whole = { ...body, type: 'transaction' };
  yield {
    caller: name,
    what: 'transaction',
    method: 'POST',
    path: '',
    body: whole,
    expected: { status: Number(first), ...(first === '200' && { ids: wanted }) },
  };
  const searching = {
    ...body,
    entry: [
      { request: { method: 'GET', url: 'Observation?_count=500' } },
      { request: { method: 'GET', url: 'Patient?_count=500' } },
    ],
  };
  const found = (type) =>
    live.filter((one) => one.resourceType === type && gives('search', type) && sees(one, 'search')).map(nameOf);
  const codes = ['Observation', 'Patient'].map((type) => (gives('search', type) ? '200' : '403'));
  yield {
    caller: name,
    what: 'batch',
    about: 'searches',
    method: 'POST',
    path: '',
    body: searching,
    expected: { status: 200, statuses: codes, ids: [...found('Observation'), ...found('Patient')] },
  };
}

function* operations(name, caller, { statement, live, found, gives, sees, refusedOr }) {
  const cell = (what, method, path, body, expected, about) => ({
    caller: name,
    what,
    method,
    path,
    ...(body && { body }),
    expected,
    ...(about && { about }),
  });
  const has = (...roles) => caller.kind === 'professional' && caller.roles.some(({ code }) => roles.includes(code));
  const scoped = (action, type) =>
    caller.scopes === undefined ||
    caller.scopes.some((one) => (one.type === '*' || one.type === type) && one.permissions.has(action));
  const isWhole = name === 'identity' || name === 'vendor';
  const knows =
    caller.kind === 'professional' || caller.kind === 'patient' || name === 'vendor' || name === 'laboratory';
  for (const type of ['Observation', 'Patient']) {
    const body = { resourceType: type, ...(type === 'Observation' && { status: 'final', code: { text: 'x' } }) };
    yield cell(
      '$validate',
      'POST',
      `/${type}/$validate`,
      body,
      refusedOr(knows && scoped('read', type), { status: 200 }),
    );
  }
  for (const id of ['weight-0', 'serology-2', 'mood-5']) {
    const one = live.find((each) => each.id === id);
    // What is not seen cannot be validated either.
    const expected = gives('read', 'Observation') && sees(one) ? { status: 200 } : { status: 404 };
    yield cell(
      '$validate',
      'GET',
      `/Observation/${id}/$validate`,
      undefined,
      refusedOr(knows && scoped('read', 'Observation'), expected),
      'stored',
    );
    yield cell(
      '$validate',
      'POST',
      `/Observation/${id}/$validate?mode=profile`,
      undefined,
      refusedOr(knows && scoped('read', 'Observation'), expected),
      'stored',
    );
  }
  const definition = live.find(({ resourceType }) => resourceType === 'ValueSet');
  const sets = gives('read', 'ValueSet') && sees(definition);
  for (const method of ['GET', 'POST']) {
    const url = '/ValueSet/$expand?url=https://ehpad.example/vs/meals';
    const isSearched = gives('search', 'ValueSet') && sees(definition, 'search');
    yield cell(
      '$expand',
      method,
      url,
      undefined,
      refusedOr(knows && scoped('read', 'ValueSet'), { status: isSearched ? 200 : 404 }),
    );
  }
  yield cell(
    '$expand',
    'GET',
    '/ValueSet/meals/$expand',
    undefined,
    refusedOr(knows && scoped('read', 'ValueSet'), { status: sets ? 200 : 404 }),
    'stored',
  );
  yield cell(
    '$validate-code',
    'GET',
    '/ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&system=http://hl7.org/fhir/administrative-gender&code=male',
    undefined,
    refusedOr(knows && scoped('read', 'ValueSet'), { status: 200 }),
  );
  yield cell(
    '$lookup',
    'GET',
    '/CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male',
    undefined,
    refusedOr(knows && scoped('read', 'CodeSystem'), { status: 200 }),
  );
  const inside = statement.gives(caller, 'search', 'Patient') && caller.structures.includes('750000017');
  const matches =
    ((inside && has('10', '60', 'secretariat')) || name === 'identity' || name === 'vendor' || name === 'laboratory') &&
    scoped('search', 'Patient');
  for (let i = 0; i < RESIDENTS; i++) {
    const one = found('Patient').find(({ id }) => id === patientId(i));
    const identifier = [{ system: IPP, value: `IPP-${i}` }];
    const { birthDate } = live.find(({ id }) => id === patientId(i));
    const parameters = {
      resourceType: 'Parameters',
      parameter: [{ name: 'resource', resource: { resourceType: 'Patient', identifier, birthDate } }],
    };
    yield cell(
      '$match',
      'POST',
      '/Patient/$match',
      parameters,
      refusedOr(matches, { status: 200, ids: one === undefined ? [] : [nameOf(one)] }),
    );
    // Of somebody who is not seen nothing is known, as of nobody.
    const knownNumbers = found('Patient').length > 0;
    const notFound = knownNumbers ? 404 : 400;
    const pix = `/Patient/$ihe-pix?sourceIdentifier=${encodeURIComponent(`${IPP}|IPP-${i}`)}`;
    yield cell(
      '$ihe-pix',
      'GET',
      pix,
      undefined,
      refusedOr(matches, one === undefined ? { status: notFound } : { status: 200 }),
    );
  }
  const merge = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'source-patient', valueReference: { reference: 'Patient/resident-5' } },
      { name: 'target-patient', valueReference: { reference: 'Patient/resident-6' } },
      { name: 'preview', valueBoolean: true },
    ],
  };
  yield cell('$merge', 'POST', '/Patient/$merge', merge, refusedOr(isWhole, { status: 200 }));
  yield cell('$unmerge', 'POST', '/Patient/resident-0/$unmerge', undefined, refusedOr(isWhole, { status: 409 }));
  const verifies = name === 'desk' || name === 'identity' || name === 'vendor';
  yield cell('$ins-verify', 'POST', '/Patient/resident-0/$ins-verify', undefined, refusedOr(verifies, { status: 501 }));
  yield cell(
    '$reindex',
    'GET',
    '/$reindex',
    undefined,
    refusedOr(name === 'identity' || name === 'vendor', { status: 200 }),
  );
}

/** A cell that writes says in `undo` what it may have written. */
export function* writingCells(world, statement) {
  for (const [name, caller] of Object.entries(CALLERS)) {
    const gives = (action, type) => statement.gives(caller, action, type);
    const at = (id) => world.live().find((one) => one.id === id);
    const cell = (what, method, path, body, expected, more = {}) => ({
      caller: name,
      what,
      method,
      path,
      ...(body && { body }),
      expected,
      ...more,
    });
    for (const id of [
      'weight-0',
      'serology-1',
      'mood-3',
      'weight-5',
      'weight-6',
      'condition-2',
      'letter-0',
      'masked-1',
      'stay-2',
      'resident-1',
      'team-1',
      'visit-4',
      'shared-4',
      'nurse',
      'daughter-3',
    ]) {
      const one = at(id);
      const { resourceType: type } = one;
      const path = `/${nameOf(one)}`;
      const isSeen = gives('read', type) && statement.sees(caller, one);
      const mayChange = statement.changes(caller, one, 'update');
      const put = gives('update', type) || gives('create', type) ? (mayChange ? 200 : isSeen ? 403 : 404) : 403;
      const changed = { ...one, language: 'fr' };
      yield cell('update', 'PUT', path, changed, { status: put }, { undo: [one] });
      const patch = gives('update', type) ? (isSeen ? (mayChange ? 200 : 403) : 404) : 403;
      yield cell(
        'patch',
        'PATCH',
        path,
        [{ op: 'add', path: '/language', value: 'fr' }],
        { status: patch },
        { undo: [one], type: 'application/json-patch+json' },
      );
      const mayDelete = statement.changes(caller, one, 'delete');
      // For who does not see it, it is as if it had never been there.
      const gone = gives('delete', type) ? (mayDelete ? 204 : isSeen ? 403 : 204) : 403;
      yield cell('delete', 'DELETE', path, undefined, { status: gone }, { undo: [one] });
    }
    const made = (type, i, more) => ({
      resourceType: type,
      subject: { reference: `Patient/${patientId(i)}` },
      ...more,
    });
    for (let i = 0; i < RESIDENTS; i++) {
      for (const body of [
        made('Observation', i, {
          status: 'final',
          code: { text: 'neuf' },
          category: [
            {
              coding: [
                {
                  system: 'http://terminology.hl7.org/CodeSystem/observation-category',
                  code: i % 2 === 0 ? 'laboratory' : 'exam',
                },
              ],
            },
          ],
        }),
        made('CareTeam', i, { status: 'active', participant: [{ member: { reference: 'Practitioner/nurse' } }] }),
        made('QuestionnaireResponse', i, { status: 'completed' }),
        made('List', i, { status: 'current', mode: 'working' }),
      ]) {
        const { resourceType: type } = body;
        const may = gives('create', type) && statement.changes(caller, body, 'create');
        yield cell('create', 'POST', `/${type}`, body, { status: may ? 201 : 403 }, { undo: 'created' });
      }
      // An id that is free is no better than one that is hidden.
      const free = made('Observation', i, { id: `chosen-${i}`, status: 'final', code: { text: 'neuf' } });
      const isAll = statement.seesDeleted(caller, 'Observation') || name === 'identity' || name === 'vendor';
      const givesPut = gives('update', 'Observation') || gives('create', 'Observation');
      const put = !givesPut ? 403 : isAll && gives('create', 'Observation') ? 201 : 404;
      yield cell(
        'update',
        'PUT',
        `/Observation/chosen-${i}`,
        free,
        { status: put },
        { undo: [free], about: 'a free id' },
      );
      const moved = { ...at('weight-0'), subject: { reference: `Patient/${patientId(i)}` } };
      const may = statement.changes(caller, at('weight-0'), 'update') && statement.changes(caller, moved, 'update');
      const sees = gives('read', 'Observation') && statement.sees(caller, at('weight-0'));
      const move = !givesPut
        ? 403
        : may
          ? 200
          : sees || statement.changes(caller, at('weight-0'), 'update')
            ? 403
            : 404;
      yield cell(
        'update',
        'PUT',
        '/Observation/weight-0',
        moved,
        { status: move },
        { undo: [at('weight-0')], about: 'to another resident' },
      );
    }
    yield* conditionalCells(world, statement, name, caller, cell);
  }
}

function* conditionalCells(world, statement, name, caller, cell) {
  const gives = (action, type) => statement.gives(caller, action, type);
  const at = (id) => world.live().find((one) => one.id === id);
  for (const i of [0, 1, 4, 5]) {
    const resident = at(patientId(i));
    const criteria = `identifier=${encodeURIComponent(`${IPP}|IPP-${i}`)}`;
    const isFound = gives('search', 'Patient') && statement.sees(caller, resident, 'search');
    const mayChange = statement.changes(caller, resident, 'update');
    const isSeen = gives('read', 'Patient') && statement.sees(caller, resident);
    const { id: _, ...body } = resident;
    const writes = gives('search', 'Patient') && (gives('update', 'Patient') || gives('create', 'Patient'));
    const creates = gives('create', 'Patient') && statement.changes(caller, body, 'create');
    const put = !writes ? 403 : isFound ? (mayChange ? 200 : isSeen ? 403 : 404) : creates ? 201 : 403;
    yield cell(
      'conditional-update',
      'PUT',
      `/Patient?${criteria}`,
      body,
      { status: put },
      { undo: put === 201 ? 'created' : [resident] },
    );
    const patched =
      gives('search', 'Patient') && gives('update', 'Patient')
        ? isFound
          ? isSeen
            ? mayChange
              ? 200
              : 403
            : 404
          : 412
        : 403;
    yield cell(
      'conditional-patch',
      'PATCH',
      `/Patient?${criteria}`,
      [{ op: 'add', path: '/language', value: 'fr' }],
      { status: patched === 412 ? 404 : patched },
      { undo: [resident], type: 'application/json-patch+json', either: [404, 412] },
    );
    const deletes = gives('search', 'Patient') && gives('delete', 'Patient');
    yield cell(
      'conditional-delete',
      'DELETE',
      `/Patient?${criteria}`,
      undefined,
      { status: deletes ? 204 : 403 },
      { undo: [resident] },
    );
    const create =
      gives('create', 'Patient') && gives('search', 'Patient') ? (isFound ? 200 : creates ? 201 : 403) : 403;
    yield cell(
      'create',
      'POST',
      '/Patient',
      body,
      { status: create },
      { undo: create === 201 ? 'created' : [], headers: { 'if-none-exist': criteria }, about: 'conditional' },
    );
    const observation = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'neuf' },
      subject: { reference: `Patient?${criteria}` },
      category: [{ coding: [{ code: 'laboratory' }] }],
    };
    const resolved = { ...observation, subject: { reference: `Patient/${patientId(i)}` } };
    const entry = [{ resource: observation, request: { method: 'POST', url: 'Observation' } }];
    const written = !gives('create', 'Observation')
      ? 403
      : !isFound
        ? 412
        : statement.changes(caller, resolved, 'create')
          ? 200
          : 403;
    yield cell(
      'transaction',
      'POST',
      '',
      { resourceType: 'Bundle', type: 'transaction', entry },
      { status: written },
      { undo: 'created', about: 'conditional reference', either: written === 412 ? [400, 404, 412, 422] : undefined },
    );
    const binary = {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: { reference: `Patient/${patientId(i)}` },
      content: [{ attachment: { contentType: 'text/plain', url: `Binary/masked-bytes-${(i + 1) % 5}` } }],
    };
    const content = at(`masked-bytes-${(i + 1) % 5}`);
    const taken =
      gives('create', 'DocumentReference') &&
      statement.changes(caller, binary, 'create') &&
      (name === 'vendor' || statement.sees(caller, content));
    yield cell(
      'create',
      'POST',
      '/DocumentReference',
      binary,
      { status: taken ? 201 : 403 },
      { undo: 'created', about: "another's content" },
    );
    const bytes = { resourceType: 'Binary', contentType: 'text/plain', data: base64('neuf') };
    yield cell(
      'create',
      'POST',
      '/Binary',
      bytes,
      { status: gives('create', 'Binary') ? 201 : 403 },
      { undo: 'created', about: 'content' },
    );
  }
  const twice = [
    {
      resource: { resourceType: 'Condition', subject: { reference: `Patient/${patientId(0)}` } },
      request: { method: 'POST', url: 'Condition' },
    },
    { request: { method: 'DELETE', url: 'Patient/resident-0' } },
  ];
  const deletes = gives('delete', 'Patient') && gives('create', 'Condition');
  yield cell(
    'transaction',
    'POST',
    '',
    { resourceType: 'Bundle', type: 'transaction', entry: twice },
    { status: deletes ? 200 : 403 },
    { undo: deletes ? [at('resident-0')] : [], about: 'one entry refused' },
  );
}
