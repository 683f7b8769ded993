/**
 * The structural pass: walks an object by its plan. Unknown members, JSON types, cardinality, choices, primitive
 * formats, `_` siblings, required bindings, reference targets. https://hl7.org/fhir/R4/json.html
 */
import { nearMiss } from '../r4/near-miss.js';
import { checkBinding } from './binding.js';
import type { Engine } from './engine.js';
import { type At, below, expressionOf, fail, isObject, type Json, note, type Run, shown } from './explain.js';
import type { Plan, Property } from './plan.js';
import { INTEGERS, isString } from './primitives.js';
import { checkReference } from './reference.js';
import { checkElementId } from './special.js';

export function checkObject(plan: Plan, value: Json, at: At, run: Run, engine: Engine): boolean {
  let ok = true;
  let members = 0;
  let chosen = 0;
  for (const key in value) {
    const property = plan.properties.get(key);
    if (property === undefined) {
      if (plan.resource && key === 'resourceType') continue;
      if (at === undefined) return false;
      fail(run, at, 'unknown-element', {
        path: plan.name,
        name: shown(key),
        near: nearMiss(key, plan.properties.keys()),
      });
      ok = false;
      // Said once: the object is not empty too.
      members++;
      continue;
    }
    members++;
    if (property.choice !== 0) {
      if ((chosen & property.choice) !== 0 && hasSeveral(plan, property, value)) {
        fail(run, below(at, property.element), 'several-choices', { element: `${property.element}[x]` });
        if (at === undefined) return false;
        ok = false;
      }
      chosen |= property.choice;
    }
    const good = property.sibling
      ? checkSibling(property, value[key], value, at, run, engine)
      : checkProperty(property, value[key], value, at, run, engine);
    if (!good) {
      if (at === undefined) return false;
      ok = false;
    }
  }
  if (members === 0 && !plan.resource) return fail(run, at, 'empty-object');
  if (members === 1 && value.id !== undefined && !plan.resource) return fail(run, at, 'only-id');
  for (let i = 0; i < plan.required.length; i++) {
    const required = plan.required[i] as Plan['required'][number];
    if (isPresent(value, required.names)) continue;
    fail(run, at, 'missing', { element: required.element, path: plan.name });
    if (at === undefined) return false;
    ok = false;
  }
  if (plan.special !== undefined && !plan.special(value, at, run)) {
    if (at === undefined) return false;
    ok = false;
  }
  // An invariant speaks of elements whose own shape is right; on a broken one it would only repeat the finding.
  if (!ok) return false;
  if (plan.whole !== undefined && !plan.whole(value, at, run)) {
    if (at === undefined) return false;
    ok = false;
  }
  return checkInvariants(plan.invariants, value, at, run) && ok;
}

function checkInvariants(invariants: Plan['invariants'], value: Json, at: At, run: Run): boolean {
  let ok = true;
  for (let i = 0; i < invariants.length; i++) {
    const { key, severity, human, holds } = invariants[i] as Plan['invariants'][number];
    if (holds(value, run)) continue;
    if (severity === 'warning') note(run, at, 'warning', 'invariant', { key, human });
    else {
      ok = false;
      fail(run, at, 'invariant', { key, human });
      if (at === undefined) return false;
    }
  }
  return ok;
}

export function isPresent(value: Json, names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (value[name] !== undefined || value[`_${name}`] !== undefined) return true;
  }
  return false;
}

/** `valueString` and `_valueString` are one choice; with another type beside they are two. */
function hasSeveral(plan: Plan, one: Property, value: Json): boolean {
  for (const key in value) {
    const other = plan.properties.get(key);
    if (other !== undefined && other.choice === one.choice && other.name !== one.name) return true;
  }
  return false;
}

function checkProperty(property: Property, value: unknown, parent: Json, at: At, run: Run, engine: Engine): boolean {
  if (!property.array) {
    const place = below(at, property.element);
    if (Array.isArray(value)) return fail(run, place, 'array-for-single', { element: property.name });
    return checkValue(property, value, place, run, engine);
  }
  if (!Array.isArray(value)) {
    return fail(run, below(at, property.element), 'single-for-array', { element: property.name });
  }
  if (value.length === 0) return fail(run, below(at, property.element), 'empty-array', { element: property.name });
  let ok = value.length <= property.max;
  if (!ok) fail(run, below(at, property.element), 'too-many', { max: property.max, count: value.length });
  for (let i = 0; i < value.length && (ok || at !== undefined); i++) {
    const place = below(at, property.element, i);
    if (value[i] === null && property.primitive !== undefined) {
      const siblings = parent[`_${property.name}`];
      if (Array.isArray(siblings) && isObject(siblings[i])) continue;
      fail(run, place, 'null', {});
      ok = false;
    } else if (!checkValue(property, value[i], place, run, engine)) ok = false;
  }
  if (property.outermostExtension && value.length > 1) engine.checkRepeats(value, below(at, property.element), run);
  return ok;
}

