/**
 * What a profile asks of the resources that references lead to, as far as they are at hand: contained, or in the Bundle
 * around. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.aggregation
 */
import { fail, isObject, type Json, type Run, shown } from './explain.js';
import type { Check } from './plan.js';
import type { ProfileRules } from './profile.js';
import { resolveReference } from './resolve.js';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';

/** The target keeps one of the profiles; one that is not known lets it pass. */
export function targetCheck(
  profiles: readonly string[],
  rulesOf: (profile: string) => ProfileRules | undefined,
): Check {
  // Types alone are told by the reference itself.
  if (profiles.every((profile) => profile.startsWith(CORE) && !profile.slice(CORE.length).includes('-')))
    return () => true;
  return (value, at, run) => {
    if (!isObject(value) || typeof value.reference !== 'string') return true;
    const { matches } = resolveReference(value.reference, run);
    const target = matches.length === 1 ? matches[0] : undefined;
    if (target === undefined || profiles.some((profile) => keeps(profile, target, rulesOf, run))) return true;
    return fail(run, at, 'target-profile', { value: shown(value.reference), profiles: profiles.join(', ') });
  };
}

function keeps(
  profile: string,
  target: Json,
  rulesOf: (profile: string) => ProfileRules | undefined,
  run: Run,
): boolean {
  const rules = rulesOf(profile);
  if (rules === undefined) return true;
  if (rules.type !== target.resourceType && rules.type !== 'Resource' && rules.type !== 'DomainResource') return false;
  run.following ??= new Map();
  const open = run.following.get(target) ?? new Set();
  // Asked for already on the way here: what leads in a circle is as good as its other parts.
  if (open.has(profile)) return true;
  open.add(profile);
  run.following.set(target, open);
  const ok = rules.check(target, undefined, run.aside());
  open.delete(profile);
  return ok;
}

/** `contained`, `bundled` or `referenced`: how the target may come. */
export function aggregationCheck(modes: readonly string[]): Check {
  return (value, at, run) => {
    if (!isObject(value) || typeof value.reference !== 'string') return true;
    const { from } = resolveReference(value.reference, run);
    if (isAllowed(from, modes, run.bundle !== undefined)) return true;
    return fail(run, at, 'aggregation', { value: shown(value.reference), allowed: modes.join(', '), found: from });
  };
}

function isAllowed(
  from: 'contained' | 'bundled' | 'elsewhere',
  modes: readonly string[],
  isInBundle: boolean,
): boolean {
  if (from === 'contained') return modes.includes('contained');
  if (modes.includes('referenced')) return true;
  // Outside a Bundle nobody can say whether the target will come with it.
  return modes.includes('bundled') && (from === 'bundled' || !isInBundle);
}
