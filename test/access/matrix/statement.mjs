/**
 * Who may see and write what in the invented EHPAD, said once more in plain code, record by record: it knows nothing of
 * policies, search plans or stores.
 */
import { HOME } from './world.mjs';

const COMMON = new Set([
  'Location',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Questionnaire',
  'ValueSet',
  'Medication',
  'CodeSystem',
  'StructureDefinition',
  'SearchParameter',
]);
/** Types whose records belong to a resident. */
const OF_RESIDENTS = new Set([
  'Appointment',
  'CareTeam',
  'Condition',
  'Consent',
  'DocumentReference',
  'Encounter',
  'EpisodeOfCare',
  'List',
  'MedicationRequest',
  'Observation',
  'Patient',
  'Provenance',
  'QuestionnaireResponse',
  'RelatedPerson',
  'AuditEvent',
  'Basic',
]);
const CARE = ['10', '60'];
const PRESENT = ['arrived', 'triaged', 'in-progress', 'onleave'];
const CLINICAL = [
  'Condition',
  'DocumentReference',
  'List',
  'MedicationRequest',
  'Observation',
  'QuestionnaireResponse',
];
const DESK = ['Appointment', 'Encounter', 'EpisodeOfCare', 'Patient', 'RelatedPerson'];

/** The residents that a record is about, by their ids. */
export function residentsOf(resource) {
  const { resourceType, id, subject, patient, target = [], participant = [] } = resource;
  if (resourceType === 'Patient') return [id];
  const references =
    resourceType === 'Appointment'
      ? participant.map(({ actor }) => actor)
      : resourceType === 'Provenance'
        ? target
        : [subject, patient];
  return references.flatMap((one) => /^Patient\/(.*)$/.exec(one?.reference ?? '')?.[1] ?? []);
}

/** `live` are the records of now. */
export class Statement {
  constructor(live) {
    this.live = live;
  }

