/**
 * What an answer of INSi makes of a Patient: the date and the method of the question, and the status that follows. Pure.
 * https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability
 */
import type { InsIdentity } from './insi.js';
import { AUTHORITIES, INS_NIA } from './matricule.js';
import { IDENTITY_STATUS, QUALIFIED, reliabilityOf, type StatusRules, V2_0445 } from './status.js';
import {
  BIRTH_LIST,
  BIRTH_PLACE,
  extensionOf,
  INSEE_CODE,
  isObject,
  type Json,
  objects,
  RELIABILITY,
  traitsOf,
} from './traits.js';

const coding = (system: string, code: string): Json => ({ system, code });

/** Were the papers of the person seen? `validationMode` says so, or a status that nobody has without. */
export function isDocumented(patient: Json): boolean {
  const told = objects(patient.extension).filter(({ url }) => url === RELIABILITY);
  const { statuses = [] } = reliabilityOf(patient) ?? {};
  return (
    told.some((one) => isObject(extensionOf(one, 'validationMode')?.valueCoding)) ||
    statuses.includes('VALI') ||
    statuses.includes('QUAL')
  );
}

/**
 * FR Core 2.2.0 has no status for what was only retrieved: VALI with papers seen, PROV without. The rewrite has QUAL and
 * RECUP, and of an answer that is no identity VALI and PROV.
 */
export function statusAfter(rules: StatusRules, isFound: boolean, documented: boolean): string {
  if (isFound) return documented ? QUALIFIED[rules] : rules === 'next' ? 'RECUP' : 'PROV';
  return documented && rules === 'next' ? 'VALI' : 'PROV';
}

/** The Patient with what the answer of a day (YYYY-MM-DD) brings; the matricule only where the identity is then qualified. */
export function verified(patient: Json, identity: InsIdentity | undefined, day: string): Json {
  const rules = reliabilityOf(patient)?.rules ?? '2.2';
  const status = statusAfter(rules, identity !== undefined, isDocumented(patient));
  const isQualified = status === QUALIFIED[rules];
  const numbers = (Array.isArray(patient.identifier) ? patient.identifier : []) as unknown[];
  const kept = numbers.filter((one) => !isObject(one) || one.use === 'old' || !isIns(one));
  const identifier = isQualified && identity !== undefined ? [insIdentifier(identity), ...kept] : kept;
  const { identifier: _, ...rest } = identity === undefined ? patient : withTraits(patient, identity);
  return {
    ...rest,
    extension: withReliability(rest, rules, status, day),
    ...(identifier.length > 0 && { identifier }),
  };
}

/** Strict traits that the Patient does not say are those of INSi. */
function withTraits(patient: Json, { givenNames, birthPlace }: InsIdentity): Json {
  const traits = traitsOf(patient);
  const list = (value: unknown) => (Array.isArray(value) ? value : []) as unknown[];
  const place = {
    url: BIRTH_PLACE,
    valueAddress: { extension: [{ url: INSEE_CODE, valueCoding: coding(COMMUNES, birthPlace) }] },
  };
  const named = { url: BIRTH_LIST, valueString: givenNames };
  return {
    ...patient,
    ...(traits.birthPlace === undefined && {
      extension: [...list(patient.extension).filter((one) => !isObject(one) || one.url !== BIRTH_PLACE), place],
    }),
    ...(traits.givenNames === undefined && {
      name: list(patient.name).map((one) =>
        isObject(one) && one.use === 'official' ? { ...one, extension: [...list(one.extension), named] } : one,
      ),
    }),
  };
}

const COMMUNES = 'https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM';

const isIns = ({ system }: Json): boolean => typeof system === 'string' && AUTHORITIES.has(system);

function insIdentifier({ system, value }: InsIdentity): Json {
  const last = system.slice(system.lastIndexOf('.') + 1);
  const code = { '8': 'INS-NIR', '10': 'INS-NIR-TEST', '11': 'INS-NIR-DEMO' }[last] ?? 'INS-NIR';
  const type = system === INS_NIA ? 'INS-NIA' : code;
  const typed = { coding: [coding('https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203', type)] };
  return { use: 'official', type: typed, system, value };
}

/** One extension holds method, date and status; what else it said stays, and other extensions too. */
function withReliability(patient: Json, rules: StatusRules, status: string, day: string): unknown[] {
  const all = (Array.isArray(patient.extension) ? patient.extension : []) as unknown[];
  const isReliability = (one: unknown) => isObject(one) && one.url === RELIABILITY;
  const before = all.filter(isReliability).flatMap((one) => objects((one as Json).extension));
  const date =
    rules === 'next'
      ? [
          { url: 'lastUpdated', valueDateTime: day },
          { url: 'dateInterrogationINSi', valueDate: day },
        ]
      : [{ url: 'dateCollection', valueDate: day }];
  const written: Json[] = [
    ...date,
    {
      url: 'methodCollection',
      valueCoding: coding('https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-method-collection', 'INSI'),
    },
    { url: 'identityStatus', valueCoding: coding(rules === 'next' ? IDENTITY_STATUS : V2_0445, status) },
  ];
  const urls = new Set(written.map(({ url }) => url));
  const seen = new Set<unknown>();
  const kept = before.filter(({ url }) => {
    const isFirst = url === 'comment' || !seen.has(url);
    seen.add(url);
    return isFirst && !urls.has(url);
  });
  return [...all.filter((one) => !isReliability(one)), { url: RELIABILITY, extension: [...written, ...kept] }];
}
