/** Content negotiation: what the client sends and what it wants back. https://hl7.org/fhir/R4/http.html#mime-type */
import type { IncomingMessage } from 'node:http';
import { FhirError, type Language } from '../r4/errors.js';

export const FHIR_JSON = 'application/fhir+json';
export const FHIR_XML = 'application/fhir+xml';
/** The headers on which an answer depends, beside the encoding. */
export const VARY = 'accept, accept-language, prefer';

export interface Wanted {
  /** The type to name in the answer. */
  mediaType: string;
  isXml: boolean;
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
const XML_TYPES: ReadonlyMap<string, string> = new Map([
  ['application/fhir+xml', FHIR_XML],
  ['application/xml', 'application/xml'],
  ['application/xml+fhir', FHIR_XML],
  ['text/xml', 'application/xml'],
  ['xml', FHIR_XML],
]);
const typeNamed = (type: string): string | undefined => JSON_TYPES.get(type) ?? XML_TYPES.get(type);

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
 * The answer's form from Accept and `_format` (which wins). Throws `not-acceptable` when neither allows JSON or XML,
 * and for another fhirVersion.
 */
export function wanted(accept: string | undefined, format: string | undefined, pretty: boolean): Wanted {
  if (format !== undefined) {
    // A plus sign that the client left bare arrives as a space.
    const { type, parameters } = parseMediaType(format.replaceAll(' ', '+'));
    const mediaType = typeNamed(type);
    if (mediaType === undefined || !isR4(parameters.get('fhirversion'))) throw new FhirError('not-acceptable');
    return { mediaType, isXml: isXml(mediaType), pretty };
  }
  if (accept === undefined || accept === '*/*' || accept === FHIR_JSON) {
    return { mediaType: FHIR_JSON, isXml: false, pretty };
  }
  if (accept === FHIR_XML) return { mediaType: FHIR_XML, isXml: true, pretty };
  // Browsers ask for XML too, and show JSON as well.
  const named = accept.includes('text/html') ? JSON_TYPES : undefined;
  const chosen = best(accept, (type, parameters) =>
    isR4(parameters.get('fhirversion'))
      ? (named?.get(type) ?? (named === undefined ? typeNamed(type) : undefined))
      : undefined,
  );
  if (chosen === undefined) throw new FhirError('not-acceptable');
  return { mediaType: chosen, isXml: isXml(chosen), pretty };
}

const isXml = (mediaType: string): boolean => mediaType.endsWith('xml');

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

/** True for an answer in FHIR's JSON without a closer look; false where it has to be looked at. */
export function isJsonAsked({ headers: { accept }, url = '' }: IncomingMessage): boolean {
  return (accept === undefined || accept === '*/*' || accept === FHIR_JSON) && !url.includes('_format');
}

/** True when Accept asks for FHIR by name, in a format served or not: Binary answers the resource, not its bytes. */
export function asksForFhir(accept: string | undefined, format: string | undefined): boolean {
  if (format !== undefined) return true;
  return accept !== undefined && /application\/(fhir\+(json|xml|turtle)|json|json\+fhir|xml\+fhir)/i.test(accept);
}

/** Does Accept take this type? The most specific range that names it decides. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
export function accepts(accept: string | undefined, contentType: string): boolean {
  if (accept === undefined) return true;
  const { type } = parseMediaType(contentType);
  const ranges = new Map(
    accept.split(',').map((one) => {
      const { type: range, parameters } = parseMediaType(one);
      return [range, Number(parameters.get('q') ?? 1) > 0];
    }),
  );
  return ranges.get(type) ?? ranges.get(`${type.split('/')[0]}/*`) ?? ranges.get('*/*') ?? false;
}

/** What the body is. Throws `unsupported-media-type` or `unsupported-fhir-version` unless it is FHIR R4 in UTF-8. */
export function bodyForm(contentType: string | undefined): 'json' | 'xml' {
  if (contentType === FHIR_JSON || contentType === 'application/json') return 'json';
  const valid = 'application/fhir+json, application/json, application/fhir+xml, application/xml';
  if (contentType === undefined) throw new FhirError('unsupported-media-type', { valid });
  const { type, parameters } = parseMediaType(contentType);
  if (typeNamed(type) === undefined || !type.includes('/') || type.includes('*'))
    throw new FhirError('unsupported-media-type', { valid });
  const charset = parameters.get('charset')?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new FhirError('unsupported-media-type', { valid: `${valid} (charset=utf-8)` });
  }
  if (!isR4(parameters.get('fhirversion'))) throw new FhirError('unsupported-fhir-version');
  return XML_TYPES.has(type) ? 'xml' : 'json';
}

/** French when Accept-Language puts it before English, else English. */
export function languageOf(header: string | undefined): Language {
  if (header === undefined) return 'en';
  const language = best(header, (type) => (type.startsWith('fr') ? 'fr' : type.startsWith('en') ? 'en' : undefined));
  return language ?? 'en';
}
