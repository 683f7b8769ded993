/**
 * Breaking the glass: who is in need sees more for a reason that he gives with each request, `Break-Glass: ...`, and one
 * reason holds for a time. https://hl7.org/fhir/R4/security-labels.html#break-the-glass
 */
import { createHash } from 'node:crypto';
import { FhirError } from '../r4/errors.js';
import { headText } from '../search/query-string.js';
import type { State } from '../store/store.js';
import type { Caller } from './caller.js';
import { appliesTo } from './permissions.js';
import type { Policies } from './policy.js';

export const BREAK_GLASS = 'break-glass';
const DEFAULT_MINUTES = 30;
/** How long it is remembered that a reason was given: after that it counts as a new one. */
const KEEP = 24 * 3_600_000;

/** The reason, for the trace. Throws `break-glass-refused`, `break-glass-reason`, `break-glass-over`. */
export async function brokenGlass(header: string, caller: Caller, policies: Policies, state: State): Promise<string> {
  const { breakGlassMinutes: minutes = DEFAULT_MINUTES, walls = [] } = policies;
  const isGiven = policies.policies.some((one) => one.breakGlass === true && appliesTo(one.for, caller, walls));
  if (!isGiven) throw new FhirError('break-glass-refused');
  const reason = headText(header).trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a trace
  if (reason.length < 8 || reason.length > 400 || /[\u0000-\u001f]/.test(reason))
    throw new FhirError('break-glass-reason');
  const name = `break-glass/${createHash('sha256')
    .update(JSON.stringify([caller.id, reason]))
    .digest('base64url')}`;
  const now = Date.now();
  const since = await state.get(name);
  if (since === undefined) await state.set(name, String(now), now + KEEP);
  else if (now > Number(since) + minutes * 60_000) throw new FhirError('break-glass-over', { minutes });
  return reason;
}
