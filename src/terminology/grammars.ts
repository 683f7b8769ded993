/**
 * Code systems that no list holds: their codes are told by a grammar. https://hl7.org/fhir/R4/terminologies-systems.html#external
 */
import { isUnit } from '../r4/ucum.js';

/** Parameters as they are written in practice: DICOM's have spaces. R4 itself says `xml` and `json` for its own formats. */
const MIME = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\/[A-Za-z0-9*][A-Za-z0-9!#$&^_.+-]*( ?; ?[^;]+)*$|^(xml|json|ttl)$/;

/** https://www.rfc-editor.org/info/bcp47 */
function isLanguage(code: string): boolean {
  if (!/^[A-Za-z0-9-]{2,100}$/.test(code)) return false;
  try {
    return Intl.getCanonicalLocales(code).length === 1;
  } catch {
    return false;
  }
}

let currencies: ReadonlySet<string> | undefined;
function isCurrency(code: string): boolean {
  currencies ??= new Set(Intl.supportedValuesOf('currency'));
  return currencies.has(code);
}

let zones: ReadonlySet<string> | undefined;
function isTimeZone(code: string): boolean {
  zones ??= new Set(Intl.supportedValuesOf('timeZone'));
  if (zones.has(code)) return true;
  // Older names of them, such as UTC and Asia/Calcutta; not offsets, which are no names.
  if (!/^[A-Z][A-Za-z]*([/_+-][A-Za-z0-9]+)*$/.test(code) || code.length > 40) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: code }) !== undefined;
  } catch {
    return false;
  }
}

export const GRAMMARS: ReadonlyMap<string, (code: string) => boolean> = new Map([
  ['urn:ietf:bcp:13', (code: string) => MIME.test(code)],
  ['urn:ietf:bcp:47', isLanguage],
  ['urn:iso:std:iso:4217', isCurrency],
  ['http://unitsofmeasure.org', isUnit],
  ['https://www.iana.org/time-zones', isTimeZone],
  // The three forms of ISO 3166-1; which of them are countries R4 lists for the first alone.
  ['urn:iso:std:iso:3166', (code: string) => /^([A-Z]{2}|[A-Z]{3}|\d{3})$/.test(code)],
  ['urn:iso:std:iso:3166:-2', (code: string) => /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(code)],
  ['http://unstats.un.org/unsd/methods/m49/m49.htm', (code: string) => /^\d{3}$/.test(code)],
]);

const R4 = 'http://hl7.org/fhir/ValueSet/';

/** R4's value sets that are whole systems of this kind. */
export const OPEN_VALUE_SETS: ReadonlyMap<string, readonly string[]> = new Map([
  [`${R4}mimetypes`, ['urn:ietf:bcp:13']],
  [`${R4}all-languages`, ['urn:ietf:bcp:47']],
  [`${R4}currencies`, ['urn:iso:std:iso:4217']],
  [`${R4}timezones`, ['https://www.iana.org/time-zones']],
  [`${R4}ucum-units`, ['http://unitsofmeasure.org']],
  [
    `${R4}jurisdiction`,
    ['urn:iso:std:iso:3166', 'urn:iso:std:iso:3166:-2', 'http://unstats.un.org/unsd/methods/m49/m49.htm'],
  ],
]);

/** Systems that Node itself has the names of. */
const NAMED: ReadonlyMap<string, { name: string; type: 'region' | 'language' | 'currency' }> = new Map([
  ['urn:iso:std:iso:3166', { name: 'ISO 3166', type: 'region' }],
  ['urn:ietf:bcp:47', { name: 'BCP-47', type: 'language' }],
  ['urn:iso:std:iso:4217', { name: 'ISO 4217', type: 'currency' }],
]);

/** What people call a system that a grammar tells. */
export function nameOfGrammar(system: string): string | undefined {
  return system === 'http://unitsofmeasure.org' ? 'UCUM' : NAMED.get(system)?.name;
}

/** What a code of such a system is called in a language; `undefined` where nobody here knows. */
export function displayOfGrammar(system: string, code: string, language: string): string | undefined {
  const named = NAMED.get(system);
  if (named === undefined) return undefined;
  try {
    return new Intl.DisplayNames([language], { type: named.type, fallback: 'none' }).of(code);
  } catch {
    // A form of the code, or a language, that it does not take.
    return undefined;
  }
}
