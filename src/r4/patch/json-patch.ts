/** JSON Patch. https://www.rfc-editor.org/rfc/rfc6902, https://hl7.org/fhir/R4/http.html#patch */
import { isSameTree } from '../lossless.js';
import { inapplicable, malformed } from './patch-error.js';

type Tree = Record<string, unknown>;
type Container = Tree | unknown[];

const isObject = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

interface Operation {
  index: number;
  op: string;
  path: readonly string[];
  from: readonly string[];
  value: unknown;
}

/**
 * The document with all operations applied, in order; the document given is not changed. Throws `patch-malformed` for
 * what is no JSON Patch, `patch-inapplicable` with the index of the operation that fails, tests too.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw malformed('a JSON Patch is an array of operations', 'un JSON Patch est un tableau d’opérations');
  }
  const root: { document: unknown } = { document: copy(document) };
  for (const [index, each] of patch.entries()) apply(root, operationOf(each, index));
  return root.document;
}

/** By hand: a structured clone loses the class of number tokens. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copy(member)]));
}

function operationOf(each: unknown, index: number): Operation {
  if (!isObject(each)) throw malformed('not an object', 'ce n’est pas un objet', index);
  const { op, path, from, value } = each;
  if (typeof op !== 'string' || !/^(add|remove|replace|move|copy|test)$/.test(op)) {
    throw malformed(
      'op is add, remove, replace, move, copy or test',
      'op est add, remove, replace, move, copy ou test',
      index,
    );
  }
  if (/^(add|replace|test)$/.test(op) && !Object.hasOwn(each, 'value')) {
    throw malformed(`${op} needs a value`, `${op} demande une value`, index);
  }
  const isTransfer = op === 'move' || op === 'copy';
  return { index, op, path: pointer(path, 'path', index), from: isTransfer ? pointer(from, 'from', index) : [], value };
}

/** https://www.rfc-editor.org/rfc/rfc6901 */
function pointer(text: unknown, name: string, index: number): string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/')) || /~(?![01])/.test(text)) {
    throw malformed(`${name} is no JSON Pointer`, `${name} n’est pas un JSON Pointer`, index);
  }
  return text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function apply(root: { document: unknown }, operation: Operation): void {
  const { op, path, from, value, index } = operation;
  if (op === 'test') {
    if (isSameTree(at(root, path, index), value)) return;
    throw inapplicable(index, 'the value tested is another', 'la valeur testée est une autre');
  }
  if (op === 'move' && path.length > from.length && from.every((step, i) => path[i] === step)) {
    throw inapplicable(index, 'a value cannot be moved into itself', 'une valeur ne se déplace pas en elle-même');
  }
  if (op === 'remove' || op === 'replace') remove(root, path, index);
  if (op === 'add' || op === 'replace') add(root, path, copy(value), index);
  else if (op === 'copy') add(root, path, copy(at(root, from, index)), index);
  else if (op === 'move') add(root, path, remove(root, from, index), index);
}

const absent = (index: number) => inapplicable(index, 'there is nothing at this path', 'il n’y a rien à ce chemin');

/** The value at a path. Throws where there is none. */
function at(root: { document: unknown }, path: readonly string[], index: number): unknown {
  let value = root.document;
  for (const step of path) {
    if (!isContainer(value)) throw absent(index);
    value = Array.isArray(value) ? value[indexOf(step, value.length - 1, index)] : own(value, step, index);
  }
  return value;
}

function own(value: Tree, name: string, index: number): unknown {
  if (!Object.hasOwn(value, name)) throw absent(index);
  return value[name];
}

function indexOf(step: string, max: number, index: number): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(step) || Number(step) > max) throw absent(index);
  return Number(step);
}

function add(root: { document: unknown }, path: readonly string[], value: unknown, index: number): void {
  const last = path.at(-1);
  if (last === undefined) {
    root.document = value;
    return;
  }
  const parent = at(root, path.slice(0, -1), index);
  if (Array.isArray(parent))
    parent.splice(last === '-' ? parent.length : indexOf(last, parent.length, index), 0, value);
  else if (!isObject(parent) || last === '__proto__') throw absent(index);
  else parent[last] = value;
}

/** What was there. */
function remove(root: { document: unknown }, path: readonly string[], index: number): unknown {
  const found = at(root, path, index);
  const last = path.at(-1);
  if (last === undefined) {
    root.document = undefined;
    return found;
  }
  const parent = at(root, path.slice(0, -1), index) as Container;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return found;
}
