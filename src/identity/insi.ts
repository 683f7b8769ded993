/**
 * The port to INSi, the national service that knows the INS of everybody: traits in, the identity out. The real transport
 * (SOAP, with certificates) comes later; the simulator answers for tests. https://esante.gouv.fr/offres-services/referentiel-ins
 */
import { fold } from '../search/fold.js';
import { INS_NIR_TEST, keyOf } from './matricule.js';
import type { Traits } from './traits.js';

/** The identity as the service knows it; the given names come as a list, from which the first is cut. */
export interface InsIdentity {
  system: string;
  value: string;
  birthName: string;
  givenNames: string;
  gender: 'male' | 'female';
  birthDate: string;
  birthPlace: string;
}

/** 00: one identity; 01: none; 02: several, which are not told. */
export type InsiAnswer = { code: '00'; identity: InsIdentity } | { code: '01' } | { code: '02' };

/** What a question needs: birth name, a given name, gender and birth date; the birth place narrows it down. */
export type InsiQuestion = Required<Pick<Traits, 'birthName' | 'firstGiven' | 'gender' | 'birthDate'>> &
  Pick<Traits, 'birthPlace'>;

export interface InsiClient {
  /** Rejects with InsiUnavailable where the service does not answer. */
  search(question: InsiQuestion): Promise<InsiAnswer>;
}

export class InsiUnavailable extends Error {
  override name = 'InsiUnavailable';
}

/** `undefined` where a trait is missing without which the service is not asked. */
export function questionOf({ birthName, firstGiven, gender, birthDate, birthPlace }: Traits): InsiQuestion | undefined {
  if (birthName === undefined || firstGiven === undefined || birthDate === undefined) return undefined;
  if (gender !== 'male' && gender !== 'female') return undefined;
  return { birthName, firstGiven, gender, birthDate, ...(birthPlace !== undefined && { birthPlace }) };
}

/** People who do not exist, each under the OID of tests. The two Martins are one question. */
const PEOPLE: readonly InsIdentity[] = [
  ['2380244036113', 'KEROUEDAN', 'MARIE-THERESE JEANNE YVONNE', 'female', '1938-02-11', '44036'],
  ['1410329019045', 'QUEMENER', 'YANN', 'male', '1941-03-12', '29019'],
  ['1550763113021', 'MARTIN', 'PAUL HENRI', 'male', '1955-07-14', '63113'],
  ['1550731555088', 'MARTIN', 'PAUL', 'male', '1955-07-14', '31555'],
].map(([body = '', birthName = '', givenNames = '', gender, birthDate = '', birthPlace = '']) => ({
  system: INS_NIR_TEST,
  value: body + (keyOf(body) ?? ''),
  birthName,
  givenNames,
  gender: gender as InsIdentity['gender'],
  birthDate,
  birthPlace,
}));

/** Answers as the service does, about people who do not exist. */
export function insiSimulator(people: readonly InsIdentity[] = PEOPLE): InsiClient {
  return {
    async search({ birthName, firstGiven, gender, birthDate, birthPlace }) {
      const found = people.filter(
        (one) =>
          fold(one.birthName) === fold(birthName) &&
          fold(one.givenNames).startsWith(fold(firstGiven)) &&
          one.gender === gender &&
          one.birthDate === birthDate &&
          (birthPlace === undefined || one.birthPlace === birthPlace),
      );
      const [identity, other] = found;
      if (identity === undefined) return { code: '01' };
      return other === undefined ? { code: '00', identity } : { code: '02' };
    },
  };
}
