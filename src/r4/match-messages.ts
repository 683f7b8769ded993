/** How a match is explained. https://hl7.org/fhir/R4/patient-operation-match.html */
import type { Bilingual } from './errors.js';

export const GRADES: Readonly<Record<string, Bilingual>> = {
  certain: { en: 'certain', fr: 'certain' },
  probable: { en: 'probable', fr: 'probable' },
  possible: { en: 'possible', fr: 'possible' },
  'certainly-not': { en: 'certainly not', fr: 'certainement pas' },
};

export const TRAITS: Readonly<Record<string, Bilingual>> = {
  ins: { en: 'INS', fr: 'INS' },
  number: { en: 'another identifier', fr: 'autre identifiant' },
  family: { en: 'family name', fr: 'nom' },
  given: { en: 'given name', fr: 'prénom' },
  further: { en: 'further given names', fr: 'autres prénoms' },
  birthDate: { en: 'birth date', fr: 'date de naissance' },
  gender: { en: 'gender', fr: 'sexe' },
  birthPlace: { en: 'birth place', fr: 'lieu de naissance' },
};

export const LIKENESSES: Readonly<Record<string, Bilingual>> = {
  equal: { en: 'equal', fr: 'égal' },
  former: { en: 'a former one', fr: 'ancien' },
  slip: { en: 'but for a slip', fr: 'à une faute de frappe près' },
  close: { en: 'but for two slips', fr: 'à deux fautes près' },
  sound: { en: 'of the same sound', fr: 'de même sonorité' },
  part: { en: 'in part', fr: 'en partie' },
  generation: { en: 'but for a generation', fr: 'à une génération près' },
  swapped: { en: 'swapped', fr: 'interverti' },
  listed: { en: 'among the others', fr: 'parmi les autres' },
  initial: { en: 'its initial', fr: 'son initiale' },
  partial: { en: 'as far as it is told', fr: 'pour ce qui est dit' },
  different: { en: 'different', fr: 'différent' },
};

export const REMARKS: Readonly<Record<string, Bilingual>> = {
  'ins-different': { en: 'held back, since the INS differ', fr: 'retenu, car les INS diffèrent' },
  'ins-alone': {
    en: 'held back, since other traits contradict the INS',
    fr: 'retenu, car d’autres traits contredisent l’INS',
  },
  'name-different': {
    en: 'held back, since the given names do not agree',
    fr: 'retenu, car les prénoms ne concordent pas',
  },
  'date-different': {
    en: 'held back, since the birth dates do not agree',
    fr: 'retenu, car les dates de naissance ne concordent pas',
  },
  rival: { en: 'held back, since another record fits as well', fr: 'retenu, car une autre fiche convient autant' },
};
