/**
 * Who is created may be there already: a warning, never more. Two values of the index, the INS and the day of birth with
 * the first letters of the given name, and a comparison with the few that they bring. https://hl7.org/fhir/R4/http.html#create
 */
import { DAY_KEY, dayKey } from '../identity/day-key.js';
import { personOf } from '../identity/person.js';
import { insIdentifiers, type Json } from '../identity/traits.js';
import type { Issue } from '../r4/errors.js';
import type { AlikeToken, StoredVersion, Transaction } from '../store/store.js';
import type { Context } from './interaction.js';
import { compared } from './likely-patients.js';

/** Records that a warning names at most. */
const MAX_NAMED = 5;

/** What the store is asked with a create; `undefined` for another type than Patient, or where DUPLICATES is off. */
export function alikeTokens(type: string, resource: Json | undefined, { services }: Context): AlikeToken[] | undefined {
  if (type !== 'Patient' || resource === undefined || !services.warnsOfDuplicates) return undefined;
  const tokens = insIdentifiers(resource).map(({ system, value }) => ({
    key: 'Patient.identifier',
    system,
    code: value,
  }));
  const day = dayKey(resource);
  if (day !== undefined) tokens.push({ key: DAY_KEY, system: '', code: day });
  return tokens.length === 0 ? undefined : tokens;
}

/** A warning for each of the versions found that may be the same person, the likeliest first. */
export async function duplicateIssues(
  resource: Json,
  found: readonly StoredVersion[],
  context: Context,
): Promise<Issue[]> {
  if (found.length === 0) return [];
  return [...(await compared(personOf(resource), found, context)).values()]
    .filter(({ comparison: { grade } }) => grade === 'certain' || grade === 'probable')
    .sort((a, b) => b.comparison.weight - a.comparison.weight)
    .slice(0, MAX_NAMED)
    .map(({ version, comparison }) => ({
      severity: 'warning',
      key: 'possible-duplicate',
      params: { id: version.id, grade: comparison.grade },
      expression: 'Patient',
    }));
}

/** The same for all that a transaction created, in their order: asked at once, and they see each other too. */
export async function duplicatesAmong(
  made: readonly { resource: Json; version: StoredVersion }[],
  transaction: Transaction,
  context: Context,
): Promise<Issue[][]> {
  const tokens = made.map(({ resource, version }) => alikeTokens(version.type, resource, context) ?? []);
  if (tokens.every(({ length }) => length === 0)) return made.map(() => []);
  const found = await transaction.alike(tokens);
  return await Promise.all(
    made.map(({ resource, version }, i) => {
      const others = (found[i] ?? []).filter(({ id }) => id !== version.id);
      return duplicateIssues(resource, others, context);
    }),
  );
}
