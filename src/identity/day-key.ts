/**
 * A token that the index holds of each Patient beside R4's parameters: the day of birth with the first letters of the first
 * given name. Who is created twice has the same one, mostly, and one step of the index tells who else has it.
 */
import { fold } from '../search/fold.js';
import { isObject, type Json, objects } from './traits.js';

/** The name of the index; no parameter has such a code. */
export const DAY_KEY = 'Patient.~day';
const LETTERS = 2;

/** `undefined` where the Patient has no whole date or no given name. */
export function dayKey(patient: Json): string | undefined {
  const { birthDate } = patient;
  if (typeof birthDate !== 'string' || birthDate.length !== 10) return undefined;
  const names = objects(patient.name);
  const { given } = names.find(({ use }) => use === 'official') ?? names[0] ?? {};
  const first = Array.isArray(given) && typeof given[0] === 'string' ? fold(given[0].slice(0, 8)) : '';
  return first === '' ? undefined : `${birthDate}${first.slice(0, LETTERS)}`;
}

/** For the index. */
export const identityKeys: Readonly<Record<string, (resource: unknown) => { key: string; code: string } | undefined>> =
  {
    Patient(resource) {
      const code = isObject(resource) ? dayKey(resource) : undefined;
      return code === undefined ? undefined : { key: DAY_KEY, code };
    },
  };
