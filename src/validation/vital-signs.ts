/**
 * The vital signs of R4 are told by their code: an Observation that has one keeps the profile, claimed or not.
 * https://hl7.org/fhir/R4/observation-vitalsigns.html
 */
import { isObject, type Json } from './explain.js';

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const BASE = 'http://hl7.org/fhir/StructureDefinition/';

/** By LOINC code, and by the SNOMED CT concept of the same measurement. */
const PROFILES: Readonly<Record<string, readonly [loinc: string[], snomed: string[]]>> = {
  vitalspanel: [['85353-1'], []],
  resprate: [['9279-1'], ['86290005']],
  heartrate: [['8867-4'], ['364075005']],
  oxygensat: [['2708-6'], ['103228002']],
  bodytemp: [['8310-5'], ['386725007', '276885007']],
  bodyheight: [['8302-2'], ['50373000']],
  headcircum: [['9843-4'], ['363812007']],
  bodyweight: [['29463-7'], ['27113001']],
  bmi: [['39156-5'], ['60621009']],
  bp: [['85354-9'], ['75367002']],
};

const byCode = new Map<string, string>();
for (const [profile, [loinc, snomed]] of Object.entries(PROFILES)) {
  for (const code of loinc) byCode.set(`${LOINC}|${code}`, BASE + profile);
  for (const code of snomed) byCode.set(`${SNOMED}|${code}`, BASE + profile);
}

/** The canonical of the vital sign's profile, or `undefined` for any other Observation. */
export function vitalSignProfile({ code }: Json): string | undefined {
  const codings = isObject(code) ? code.coding : undefined;
  if (!Array.isArray(codings)) return undefined;
  for (const coding of codings) {
    if (!isObject(coding)) continue;
    const profile = byCode.get(`${String(coding.system)}|${String(coding.code)}`);
    if (profile !== undefined) return profile;
  }
  return undefined;
}
