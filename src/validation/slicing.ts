/** Which slice an item belongs to, by the discriminators. https://hl7.org/fhir/R4/profiling.html#discriminator */

import { capitalised } from '../r4/definitions/index.js';
import type { Codes } from '../terminology/index.js';
import { isBound } from './binding.js';
import { isObject, type Json, Run, shown } from './explain.js';
import { constantOf, patternTest } from './match.js';
import { typeInUrl } from './reference.js';
import { resolveReference } from './resolve.js';
import type { Node } from './tree.js';

const TYPE = 'http://hl7.org/fhir/StructureDefinition/';

export type Matches = (item: unknown, run: Run) => boolean;

/** What slicing needs from the profiler. */
export interface Surroundings {
  /** The root of a profile's tree, to look for what a slice leaves to the profile of its type. */
  root: (profile: string) => Node | undefined;
  codes: (valueSet: string) => Codes | undefined;
  conforms: (profile: string, value: unknown, run: Run) => boolean | undefined;
}

type Step =
  | { kind: 'child'; name: string }
  | { kind: 'extension'; url: string }
  | { kind: 'type'; name: string }
  | { kind: 'resolve' };

/** Steps of a discriminator path; `undefined` where a step is none that R4 allows there. */
function stepsOf(path: string): Step[] | undefined {
  const steps: Step[] = [];
  const pattern = /^(?:\$this|extension\('([^']+)'\)|ofType\((\w+)\)|(resolve)\(\)|(\w+))(?:\.|$)/;
  let rest = path;
  while (rest !== '') {
    const found = pattern.exec(rest);
    if (found === null) return undefined;
    if (found[1] !== undefined) steps.push({ kind: 'extension', url: found[1] });
    else if (found[2] !== undefined) steps.push({ kind: 'type', name: found[2] });
    else if (found[3] !== undefined) steps.push({ kind: 'resolve' });
    else if (found[4] !== undefined) steps.push({ kind: 'child', name: found[4] });
    rest = rest.slice(found[0].length);
  }
  return steps;
}

/** The url that an extension slice stands for. */
export function extensionUrl(node: Node, around: Surroundings): string | undefined {
  const own = node.children.find(({ name }) => name === 'url');
  const constant = own === undefined ? undefined : constantOf(own.element);
  if (typeof constant?.value === 'string') return constant.value;
  const profile = node.element.type?.[0]?.profile?.[0];
  if (profile === undefined) return undefined;
  const url = around.root(profile)?.children.find(({ name }) => name === 'url');
  const fixed = url === undefined ? undefined : constantOf(url.element)?.value;
  return typeof fixed === 'string' ? fixed : profile.split('|')[0];
}

function childOf(node: Node, step: Step, around: Surroundings): Node | undefined {
  if (step.kind === 'type') return node;
  if (step.kind === 'resolve') {
    const targets = node.element.type?.flatMap(({ targetProfile }) => targetProfile ?? []) ?? [];
    return targets.length === 1 ? around.root(targets[0] as string) : undefined;
  }
  const own = pick(node, step, around);
  if (own !== undefined) return own;
  const profile = node.element.type?.[0]?.profile?.[0];
  const root = profile === undefined ? undefined : around.root(profile);
  return root === undefined ? undefined : pick(root, step, around);
}

function pick(node: Node, step: Step, around: Surroundings): Node | undefined {
  if (step.kind === 'extension') {
    const extension = node.children.find(({ name }) => name === 'extension');
    return extension?.slices.find((slice) => extensionUrl(slice, around) === step.url);
  }
  if (step.kind !== 'child') return node;
  const child = node.children.find(({ name }) => name === step.name || name === `${step.name}[x]`);
  // With one slice that must be there, the slice says more than the element around it.
  const only = child?.slices.length === 1 ? child.slices[0] : undefined;
  return only !== undefined && (only.element.min > 0 || child?.name.endsWith('[x]')) ? only : child;
}

