/** What a level 1 CDA carries, and the format that says so. Structuration minimale du CI-SIS, corps non structuré. */
import { IHE_FORMAT } from '../codes/systems.js';
import type { Code, CodeTables } from '../codes/tables.js';

/** formatCode by the media type of the body. */
const FORMATS: Readonly<Record<string, string>> = {
  'application/pdf': 'urn:ihe:iti:xds-sd:pdf:2008',
  'text/plain': 'urn:ihe:iti:xds-sd:text:2008',
  'text/rtf': 'urn:ihe:iti-fr:xds-sd:rtf:2010',
  'image/jpeg': 'urn:ihe:iti-fr:xds-sd:jpeg:2010',
  'image/tiff': 'urn:ihe:iti-fr:xds-sd:tiff:2010',
};
const SYNONYMS: Readonly<Record<string, string>> = { 'application/rtf': 'text/rtf', 'image/jpg': 'image/jpeg' };

export const LEVEL_ONE_TYPES: readonly string[] = Object.keys(FORMATS);

/** `text/plain; charset=utf-8` as `text/plain`; `undefined` for what no level 1 CDA carries. */
export function levelOneType(contentType: string | undefined): string | undefined {
  const plain = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const name = SYNONYMS[plain] ?? plain;
  return Object.hasOwn(FORMATS, name) ? name : undefined;
}

export const levelOneFormat = (type: string, tables: CodeTables): Code | undefined =>
  tables.format.find(IHE_FORMAT, FORMATS[type]);

/** Is the attachment a CDA already? */
export const isCdaType = (contentType: string | undefined): boolean =>
  /^(text\/xml|application\/(xml|hl7-cda\+xml|cda\+xml|hl7-sda\+xml))\s*(;|$)/i.test(contentType ?? '');
