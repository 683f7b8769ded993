/**
 * What is known of a caller, as the variables that conditions name: who he is here, in what roles and where. A professional
 * is found by his national number, a structure by its FINESS number. https://interop.esante.gouv.fr/ig/fhir/core/
 */
import type { Filter, Query } from '../search/query.js';
import type { Store } from '../store/store.js';
import type { Caller } from './caller.js';
import type { Variables } from './condition.js';

/** Resources of which a variable is made. */
const MOST = 100;
/** What is read for the variables: a write to one of these may change them. */
export const VARIABLE_TYPES: ReadonlySet<string> = new Set(['Practitioner', 'PractitionerRole', 'Organization']);

/**
 * The names that conditions may use: `self` is `practitioner` and his `roles` together, `places` are the units of the
 * roles, `finess` the numbers of his structures, `own` the id in `patient`.
 */
export const VARIABLE_NAMES = [
  'self',
  'practitioner',
  'roles',
  'places',
  'structure',
  'finess',
  'rpps',
  'idnps',
  'patient',
  'own',
  'user',
  'encounter',
] as const;

export async function variablesOf(caller: Caller, store: Store): Promise<Variables> {
  const { rpps, idnps, structures, fhirUser, patient, launch } = caller;
  const practitioner = await practitionersOf(caller, store);
  const roles = practitioner.length === 0 ? [] : await rolesOf(practitioner, store);
  const structure = await idsOf('Organization', structures, store);
  const of = (value: string | undefined) => (value === undefined ? [] : [value]);
  return {
    self: [...practitioner, ...roles.map(({ reference }) => reference)],
    practitioner,
    roles: roles.map(({ reference }) => reference),
    places: [...new Set(roles.flatMap(({ places }) => places))],
    structure,
    finess: structures,
    rpps: of(rpps),
    idnps: of(idnps),
    patient: of(patient),
    own: of(patient?.replace(/^Patient\//, '')),
    user: of(fhirUser),
    encounter: of(
      launch.encounter === undefined ? undefined : `Encounter/${launch.encounter.replace(/^Encounter\//, '')}`,
    ),
  };
}

async function practitionersOf(caller: Caller, store: Store): Promise<string[]> {
  const { practitioner, rpps, idnps, kind } = caller;
  if (kind !== 'professional') return [];
  const found = await idsOf(
    'Practitioner',
    [rpps, idnps].filter((one) => one !== undefined),
    store,
  );
  return [...new Set([...(practitioner === undefined ? [] : [practitioner]), ...found])];
}

/** Authorities of the numbers: others may give the same number to somebody else. */
const SYSTEMS: Readonly<Record<string, readonly string[]>> = {
  Practitioner: ['https://rpps.esante.gouv.fr', 'urn:oid:1.2.250.1.71.4.2.1'],
  Organization: ['https://finess.esante.gouv.fr', 'http://finess.sante.gouv.fr', 'urn:oid:1.2.250.1.71.4.2.2'],
};

async function idsOf(type: string, values: readonly string[], store: Store): Promise<string[]> {
  if (values.length === 0) return [];
  const anyOf = values.flatMap((code) =>
    // A structure has a prefix in the national numbering: 1 and the FINESS number.
    (SYSTEMS[type] ?? []).map((system) => ({ system, code: system.endsWith('4.2.2') ? `1${code}` : code })),
  );
  const found = await all(type, { kind: 'token', key: `${type}.identifier`, anyOf }, store);
  return found.map(({ id }) => `${type}/${id}`);
}

interface RoleFound {
  reference: string;
  places: string[];
}

async function rolesOf(practitioners: readonly string[], store: Store): Promise<RoleFound[]> {
  const filter: Filter = { kind: 'reference', key: 'PractitionerRole.practitioner', anyOf: [...practitioners] };
  const found = await all('PractitionerRole', filter, store);
  return found.flatMap(({ id, text }) => {
    const { active, location = [] } = JSON.parse(text) as { active?: boolean; location?: { reference?: string }[] };
    if (active === false) return [];
    const places = location.flatMap(({ reference }) => reference ?? []);
    return [{ reference: `PractitionerRole/${id}`, places }];
  });
}

async function all(type: string, filter: Filter, store: Store) {
  const query: Query = { type, filters: [filter], sort: [], count: MOST };
  return (await store.search(query)).items;
}