/** Does `test` hold of a value that the steps from `index` on lead to? No lists are made on the way. */
function someAt(value: unknown, steps: readonly Step[], index: number, test: Matches, run: Run): boolean {
  if (index === steps.length) return test(value, run);
  if (!isObject(value)) return false;
  const step = steps[index] as Step;
  if (step.kind === 'type') return someAt(value, steps, index + 1, test, run);
  if (step.kind === 'resolve') {
    if (typeof value.reference !== 'string') return false;
    return someOf(resolveReference(value.reference, run).matches, steps, index + 1, test, run);
  }
  if (step.kind === 'extension') {
    const { extension } = value;
    if (!Array.isArray(extension)) return false;
    for (let i = 0; i < extension.length; i++) {
      const each: unknown = extension[i];
      if (isObject(each) && each.url === step.url && someAt(each, steps, index + 1, test, run)) return true;
    }
    return false;
  }
  const direct = value[step.name];
  if (direct === undefined) return someOfChoice(value, step.name, steps, index + 1, test, run);
  if (Array.isArray(direct)) return someOf(direct, steps, index + 1, test, run);
  return someAt(direct, steps, index + 1, test, run);
}

function someOf(values: readonly unknown[], steps: readonly Step[], index: number, test: Matches, run: Run): boolean {
  for (let i = 0; i < values.length; i++) if (someAt(values[i], steps, index, test, run)) return true;
  return false;
}

function someOfChoice(
  value: Json,
  stem: string,
  steps: readonly Step[],
  index: number,
  test: Matches,
  run: Run,
): boolean {
  for (const key in value) {
    const after = key.charCodeAt(stem.length);
    if (after >= 0x41 && after <= 0x5a && key.startsWith(stem) && someAt(value[key], steps, index, test, run))
      return true;
  }
  return false;
}

const anything: Matches = () => true;

/** The values that the steps lead to. */
function valuesAt(item: unknown, steps: readonly Step[], run: Run): unknown[] {
  const found: unknown[] = [];
  someAt(
    item,
    steps,
    0,
    (value) => {
      found.push(value);
      return false;
    },
    run,
  );
  return found;
}

/** Constants hold no references that could be followed. */
const NOWHERE = new Run();

/** What the slice demands of the value at a node: constants, required bindings, and those of its parts. */
function demandOf(node: Node, around: Surroundings, depth = 0): Matches | undefined {
  const constant = constantOf(node.element);
  if (constant !== undefined) return constant.holds;
  const { binding } = node.element;
  if (binding?.strength === 'required' && binding.valueSet !== undefined && depth === 0) {
    const codes = around.codes(binding.valueSet);
    const type = node.element.type?.[0]?.code ?? 'code';
    if (codes !== undefined) return (value) => isBound(codes, value, type);
  }
  if (depth > 4) return undefined;
  const parts: { steps: Step[]; demand: Matches }[] = [];
  for (const child of node.children) {
    const demand = demandOf(child, around, depth + 1);
    if (demand !== undefined) parts.push({ steps: [{ kind: 'child', name: child.name.replace('[x]', '') }], demand });
    for (const slice of child.slices) {
      const inner = slice.element.min > 0 ? demandOf(slice, around, depth + 1) : undefined;
      if (inner !== undefined) parts.push({ steps: [{ kind: 'child', name: child.name }], demand: inner });
    }
  }
  if (parts.length === 0) return undefined;
  return (value, run) => parts.every(({ steps, demand }) => someAt(value, steps, 0, demand, run));
}

function valueMatch(slice: Node, steps: readonly Step[], around: Surroundings): Matches | undefined {
  let node: Node | undefined = slice;
  for (let i = 0; i <= steps.length; i++) {
    const constant = node === undefined ? undefined : constantOf(node.element);
    if (node === undefined) return undefined;
    if (constant !== undefined && i < steps.length) {
      // The constant stands above the discriminator: the part of it that the path names decides.
      const wanted = valuesAt(constant.value, steps.slice(i), NOWHERE);
      if (wanted.length === 0) return undefined;
      const here = steps.slice(0, i);
      const rest = steps.slice(i);
      const patterns = wanted.map((each): Matches => patternTest(each));
      const test: Matches = (value, run) => {
        for (let k = 0; k < patterns.length; k++)
          if (!someAt(value, rest, 0, patterns[k] as Matches, run)) return false;
        return true;
      };
      return (item, run) => someAt(item, here, 0, test, run);
    }
    if (i < steps.length) node = childOf(node, steps[i] as Step, around);
  }
  const demand = node === undefined ? undefined : demandOf(node, around);
  return demand === undefined ? undefined : (item, run) => someAt(item, steps, 0, demand, run);
}

