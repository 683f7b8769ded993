/**
 * Search expressions compiled to plain functions. All types are settled beforehand from the definitions, so that at run
 * time there is nothing left but reading properties. https://hl7.org/fhirpath/N1/
 */
import { type Expression, ExpressionError } from './expression-syntax.js';
import { isPrimitive, type Place, type Schema } from './schema.js';

/** Visits the values below one node; `state` is what the visitors share. */
export type Walk<S> = (node: unknown, state: S) => void;
/** Called once for each place that an expression leads to: gives the visitor, or nothing when it wants none. */
export type Visitor<S> = (place: Place) => Walk<S> | undefined;

const BOOLEAN: Place = { type: 'boolean', path: 'boolean', element: undefined };
const BASES = new Set(['Resource', 'DomainResource']);

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * The function that walks from a resource of `place` to the values of the expression. `undefined` when it leads to no
 * place that the visitor wants. Throws ExpressionError for what is not understood.
 */
export function compile<S>(
  schema: Schema,
  expression: Expression,
  place: Place,
  visitor: Visitor<S>,
): Walk<S> | undefined {
  switch (expression.op) {
    case 'this':
      return visitor(place);
    case 'member':
      return member(schema, expression, place, visitor);
    case 'index':
      return index(schema, expression, place, visitor);
    case 'as':
      return compile(schema, expression.of, place, (at) => narrowed(at, expression.type, schema, visitor));
    case 'where':
      return compile(schema, expression.of, place, (at) => {
        const visit = visitor(at);
        if (visit === undefined) return undefined;
        const test = condition(schema, expression.test, at);
        return (node, state) => {
          if (test(node)) visit(node, state);
        };
      });
    case 'select':
      return compile(schema, expression.of, place, (at) => compile(schema, expression.what, at, visitor));
    case 'union': {
      const left = compile(schema, expression.left, place, visitor);
      const right = compile(schema, expression.right, place, visitor);
      return together([left, right]);
    }
    case 'literal':
    case 'resolve':
      throw new ExpressionError(`${expression.op} stands where elements are expected`);
    default: {
      const visit = visitor(BOOLEAN);
      if (visit === undefined) return undefined;
      const test = condition(schema, expression, place);
      return (node, state) => visit(test(node), state);
    }
  }
}

function together<S>(walks: readonly (Walk<S> | undefined)[]): Walk<S> | undefined {
  const some = walks.filter((walk) => walk !== undefined);
  const [first] = some;
  if (some.length < 2) return first;
  return (node, state) => {
    for (const walk of some) walk(node, state);
  };
}

function member<S>(
  schema: Schema,
  { of, name }: Expression & { op: 'member' },
  place: Place,
  visitor: Visitor<S>,
): Walk<S> | undefined {
  // A capital begins a type's name: the resource itself, or another type's part of a union.
  if (of.op === 'this' && /^[A-Z]/.test(name)) {
    return name === place.type || BASES.has(name) ? visitor(place) : undefined;
  }
  const below = (at: Place) =>
    together(
      schema.children(at, name).map(({ property, place: child }) => {
        const visit = visitor(child);
        return visit === undefined ? undefined : reader(property, visit);
      }),
    );
  return together([compile(schema, of, place, below), beside(schema, of, name, place, below)]);
}

/** What JSON keeps beside a primitive: its `id` and `extension`. https://hl7.org/fhir/R4/json.html#primitive */
function beside<S>(
  schema: Schema,
  of: Expression,
  name: string,
  place: Place,
  below: (at: Place) => Walk<S> | undefined,
): Walk<S> | undefined {
  if (of.op !== 'member' || (name !== 'extension' && name !== 'id')) return undefined;
  return compile(schema, of.of, place, (at) =>
    together(
      schema.children(at, of.name).map(({ property, place: child }) => {
        const visit = isPrimitive(child) ? below({ type: 'Element', path: 'Element', element: undefined }) : undefined;
        return visit === undefined ? undefined : reader(`_${property}`, visit);
      }),
    ),
  );
}

