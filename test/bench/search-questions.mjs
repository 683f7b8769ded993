/** The searches that vendors live by, about another patient each time; what each finds does not grow with the scale. */
import { familyOf, INS_SYSTEM, matricule, patientNumber } from './people.mjs';
import { LOCAL_CODES, patientId, rareCode } from './records.mjs';

const PAGE = '_count=20';
const text = encodeURIComponent;

/** Name to what makes the path of request `i` at a scale. */
export const QUESTIONS = {
  identifier: (i) => `/Patient?identifier=${text(`${INS_SYSTEM}|${matricule(i)}`)}`,
  'name prefix': (i) => `/Patient?name=${text(familyOf(i).slice(0, 6))}&${PAGE}`,
  'name, birthdate range': (i) => {
    const year = patientNumber(i).birthDate.slice(0, 4);
    return `/Patient?family=${text(familyOf(i))}&birthdate=ge${year}-01-01&birthdate=le${year}-12-31`;
  },
  'gender, newest first': (i) => `/Patient?gender=${i % 2 ? 'male' : 'female'}&_sort=-_lastUpdated&${PAGE}`,
  'Encounter of a patient': (i) => `/Encounter?patient=${patientId(i)}&date=ge2024-03-01&_sort=-date`,
  'one-hop chain': (i) => `/Encounter?subject:Patient.identifier=${text(`${INS_SYSTEM}|${matricule(i)}`)}`,
  _has: (i) => `/Patient?_has:Observation:patient:code=${text(`${LOCAL_CODES}|${rareCode(i)}`)}`,
  '_revinclude of 20': (i, scale) => {
    const ids = Array.from({ length: 20 }, (_, k) => patientId((i + k * 101) % scale));
    return `/Patient?_id=${ids.join(',')}&_revinclude=Encounter:patient&${PAGE}`;
  },
  '_total=accurate, few': (i) => `/Observation?code=${text(`${LOCAL_CODES}|${rareCode(i)}`)}&_total=accurate&${PAGE}`,
  '_total=accurate, half of all': (i) => `/Patient?gender=${i % 2 ? 'male' : 'female'}&_total=accurate&_count=20`,
};
/** Its answer is the number of half of the patients. */
export const GROWING = new Set(['_total=accurate, half of all']);
export const SERIES = `/Patient?active=true&${PAGE}`;