function existsMatch(slice: Node, steps: readonly Step[], around: Surroundings): Matches | undefined {
  let node: Node | undefined = slice;
  for (const step of steps) node = node === undefined ? undefined : childOf(node, step, around);
  if (node === undefined) return undefined;
  if (node.element.max === '0') return (item, run) => !someAt(item, steps, 0, anything, run);
  return node.element.min > 0 ? (item, run) => someAt(item, steps, 0, anything, run) : undefined;
}

function typeMatch(slice: Node, steps: readonly Step[], around: Surroundings): Matches | undefined {
  let node: Node | undefined = slice;
  const isTarget = steps.at(-1)?.kind === 'resolve';
  for (const step of isTarget ? steps.slice(0, -1) : steps) {
    node = node === undefined ? undefined : childOf(node, step, around);
  }
  const types = isTarget ? targetTypes(node, around) : (node?.element.type?.map(({ code }) => code) ?? []);
  if (types.length === 0) return undefined;
  if (isTarget) {
    const above = steps.slice(0, -1);
    return (item, run) => someAt(item, above, 0, (value) => pointsTo(types, value, run), run);
  }
  const isOfType: Matches = (value) => isObject(value) && types.includes(String(value.resourceType));
  const last = steps.at(-1);
  const names = last?.kind === 'child' ? types.map((type) => last.name + capitalised(type)) : [];
  const hasName: Matches = (value) => isObject(value) && names.some((name) => name in value);
  const above = steps.slice(0, -1);
  return (item, run) =>
    someAt(item, steps, 0, isOfType, run) || (names.length > 0 && someAt(item, above, 0, hasName, run));
}

/** Does a reference lead to one of the types: what is at hand, else as its text or its type say? */
function pointsTo(types: readonly string[], value: unknown, run: Run): boolean {
  if (!isObject(value)) return false;
  const { reference, type } = value;
  const isOne = (name: unknown) => types.includes(String(name));
  if (typeof reference !== 'string') return isOne(type);
  const [target] = resolveReference(reference, run).matches;
  return target === undefined ? isOne(type) || typeInUrl(reference, isOne) !== undefined : isOne(target.resourceType);
}

/** The resource types that references at a node may point to. */
function targetTypes(node: Node | undefined, around: Surroundings): string[] {
  const targets = node?.element.type?.flatMap(({ targetProfile }) => targetProfile ?? []) ?? [];
  return targets.map((profile) => around.root(profile)?.element.path ?? '').filter((type) => type !== '');
}

function profileMatch(slice: Node, steps: readonly Step[], around: Surroundings): Matches | undefined {
  let node: Node | undefined = slice;
  const isTarget = steps.at(-1)?.kind === 'resolve';
  for (const step of isTarget ? steps.slice(0, -1) : steps) {
    node = node === undefined ? undefined : childOf(node, step, around);
  }
  const profiles = (node?.element.type ?? []).flatMap(({ code, profile, targetProfile }) =>
    isTarget ? (targetProfile ?? []) : (profile ?? [TYPE + code]),
  );
  if (profiles.length === 0 || profiles.some((profile) => around.root(profile) === undefined)) return undefined;
  const conforms: Matches = (value, run) => profiles.some((profile) => around.conforms(profile, value, run) === true);
  return (item, run) => someAt(item, steps, 0, conforms, run);
}

/** One discriminator of a slice: where it looks, what it wants there in words, and whether an item has it. */
export interface Part {
  path: string;
  wanted: () => string;
  matches: Matches;
  /** What an item must have for certain: this value, at the end of these members. */
  key?: { path: readonly string[]; value: Primitive };
  /** Of a look at an item, in looks at a single value. */
  cost: number;
}
export type Primitive = string | number | boolean;

/** A whole profile is looked at. */
const PROFILE_COST = 20;

/** The discriminators of a slice; `undefined` when one cannot tell. An item is in the slice when all match. */
export function sliceParts(
  slice: Node,
  discriminators: readonly { type: string; path: string }[],
  around: Surroundings,
): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (const { type, path } of discriminators) {
    const matches = discriminatorMatch(slice, type, path, around);
    if (matches === undefined) return undefined;
    const key = keyOf(slice, type, path, around);
    const cost = type === 'profile' ? PROFILE_COST : 1;
    parts.push({ path, matches, cost, wanted: () => wantedBy(slice, path, around), ...(key !== undefined && { key }) });
  }
  return parts.length === 0 ? undefined : parts;
}

