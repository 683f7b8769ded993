/** Content negotiation: what the client sends and what it wants back. https://hl7.org/fhir/R4/http.html#mime-type */
import { FhirError, type Language } from '../r4/errors.js';

export const FHIR_JSON = 'application/fhir+json';
/** The headers on which an answer depends, beside the encoding. */
export const VARY = 'accept, accept-language, prefer';

export interface Wanted {
  /** The type to name in the answer. */
  mediaType: string;
  pretty: boolean;
}

const JSON_TYPES: ReadonlyMap<string, string> = new Map([
  ['application/fhir+json', FHIR_JSON],
  ['application/json', 'application/json'],
  ['application/json+fhir', FHIR_JSON],
  ['text/json', 'application/json'],
  ['json', FHIR_JSON],
  ['application/*', FHIR_JSON],
  ['*/*', FHIR_JSON],
]);

/** `application/fhir+json; charset=UTF-8` -> the type in lower case and its parameters. */
export function parseMediaType(text: string): { type: string; parameters: Map<string, string> } {
  const [type = '', ...rest] = text.split(';');
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const at = part.indexOf('=');
    if (at > 0)
      parameters.set(
        part.slice(0, at).trim().toLowerCase(),
        part
          .slice(at + 1)
          .trim()
          .replace(/^"|"$/g, ''),
      );
  }
  return { type: type.trim().toLowerCase(), parameters };
}

function isR4(version: string | undefined): boolean {
  return version === undefined || version === '4.0' || version === '4.0.1';
}

/**
 * The answer's form from Accept and `_format` (which wins). Throws `not-acceptable` when neither allows JSON, and
 * for another fhirVersion.
 */
export function wanted(accept: string | undefined, format: string | undefined, pretty: boolean): Wanted {
  if (format !== undefined) {
    // A plus sign that the client left bare arrives as a space.
    const { type, parameters } = parseMediaType(format.replaceAll(' ', '+'));
    const mediaType = JSON_TYPES.get(type);
    if (mediaType === undefined || !isR4(parameters.get('fhirversion'))) throw new FhirError('not-acceptable');
    return { mediaType, pretty };
  }
  if (accept === undefined || accept === '*/*' || accept === FHIR_JSON) return { mediaType: FHIR_JSON, pretty };
  const chosen = best(accept, (type, parameters) =>
    isR4(parameters.get('fhirversion')) ? JSON_TYPES.get(type) : undefined,
  );
  if (chosen === undefined) throw new FhirError('not-acceptable');
  return { mediaType: chosen, pretty };
}

/** The first entry of the highest q that `pick` takes. */
function best<T>(
  header: string,
  pick: (type: string, parameters: Map<string, string>) => T | undefined,
): T | undefined {
  let found: T | undefined;
  let quality = 0;
  for (const entry of header.split(',')) {
    const { type, parameters } = parseMediaType(entry);
    const q = Number(parameters.get('q') ?? 1);
    if (!(q > quality)) continue;
    const picked = pick(type, parameters);
    if (picked === undefined) continue;
    found = picked;
    quality = q;
  }
  return found;
}

/** True when Accept asks for FHIR by name, in a format served or not: Binary answers the resource, not its bytes. */
export function asksForFhir(accept: string | undefined, format: string | undefined): boolean {
  if (format !== undefined) return true;
  return accept !== undefined && /application\/(fhir\+(json|xml|turtle)|json|json\+fhir|xml\+fhir)/i.test(accept);
}

/** Throws `unsupported-media-type` or `unsupported-fhir-version` unless the body is FHIR R4 as JSON in UTF-8. */
export function checkJsonBody(contentType: string | undefined): void {
  if (contentType === FHIR_JSON || contentType === 'application/json') return;
  const valid = 'application/fhir+json, application/json';
  if (contentType === undefined) throw new FhirError('unsupported-media-type', { valid });
  const { type, parameters } = parseMediaType(contentType);
  if (!JSON_TYPES.has(type) || type.includes('*') || type === 'json')
    throw new FhirError('unsupported-media-type', { valid });
  const charset = parameters.get('charset')?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new FhirError('unsupported-media-type', { valid: `${valid} (charset=utf-8)` });
  }
  if (!isR4(parameters.get('fhirversion'))) throw new FhirError('unsupported-fhir-version');
}

/** French when Accept-Language puts it before English, else English. */
export function languageOf(header: string | undefined): Language {
  if (header === undefined) return 'en';
  const language = best(header, (type) => (type.startsWith('fr') ? 'fr' : type.startsWith('en') ? 'en' : undefined));
  return language ?? 'en';
}
