/** Binary as raw bytes, both ways. https://hl7.org/fhir/R4/binary.html#rest */
import type { Binary } from '@medplum/fhirtypes';
import { parseObject, type ScannedObject } from '../r4/json.js';
import type { StoredVersion } from '../store/store.js';
import { parseMediaType } from './negotiation.js';

/** True for a body that is the content itself and not a Binary resource in JSON. */
export function isRawBody(type: string, contentType: string | undefined): boolean {
  if (type !== 'Binary' || contentType === undefined) return false;
  return !/^application\/(fhir\+json|json|json\+fhir|fhir\+xml)$/.test(parseMediaType(contentType).type);
}

/** The Binary resource around raw bytes. `securityContext` is the X-Security-Context header, a reference. */
export function binaryOf(
  bytes: Buffer,
  contentType: string,
  id: string | undefined,
  securityContext: string | undefined,
): ScannedObject {
  const binary: Binary = {
    resourceType: 'Binary',
    ...(id === undefined ? {} : { id }),
    contentType,
    ...(securityContext === undefined ? {} : { securityContext: { reference: securityContext } }),
    ...(bytes.length === 0 ? {} : { data: bytes.toString('base64') }),
  };
  return parseObject(JSON.stringify(binary));
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** The bytes of a stored Binary and their type. */
export function rawContent(version: StoredVersion): { contentType: string; bytes: Buffer; securityContext?: string } {
  const binary = JSON.parse(version.text) as Binary;
  const securityContext = binary.securityContext?.reference;
  return {
    // Where validation is off anything may have been stored.
    contentType: textOr(binary.contentType, 'application/octet-stream'),
    bytes: Buffer.from(textOr(binary.data, ''), 'base64'),
    ...(typeof securityContext === 'string' ? { securityContext } : {}),
  };
}
