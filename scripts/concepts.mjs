/** The concepts of a CodeSystem and what each stands below. https://hl7.org/fhir/R4/codesystem.html#hierarchy */

/**
 * code -> { concept, parents }: by nesting, and by the properties that name one more parent (`subsumedBy`, `parent`)
 * or, as HL7's version 3 tables do, one more child.
 */
export function flatten(concepts) {
  const found = new Map();
  const pairs = [];
  const visit = (list, parent) => {
    for (const concept of list) {
      if (!found.has(concept.code)) found.set(concept.code, { concept, parents: new Set() });
      if (parent !== undefined) pairs.push([concept.code, parent]);
      for (const { code, valueCode } of concept.property ?? []) {
        if (valueCode === undefined) continue;
        if (code === 'subsumedBy' || code === 'parent') pairs.push([concept.code, valueCode]);
        if (code === 'child') pairs.push([valueCode, concept.code]);
      }
      visit(concept.concept ?? [], concept.code);
    }
  };
  visit(concepts, undefined);
  for (const [child, parent] of pairs) if (found.has(parent)) found.get(child)?.parents.add(parent);
  return found;
}

/** Yields the lean form of each code system whose codes are all known: its texts apart, since few questions need them. */
export function* leanSystems(resources) {
  for (const { resourceType, url, version, name, content, concept } of resources) {
    if (resourceType !== 'CodeSystem' || content !== 'complete' || concept === undefined) continue;
    const concepts = [...flatten(concept)];
    const parents = Object.fromEntries(concepts.map(([code, each]) => [code, [...each.parents]]));
    const texts = (member) =>
      Object.fromEntries(
        concepts.map(([code, each]) => [code, each.concept[member]]).filter(([, text]) => text !== undefined),
      );
    yield { url, version, name, parents, displays: texts('display'), definitions: texts('definition') };
  }
}
