/** The rules of identities, where the profiles that a Patient claims do not state them. */
import { identityIssues } from '../identity/rules.js';
import { INS_PROFILE } from '../identity/traits.js';
import type { Issue } from '../r4/errors.js';
import type { ScannedObject } from '../r4/json.js';
import type { Context } from './interaction.js';

/** Profiles may build on each other so far. */
const MAX_STEPS = 10;

export function identityFindings({ value }: ScannedObject, context: Context): Issue[] {
  if (value.resourceType !== 'Patient') return [];
  const { identity } = context.services;
  return identityIssues(value, identity, () => asksForTraits(value.meta, context));
}

/** Is a profile claimed that is, or builds on, FR Core's for the INS, and known here? */
function asksForTraits(meta: unknown, { services }: Context): boolean {
  const claims = (meta as { profile?: unknown } | undefined)?.profile;
  const required = services.requiredProfiles.get('Patient') ?? [];
  // Of several one is enough, and perhaps another one.
  const asked = required.length === 1 ? required : [];
  return [...(Array.isArray(claims) ? claims : []), ...asked].some((claim) => {
    let canonical: unknown = claim;
    for (let step = 0; step < MAX_STEPS && typeof canonical === 'string'; step++) {
      const found = services.known.structure(canonical);
      if (found === undefined) return false;
      if (found.url === INS_PROFILE) return true;
      canonical = found.baseDefinition;
    }
    return false;
  });
}
