/** JSON as a tree that keeps how numbers are written, for what is changed and written again. */
import { type JsonPath, parseObject, type RawNumber } from './json.js';

/** A number whose text is not what JavaScript would print: `1.50`. */
export class NumberToken {
  constructor(readonly token: string) {}
  toJSON(): number {
    return Number(this.token);
  }
}

/** A copy of a value with its odd numbers as tokens. `rawNumbers` are those of the scan, `below` where the value stands in it. */
export function withTokens<T>(value: T, rawNumbers: readonly RawNumber[], below: JsonPath = []): T {
  const tree = structuredClone({ value });
  for (const { path, token } of rawNumbers) {
    if (!below.every((step, i) => path[i] === step)) continue;
    const steps = ['value', ...path.slice(below.length)];
    let parent: unknown = tree;
    for (const step of steps.slice(0, -1)) parent = (parent as Record<string | number, unknown>)[step];
    (parent as Record<string | number, unknown>)[steps.at(-1) as string] = new NumberToken(token);
  }
  return tree.value;
}

/** Any JSON text, not only an object. Throws what `parseObject` throws. */
export function parseTree(text: string): unknown {
  const { value, rawNumbers } = parseObject(`{"value":${text}}`);
  return withTokens(value.value, rawNumbers, ['value']);
}

/** The JSON text of a tree. */
export function treeText(tree: unknown): string {
  if (tree instanceof NumberToken) return tree.token;
  if (Array.isArray(tree)) return `[${tree.map(treeText).join(',')}]`;
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree) ?? 'null';
  const members = Object.entries(tree).filter(([, value]) => value !== undefined);
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${treeText(value)}`).join(',')}}`;
}

/** The same value? Numbers by what they are worth, objects whatever the order of their members. */
export function isSameTree(a: unknown, b: unknown): boolean {
  const [one, other] = [plain(a), plain(b)];
  if (one === other) return true;
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, i) => isSameTree(item, other[i]));
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null || Array.isArray(other)) {
    return false;
  }
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameTree((one as Tree)[name], (other as Tree)[name]))
  );
}

type Tree = Record<string, unknown>;
const plain = (value: unknown): unknown => (value instanceof NumberToken ? Number(value.token) : value);

/** What a change left empty is not there: FHIR has no empty arrays and objects. */
export function pruned(tree: unknown): unknown {
  if (tree instanceof NumberToken || typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map(pruned);
  const kept = Object.entries(tree)
    .map(([name, value]) => [name, pruned(value)] as const)
    .filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(kept);
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof NumberToken) return value === undefined;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}
