/**
 * The snapshot of a profile that comes with a differential only: the base's elements, narrowed, with slices and the
 * elements below added where the differential speaks of them. https://hl7.org/fhir/R4/profiling.html#snapshot
 */
import type { ElementDefinition, StructureDefinition } from './types.js';

/** An element as authors write it: only what differs. */
export type Differential = Partial<ElementDefinition> & { path: string };
type Lookup = (canonical: string) => StructureDefinition | undefined;

const CORE = 'http://hl7.org/fhir/StructureDefinition/';

/** What is wrong with a differential: `path` is not in the base, any other rule is looser than the base's. */
export interface DifferentialFault {
  id: string;
  rule: 'path' | 'min' | 'max' | 'type' | 'fixed';
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
  const elements = base.snapshot.element.map((element) => ({ ...element }));
  const long: LongForms = new Map();
  for (const change of withIds(differential)) {
    const id = longForm(elements, change.id, lookup, long);
    if (!apply(elements, { ...change, id, ...(id === change.id ? {} : pathOf(id)) }, lookup, faults)) {
      if (isOpenEnded(elements, id, lookup)) return undefined;
      faults.push({ id: change.id, rule: 'path', base: baseDefinition, found: change.path });
      return undefined;
    }
  }
  return elements;
}

/** Is a type on the way to the element unknown, so that nobody can say that the path is wrong? */
function isOpenEnded(elements: readonly ElementDefinition[], id: string, lookup: Lookup): boolean {
  for (let dot = id.lastIndexOf('.'); dot > 0; dot = id.lastIndexOf('.', dot - 1)) {
    const found = elements.find((element) => element.id === id.slice(0, dot));
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
function longForm(elements: ElementDefinition[], id: string, lookup: Lookup, long: LongForms): string {
  const [root = '', ...names] = id.split('.');
  let made = root;
  let written = root;
  for (const name of names) {
    written = `${written}.${name}`;
    const next = `${made}.${name}`;
    made =
      long.get(written) ?? (name.includes(':') || name.includes('[x]') ? next : choiceOf(elements, made, name, lookup));
    if (made !== next) long.set(written, made);
  }
  return made;
}

/** The id that `name` below `parent` stands for: itself unless it is one type of a choice. */
function choiceOf(elements: ElementDefinition[], parent: string, name: string, lookup: Lookup): string {
  const id = `${parent}.${name}`;
  const isThere = () => elements.some((element) => element.id === id);
  if (isThere() || !expand(elements, parent, lookup) || isThere()) return id;
  for (const element of elements) {
    if (!element.id.startsWith(`${parent}.`) || !element.id.endsWith('[x]')) continue;
    const stem = element.id.slice(parent.length + 1, -3);
    if (stem.includes('.') || stem.includes(':') || !name.startsWith(stem)) continue;
    const types = element.type?.filter(({ code }) => stem + capitalised(code) === name) ?? [];
    if (types.length === 0) continue;
    if (element.type?.length === 1) return element.id;
    const slice = `${element.id}:${name}`;
    if (elements.some((other) => other.id === slice)) return slice;
    element.slicing ??= { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' };
    addSlice(elements, { id: slice, path: element.path, sliceName: name, type: types }, element.id, lookup);
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
function withIds(differential: readonly Differential[]): (Differential & { id: string })[] {
  const idOfPath = new Map<string, string>();
  return differential.map((element) => {
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
  elements: ElementDefinition[],
  change: Differential & { id: string },
  lookup: Lookup,
  faults: DifferentialFault[],
): boolean {
  const at = elements.findIndex(({ id }) => id === change.id);
  if (at >= 0) {
    replace(elements, at, change, faults);
    return true;
  }
  const dot = change.id.lastIndexOf('.');
  const last = change.id.slice(dot + 1);
  const colon = last.indexOf(':');
  if (colon >= 0) return addSlice(elements, change, change.id.slice(0, dot + 1 + colon), lookup);
  const parentId = change.id.slice(0, dot);
  if (!expand(elements, parentId, lookup)) return false;
  const found = elements.findIndex(({ id }) => id === change.id);
  if (found < 0) return false;
  replace(elements, found, change, faults);
  return true;
}

function replace(
  elements: ElementDefinition[],
  at: number,
  change: Differential & { id: string },
  faults: DifferentialFault[],
): void {
  const element = elements[at] as ElementDefinition;
  faults.push(...loosened(element, change));
  elements[at] = merge(element, change);
}

function addSlice(
  elements: ElementDefinition[],
  change: Differential & { id: string },
  slicedId: string,
  lookup: Lookup,
): boolean {
  if (!elements.some(({ id }) => id === slicedId)) {
    const parentId = slicedId.slice(0, slicedId.lastIndexOf('.'));
    if (!expand(elements, parentId, lookup)) return false;
  }
  const at = elements.findIndex(({ id }) => id === slicedId);
  const sliced = elements[at];
  if (sliced === undefined) return false;
  const { slicing: _, ...own } = sliced;
  elements.splice(endOf(elements, at, slicedId), 0, merge({ ...own, id: change.id, min: 0 }, change));
  return true;
}

/** Index after an element, its children and its slices. */
function endOf(elements: readonly ElementDefinition[], at: number, id: string): number {
  let end = at + 1;
  while (end < elements.length) {
    const next = (elements[end] as ElementDefinition).id;
    if (!next.startsWith(`${id}.`) && !next.startsWith(`${id}:`)) break;
    end++;
  }
  return end;
}

/** Puts the elements of its type below an element that has none yet. */
function expand(elements: ElementDefinition[], id: string, lookup: Lookup): boolean {
  let at = elements.findIndex((element) => element.id === id);
  if (at < 0) {
    const dot = id.lastIndexOf('.');
    if (dot < 0 || !expand(elements, id.slice(0, dot), lookup)) return false;
    at = elements.findIndex((element) => element.id === id);
    if (at < 0) return false;
  }
  const element = elements[at] as ElementDefinition;
  if (elements.some((other) => other.id.startsWith(`${id}.`))) return true;
  const { contentReference } = element;
  if (contentReference !== undefined) {
    // `Parameters.parameter.part` is what `Parameters.parameter` is.
    const origin = contentReference.slice(contentReference.indexOf('#') + 1);
    const source = lookup(CORE + (origin.split('.')[0] as string))?.snapshot.element;
    return source !== undefined && copy(elements, at, origin, id, source, element.path);
  }
  const type = element.type?.[0];
  const sliceOf = id.slice(0, id.lastIndexOf(':'));
  const inline = type?.code === 'BackboneElement' || type?.code === 'Element';
  if (inline && element.sliceName !== undefined) return copy(elements, at, sliceOf, id, elements, element.path);
  const source = type === undefined ? undefined : (lookup(type.profile?.[0] ?? '') ?? lookup(CORE + type.code));
  const root = source?.snapshot.element[0];
  if (source === undefined || root === undefined) return false;
  return copy(elements, at, root.id, id, source.snapshot.element, element.path);
}

/** Copies what is below `from` in `source` to below `to`. */
function copy(
  elements: ElementDefinition[],
  at: number,
  from: string,
  to: string,
  source: readonly ElementDefinition[],
  path: string,
): boolean {
  const below = source.filter(({ id }) => id.startsWith(`${from}.`));
  const depth = (source.find(({ id }) => id === from) as ElementDefinition).path.length;
  const copies = below.map((element) => ({
    ...element,
    id: to + element.id.slice(from.length),
    path: path + element.path.slice(depth),
  }));
  elements.splice(at + 1, 0, ...copies);
  return copies.length > 0;
}

function merge(element: ElementDefinition, change: Differential): ElementDefinition {
  const constraint = [...(element.constraint ?? []), ...(change.constraint ?? [])];
  return { ...element, ...change, ...(constraint.length === 0 ? {} : { constraint }) } as ElementDefinition;
}