function reader<S>(property: string, visit: Walk<S>): Walk<S> {
  return (node, state) => {
    if (!isObject(node)) return;
    const value = node[property];
    if (value === undefined) return;
    if (Array.isArray(value)) for (const one of value) visit(one, state);
    else visit(value, state);
  };
}

function index<S>(
  schema: Schema,
  { of, at }: Expression & { op: 'index' },
  place: Place,
  visitor: Visitor<S>,
): Walk<S> | undefined {
  const walk = compile<{ node: unknown; visit: Walk<S> }[]>(schema, of, place, (below) => {
    const visit = visitor(below);
    return visit === undefined ? undefined : (node, hits) => hits.push({ node, visit });
  });
  if (walk === undefined) return undefined;
  return (node, state) => {
    const hits: { node: unknown; visit: Walk<S> }[] = [];
    walk(node, hits);
    const hit = hits.at(at);
    hit?.visit(hit.node, state);
  };
}

function narrowed<S>(place: Place, type: string, schema: Schema, visitor: Visitor<S>): Walk<S> | undefined {
  // One of R4's expressions says `DateTime`.
  if (place.type === type || place.type === type.charAt(0).toLowerCase() + type.slice(1)) return visitor(place);
  if (!BASES.has(place.type)) return undefined;
  const visit = visitor(schema.root(type));
  if (visit === undefined) return undefined;
  return (node, state) => {
    if (isObject(node) && node.resourceType === type) visit(node, state);
  };
}

/** An expression that is true or false of a node. What is empty counts as false. */
function condition(schema: Schema, expression: Expression, place: Place): (node: unknown) => boolean {
  switch (expression.op) {
    case 'and':
    case 'or': {
      const left = condition(schema, expression.left, place);
      const right = condition(schema, expression.right, place);
      return expression.op === 'and' ? (node) => left(node) && right(node) : (node) => left(node) || right(node);
    }
    case 'not': {
      const test = condition(schema, expression.of, place);
      return (node) => !test(node);
    }
    case 'equal':
    case 'unequal':
      return comparison(schema, expression.left, expression.right, place, expression.op === 'equal');
    case 'exists': {
      const read = values(schema, expression.of, place);
      return (node) => read(node).length > 0;
    }
    case 'is':
      return typeTest(schema, expression.of, expression.type, place);
    default: {
      const read = values(schema, expression, place);
      return (node) => read(node)[0] === true;
    }
  }
}

function comparison(schema: Schema, left: Expression, right: Expression, place: Place, equal: boolean) {
  const a = values(schema, left, place);
  const b = values(schema, right, place);
  return (node: unknown): boolean => {
    const these = a(node);
    const those = b(node);
    if (these.length === 0 || those.length === 0) return false;
    return (these.length === those.length && these.every((value, i) => value === those[i])) === equal;
  };
}

function typeTest(schema: Schema, of: Expression, type: string, place: Place): (node: unknown) => boolean {
  if (of.op === 'resolve') {
    const read = values(schema, of.of, place);
    return (node) => read(node).some((value) => referencedType(value) === type);
  }
  const walk = compile<unknown[]>(schema, of, place, (at) => narrowed(at, type, schema, () => push));
  return (node) => collected(walk, node).length > 0;
}

function values(schema: Schema, expression: Expression, place: Place): (node: unknown) => readonly unknown[] {
  if (expression.op === 'literal') {
    const literal = [expression.value];
    return () => literal;
  }
  const walk = compile<unknown[]>(schema, expression, place, () => push);
  return (node) => collected(walk, node);
}

function push(node: unknown, found: unknown[]): void {
  found.push(node);
}
function collected(walk: Walk<unknown[]> | undefined, node: unknown): unknown[] {
  const found: unknown[] = [];
  walk?.(node, found);
  return found;
}

const LITERAL_REFERENCE = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

/** The type that a Reference points to, told by its URL or else by its `type`; nothing is fetched. */
function referencedType(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const url = typeof value.reference === 'string' ? LITERAL_REFERENCE.exec(value.reference) : null;
  return url === null ? value.type : url[1];
}