function keyOf(slice: Node, type: string, path: string, around: Surroundings): Part['key'] {
  if (path === 'url' && slice.name === 'extension') {
    const value = extensionUrl(slice, around);
    return value === undefined ? undefined : { path: ['url'], value };
  }
  const steps = type === 'value' || type === 'pattern' ? stepsOf(path) : undefined;
  const names: string[] = [];
  let node: Node | undefined = slice;
  for (const step of steps ?? []) {
    if (step.kind !== 'child' || node === undefined) return undefined;
    const constant = constantOf(node.element);
    if (constant !== undefined) {
      const rest = (steps ?? []).slice(names.length).map((each) => (each.kind === 'child' ? each.name : ''));
      return leafOf(constant.value, names, rest);
    }
    node = childOf(node, step, around);
    names.push(step.name);
    if (node?.name.endsWith('[x]') === true) return undefined;
  }
  return steps === undefined || node === undefined ? undefined : demandedKey(node, names, 0);
}

/** A constant that the value at a node has to have, along with those that `demandOf` finds. */
function demandedKey(node: Node, names: readonly string[], depth: number): Part['key'] {
  const constant = constantOf(node.element);
  if (constant !== undefined) return leafOf(constant.value, names, []);
  if (depth > 4 || node.element.binding?.strength === 'required') return undefined;
  for (const child of node.children) {
    if (child.name.endsWith('[x]')) continue;
    const below = [...names, child.name];
    for (const each of [child, ...child.slices.filter(({ element }) => element.min > 0)]) {
      const key = demandedKey(each, below, depth + 1);
      if (key !== undefined) return key;
    }
  }
  return undefined;
}

/** Members that tell most, where a constant has several. */
const TELLING = ['code', 'coding', 'url', 'system', 'value'];

/** A single value in a constant: below `rest` where that names members, else the one that tells most. */
function leafOf(value: unknown, names: readonly string[], rest: readonly string[]): Part['key'] {
  if (Array.isArray(value)) return value.length === 0 ? undefined : leafOf(value[0], names, rest);
  if (isObject(value)) {
    const name = rest[0] ?? TELLING.find((one) => value[one] !== undefined) ?? Object.keys(value)[0];
    if (name === undefined || !Object.hasOwn(value, name)) return undefined;
    return leafOf(value[name], [...names, name], rest.slice(1));
  }
  if (rest.length > 0 || (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')) {
    return undefined;
  }
  return { path: names, value };
}

function discriminatorMatch(slice: Node, type: string, path: string, around: Surroundings): Matches | undefined {
  const steps = stepsOf(path);
  if (steps === undefined) return undefined;
  if (path === 'url' && slice.name === 'extension') {
    const url = extensionUrl(slice, around);
    return url === undefined ? undefined : (item) => isObject(item) && item.url === url;
  }
  if (type === 'value' || type === 'pattern') return valueMatch(slice, steps, around);
  if (type === 'exists') return existsMatch(slice, steps, around);
  if (type === 'type') return typeMatch(slice, steps, around);
  return type === 'profile' ? profileMatch(slice, steps, around) : undefined;
}

/** What a slice asks for at a discriminator's path, for a message; '' when it cannot be said in short. */
function wantedBy(slice: Node, path: string, around: Surroundings): string {
  if (path === 'url' && slice.name === 'extension') return extensionUrl(slice, around) ?? '';
  let node: Node | undefined = slice;
  for (const step of stepsOf(path) ?? []) {
    const constant = node === undefined ? undefined : constantOf(node.element);
    if (constant !== undefined) return shown(constant.value);
    node = node === undefined ? undefined : childOf(node, step, around);
  }
  if (node === undefined) return '';
  const constant = constantOf(node.element);
  if (constant !== undefined) return shown(constant.value);
  const inner = node.children.map((child) => [child.name, constantOf(child.element)?.value] as const);
  const constants = inner.filter(([, value]) => value !== undefined);
  if (constants.length > 0) return shown(Object.fromEntries(constants));
  const { binding, type = [] } = node.element;
  if (binding?.valueSet !== undefined) return binding.valueSet;
  return type.map(({ code, profile, targetProfile }) => (profile ?? targetProfile ?? [code]).join(', ')).join(', ');
}
