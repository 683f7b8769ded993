/** A profile's rules on one member of an object: how many, which types, which slices. https://hl7.org/fhir/R4/profiling.html#slicing */
import { capitalised } from '../r4/definitions/index.js';
import type { Bilingual } from '../r4/errors.js';
import { type At, below, fail, isObject, type Json, type Run } from './explain.js';
import type { Check } from './plan.js';
import { type Matches, type Part, type Surroundings, sliceParts } from './slicing.js';
import type { Node } from './tree.js';

export interface SliceRule {
  name: string;
  min: number;
  max: number;
  matches: Matches;
  /** The discriminators one by one, for a message. */
  parts: readonly Part[];
  check: Check | undefined;
}
export interface Slicing {
  closed: boolean;
  ordered: boolean;
  slices: readonly SliceRule[];
}
export interface MemberRule {
  name: string;
  /** Set for a choice: the name without `[x]`. */
  stem: string | undefined;
  types: readonly string[] | undefined;
  /** The profile leaves fewer types of a choice than the base. */
  narrowed: boolean;
  array: boolean;
  min: number;
  max: number;
  check: Check | undefined;
  sibling: Check | undefined;
  slicing: Slicing | undefined;
}

/** All of them, in order; in the first pass up to the first no. */
export function all(checks: readonly Check[]): Check | undefined {
  if (checks.length < 2) return checks[0];
  return (value, at, run) => {
    let ok = true;
    for (let i = 0; i < checks.length; i++) {
      if ((checks[i] as Check)(value, at, run)) continue;
      if (at === undefined) return false;
      ok = false;
    }
    return ok;
  };
}

export function sliceRules(
  node: Node,
  around: Surroundings,
  compile: (slice: Node) => Check | undefined,
  stem: string | undefined,
): Slicing {
  const slicing = node.element.slicing;
  const discriminators = slicing?.discriminator ?? [];
  const slices: SliceRule[] = [];
  let undecided = false;
  for (const slice of node.slices) {
    const { min, max, sliceName } = slice.element;
    const byType = stem !== undefined && discriminators.every(({ path }) => path === '$this');
    // A choice is sliced by type: the JSON name has told it already, see `choiceCheck`.
    const parts = byType ? [] : sliceParts(slice, discriminators, around);
    if (parts === undefined) undecided = true;
    else {
      slices.push({
        name: sliceName ?? slice.name,
        min,
        max: max === '*' ? Number.POSITIVE_INFINITY : Number(max),
        matches: byType ? typeOfChoice(stem, slice) : allOf(parts),
        parts,
        check: compile(slice),
      });
    }
  }
  return { closed: slicing?.rules === 'closed' && !undecided, ordered: slicing?.ordered === true, slices };
}

function allOf(parts: readonly Part[]): Matches {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.matches;
  return (item, run) => parts.every(({ matches }) => matches(item, run));
}

/** For choices the item tested is the JSON name. */
function typeOfChoice(stem: string, slice: Node): Matches {
  const names = (slice.element.type ?? []).map(({ code }) => stem + capitalised(code));
  return (name) => names.includes(String(name));
}

export function memberCheck(rule: MemberRule): Check {
  return (value, at, run) => {
    if (!isObject(value)) return true;
    return rule.stem === undefined ? repeated(rule, value, at, run) : choice(rule, rule.stem, value, at, run);
  };
}

function repeated(rule: MemberRule, value: Json, at: At, run: Run): boolean {
  const own = value[rule.name];
  const beside = value[`_${rule.name}`];
  const items: unknown = own ?? (Array.isArray(beside) ? beside.map(() => undefined) : undefined);
  const count = Array.isArray(items) ? items.length : own === undefined && beside === undefined ? 0 : 1;
  if (count < rule.min) {
    fail(run, at, 'profile-min', { element: rule.name, min: rule.min, count });
    // Which slices are wanted says more than the number.
    if (at !== undefined && count === 0 && rule.slicing !== undefined) slices(rule, rule.slicing, NONE, at, run);
    return false;
  }
  if (count > rule.max) {
    return fail(run, below(at, rule.name), 'profile-max', { element: rule.name, max: rule.max, count });
  }
  let ok = true;
  if (rule.check !== undefined || rule.sibling !== undefined) {
    for (let i = 0; i < count; i++) {
      const item: unknown = Array.isArray(items) ? items[i] : items;
      const place = below(at, rule.name, rule.array ? i : -1);
      if (rule.check !== undefined && item !== undefined && item !== null && !rule.check(item, place, run)) ok = false;
      if (rule.sibling !== undefined && (ok || at !== undefined)) {
        const sibling: unknown = (Array.isArray(beside) ? beside[i] : beside) ?? {};
        if (!rule.sibling(sibling, place, run)) ok = false;
      }
      if (!ok && at === undefined) return false;
    }
  }
  if (rule.slicing === undefined) return ok;
  return slices(rule, rule.slicing, Array.isArray(items) ? items : count === 0 ? [] : [items], at, run) && ok;
}

