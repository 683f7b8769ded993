/** What follows from a write within its transaction, told with its result: on its way to the DMP, or what keeps it. */
import { FhirError } from '../r4/errors.js';
import type { Transaction } from '../store/store.js';
import type { Result } from './interaction.js';

/** The result with what followed. Throws `invalid` where that refuses it, which undoes all. */
export async function concluded(result: Result, transaction: Transaction): Promise<Result> {
  const all = await transaction.conclude?.();
  const { version } = result;
  const own = version && all?.get(`${version.type}/${version.id}`);
  if (own === undefined) return result;
  if (own.isRefused) throw new FhirError('invalid', {}, { issues: own.issues });
  return { ...result, issues: [...(result.issues ?? []), ...own.issues] };
}
