/**
 * Invented resources from small pools, so that queries find some and not others: each type with the elements that its
 * search parameters read, left out now and then.
 */

const NS = 'https://dui-test.example/ns';
const DAY = 86_400_000;
const ICD = 'http://hl7.org/fhir/sid/icd-10';
const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const LOCAL = `${NS}/codes`;

export const FAMILIES = [
  'Lefèvre',
  'LE FEVRE',
  "d'Arc",
  'Dupont-Durand',
  'Dupont',
  'Cœuret',
  'Nuñez',
  'Ørsted',
  'Ésaïe',
];
export const GIVEN = ['Jean-Pierre', 'Jean Pierre', 'Zoé', 'Anaïs', 'Lætitia', 'Pierre', 'Éléonore', 'Maë', 'J.-P.'];
export const CITIES = ["L'Haÿ-les-Roses", 'Saint-Étienne', 'Guérande', 'Le Mans', 'Nantes', 'St Etienne'];
export const WORDS = ['chute', 'Élévation', 'hôpital', 'prélèvement', 'œdème', 'douleur', 'repos', 'Cœur'];
/** Type to ids that references may name, present or not. */
const PER_TYPE = 24;

const STATUSES = {
  Encounter: ['planned', 'in-progress', 'finished'],
  Observation: ['final', 'preliminary', 'amended'],
  DocumentReference: ['current', 'superseded'],
  Appointment: ['booked', 'fulfilled', 'cancelled'],
  Slot: ['free', 'busy'],
  CarePlan: ['active', 'draft', 'completed'],
  List: ['current', 'retired'],
  ValueSet: ['active', 'draft'],
  RiskAssessment: ['final', 'preliminary'],
};

/** The FHIR types that are made, in the order in which they are. */
export const TYPES = [
  ...['Patient', 'Practitioner', 'Organization', 'Location', 'HealthcareService', 'Schedule', 'Slot', 'Encounter'],
  ...['Observation', 'DocumentReference', 'Appointment', 'CarePlan', 'Condition', 'List', 'ValueSet', 'RiskAssessment'],
];

export const idOf = (type, i) => `${type.toLowerCase().slice(0, 3)}${type.length}-${i}`;

