/**
 * How far an identity was checked. FR Core 2.2.0 tells it by the HL7 v2 table 0445, its coming rewrite by the four
 * statuses of the RNIV: VALI means another thing in each. https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability
 */
import { extensionOf, isObject, type Json, objects, RELIABILITY } from './traits.js';

/** Under which rules a Patient speaks of its status. */
export type StatusRules = '2.2' | 'next';

const CODE_SYSTEMS = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-';
export const V2_0445 = `${CODE_SYSTEMS}v2-0445`;
export const IDENTITY_STATUS = `${CODE_SYSTEMS}identity-status`;

export interface Reliability {
  rules: StatusRules;
  /** Codes of all statuses that are told, each once. */
  statuses: readonly string[];
  /** Attributes that stand beside a status: DOUT doubtful, FICT invented. */
  isDoubtful: boolean;
  isFictitious: boolean;
  /** Was the national service asked, as it says itself? */
  asksInsi: boolean;
}

/** The status that alone may carry the matricule. */
export const QUALIFIED: Readonly<Record<StatusRules, string>> = { '2.2': 'VALI', next: 'QUAL' };
/** Of these a Patient has one at most. */
const STATUSES: Readonly<Record<StatusRules, readonly string[]>> = {
  '2.2': ['PROV', 'VALI'],
  next: ['PROV', 'RECUP', 'VALI', 'QUAL'],
};

/** `undefined` where nothing is told. */
export function reliabilityOf(patient: Json): Reliability | undefined {
  const told = objects(patient.extension).filter(({ url }) => url === RELIABILITY);
  if (told.length === 0) return undefined;
  const codings = told.map((one) => extensionOf(one, 'identityStatus')?.valueCoding).filter(isObject);
  const rules = rulesOf(patient, codings, told);
  const codes = new Set<string>();
  for (const { code } of codings) if (typeof code === 'string') codes.add(code);
  // The rewrite has DOUT and FICT beside the status.
  const remarks = new Set([...codes, ...told.flatMap(remarksOf)]);
  return {
    rules,
    statuses: [...codes].filter((code) => STATUSES[rules].includes(code)),
    isDoubtful: remarks.has('DOUT'),
    isFictitious: remarks.has('FICT'),
    asksInsi: told.some((one) => {
      const method = extensionOf(one, 'methodCollection')?.valueCoding;
      return extensionOf(one, 'dateInterrogationINSi') !== undefined || (isObject(method) && method.code === 'INSI');
    }),
  };
}

function remarksOf(reliability: Json): string[] {
  return objects(reliability.extension)
    .filter(({ url }) => url === 'comment')
    .flatMap(({ valueCoding, valueCode }) => {
      const code = isObject(valueCoding) ? valueCoding.code : valueCode;
      return typeof code === 'string' ? [code] : [];
    });
}

/** The code system says what a code means; without one the version of the profile that is claimed, else 2.2.0. */
function rulesOf(patient: Json, codings: readonly Json[], told: readonly Json[]): StatusRules {
  if (codings.some(({ system }) => system === IDENTITY_STATUS)) return 'next';
  if (codings.some(({ system }) => system === V2_0445)) return '2.2';
  if (told.some((one) => extensionOf(one, 'dateInterrogationINSi') ?? extensionOf(one, 'lastUpdated'))) return 'next';
  const claims = isObject(patient.meta) && Array.isArray(patient.meta.profile) ? patient.meta.profile : [];
  const isLater = claims.some((claim) => {
    const [, major = 0, minor = 0] =
      /^https:\/\/hl7\.fr\/ig\/fhir\/core\/.*\|(\d+)\.(\d+)/.exec(String(claim))?.map(Number) ?? [];
    return major > 2 || (major === 2 && minor > 2);
  });
  return isLater ? 'next' : '2.2';
}

/** May the matricule go with it? (EXI SI 08) */
export function isQualified(reliability: Reliability | undefined): boolean {
  return (
    reliability?.statuses.includes(QUALIFIED[reliability.rules]) === true &&
    !reliability.isDoubtful &&
    !reliability.isFictitious
  );
}
