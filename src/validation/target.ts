/**
 * What a profile asks of the resources that references lead to, as far as they are at hand: contained, or in the Bundle
 * around. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.aggregation
 */
import { fail, isObject, type Run, shown } from './explain.js';
import type { Check } from './plan.js';
import type { ProfileRules } from './profile.js';
import { resolveReference } from './resolve.js';

/** Targets of targets are followed so far; beyond, they are taken for good. */
const MAX_DEPTH = 20;

type RulesOf = (profile: string) => ProfileRules | undefined;

/** The target keeps one of the profiles; one that is not known lets it pass. */
export function targetCheck(profiles: readonly string[], rulesOf: RulesOf): Check {
  // Looked up at the first use: profiles may refer to each other in circles.
  let rules: readonly (ProfileRules | undefined)[] | undefined;
  return (value, at, run) => {
    if (!isObject(value) || typeof value.reference !== 'string') return true;
    const { matches } = resolveReference(value.reference, run);
    const target = matches.length === 1 ? matches[0] : undefined;
    if (target === undefined) return true;
    rules ??= profiles.map(rulesOf);
    if (rules.some((each, i) => each === undefined || conforms(profiles[i] as string, each, target, run))) return true;
    return fail(run, at, 'target-profile', { value: shown(value.reference), profiles: profiles.join(', ') });
  };
}

/**
 * Does a value keep a profile, whose rules these are? Resources refer to each other in circles, and many
 * to one: each is looked at once in a validation, and one that is under way counts as kept.
 */
export function conforms(profile: string, rules: ProfileRules, value: unknown, run: Run): boolean {
  if (!isOfType(rules, value)) return false;
  if (!isObject(value) || typeof value.resourceType !== 'string') return rules.check(value, undefined, run.aside());
  const { shared } = run;
  shared.verdicts ??= new Map();
  let verdicts = shared.verdicts.get(value);
  if (verdicts === undefined) {
    verdicts = new Map();
    shared.verdicts.set(value, verdicts);
  }
  const known = verdicts.get(profile);
  if (known !== undefined) return known;
  if (shared.depth >= MAX_DEPTH) return true;
  verdicts.set(profile, true);
  shared.depth++;
  const ok = rules.check(value, undefined, run.aside());
  shared.depth--;
  verdicts.set(profile, ok);
  return ok;
}

/** A resource is of the profile's type; values of data types are told by where they stand. */
export function isOfType({ type }: ProfileRules, value: unknown): boolean {
  if (!isObject(value) || typeof value.resourceType !== 'string') return true;
  return value.resourceType === type || type === 'DomainResource' || type === 'Resource';
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