const NONE: readonly unknown[] = [];

function slices(rule: MemberRule, slicing: Slicing, items: readonly unknown[], at: At, run: Run): boolean {
  let ok = true;
  let furthest = 0;
  if (slicing.closed || slicing.ordered || at !== undefined) {
    for (let i = 0; i < items.length; i++) {
      const index = slicing.slices.findIndex(({ matches }) => matches(items[i], run));
      const place = below(at, rule.name, rule.array ? i : -1);
      if (index < 0 && slicing.closed) ok = fail(run, place, 'slice-closed', { element: rule.name });
      if (index >= 0 && slicing.ordered) {
        if (index < furthest) ok = fail(run, place, 'slice-order', { slice: slicing.slices[index]?.name ?? '' });
        furthest = Math.max(furthest, index);
      }
      if (!ok && at === undefined) return false;
    }
  }
  for (let s = 0; s < slicing.slices.length; s++) {
    const slice = slicing.slices[s] as SliceRule;
    let count = 0;
    for (let i = 0; i < items.length; i++) {
      if (!slice.matches(items[i], run)) continue;
      count++;
      if (slice.check !== undefined && !slice.check(items[i], below(at, rule.name, rule.array ? i : -1), run))
        ok = false;
      if (!ok && at === undefined) return false;
    }
    if (count >= slice.min && count <= slice.max) continue;
    const key = count < slice.min ? 'slice-min' : 'slice-max';
    const hint = at !== undefined && count < slice.min ? hintOf(rule, slice, items, run) : NO_HINT;
    ok = fail(run, at, key, { element: rule.name, slice: slice.name, min: slice.min, max: slice.max, count, hint });
    if (at === undefined) return false;
  }
  return ok;
}

const NO_HINT: Bilingual = { en: '', fr: '' };

/** Which item comes nearest to a slice, and what it lacks; what the slice asks for where there is no item. */
function hintOf(rule: MemberRule, slice: SliceRule, items: readonly unknown[], run: Run): Bilingual {
  let nearest = -1;
  let most = -1;
  items.forEach((item, i) => {
    const met = slice.parts.filter(({ matches }) => matches(item, run)).length;
    if (met < slice.parts.length && met > most) [nearest, most] = [i, met];
  });
  const missing = slice.parts.find(({ matches }) => nearest < 0 || !matches(items[nearest], run));
  const wanted = missing?.wanted() ?? '';
  if (missing === undefined || wanted === '') return NO_HINT;
  const path = missing.path === '$this' ? '' : `${missing.path} `;
  if (nearest < 0) return { en: ` It is told by ${path}${wanted}.`, fr: ` Elle se reconnaît à ${path}${wanted}.` };
  const item = rule.array ? `${rule.name}[${nearest}]` : rule.name;
  return {
    en: ` The nearest is ${item}, which has not ${path}${wanted}.`,
    fr: ` Le plus proche est ${item}, qui n’a pas ${path}${wanted}.`,
  };
}

/** `valueQuantity` and its kin, of which the base has let one pass at most. */
function choice(rule: MemberRule, stem: string, value: Json, at: At, run: Run): boolean {
  const name = chosenName(stem, value);
  if (name === undefined) {
    if (rule.min > 0) return fail(run, at, 'profile-min', { element: `${stem}[x]`, min: rule.min, count: 0 });
    return slices(rule, rule.slicing ?? NO_SLICES, NONE, at, run);
  }
  const place = below(at, stem);
  if (rule.max === 0) return fail(run, place, 'profile-max', { element: `${stem}[x]`, max: 0, count: 1 });
  const allowed = rule.types;
  if (rule.narrowed && allowed !== undefined && !allowed.some((type) => stem + capitalised(type) === name)) {
    return fail(run, place, 'profile-type-of-choice', {
      element: `${stem}[x]`,
      found: name,
      types: allowed.join(', '),
    });
  }
  const item = value[name];
  if (rule.check !== undefined && item !== undefined && !rule.check(item, place, run)) return false;
  for (const slice of rule.slicing?.slices ?? []) {
    if (!slice.matches(name, run)) {
      if (slice.min > 0)
        return fail(run, at, 'slice-min', {
          element: stem,
          slice: slice.name,
          min: 1,
          max: 1,
          count: 0,
          hint: NO_HINT,
        });
    } else if (slice.max === 0) {
      return fail(run, place, 'slice-max', { element: stem, slice: slice.name, min: 0, max: 0, count: 1 });
    } else if (slice.check !== undefined && item !== undefined && !slice.check(item, place, run)) return false;
  }
  return true;
}

const NO_SLICES: Slicing = { closed: false, ordered: false, slices: [] };

function chosenName(stem: string, value: Json): string | undefined {
  for (const key in value) {
    const name = key.charCodeAt(0) === 0x5f ? key.slice(1) : key;
    const after = name.charCodeAt(stem.length);
    if (after >= 0x41 && after <= 0x5a && name.startsWith(stem)) return name;
  }
  return undefined;
}
