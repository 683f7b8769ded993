/** Which format a CDA is of, by the templates that it declares. CI-SIS, volets de contenu. */
import { FRENCH_FORMAT, IHE_FORMAT } from '../codes/systems.js';
import type { Code, CodeTables } from '../codes/tables.js';
import { levelOneFormat, levelOneType } from './level-one.js';

/** formatCode by the OID of a model; those of the medical and social sector come first. */
const MODELS: Readonly<Record<string, readonly [system: string, code: string]>> = {
  '1.2.250.1.213.1.1.1.13': [FRENCH_FORMAT, 'urn:asip:ci-sis:vsm:2012'],
  '1.2.250.1.213.1.1.1.21': [FRENCH_FORMAT, 'urn:asip:ci-sis:ldl-ees:2017'],
  '1.2.250.1.213.1.1.1.22': [FRENCH_FORMAT, 'urn:asip:ci-sis:dlu:2015'],
  '1.2.250.1.213.1.1.1.23': [FRENCH_FORMAT, 'urn:asip:ci-sis:fludt:2017'],
  '1.2.250.1.213.1.1.1.24': [FRENCH_FORMAT, 'urn:asip:ci-sis:fludr:2017'],
  '1.2.250.1.213.1.1.1.29': [FRENCH_FORMAT, 'urn:asip:ci-sis:ldl-ses:2017'],
  '1.2.250.1.213.1.1.1.39': [IHE_FORMAT, 'urn:ihe:pharm:pre:2010'],
  '1.2.250.1.213.1.1.1.48': [FRENCH_FORMAT, 'urn:asip:ci-sis:dlu-dlu-dom:2022'],
  '1.2.250.1.213.1.1.1.49': [FRENCH_FORMAT, 'urn:asip:ci-sis:dlu-fludt-dom:2022'],
  '1.2.250.1.213.1.1.1.50': [FRENCH_FORMAT, 'urn:asip:ci-sis:dlu-fludr-dom:2022'],
  '1.2.250.1.213.1.1.1.51': [IHE_FORMAT, 'urn:ihe:pcc:ips:2020'],
  '1.2.250.1.213.1.1.1.55': [IHE_FORMAT, 'urn:ihe:lab:xd-lab:2008'],
};
const ANY = 'urn:asipSante:modelesHorsProfils:2011';

/** `templates` are the OIDs of the header; `bodyType` is the media type of a level 1 body. */
export function formatOfCda(templates: readonly string[], bodyType: string | undefined, tables: CodeTables): Code {
  for (const root of templates) {
    const model = MODELS[root];
    const found = model === undefined ? undefined : tables.format.find(model[0], model[1]);
    if (found !== undefined) return found;
  }
  const type = levelOneType(bodyType);
  const level1 = type === undefined ? undefined : levelOneFormat(type, tables);
  return level1 ?? (tables.format.find(FRENCH_FORMAT, ANY) as Code);
}
