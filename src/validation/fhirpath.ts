/** FHIRPath by the fhirpath package, loaded when it is first needed, within a time. http://hl7.org/fhirpath/N1/ */
import { createRequire } from 'node:module';
import { createContext, Script } from 'node:vm';
import { findsIn } from './regular-expression.js';

export type Evaluate = (value: unknown, environment: Record<string, unknown>) => unknown[];
interface FhirPath {
  parse: (expression: string) => unknown;
  compile: (path: { base: string; expression: string }, model: unknown, options: object) => Evaluate;
}

/** Milliseconds that one evaluation may take, for expressions come from clients too. */
const TIME = 250;

let library: { fhirpath: FhirPath; model: unknown } | undefined;
function load(): NonNullable<typeof library> {
  if (library === undefined) {
    const require = createRequire(import.meta.url);
    library = {
      fhirpath: require('fhirpath') as FhirPath,
      model: require('fhirpath/fhir-context/r4') as unknown,
    };
  }
  return library;
}

/** Is the text an expression at all? Of one that cannot be read within the time nothing bad is said. */
export function isExpression(text: string): boolean {
  const { fhirpath } = load();
  try {
    within(() => fhirpath.parse(text));
    return true;
  } catch (error) {
    return isTimeout(error);
  }
}

export const isTimeout = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** Functions about more than the resource, each of one item. They throw where they cannot tell. */
export interface Functions {
  resolve(item: unknown): readonly unknown[];
  memberOf(item: unknown, valueSet: string): boolean;
  conformsTo(item: unknown, profile: string): boolean;
}

let functions: Functions | undefined;

/** What `work` returns, with answers to these functions. */
export function knowing<T>(answers: Functions, work: () => T): T {
  const before = functions;
  functions = answers;
  try {
    return work();
  } finally {
    functions = before;
  }
}

function asked(): Functions {
  if (functions === undefined) throw new Error('this expression asks about more than the resource');
  return functions;
}

/** The package's own form of a value in a resource. */
interface ResolvableNode {
  data: unknown;
  constructor: {
    makeResNode(context: unknown, data: unknown, parent: null, path: string | undefined, beside: null): unknown;
  };
}

/** `matches` in linear time; what that engine does not know is JavaScript's own matter, within the time. */
const FUNCTIONS = {
  matches: {
    fn: ([text]: unknown[], pattern: string): unknown => {
      if (typeof text !== 'string') return [];
      return findsIn(pattern, text) ?? new RegExp(pattern, 'su').test(text);
    },
    arity: { 1: ['String'] },
    internalStructures: false,
  },
  resolve: {
    fn(this: unknown, nodes: ResolvableNode[]): unknown {
      // A resource that is found is a root of its own, whose type the package reads.
      return nodes.flatMap((node) =>
        asked()
          .resolve(node?.data ?? node)
          .map((found) =>
            node.constructor.makeResNode(this, found, null, (found as Record<string, string>).resourceType, null),
          ),
      );
    },
    arity: { 0: [] },
    internalStructures: true,
  },
  memberOf: {
    fn: ([item]: unknown[], valueSet: string): unknown => (item === undefined ? [] : asked().memberOf(item, valueSet)),
    arity: { 1: ['String'] },
    internalStructures: false,
  },
  conformsTo: {
    fn: ([item]: unknown[], profile: string): unknown => (item === undefined ? [] : asked().conformsTo(item, profile)),
    arity: { 1: ['String'] },
    internalStructures: false,
  },
};

const sandbox: { work: () => unknown } = { work: () => undefined };
const context = createContext(sandbox);
const script = new Script('work()');

/** What `work` returns. Throws when it throws, and when it takes longer than `time` milliseconds. */
export function within<T>(work: () => T, time = TIME): T {
  sandbox.work = work;
  return script.runInContext(context, { timeout: Math.max(1, Math.ceil(Math.min(time, TIME))) }) as T;
}

/** Loads the package, whose time is no expression's fault. */
export function loadFhirPath(): void {
  load();
}

/** `base` is the type or path that the expression starts from. Throws where it cannot be read. */
export function compiled(expression: string, path: string): Evaluate {
  const { fhirpath, model } = load();
  return fhirpath.compile({ base: path, expression }, model, { userInvocationTable: FUNCTIONS });
}

/** A place in a resource: member names and indexes, as in its JSON. */
export type JsonPlace = readonly (string | number)[];
interface ResourceNode {
  parentResNode: ResourceNode | null;
  propName: string | undefined;
  index: number | null | undefined;
  data: unknown;
}

/**
 * Where in a resource an expression leads. Throws for an expression that cannot be read or evaluated, takes too long, or
 * yields what is no part of the resource.
 */
export function placesOf(expression: string, resource: Record<string, unknown>): JsonPlace[] {
  const { fhirpath, model } = load();
  const evaluate = fhirpath.compile({ base: '', expression }, model, {
    userInvocationTable: FUNCTIONS,
    resolveInternalTypes: false,
  });
  return within(() => evaluate(resource, { resource, rootResource: resource, context: resource })).map((node) =>
    placeOf(node as ResourceNode),
  );
}

function placeOf(node: ResourceNode): JsonPlace {
  if (node === null || typeof node !== 'object' || !('parentResNode' in node)) {
    throw new Error('a value that is no part of the resource');
  }
  const { parentResNode: parent, propName, index } = node;
  if (parent === null || propName === undefined || propName === null) return [];
  const name = memberOf(parent.data, propName);
  const own = index === null || index === undefined ? [name] : [name, index];
  const above = placeOf(parent);
  const last = above.at(-1);
  // What stands below a primitive is in the member beside it.
  const isPrimitive = parent.data === null || typeof parent.data !== 'object';
  if (!isPrimitive || above.length === 0) return [...above, ...own];
  if (typeof last === 'string') return [...above.slice(0, -1), `_${last}`, ...own];
  return [...above.slice(0, -2), `_${above.at(-2)}`, last as number, ...own];
}

/** The JSON name of an element: `valueString` for the `value` of a choice. */
function memberOf(holder: unknown, name: string): string {
  if (typeof holder !== 'object' || holder === null || name in holder || `_${name}` in holder) return name;
  const found = Object.keys(holder).find((key) => key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length)));
  return found ?? name;
}
