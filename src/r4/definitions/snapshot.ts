/**
 * The snapshot of a profile that comes with a differential only: the base's elements, narrowed, with slices and the
 * elements below added where the differential speaks of them. https://hl7.org/fhir/R4/profiling.html#snapshot
 */
import { type ElementNode, ElementTree, TooLarge } from './element-tree.js';
import type { ElementDefinition, StructureDefinition } from './types.js';

/** An element as authors write it: only what differs. */
export type Differential = Partial<ElementDefinition> & { path: string };
type Lookup = (canonical: string) => StructureDefinition | undefined;

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
/** Steps of a path; nothing that means something comes near. */
const MAX_STEPS = 50;

/**
 * What is wrong with a differential: `path` is not in the base, `size` makes it too large to work out, any other rule is
 * looser than the base's.
 */
export interface DifferentialFault {
  id: string;
  rule: 'path' | 'size' | 'min' | 'max' | 'type' | 'fixed';
  base: string;
  found: string;
}

/**
 * The elements, or `undefined` where the base or a type that is needed is not known or a path is not in the base; what
 * is wrong with the differential is added to `faults`.
 */
export function snapshotElements(
  baseDefinition: string,
  differential: readonly Differential[],
  lookup: Lookup,
  faults: DifferentialFault[] = [],
): ElementDefinition[] | undefined {
  const base = lookup(baseDefinition);
  if (base === undefined) return undefined;
  let under = '';
  try {
    const tree = new ElementTree(withIds(base.snapshot.element));
    const long: LongForms = new Map();
    for (const change of withIds(differential)) {
      under = change.id;
      const id = longForm(tree, change.id, lookup, long);
      if (apply(tree, { ...change, id, ...(id === change.id ? {} : pathOf(id)) }, lookup, faults)) continue;
      if (isOpenEnded(tree, id, lookup)) return undefined;
      faults.push({ id: change.id, rule: 'path', base: baseDefinition, found: change.path });
      return undefined;
    }
    return tree.flat();
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    faults.push({ id: under, rule: 'size', base: baseDefinition, found: String(error.max) });
    return undefined;
  }
}

/** Is a type on the way to the element unknown, so that nobody can say that the path is wrong? */
function isOpenEnded(tree: ElementTree, id: string, lookup: Lookup): boolean {
  for (let dot = id.lastIndexOf('.'); dot > 0; dot = id.lastIndexOf('.', dot - 1)) {
    const found = tree.find(id.slice(0, dot))?.element;
    if (found === undefined) continue;
    const types = found.type ?? [];
    return (
      types.length > 1 ||
      types.some(({ code, profile }) => {
        return lookup(CORE + code) === undefined || profile?.some((each) => lookup(each) === undefined) === true;
      })
    );
  }
  return false;
}

/** Where the change allows what the element before it does not. A slice has a lower limit of its own. */
function loosened(element: ElementDefinition, change: Differential & { id: string }): DifferentialFault[] {
  const { id, min, max, type } = change;
  const faults: DifferentialFault[] = [];
  const isSlice = /:[^.]*$/.test(id);
  if (min !== undefined && !isSlice && min < element.min) {
    faults.push({ id, rule: 'min', base: String(element.min), found: String(min) });
  }
  if (max !== undefined && element.max !== '*' && (max === '*' || Number(max) > Number(element.max))) {
    faults.push({ id, rule: 'max', base: element.max, found: max });
  }
  const known = element.type?.map(({ code }) => code) ?? [];
  const open =
    known.length === 0 || known.some((code) => /^(Resource|DomainResource|Element|BackboneElement)$/.test(code));
  const other = open ? undefined : type?.find(({ code }) => !known.includes(code) && !code.includes('/'));
  if (other !== undefined) faults.push({ id, rule: 'type', base: known.join(', '), found: other.code });
  for (const name in element) {
    if (!/^fixed[A-Z]/.test(name)) continue;
    const found = Object.keys(change).find((key) => /^fixed[A-Z]/.test(key));
    const [before, after] = [JSON.stringify(element[name]), found === undefined ? '' : JSON.stringify(change[found])];
    if (found !== undefined && before !== after) faults.push({ id, rule: 'fixed', base: before, found: after });
  }
  return faults;
}

/** Ids as they were written, with those that they stand for. */
type LongForms = Map<string, string>;

const pathOf = (id: string) => ({ path: id.replace(/:[^.]*/g, '') });
/** The end that a type gives to the JSON name of a choice: `valueString`. https://hl7.org/fhir/R4/formats.html#choice */
export const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * `Observation.valueQuantity` is short for `Observation.value[x]` of one type: the element itself where no other type
 * is left, else a slice by type, which is made where it is not there. https://hl7.org/fhir/R4/profiling.html#slicing
 */
function longForm(tree: ElementTree, id: string, lookup: Lookup, long: LongForms): string {
  const [root = '', ...names] = id.split('.', MAX_STEPS + 1);
  // Too deep to be anything: it is not found as it stands.
  if (names.length >= MAX_STEPS) return id;
  let made = root;
  let written = root;
  for (const name of names) {
    written = `${written}.${name}`;
    const next = `${made}.${name}`;
    made =
      long.get(written) ?? (name.includes(':') || name.includes('[x]') ? next : choiceOf(tree, made, name, lookup));
    if (made !== next) long.set(written, made);
  }
  return made;
}