/** What makes resources with the numbers of `random` (see random.mjs). */
export function maker(random) {
  const { below, pick, chance, many } = random;
  const maybe = (percent, name, make) => (chance(percent) ? { [name]: make() } : {});
  const reference = (...types) => {
    const type = pick(types);
    const id = idOf(type, below(PER_TYPE));
    if (chance(4)) return { reference: `https://other.example/fhir/${type}/${id}` };
    if (chance(4)) return { type, identifier: identifier() };
    if (chance(5)) return { reference: `${type}/${id}/_history/1` };
    return { reference: `${type}/${id}`, ...maybe(15, 'identifier', identifier) };
  };
  const identifier = () => ({
    ...maybe(85, 'system', () => `${NS}/${pick(['ipp', 'sejour', 'a|b'])}`),
    value: `${pick(['A', 'B', 'c,d', 'x$y'])}-${below(30)}`,
    ...maybe(40, 'type', () => ({
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: pick(['PI', 'VN', 'MR']) }],
      text: pick(WORDS),
    })),
  });
  const day = () => {
    const at = new Date(Date.UTC(2024, 0, 1) + below(900) * DAY).toISOString();
    return at.slice(0, pick([4, 7, 10, 10]));
  };
  const zone = () => pick(['Z', '+02:00', '-05:00', '+01:00']);
  const instant = () => {
    const at = new Date(Date.UTC(2024, 0, 1) + below(900 * 24) * 3_600_000 + below(4) * 900_000).toISOString();
    return at.slice(0, 19) + pick(['', '.5', '.123']) + zone();
  };
  const dateTime = () => (chance(40) ? day() : instant());
  const period = () => {
    const start = Date.UTC(2024, 0, 1) + below(900) * DAY;
    const end = start + below(60) * DAY;
    const text = (at) => {
      const iso = new Date(at).toISOString();
      return chance(60) ? iso.slice(0, 10) : iso.slice(0, 19) + zone();
    };
    const ends = pick([['start'], ['end'], ['start', 'end'], ['start', 'end'], ['start', 'end']]);
    return { ...(ends.includes('start') && { start: text(start) }), ...(ends.includes('end') && { end: text(end) }) };
  };
  const concept = (system, codes) => {
    const coding = () => ({
      ...(chance(85) && { system }),
      code: pick(codes),
      ...maybe(40, 'display', () => `${pick(WORDS)} ${pick(WORDS)}`),
    });
    return { coding: many(1, 2, coding), ...maybe(40, 'text', () => `${pick(WORDS)} ${pick(CITIES)}`) };
  };
  const local = () => concept(LOCAL, ['alpha', 'beta', 'Beta', 'g,amma']);
  const [decimals, masses, others] = [
    [0.5, 1, 1.5, 2, 4.2, 5, 10, 12.25, 100, 500, 501, 1500, -3],
    ['g', 'mg', 'kg', 'ug'],
    ['mm[Hg]', 'Cel', '/min', '%'],
  ];
  const quantity = () => {
    const code = pick(chance(70) ? masses : others);
    return {
      value: pick(decimals),
      ...maybe(12, 'comparator', () => pick(['<', '<=', '>', '>='])),
      ...maybe(70, 'unit', () => pick([code, 'unité'])),
      ...(chance(80) ? { system: pick([UCUM, UCUM, UCUM, LOCAL]), code } : {}),
    };
  };
  const humanName = () => ({
    ...maybe(70, 'use', () => pick(['official', 'usual', 'maiden'])),
    ...maybe(90, 'family', () => pick(FAMILIES)),
    given: many(1, 2, () => pick(GIVEN)),
    ...maybe(20, 'text', () => `${pick(GIVEN)} ${pick(FAMILIES)}`),
  });
  const address = () => ({
    ...maybe(30, 'use', () => pick(['home', 'temp'])),
    line: [`${below(9)} rue de l’${pick(['Église', 'Œillet'])}`],
    city: pick(CITIES),
    postalCode: pick(['44350', '44 000', '94240']),
    country: pick(['FRA', 'FR']),
  });
  const telecom = () => ({
    system: pick(['phone', 'email']),
    value: pick(['+33 1 99 00 00 01', 'a@b.example', '112']),
  });
  const narrative = () => ({
    status: 'generated',
    div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${pick(WORDS)} <b>${pick(WORDS)}</b></p></div>`,
  });
  const status = (type) => ({ status: pick(STATUSES[type]) });

  const bodies = {
    Patient: () => ({
      ...maybe(80, 'active', () => chance(70)),
      identifier: many(0, 2, identifier),
      name: many(0, 2, humanName),
      telecom: many(0, 2, telecom),
      ...maybe(85, 'gender', () => pick(['male', 'female', 'unknown'])),
      ...maybe(85, 'birthDate', day),
      ...(chance(15) ? { deceasedBoolean: chance(50) } : maybe(15, 'deceasedDateTime', dateTime)),
      address: many(0, 2, address),
      generalPractitioner: many(0, 2, () => reference('Practitioner', 'Organization')),
      ...maybe(60, 'managingOrganization', () => reference('Organization')),
      link: many(0, 1, () => ({ other: reference('Patient'), type: 'seealso' })),
    }),
    Practitioner: () => ({
      active: chance(80),
      identifier: many(0, 2, identifier),
      name: many(1, 1, humanName),
      gender: pick(['male', 'female']),
      address: many(0, 1, address),
    }),
    Organization: () => ({
      active: chance(80),
      identifier: many(1, 2, identifier),
      name: `${pick(['Résidence', 'EHPAD', 'Clinique'])} ${pick(FAMILIES)}`,
      alias: many(0, 2, () => pick(CITIES)),
      type: many(0, 1, local),
      address: many(0, 1, address),
      ...maybe(50, 'partOf', () => reference('Organization')),
    }),
    Location: () => ({
      status: pick(['active', 'suspended']),
      name: `${pick(['Aile', 'Étage'])} ${pick(CITIES)}`,
      ...maybe(60, 'address', address),
      ...maybe(70, 'position', () => ({ longitude: -2 + below(40) / 10, latitude: 46 + below(40) / 10 })),
      ...maybe(60, 'managingOrganization', () => reference('Organization')),
      ...maybe(40, 'partOf', () => reference('Location')),
    }),
    HealthcareService: () => ({
      active: chance(80),
      identifier: many(0, 1, identifier),
      name: `${pick(WORDS)} ${pick(CITIES)}`,
      ...maybe(85, 'providedBy', () => reference('Organization')),
      location: many(0, 2, () => reference('Location')),
      specialty: many(0, 2, local),
      type: many(0, 1, local),
    }),
    Schedule: () => ({
      active: chance(80),
      identifier: many(0, 1, identifier),
      actor: many(1, 2, () => reference('HealthcareService', 'Practitioner', 'Location')),
      ...maybe(80, 'planningHorizon', period),
      serviceType: many(0, 1, local),
    }),
    Slot: () => ({
      ...status('Slot'),
      identifier: many(0, 1, identifier),
      schedule: reference('Schedule'),
      start: instant(),
      end: instant(),
      serviceType: many(0, 1, local),
      specialty: many(0, 1, local),
    }),
    Encounter: () => ({
      ...status('Encounter'),
      identifier: many(0, 2, identifier),
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: pick(['IMP', 'AMB']) },
      type: many(0, 1, local),
      ...maybe(90, 'subject', () => reference('Patient')),
      ...maybe(80, 'period', period),
      ...maybe(40, 'length', quantity),
      participant: many(0, 2, () => ({ type: many(0, 1, local), individual: reference('Practitioner') })),
      location: many(0, 2, () => ({ location: reference('Location'), ...maybe(50, 'period', period) })),
      ...maybe(50, 'serviceProvider', () => reference('Organization')),
      ...maybe(30, 'partOf', () => reference('Encounter')),
    }),
    Observation: () => ({
      ...status('Observation'),
      identifier: many(0, 1, identifier),
      code: concept(LOINC, ['29463-7', '8867-4', '8310-5']),
      category: many(0, 1, local),
      ...maybe(90, 'subject', () => reference('Patient', 'Location')),
      ...maybe(40, 'encounter', () => reference('Encounter')),
      ...(chance(60) ? { effectiveDateTime: dateTime() } : maybe(60, 'effectivePeriod', period)),
      performer: many(0, 2, () => reference('Practitioner', 'Organization', 'Patient')),
      ...pick([
        () => ({ valueQuantity: quantity() }),
        () => ({ valueQuantity: quantity() }),
        () => ({ valueCodeableConcept: local() }),
        () => ({ valueString: `${pick(WORDS)} ${pick(WORDS)}` }),
        () => ({ valueDateTime: dateTime() }),
        () => ({}),
      ])(),
      component: many(0, 2, () => ({
        code: concept(LOINC, ['8480-6', '8462-4']),
        ...(chance(70) ? { valueQuantity: quantity() } : { valueCodeableConcept: local() }),
      })),
      hasMember: many(0, 1, () => reference('Observation')),
      note: many(0, 1, () => ({ text: `${pick(WORDS)}, ${pick(WORDS)}.` })),
    }),
    DocumentReference: () => ({
      ...status('DocumentReference'),
      ...maybe(60, 'masterIdentifier', identifier),
      identifier: many(0, 1, identifier),
      type: concept(LOINC, ['11490-0', '11506-3']),
      ...maybe(90, 'subject', () => reference('Patient')),
      ...maybe(80, 'date', instant),
      author: many(0, 2, () => reference('Practitioner', 'Organization')),
      description: `${pick(WORDS)} ${pick(WORDS)}`,
      relatesTo: many(0, 2, () => ({ code: pick(['replaces', 'appends']), target: reference('DocumentReference') })),
      content: [{ attachment: { contentType: pick(['application/pdf', 'text/xml']), creation: dateTime() } }],
      context: { period: period(), encounter: many(0, 1, () => reference('Encounter')) },
    }),
    Appointment: () => ({
      ...status('Appointment'),
      identifier: many(0, 1, identifier),
      start: instant(),
      serviceType: many(0, 1, local),
      slot: many(0, 1, () => reference('Slot')),
      participant: many(1, 3, () => ({
        actor: reference('Patient', 'Practitioner', 'HealthcareService', 'Location'),
        status: pick(['accepted', 'declined']),
      })),
    }),
    CarePlan: () => ({
      ...status('CarePlan'),
      intent: pick(['plan', 'order']),
      identifier: many(0, 1, identifier),
      category: many(0, 2, local),
      subject: reference('Patient'),
      ...maybe(70, 'period', period),
      ...maybe(50, 'encounter', () => reference('Encounter')),
      addresses: many(0, 2, () => reference('Condition')),
      activity: many(0, 1, () => ({
        detail: { status: 'in-progress', code: local(), performer: [reference('Practitioner')] },
      })),
    }),
    Condition: () => ({
      clinicalStatus: concept('http://terminology.hl7.org/CodeSystem/condition-clinical', [
        ...['active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved'],
      ]),
      code: concept(ICD, ['I10', 'E11', 'F00']),
      category: many(0, 1, local),
      subject: reference('Patient'),
      ...pick([
        () => ({ onsetDateTime: dateTime() }),
        () => ({ onsetPeriod: period() }),
        () => ({ onsetAge: { value: pick([40, 70, 82.5]), system: UCUM, code: pick(['a', 'mo']) } }),
        () => ({ onsetString: pick(WORDS) }),
      ])(),
      ...maybe(70, 'recordedDate', dateTime),
      ...maybe(40, 'asserter', () => reference('Practitioner', 'Patient')),
    }),
    List: () => ({
      ...status('List'),
      mode: 'working',
      ...maybe(60, 'code', local),
      ...maybe(60, 'title', () => `${pick(WORDS)} ${pick(CITIES)}`),
      ...maybe(70, 'subject', () => reference('Patient')),
      ...maybe(60, 'date', dateTime),
      ...maybe(50, 'source', () => reference('Practitioner')),
      entry: many(0, 6, () => ({ item: reference('Patient', 'Encounter', 'Observation', 'Condition') })),
    }),
    ValueSet: () => ({
      ...status('ValueSet'),
      url: `https://dui-test.example/${pick(['fhir', 'fhir/jdv', 'autre'])}/${pick(['vs', 'vs-a', 'vs-a/b'])}`,
      ...maybe(60, 'version', () => pick(['1.0', '2.0'])),
      ...maybe(70, 'name', () => pick(['Jdv', 'JdvDeux'])),
      ...maybe(70, 'title', () => `${pick(WORDS)} ${pick(CITIES)}`),
      ...maybe(70, 'date', dateTime),
      ...maybe(50, 'description', () => `${pick(WORDS)} ${pick(WORDS)}`),
      useContext: many(0, 2, () => ({
        code: { system: 'http://terminology.hl7.org/CodeSystem/usage-context-type', code: pick(['age', 'focus']) },
        ...pick([
          () => ({ valueCodeableConcept: local() }),
          () => ({ valueQuantity: { value: pick(decimals), system: UCUM, code: pick(masses) } }),
          () => ({
            valueRange: {
              low: { value: below(5), system: UCUM, code: 'g' },
              ...maybe(70, 'high', () => ({ value: 5 + below(9), system: UCUM, code: 'g' })),
            },
          }),
        ])(),
      })),
    }),
    RiskAssessment: () => ({
      ...status('RiskAssessment'),
      subject: reference('Patient'),
      ...maybe(60, 'occurrenceDateTime', dateTime),
      ...maybe(50, 'condition', () => reference('Condition')),
      prediction: many(0, 2, () => ({
        ...(chance(70)
          ? { probabilityDecimal: pick([0.1, 0.25, 0.3, 0.5, 12, 12.5, 99.95, 100]) }
          : {
              probabilityRange: {
                low: { value: pick([1, 5]) },
                ...maybe(70, 'high', () => ({ value: pick([6, 50]) })),
              },
            }),
      })),
    }),
  };

  const meta = () => ({
    ...maybe(40, 'profile', () => [`https://dui-test.example/StructureDefinition/${pick(['a', 'b'])}`]),
    ...maybe(40, 'tag', () => [{ system: LOCAL, code: pick(['essai', 'urgent']) }]),
    ...maybe(25, 'security', () => [{ system: LOCAL, code: pick(['R', 'V']) }]),
    ...maybe(30, 'source', () => `urn:dui:${pick(['a', 'a:b', 'c'])}`),
  });

  /** A new body for the resource `id` of a type. */
  return (type, id) => {
    const body = bodies[type]();
    // Empty lists are none.
    for (const [name, value] of Object.entries(body)) if (Array.isArray(value) && value.length === 0) delete body[name];
    return { resourceType: type, id, meta: meta(), ...maybe(30, 'text', narrative), ...body };
  };
}

/** Which resources a world begins with. */
export function* firstIds() {
  for (const type of TYPES) for (let i = 0; i < PER_TYPE; i++) yield [type, idOf(type, i)];
}
