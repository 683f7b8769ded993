/** A profile's rules on one member of an object: how many, which types, which slices. https://hl7.org/fhir/R4/profiling.html#slicing */
import { capitalised } from '../r4/definitions/index.js';
import type { Bilingual } from '../r4/errors.js';
import { type At, below, fail, isFull, isObject, type Json, type Run, shown } from './explain.js';
import type { Check } from './plan.js';
import { type Candidates, candidatesOf } from './slice-index.js';
import { type Matches, type Part, type Surroundings, sliceParts } from './slicing.js';
import type { Node } from './tree.js';

export interface SliceRule {
  name: string;
  /** Where it stands among its like. */
  order: number;
  min: number;
  max: number;
  matches: Matches;
  /** The discriminators one by one, for a message. */
  parts: readonly Part[];
  /** Of a look at an item. */
  cost: number;
  check: Check | undefined;
  /** Slices of the slice. */
  inner: Slicing | undefined;
}
export interface Slicing {
  /** Some slice must be there. */
  demanding: boolean;
  closed: boolean;
  /** What is in no slice comes after all that is. */
  openAtEnd: boolean;
  ordered: boolean;
  slices: readonly SliceRule[];
  /** What is said of slices that nothing tells here; '' where there are none. */
  unchecked: string;
  /** Which slices an item may be in, where something in it tells; `undefined` where all have to be asked. */
  candidates: Candidates<SliceRule> | undefined;
  /** Whether the first pass may go by them alone, where there are few items: no order, no rest, no slices of slices. */
  plain: boolean;
}
export interface MemberRule {
  name: string;
  /** It, or one of its slices, must be there. */
  demanding: boolean;
  /** `_name`, where what stands beside a primitive is. */
  besideName: string;
  /** Of a choice: the JSON names that the profile leaves. */
  choiceNames: readonly string[];
  /** Set for a choice: the name without `[x]`. */
  stem: string | undefined;
  types: readonly string[] | undefined;
  /** The profile leaves fewer types of a choice than the base. */
  narrowed: boolean;
  array: boolean;
  primitive: boolean;
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
  const lost: string[] = [];
  const byType = stem !== undefined && discriminators.every(({ path }) => path === '$this');
  // A choice is told by the JSON name alone, so that nothing is said of one that is sliced by what is inside.
  let undecided = stem !== undefined && !byType;
  for (const slice of node.slices) {
    const { min, max, sliceName } = slice.element;
    // A choice is sliced by type: the JSON name has told it already, see `choiceCheck`.
    const parts = byType ? [] : sliceParts(slice, discriminators, around);
    if (parts === undefined) {
      undecided = true;
      lost.push(sliceName ?? slice.name);
    } else {
      slices.push({
        name: sliceName ?? slice.name,
        order: slices.length,
        cost: Math.max(1, ...parts.map(({ cost }) => cost)),
        min,
        max: max === '*' ? Number.POSITIVE_INFINITY : Number(max),
        matches: byType ? typeOfChoice(stem, slice) : allOf(parts),
        parts,
        check: compile(slice),
        inner: slice.slices.length === 0 || byType ? undefined : sliceRules(slice, around, compile, undefined),
      });
    }
  }
  poolTwins(slices);
  const closed = slicing?.rules === 'closed' && !undecided;
  const openAtEnd = slicing?.rules === 'openAtEnd' && !undecided;
  const ordered = slicing?.ordered === true;
  return {
    candidates: byType ? undefined : candidatesOf(slices),
    plain: !closed && !openAtEnd && !ordered && slices.every(({ inner }) => inner === undefined),
    demanding: slices.some(({ min }) => min > 0),
    closed,
    openAtEnd,
    ordered,
    slices,
    unchecked: lost.length === 0 ? '' : `${node.element.path} (${shown(lost.join(', '))})`,
  };
}

function allOf(parts: readonly Part[]): Matches {
  const [first, second] = parts;
  if (first === undefined || second === undefined) return first?.matches ?? (() => false);
  const [one, two] = [first.matches, second.matches];
  if (parts.length === 2) return (item, run) => one(item, run) && two(item, run);
  return (item, run) => parts.every(({ matches }) => matches(item, run));
}

/** For choices the item tested is the JSON name. */
function typeOfChoice(stem: string, slice: Node): Matches {
  const names = (slice.element.type ?? []).map(({ code }) => stem + capitalised(code));
  return (name) => names.includes(String(name));
}

/** All rules on the members of an object, in order; in the first pass up to the first no. */
export function membersCheck(rules: readonly MemberRule[]): Check {
  return (value, at, run) => {
    if (!isObject(value)) return true;
    let ok = true;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i] as MemberRule;
      const { stem } = rule;
      if (
        stem === undefined ? isIdle(rule, value) || repeated(rule, value, at, run) : choice(rule, stem, value, at, run)
      ) {
        continue;
      }
      if (at === undefined) return false;
      ok = false;
    }
    return ok;
  };
}