  #all(type) {
    return this.live().filter(({ resourceType }) => resourceType === type);
  }

  #selves(caller) {
    if (caller.kind !== 'professional') return [];
    const mine = this.#all('Practitioner').filter(
      ({ id, identifier = [] }) =>
        `Practitioner/${id}` === caller.practitioner ||
        identifier.some(({ value }) => caller.rpps !== undefined && value === caller.rpps),
    );
    const practitioners = mine.map(({ id }) => `Practitioner/${id}`);
    const roles = this.#all('PractitionerRole').filter(({ practitioner }) =>
      practitioners.includes(practitioner.reference),
    );
    return { practitioners, roles, all: [...practitioners, ...roles.map(({ id }) => `PractitionerRole/${id}`)] };
  }

  #isInCircle(caller, resident) {
    const { practitioners = [], all = [] } = this.#selves(caller);
    const isOf = (one) => residentsOf(one).includes(resident);
    return (
      this.#all('CareTeam').some(
        (one) =>
          isOf(one) && one.status === 'active' && one.participant.some(({ member }) => all.includes(member.reference)),
      ) ||
      this.#all('EpisodeOfCare').some(
        (one) => isOf(one) && one.status === 'active' && practitioners.includes(one.careManager?.reference),
      ) ||
      this.#all('Encounter').some(
        (one) =>
          isOf(one) &&
          PRESENT.includes(one.status) &&
          (one.participant ?? []).some(({ individual }) => all.includes(individual.reference)),
      ) ||
      this.#all('Patient').some(
        (one) =>
          one.id === resident && (one.generalPractitioner ?? []).some(({ reference }) => all.includes(reference)),
      )
    );
  }

  #isOnFloor(caller, resident) {
    const { roles = [] } = this.#selves(caller);
    const places = roles.flatMap(({ location = [] }) => location.map(({ reference }) => reference));
    return this.#all('Encounter').some(
      (one) =>
        residentsOf(one).includes(resident) &&
        PRESENT.includes(one.status) &&
        one.location.some(({ location }) => places.includes(location.reference)),
    );
  }

  #consents(caller, resident, type) {
    const { all = [] } = this.#selves(caller);
    const structures = this.#all('Organization')
      .filter(({ identifier = [] }) => identifier.some(({ value }) => caller.structures.includes(value)))
      .map(({ id }) => `Organization/${id}`);
    return this.#all('Consent').some(
      ({ status, patient, provision }) =>
        status === 'active' &&
        patient.reference === `Patient/${resident}` &&
        provision.type === type &&
        provision.actor.some(({ reference }) => [...all, ...structures].includes(reference.reference)),
    );
  }

  #has(caller, ...roles) {
    return caller.kind === 'professional' && caller.roles.some(({ code }) => roles.includes(code));
  }

  #isInside(caller) {
    return caller.structures.includes(HOME);
  }

  /** Is anything of a type open to him, whatever the records are? 403 or not. */
  gives(caller, action, type) {
    const inside = this.#isInside(caller);
    const scoped = (() => {
      if (caller.scopes === undefined) return true;
      return caller.scopes.some(
        (one) =>
          (one.type === '*' || one.type === type) &&
          one.permissions.has(action) &&
          (one.level !== 'patient' || COMMON.has(type) || OF_RESIDENTS.has(type) || type === 'Binary'),
      );
    })();
    if (!scoped) return false;
    const looks = action === 'read' || action === 'search';
    if (caller.kind === 'system') return caller.scopes !== undefined;
    if (caller.kind === 'patient') {
      if (action === 'create') return type === 'QuestionnaireResponse';
      return looks && (COMMON.has(type) || OF_RESIDENTS.has(type) || type === 'Binary');
    }
    if (caller.kind !== 'professional') return false;
    if (looks && COMMON.has(type)) return true;
    if (looks) {
      if (!inside && this.#outsideSees(caller)) return OF_RESIDENTS.has(type) || type === 'Binary';
      if (!inside) return false;
      if (this.#has(caller, 'dim', 'identitovigilance', 'medecin-coordonnateur')) return true;
      if (caller.glass !== undefined && this.#has(caller, '10', '60')) return true;
      if (this.#has(caller, 'secretariat')) return DESK.includes(type);
      // Who is in no circle and on no floor has a condition that may come true.
      return this.#has(caller, ...CARE) && (OF_RESIDENTS.has(type) || type === 'Binary');
    }
    if (!inside || action === 'delete') return this.#has(caller, 'identitovigilance');
    if (this.#has(caller, 'identitovigilance')) return true;
    if (this.#has(caller, 'secretariat')) return DESK.includes(type);
    if (!this.#has(caller, ...CARE)) return false;
    if (type === 'Binary' || CLINICAL.includes(type)) return true;
    if (
      this.#has(caller, 'medecin-coordonnateur') &&
      ['CareTeam', 'Consent', 'Encounter', 'EpisodeOfCare'].includes(type)
    )
      return true;
    if (!this.#has(caller, '10')) return false;
    return (
      action === 'update' ? ['CareTeam', 'Consent', 'Encounter', 'EpisodeOfCare', 'Patient'] : ['CareTeam', 'Consent']
    ).includes(type);
  }

  #outsideSees(caller) {
    return caller.kind === 'professional' && this.#selves(caller).all?.length > 0;
  }

  /** A deleted record is told to those alone whom nothing narrows. */
  seesDeleted(caller, type) {
    if (!this.gives(caller, 'read', type)) return false;
    if (caller.kind === 'system') return caller.scopes.some((one) => one.type === '*');
    if (caller.kind === 'patient') return COMMON.has(type);
    if (this.#has(caller, '60')) return false;
    if (COMMON.has(type) || this.#has(caller, 'identitovigilance')) return true;
    if (this.#has(caller, 'secretariat')) return true;
    if (this.#has(caller, 'dim')) return type !== 'DocumentReference' && type !== 'Binary';
    return (
      (caller.glass !== undefined || this.#has(caller, 'medecin-coordonnateur')) &&
      !OF_RESIDENTS.has(type) &&
      type !== 'Binary'
    );
  }

  /** The record as it is now. */
  sees(caller, resource, action = 'read') {
    const { resourceType: type } = resource;
    if (!this.gives(caller, action, type)) return false;
    return (
      this.#isInScope(caller, resource, action) &&
      this.#isGranted(caller, resource) &&
      !this.#isRefused(caller, resource)
    );
  }

  #isInScope(caller, resource, action) {
    if (caller.scopes === undefined) return true;
    const { resourceType: type, category = [] } = resource;
    return caller.scopes.some(({ level, type: named, permissions, narrowing }) => {
      if ((named !== '*' && named !== type) || !permissions.has(action)) return false;
      const codes = category.flatMap(({ coding = [] }) => coding.map(({ code }) => code));
      if (!narrowing.every(([, value]) => codes.includes(value))) return false;
      if (level !== 'patient') return true;
      return (
        COMMON.has(type) || type === 'Binary' || residentsOf(resource).some((id) => `Patient/${id}` === caller.patient)
      );
    });
  }

  #isGranted(caller, resource) {
    const { resourceType: type } = resource;
    if (caller.kind === 'system') return true;
    if (type === 'Binary') return this.#seesContent(caller, resource);
    const residents = residentsOf(resource);
    if (caller.kind === 'patient') {
      return COMMON.has(type) || residents.includes(caller.patient.replace('Patient/', ''));
    }
    if (COMMON.has(type)) return true;
    if (!this.#isInside(caller)) return residents.some((one) => this.#consents(caller, one, 'permit'));
    if (this.#has(caller, 'dim', 'identitovigilance', 'medecin-coordonnateur')) return true;
    if (caller.glass !== undefined && this.#has(caller, '10', '60')) return true;
    if (this.#has(caller, 'secretariat') && DESK.includes(type)) return true;
    return (
      this.#has(caller, ...CARE) &&
      residents.some((one) => this.#isInCircle(caller, one) || this.#isOnFloor(caller, one))
    );
  }

  /** Contents go with what names them. */
  #seesContent(caller, { id, securityContext }) {
    if (this.#has(caller, 'identitovigilance')) return true;
    if (securityContext !== undefined) {
      const [, resident] = /^Patient\/(.*)$/.exec(securityContext.reference) ?? [];
      return this.#all('Patient').some((one) => one.id === resident && this.sees(caller, one));
    }
    return this.#all('DocumentReference').some(
      (one) => one.content.some(({ attachment }) => attachment.url === `Binary/${id}`) && this.sees(caller, one),
    );
  }

  #isRefused(caller, resource) {
    const { meta, securityLabel = [], author = [] } = resource;
    const labels = securityLabel.flatMap(({ coding }) => coding.map(({ code }) => code));
    const security = (meta?.security ?? []).map(({ code }) => code);
    if (caller.kind === 'patient') {
      if (labels.includes('INVISIBLE_PATIENT')) return true;
      return caller.fhirUser !== caller.patient && labels.includes('INVISIBLE_REPRESENTANTS_LEGAUX');
    }
    if (caller.kind !== 'professional') return false;
    const { all = [] } = this.#selves(caller);
    const isAuthor = author.some(({ reference }) => all.includes(reference));
    const isCarer = this.#has(caller, ...CARE, 'dim', 'medecin-coordonnateur') || !this.#isInside(caller);
    if (isCarer && labels.includes('MASQUE_PS') && !isAuthor) return true;
    if (this.#has(caller, '60')) {
      if (security.includes('R') || security.includes('V')) return true;
      if ((labels.includes('R') || labels.includes('V')) && !isAuthor) return true;
    }
    if (this.#has(caller, '10') && this.#isInside(caller) && labels.includes('V') && !isAuthor) return true;
    const isOpposable = this.#has(caller, ...CARE, 'medecin-coordonnateur') || !this.#isInside(caller);
    return isOpposable && residentsOf(resource).some((one) => this.#consents(caller, one, 'deny'));
  }

  /** May he change this record, as it is and as it will be? */
  changes(caller, resource, action) {
    const { resourceType: type } = resource;
    if (!this.gives(caller, action, type)) return false;
    if (!this.#isInScope(caller, resource, action)) return false;
    if (caller.kind === 'system') return true;
    if (this.#isRefused(caller, resource)) return false;
    const residents = residentsOf(resource);
    if (caller.kind === 'patient') {
      return action === 'create' && type === 'QuestionnaireResponse' && residents.includes(caller.patient.slice(8));
    }
    if (this.#has(caller, 'identitovigilance')) return true;
    if (this.#has(caller, 'secretariat') && DESK.includes(type)) return true;
    if (type === 'Binary') return action === 'create' || this.#seesContent(caller, resource);
    if (
      this.#has(caller, 'medecin-coordonnateur') &&
      ['CareTeam', 'Consent', 'Encounter', 'EpisodeOfCare', 'Observation'].includes(type)
    )
      return true;
    const circle = residents.some((one) => this.#isInCircle(caller, one));
    if (CLINICAL.includes(type) && this.#has(caller, ...CARE)) {
      return circle || residents.some((one) => this.#isOnFloor(caller, one));
    }
    return this.#has(caller, '10') && circle;
  }
}
