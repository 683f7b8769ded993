/** Which slices an item may be in, by a value in it that they ask for: with many slices, not all have to be asked. */
import { isObject, type Json } from './explain.js';
import type { Part, Primitive } from './slicing.js';

interface Keyed {
  /** Where it stands among its like. */
  order: number;
  parts: readonly Part[];
}

/** In the order of the slices. */
export type Candidates<Slice> = (item: unknown) => readonly Slice[];

type ByValue<Slice> = ReadonlyMap<unknown, readonly Slice[]>;
interface Table<Slice> {
  path: readonly string[];
  byValue: ByValue<Slice>;
}

const NONE: readonly never[] = [];

/** `undefined` where nothing in an item tells, so that all slices have to be asked. */
export function candidatesOf<Slice extends Keyed>(slices: readonly Slice[]): Candidates<Slice> | undefined {
  const { tables, rest } = tablesOf(slices);
  const [only, other] = tables;
  if (only === undefined) return undefined;
  if (other === undefined && rest.length === 0) {
    const { path, byValue } = only;
    const [first = '', second, third] = path;
    if (path.length === 0) return (item) => byValue.get(item) ?? NONE;
    // Extensions: the most usual of all.
    if (path.length === 1 && first === 'url') return (item) => (isObject(item) && byValue.get(item.url)) || NONE;
    if (path.length === 1) return (item) => (isObject(item) ? ofMember(item[first], byValue) : NONE);
    if (path.length === 3 && second === 'coding' && third === 'code') {
      return (item) => {
        const concept = isObject(item) ? item[first] : undefined;
        return isObject(concept) ? ofCodings(concept.coding, byValue) : NONE;
      };
    }
  }
  return (item) => {
    const found = new Set<Slice>(rest);
    for (const { path, byValue } of tables) {
      gather(item, path, 0, (value) => {
        for (const slice of byValue.get(value) ?? NONE) found.add(slice);
      });
    }
    return [...found].sort((a, b) => a.order - b.order);
  };
}

/** Each slice by that of its values of which there are most among the slices. */
function tablesOf<Slice extends Keyed>(slices: readonly Slice[]): { tables: Table<Slice>[]; rest: Slice[] } {
  const values = new Map<string, Set<Primitive>>();
  for (const { parts } of slices) {
    for (const { key } of parts) {
      if (key === undefined) continue;
      const name = key.path.join('.');
      values.set(name, (values.get(name) ?? new Set()).add(key.value));
    }
  }
  const made = new Map<string, { path: readonly string[]; byValue: Map<unknown, Slice[]> }>();
  const rest: Slice[] = [];
  for (const slice of slices) {
    const keys = slice.parts.flatMap(({ key }) => key ?? []);
    const count = (key: (typeof keys)[number]) => values.get(key.path.join('.'))?.size ?? 0;
    const [best] = keys.sort((a, b) => count(b) - count(a));
    if (best === undefined) {
      rest.push(slice);
      continue;
    }
    const name = best.path.join('.');
    const table = made.get(name) ?? { path: best.path, byValue: new Map() };
    made.set(name, table);
    const there = table.byValue.get(best.value);
    if (there === undefined) table.byValue.set(best.value, [slice]);
    else there.push(slice);
  }
  return { tables: [...made.values()], rest };
}

function ofMember<Slice>(value: unknown, byValue: ByValue<Slice>): readonly Slice[] {
  if (!Array.isArray(value)) return byValue.get(value) ?? NONE;
  return [...new Set(value.flatMap((each) => byValue.get(each) ?? NONE))];
}

function ofCodings<Slice extends Keyed>(codings: unknown, byValue: ByValue<Slice>): readonly Slice[] {
  if (!Array.isArray(codings)) return NONE;
  let found: readonly Slice[] = NONE;
  for (let i = 0; i < codings.length; i++) {
    const some = byValue.get((codings[i] as Json | null)?.code);
    if (some === undefined) continue;
    found = found.length === 0 ? some : [...new Set([...found, ...some])].sort((a, b) => a.order - b.order);
  }
  return found;
}

/** The values at the end of a path, through arrays. */
function gather(value: unknown, path: readonly string[], index: number, take: (value: unknown) => void): void {
  if (Array.isArray(value)) for (const each of value) gather(each, path, index, take);
  else if (index === path.length) take(value);
  else if (isObject(value)) gather(value[path[index] as string], path, index + 1, take);
}