function checkValue(property: Property, value: unknown, at: At, run: Run, engine: Engine): boolean {
  if (value === null) return fail(run, at, 'null', {});
  const { primitive } = property;
  if (primitive !== undefined) {
    if (!primitive(value)) return failPrimitive(property, value, at, run);
    if (at !== undefined && run.rawTokens !== undefined && INTEGERS.has(property.typeName)) {
      const token = run.rawTokens.get(expressionOf(at));
      if (token !== undefined) return fail(run, at, 'primitive', { type: property.typeName, value: token });
    }
    if (property.rule !== undefined && !property.rule(value, at, run)) return false;
    const { binding, typeName } = property;
    return binding === undefined || checkBinding(binding, value, typeName, at, run);
  }
  if (!isObject(value)) return fail(run, at, 'not-an-object', { type: property.typeName, value: shown(value) });
  if (property.resource !== 'none') return engine.checkResource(value, at, run, property.resource === 'contained');
  if (property.outermostExtension && !engine.checkExtension(value, property.name, at, run)) return false;
  let ok = checkInside(property, property.plan(), value, at, run, engine);
  if (!ok && at === undefined) return false;
  if (property.binding !== undefined && !checkBinding(property.binding, value, property.typeName, at, run)) ok = false;
  if (property.targets !== undefined && (ok || at !== undefined)) {
    if (!checkReference(value, property.targets(), engine.isResourceType, at, run)) ok = false;
  }
  return ok && (property.invariants.length === 0 || checkInvariants(property.invariants, value, at, run));
}

/** Walks the members, and tells their extensions where they are. */
function checkInside(property: Property, plan: Plan, value: Json, at: At, run: Run, engine: Engine): boolean {
  const { hostPath, hostType } = run;
  run.hostPath = property.path;
  run.hostType = property.typeName;
  const ok = checkObject(plan, value, at, run, engine);
  run.hostPath = hostPath;
  run.hostType = hostType;
  return ok;
}

function failPrimitive(property: Property, value: unknown, at: At, run: Run): false {
  if (value === '') return fail(run, at, 'empty-string', {});
  if (typeof value === 'object') return fail(run, at, 'not-a-primitive', { type: property.typeName });
  return fail(run, at, 'primitive', { type: property.typeName, value: shown(value) });
}

/** `_name` beside `name`: id and extensions of a primitive, `null` where an item has none. */
function checkSibling(property: Property, value: unknown, parent: Json, at: At, run: Run, engine: Engine): boolean {
  const own = parent[property.name];
  if (!property.array) {
    const place = below(at, property.element);
    if (Array.isArray(value)) return fail(run, place, 'array-for-single', { element: `_${property.name}` });
    return checkExtended(property, value, own, place, run, engine);
  }
  const whole = below(at, property.element);
  if (!Array.isArray(value)) return fail(run, whole, 'single-for-array', { element: `_${property.name}` });
  if (value.length === 0) return fail(run, whole, 'empty-array', { element: `_${property.name}` });
  const values = Array.isArray(own) ? own : [];
  let ok = true;
  let something = false;
  for (let i = 0; i < value.length; i++) {
    const place = below(at, property.element, i);
    if (value[i] === null) {
      if (i >= values.length || values[i] === null) ok = fail(run, place, 'null', {});
    } else {
      something = true;
      if (!checkExtended(property, value[i], values[i], place, run, engine)) ok = false;
    }
    if (!ok && at === undefined) return false;
  }
  return ok && (something || fail(run, whole, 'null', {}));
}

function checkExtended(property: Property, value: unknown, own: unknown, at: At, run: Run, engine: Engine): boolean {
  if (!isObject(value)) return fail(run, at, 'not-an-object', { type: 'Element', value: shown(value) });
  // An id alone is enough where the primitive has a value.
  if (own !== undefined && own !== null && value.id !== undefined && value.extension === undefined) {
    return onlyId(value, at, run);
  }
  return checkInside(property, engine.elementPlan(), value, at, run, engine);
}

function onlyId(value: Json, at: At, run: Run): boolean {
  for (const key in value)
    if (key !== 'id') return fail(run, at, 'unknown-element', { path: 'Element', name: shown(key), near: '' });
  if (isString(value.id)) return checkElementId(value.id, below(at, 'id'), run);
  return fail(run, below(at, 'id'), 'primitive', { type: 'string', value: shown(value.id) });
}
