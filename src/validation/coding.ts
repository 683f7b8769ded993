/** A Coding beside its code system, where all of its codes are known. https://hl7.org/fhir/R4/datatypes.html#Coding */
import type { Definitions } from '../r4/definitions/index.js';
import { UCUM } from '../r4/ucum.js';
import { isAbsolute } from './definitional/canonical.js';
import { type At, below, fail, type Json, type Run, shown } from './explain.js';
import type { Check } from './plan.js';
import type { UnitCheck } from './unit.js';

interface System {
  /** `undefined` where not all of its codes are known. */
  has: ((code: string) => boolean) | undefined;
  /** It adds to another system and has no codes of its own. */
  isSupplement: boolean;
  isValueSet: boolean;
  isUcum: boolean;
}

/** Systems that are remembered. They come from clients, so that their number has no end. */
const MAX_SYSTEMS = 2000;

export function codingCheck(definitions: Definitions, unit: UnitCheck): Check {
  const known = new Map<string, System>();
  const systemOf = (url: string): System => {
    const there = known.get(url);
    if (there !== undefined) return there;
    const hierarchy = definitions.hierarchy(url);
    const authored = definitions.authored('CodeSystem', url) as { content?: string; supplements?: string } | undefined;
    const found = {
      has: hierarchy === undefined ? undefined : (code: string) => hierarchy.has(code),
      isSupplement: authored?.content === 'supplement' || authored?.supplements !== undefined,
      isValueSet: definitions.isValueSet(url),
      isUcum: url === UCUM,
    };
    if (known.size >= MAX_SYSTEMS) known.delete(known.keys().next().value as string);
    known.set(url, found);
    return found;
  };
  return (value: unknown, at: At, run: Run) => {
    const { system, code } = value as Json;
    if (typeof system !== 'string') return true;
    if (!isAbsolute(system)) return fail(run, below(at, 'system'), 'system-relative', { system: shown(system) });
    const { has, isSupplement, isValueSet, isUcum } = systemOf(system);
    if (isValueSet) return fail(run, below(at, 'system'), 'system-value-set', { system: shown(system) });
    if (isSupplement) return fail(run, below(at, 'system'), 'code-system-supplement', { system: shown(system) });
    if (isUcum) return unit(value as Json, at, run);
    if (has === undefined || typeof code !== 'string' || has(code)) return true;
    return fail(run, below(at, 'code'), 'code-unknown', { code: shown(code), system: shown(system) });
  };
}