/** What is not there can only be missed. */
function isIdle(rule: MemberRule, value: Json): boolean {
  if (rule.demanding || value[rule.name] !== undefined) return false;
  return !rule.primitive || value[rule.besideName] === undefined;
}

function repeated(rule: MemberRule, value: Json, at: At, run: Run): boolean {
  const own = value[rule.name];
  const beside = rule.primitive ? value[rule.besideName] : undefined;
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
  return slices(rule, rule.slicing, Array.isArray(items) ? items : count === 0 ? NONE : [items], at, run) && ok;
}

const NONE: readonly unknown[] = [];

/**
 * Slices of one url cannot be told apart, as FR Core has two on its Organization: an extension may be meant for either, so
 * that together they hold as many as both.
 */
function poolTwins(slices: readonly SliceRule[]): void {
  const urlOf = ({ parts }: SliceRule) => {
    const key = parts.length === 1 ? parts[0]?.key : undefined;
    return key?.path.join() === 'url' ? key.value : undefined;
  };
  const byUrl = new Map<unknown, SliceRule[]>();
  for (const slice of slices) {
    const url = urlOf(slice);
    const twins = byUrl.get(url);
    if (twins !== undefined) twins.push(slice);
    else if (url !== undefined) byUrl.set(url, [slice]);
  }
  for (const twins of byUrl.values()) {
    const max = twins.reduce((sum, twin) => sum + twin.max, 0);
    for (const twin of twins) twin.max = max;
  }
}

/** The first pass: each item is asked only of the slices that it may be in, and those that must be there are counted. */
function slicesOfCandidates(
  { slices }: Slicing,
  candidates: NonNullable<Slicing['candidates']>,
  items: readonly unknown[],
  run: Run,
): boolean {
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const some = candidates(item);
    for (let s = 0; s < some.length; s++) {
      const slice = some[s] as SliceRule;
      if (!slice.matches(item, run)) continue;
      if (slice.max < items.length && countOf(slice, items, run) > slice.max) return false;
      if (slice.check !== undefined && !slice.check(item, undefined, run)) return false;
    }
  }
  for (let s = 0; s < slices.length; s++) {
    const slice = slices[s] as SliceRule;
    if (slice.min > 0 && countOf(slice, items, run) < slice.min) return false;
  }
  return true;
}

/** The first pass: each slice asks each item. */
function slicesInTurn({ slices }: Slicing, items: readonly unknown[], run: Run): boolean {
  for (let s = 0; s < slices.length; s++) {
    const slice = slices[s] as SliceRule;
    let count = 0;
    for (let i = 0; i < items.length; i++) {
      if (!slice.matches(items[i], run)) continue;
      count++;
      if (slice.check !== undefined && !slice.check(items[i], undefined, run)) return false;
    }
    if (count < slice.min || count > slice.max) return false;
  }
  return true;
}

function countOf({ matches }: SliceRule, items: readonly unknown[], run: Run): number {
  let count = 0;
  for (let i = 0; i < items.length; i++) if (matches(items[i], run)) count++;
  return count;
}

/** Looks at items, past those of ordinary resources, that one validation may take for slices: about a second. */
const MAX_LOOKS = 2_000_000;
/** So few looks at one element are not counted. */
const FEW_LOOKS = 64;
/** Up to so many, items are counted anew for each slice rather than sorted. */
const FEW_PAIRS = 4096;

/** So few that a look at what tells their slices takes longer than to ask each. */
const VERY_FEW_PAIRS = 4;

/** Which items are in which slice. */
interface Sorted {
  /** By the index of an item: the first slice that it is in, -1 for none. Only where that has a say. */
  first: ReadonlyMap<number, number> | undefined;
  members: ReadonlyMap<SliceRule, readonly number[]>;
}

/** `indexes` are the items that are looked at. `undefined` where it takes too many looks. */
function sorted(
  { slices, candidates, closed, ordered, openAtEnd }: Slicing,
  items: readonly unknown[],
  indexes: Iterable<number>,
  run: Run,
): Sorted | undefined {
  const first = closed || ordered || openAtEnd ? new Map<number, number>() : undefined;
  const members = new Map<SliceRule, number[]>();
  const { shared } = run;
  const counted = items.length * slices.length > FEW_LOOKS;
  for (const i of indexes) {
    first?.set(i, -1);
    for (const slice of candidates === undefined ? slices : candidates(items[i])) {
      if (counted) {
        shared.looks += slice.cost;
        if (shared.looks > MAX_LOOKS) return undefined;
      }
      if (!slice.matches(items[i], run)) continue;
      if (first?.get(i) === -1) first.set(i, slice.order);
      const there = members.get(slice);
      if (there === undefined) members.set(slice, [i]);
      else there.push(i);
    }
  }
  return { first, members };
}

