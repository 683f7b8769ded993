/** Extensible and preferred bindings that were not followed, as findings. https://hl7.org/fhir/R4/terminologies.html#extensible */
import type { Issue } from '../r4/errors.js';
import { type At, below, expressionOf, isObject, type Json, MAX_ISSUES, type Place, type Run } from './explain.js';
import type { Plan } from './plan.js';

/** One walk finds where they all stand, so that the first pass need not know it. `planOf` is by resource type. */
export function softIssues(resource: Json, run: Run, planOf: (type: string) => Plan | undefined): Issue[] {
  const { soft } = run;
  if (soft === undefined || soft.size === 0) return [];
  const issues: Issue[] = [];
  let left = soft.size;
  const walk = (value: Json, plan: Plan | undefined, at: Place): void => {
    if (left === 0 || issues.length === MAX_ISSUES) return;
    const found = soft.get(value);
    if (found !== undefined) {
      left--;
      const { strength, params, profile } = found;
      issues.push({
        severity: strength === 'extensible' ? 'warning' : 'information',
        key: strength === 'extensible' ? 'not-in-extensible' : 'not-in-preferred',
        params: params(),
        expression: expressionOf(at),
        ...(profile === undefined ? {} : { profile }),
      });
    }
    for (const key in value) {
      const member = value[key];
      if (typeof member !== 'object' || member === null) continue;
      const property = plan?.properties.get(key);
      const name = property?.element ?? key;
      if (!Array.isArray(member)) into(member, below(at, name));
      else for (let i = 0; i < member.length; i++) into(member[i], below(at, name, i));

      function into(inner: unknown, place: At): void {
        if (!isObject(inner) || place === undefined) return;
        const type = inner.resourceType;
        const own = typeof type === 'string' ? planOf(type) : property?.sibling === true ? undefined : property?.plan();
        walk(inner, own, place);
      }
    }
  };
  const { resourceType } = resource;
  const name = typeof resourceType === 'string' ? resourceType : 'Resource';
  walk(resource, planOf(name), { parent: undefined, name, index: -1 });
  return issues;
}
