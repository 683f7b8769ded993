/** One validator for all tests of this folder, and a patient with a qualified INS, who does not exist. */
import { fileURLToPath } from 'node:url';
import { Definitions } from '../../src/r4/definitions/index.js';
import { createValidator, type ValidationOptions } from '../../src/validation/index.js';

export const definitions = Definitions.load();
export const validator = createValidator(definitions);
export const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** `key expression` of every error. The fast pass must agree with the slow one on whether there are any. */
export function errors(resource: object, options: ValidationOptions = {}, by = validator): string[] {
  const found = by
    .validate(resource, options)
    .filter(({ severity }) => severity === 'error')
    .map(({ key, expression }) => `${key} ${expression}`);
  if (by.isValid(resource, options) !== (found.length === 0)) throw new Error('the two passes disagree');
  return found;
}

export const FR_CORE = 'https://hl7.fr/ig/fhir/core/';
export const INS_PROFILE = `${FR_CORE}StructureDefinition/fr-core-patient-ins`;
const extension = (name: string) => `${FR_CORE}StructureDefinition/${name}`;
const V0203 = `${FR_CORE}CodeSystem/fr-core-cs-v2-0203`;

/** A fresh one each time, so that a test can break it. */
export function insPatient() {
  return {
    resourceType: 'Patient',
    id: 'ins-1',
    meta: { profile: [INS_PROFILE] },
    extension: [
      {
        url: extension('fr-core-identity-reliability'),
        extension: [
          {
            url: 'identityStatus',
            valueCoding: { system: `${FR_CORE}CodeSystem/fr-core-cs-v2-0445`, code: 'VALI' },
          },
          {
            url: 'validationMode',
            valueCoding: { system: `${FR_CORE}CodeSystem/fr-core-cs-mode-validation-identity`, code: 'CN' },
          },
        ],
      },
      {
        url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
        valueAddress: {
          extension: [
            {
              url: extension('fr-core-address-insee-code'),
              valueCoding: {
                system: 'https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM',
                code: '35238',
              },
            },
          ],
          city: 'Rennes',
        },
      },
    ],
    identifier: [
      {
        use: 'official',
        type: { coding: [{ system: V0203, code: 'INS-NIR-TEST' }] },
        system: 'urn:oid:1.2.250.1.213.1.4.10',
        value: '255069999999934',
      },
    ],
    name: [
      {
        extension: [{ url: extension('fr-core-patient-birth-list-given-name'), valueString: 'Maëlle Anne-Laure' }],
        use: 'official',
        family: 'De\u00a0La\u00a0Tour',
        given: ['Maëlle'],
      },
    ],
    gender: 'female',
    birthDate: '1955-06-12',
  };
}
