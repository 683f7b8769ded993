/**
 * Expands the value sets that can be expanded offline: enumerations, whole code systems of the package, `is-a`
 * filters over their hierarchy, and value sets made of value sets. https://hl7.org/fhir/R4/valueset.html#compositions
 */
import { flatten } from './concepts.mjs';

/** Larger ones are not bound as `required` anywhere in R4 and would only weigh. */
const MAX_CODES = 5000;

/** Yields [canonical, { system: [codes] }] for each value set whose content is completely known. */
export function* expandAll(resources) {
  const of = (type) => new Map(resources.filter((r) => r.resourceType === type && r.url).map((r) => [r.url, r]));
  const context = { systems: of('CodeSystem'), sets: of('ValueSet') };
  for (const url of context.sets.keys()) {
    const expanded = expandSet(url, context, []);
    if (expanded === undefined) continue;
    let count = 0;
    for (const codes of expanded.values()) count += codes.size;
    if (count === 0 || count > MAX_CODES) continue;
    yield [url, Object.fromEntries([...expanded].map(([system, codes]) => [system, [...codes]]))];
  }
}

/** Map of system to Set of codes, or `undefined` when some part is not known. */
function expandSet(canonical, context, path) {
  const url = canonical.split('|')[0];
  const set = context.sets.get(url);
  if (set?.compose === undefined || path.includes(url)) return undefined;
  const result = new Map();
  for (const include of set.compose.include) {
    const part = expandPart(include, context, [...path, url]);
    if (part === undefined) return undefined;
    for (const [system, codes] of part) {
      const known = result.get(system) ?? new Set();
      for (const code of codes) known.add(code);
      result.set(system, known);
    }
  }
  for (const exclude of set.compose.exclude ?? []) {
    const part = expandPart(exclude, context, [...path, url]);
    if (part === undefined) return undefined;
    for (const [system, codes] of part) for (const code of codes) result.get(system)?.delete(code);
  }
  return result;
}

function expandPart(part, context, path) {
  let result = part.system === undefined ? undefined : expandSystem(part, context);
  if (part.system !== undefined && result === undefined) return undefined;
  for (const canonical of part.valueSet ?? []) {
    const other = expandSet(canonical, context, path);
    if (other === undefined) return undefined;
    // Several value sets in one include are an intersection.
    result = result === undefined ? other : intersect(result, other);
  }
  return result;
}

function intersect(a, b) {
  return new Map(
    [...a].map(([system, codes]) => [system, new Set([...codes].filter((code) => b.get(system)?.has(code)))]),
  );
}

function expandSystem(part, { systems }) {
  if (part.concept !== undefined) return new Map([[part.system, new Set(part.concept.map(({ code }) => code))]]);
  const system = systems.get(part.system);
  if (system?.content !== 'complete' || system.concept === undefined) return undefined;
  const concepts = flatten(system.concept);
  let chosen = new Set(concepts.keys());
  for (const filter of part.filter ?? []) {
    const matching = matchFilter(filter, concepts);
    if (matching === undefined) return undefined;
    chosen = new Set([...chosen].filter((code) => matching.has(code)));
  }
  return new Map([[part.system, chosen]]);
}

function isBelow(code, ancestor, concepts, seen = new Set()) {
  for (const parent of concepts.get(code)?.parents ?? []) {
    if (parent === ancestor) return true;
    if (seen.has(parent)) continue;
    seen.add(parent);
    if (isBelow(parent, ancestor, concepts, seen)) return true;
  }
  return false;
}

/** Codes that a filter keeps; `undefined` for an operator that is not known here. */
function matchFilter({ property, op, value }, concepts) {
  const keep = (test) => new Set([...concepts.keys()].filter(test));
  if (property === 'concept' || property === 'code') {
    if (op === 'is-a') return keep((code) => code === value || isBelow(code, value, concepts));
    if (op === 'descendent-of') return keep((code) => isBelow(code, value, concepts));
    if (op === 'is-not-a') return keep((code) => code !== value && !isBelow(code, value, concepts));
    if (op === 'in') return keep((code) => value.split(',').includes(code));
    return undefined;
  }
  if (op !== '=') return undefined;
  return keep((code) =>
    (concepts.get(code).concept.property ?? []).some(
      (p) => p.code === property && String(p.valueCode ?? p.valueString ?? p.valueBoolean ?? p.valueInteger) === value,
    ),
  );
}