/** Of all items, or of the slices of a slice those that are in it. */
function slices(
  rule: MemberRule,
  slicing: Slicing,
  items: readonly unknown[],
  at: At,
  run: Run,
  indexes?: readonly number[],
): boolean {
  const { candidates, plain, unchecked } = slicing;
  if (unchecked !== '') run.leaveUnchecked('slicing-unchecked', unchecked);
  if (at === undefined && plain) {
    const pairs = items.length * slicing.slices.length;
    if (pairs <= VERY_FEW_PAIRS || (candidates === undefined && pairs <= FEW_LOOKS)) {
      return slicesInTurn(slicing, items, run);
    }
    if (candidates !== undefined && pairs <= FEW_PAIRS) return slicesOfCandidates(slicing, candidates, items, run);
  }
  const found = sorted(slicing, items, indexes ?? items.keys(), run);
  if (found === undefined) return fail(run, at, 'slicing-too-costly', { element: rule.name, max: MAX_LOOKS });
  let ok = rest(rule, slicing, found, at, run);
  if (!ok && at === undefined) return false;
  for (let s = 0; s < slicing.slices.length; s++) {
    const slice = slicing.slices[s] as SliceRule;
    const own = found.members.get(slice) ?? NO_INDEXES;
    const count = own.length;
    for (let k = 0; k < count && slice.check !== undefined; k++) {
      const i = own[k] as number;
      if (slice.check(items[i], below(at, rule.name, rule.array ? i : -1), run)) continue;
      ok = false;
      if (at === undefined) return false;
    }
    if (slice.inner !== undefined && count > 0 && !slices(rule, slice.inner, items, at, run, own)) {
      ok = false;
      if (at === undefined) return false;
    }
    if (count >= slice.min && count <= slice.max) continue;
    const key = count < slice.min ? 'slice-min' : 'slice-max';
    const hint = at !== undefined && count < slice.min ? hintOf(rule, slice, items, run) : NO_HINT;
    ok = fail(run, at, key, { element: rule.name, slice: slice.name, min: slice.min, max: slice.max, count, hint });
    if (at === undefined) return false;
  }
  return ok;
}

const NO_INDEXES: readonly number[] = [];

/** What is in no slice, and the order of what is. */
function rest(
  { name, array }: MemberRule,
  { closed, ordered, openAtEnd, slices }: Slicing,
  { first }: Sorted,
  at: At,
  run: Run,
): boolean {
  if (first === undefined) return true;
  let ok = true;
  let furthest = 0;
  let atEnd = false;
  for (const [i, index] of first) {
    const place = below(at, name, array ? i : -1);
    const slice = slices[index]?.name ?? '';
    if (index < 0 && closed) ok = fail(run, place, 'slice-closed', { element: name });
    if (index < 0) atEnd = true;
    else if (openAtEnd && atEnd) ok = fail(run, place, 'slice-at-end', { slice });
    if (index >= 0 && ordered) {
      if (index < furthest) ok = fail(run, place, 'slice-order', { slice });
      furthest = Math.max(furthest, index);
    }
    if (!ok && at === undefined) return false;
  }
  return ok;
}

/** Items among which the nearest to a slice is looked for. */
const MAX_NEAR = 50;

const NO_HINT: Bilingual = { en: '', fr: '' };

/** Which item comes nearest to a slice, and what it lacks; what the slice asks for where there is no item. */
function hintOf(rule: MemberRule, slice: SliceRule, items: readonly unknown[], run: Run): Bilingual {
  if (isFull(run)) return NO_HINT;
  let nearest = -1;
  let most = -1;
  items.slice(0, MAX_NEAR).forEach((item, i) => {
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
  if (rule.narrowed && !rule.choiceNames.includes(name)) {
    return fail(run, place, 'profile-type-of-choice', {
      element: `${stem}[x]`,
      found: name,
      types: rule.types?.join(', ') ?? '',
    });
  }
  const item = value[name];
  if (rule.check !== undefined && item !== undefined && !rule.check(item, place, run)) return false;
  if (rule.slicing?.closed === true && !rule.slicing.slices.some(({ matches }) => matches(name, run))) {
    return fail(run, place, 'slice-closed', { element: `${stem}[x]` });
  }
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

const NO_SLICES: Slicing = {
  candidates: undefined,
  unchecked: '',
  plain: true,
  demanding: false,
  closed: false,
  openAtEnd: false,
  ordered: false,
  slices: [],
};

function chosenName(stem: string, value: Json): string | undefined {
  for (const key in value) {
    const name = key.charCodeAt(0) === 0x5f ? key.slice(1) : key;
    const after = name.charCodeAt(stem.length);
    if (after >= 0x41 && after <= 0x5a && name.startsWith(stem)) return name;
  }
  return undefined;
}