/** The id that `name` below `parent` stands for: itself unless it is one type of a choice. */
function choiceOf(tree: ElementTree, parent: string, name: string, lookup: Lookup): string {
  const id = `${parent}.${name}`;
  if (tree.find(id) !== undefined || !expand(tree, parent, lookup) || tree.find(id) !== undefined) return id;
  for (const { element } of tree.find(parent)?.children ?? []) {
    if (!element.id.endsWith('[x]')) continue;
    const stem = element.id.slice(parent.length + 1, -3);
    if (!name.startsWith(stem)) continue;
    const types = element.type?.filter(({ code }) => stem + capitalised(code) === name) ?? [];
    if (types.length === 0) continue;
    if (element.type?.length === 1) return element.id;
    const slice = `${element.id}:${name}`;
    if (tree.find(slice) !== undefined) return slice;
    element.slicing ??= { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' };
    addSlice(tree, { id: slice, path: element.path, sliceName: name, type: types }, element.id, lookup);
    return slice;
  }
  return id;
}

/** Does an author's id speak of the path? `value[x]:valueString` does of `valueString` and of `value[x]`. */
function isIdOf(id: string, path: string): boolean {
  const [names, steps] = [pathOf(id).path.split('.'), path.split('.')];
  const isStep = (name: string, step = '') =>
    name === step || (name.endsWith('[x]') && step.startsWith(name.slice(0, -3)));
  return names.length === steps.length && names.every((name, i) => isStep(name, steps[i]));
}

/** Ids made from path and sliceName where the author left them out, or wrote those of another path. */
function withIds<T extends Differential>(elements: readonly T[]): (T & { id: string })[] {
  const idOfPath = new Map<string, string>();
  return elements.map((element) => {
    const { path, sliceName } = element;
    const dot = path.lastIndexOf('.');
    const parent = path.slice(0, Math.max(dot, 0));
    const own = path.slice(dot + 1) + (sliceName === undefined ? '' : `:${sliceName}`);
    const written = element.id !== undefined && isIdOf(element.id, path) ? element.id : undefined;
    const id = written ?? (dot < 0 ? path : `${idOfPath.get(parent) ?? parent}.${own}`);
    idOfPath.set(path, id);
    return { ...element, id };
  });
}

function apply(
  tree: ElementTree,
  change: Differential & { id: string },
  lookup: Lookup,
  faults: DifferentialFault[],
): boolean {
  const there = tree.find(change.id);
  if (there !== undefined) {
    replace(tree, there, change, faults);
    return true;
  }
  const dot = change.id.lastIndexOf('.');
  const last = change.id.slice(dot + 1);
  const colon = last.indexOf(':');
  if (colon >= 0) return addSlice(tree, change, change.id.slice(0, dot + 1 + colon), lookup);
  if (!expand(tree, change.id.slice(0, dot), lookup)) return false;
  const found = tree.find(change.id);
  if (found === undefined) return false;
  replace(tree, found, change, faults);
  return true;
}

function replace(
  tree: ElementTree,
  node: ElementNode,
  change: Differential & { id: string },
  faults: DifferentialFault[],
): void {
  faults.push(...loosened(node.element, change));
  node.element = merge(tree, node.element, change);
}

function addSlice(tree: ElementTree, change: Differential & { id: string }, slicedId: string, lookup: Lookup): boolean {
  if (tree.find(slicedId) === undefined) {
    if (!expand(tree, slicedId.slice(0, slicedId.lastIndexOf('.')), lookup)) return false;
  }
  const sliced = tree.find(slicedId);
  if (sliced === undefined) return false;
  const { slicing: _, ...own } = sliced.element;
  tree.add(merge(tree, { ...own, id: change.id, min: 0 }, change));
  return true;
}

/** Puts the elements of its type below an element that has none yet. */
function expand(tree: ElementTree, id: string, lookup: Lookup, steps = 0): boolean {
  if (tree.find(id) === undefined) {
    const dot = id.lastIndexOf('.');
    if (dot < 0 || steps > MAX_STEPS || !expand(tree, id.slice(0, dot), lookup, steps + 1)) return false;
  }
  const node = tree.find(id);
  if (node === undefined) return false;
  if (node.children.length > 0) return true;
  const { contentReference, sliceName, type: [type] = [] } = node.element;
  if (contentReference !== undefined) {
    // `Parameters.parameter.part` is what `Parameters.parameter` is.
    const origin = contentReference.slice(contentReference.indexOf('#') + 1);
    const source = lookup(CORE + (origin.split('.')[0] as string));
    return source !== undefined && tree.copy(ElementTree.of(source.snapshot.element).find(origin), node);
  }
  const inline = type?.code === 'BackboneElement' || type?.code === 'Element';
  if (inline && sliceName !== undefined) return tree.copy(tree.find(id.slice(0, id.lastIndexOf(':'))), node);
  const source = type === undefined ? undefined : (lookup(type.profile?.[0] ?? '') ?? lookup(CORE + type.code));
  return source !== undefined && tree.copy(ElementTree.of(source.snapshot.element).root, node);
}

function merge(tree: ElementTree, element: ElementDefinition, change: Differential): ElementDefinition {
  const constraint = [...(element.constraint ?? []), ...(change.constraint ?? [])];
  // The same element may come again and again.
  tree.spend(constraint.length);
  return { ...element, ...change, ...(constraint.length === 0 ? {} : { constraint }) } as ElementDefinition;
}
