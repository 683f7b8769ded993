/** Which elements of a resource an answer keeps. https://hl7.org/fhir/R4/search.html#summary */
import type { Definitions, ElementDefinition } from './definitions/index.js';
import type { Kept } from './subset.js';

/** Always there: what the resource is, and which version. */
const HEAD = { resourceType: true, id: true, meta: true } as const;

/** The elements marked as summary, down to the parts of elements that hold their own. */
export function summaryOf(definitions: Definitions, type: string): Kept {
  return { ...HEAD, ...marked(elementsOf(definitions, type), type) };
}

function marked(elements: readonly ElementDefinition[], path: string): Kept {
  const kept: Record<string, Kept | true> = {};
  for (const element of childrenOf(elements, path)) {
    if (element.isSummary !== true) continue;
    const isOwn = element.type?.[0]?.code === 'BackboneElement';
    const below = isOwn ? marked(elements, element.path) : true;
    for (const name of namesOf(element)) kept[name] = below === true ? true : { ...below, id: true, extension: true };
  }
  return kept;
}

/** `_summary=text`: the narrative and what a resource must have. */
export function textOf(definitions: Definitions, type: string): Kept {
  return { ...mandatory(definitions, type), text: true };
}

/** `_summary=data`: all but the narrative. */
export function dataOf(definitions: Definitions, type: string): Kept {
  const kept: Record<string, true> = { ...HEAD };
  for (const element of childrenOf(elementsOf(definitions, type), type)) {
    for (const name of namesOf(element)) if (name !== 'text') kept[name] = true;
  }
  return kept;
}

/** `_elements`: those named, those that a resource must have, and those that change the meaning of others. */
export function chosenOf(definitions: Definitions, type: string, names: readonly string[]): Kept {
  const kept: Record<string, Kept | true> = { ...mandatory(definitions, type) };
  for (const element of childrenOf(elementsOf(definitions, type), type)) {
    const own = namesOf(element);
    for (const name of own) {
      if (names.includes(name) || names.includes(plainName(element)) || element.isModifier === true) kept[name] = true;
    }
  }
  return kept;
}

/** The names that `_elements` may take for a type. */
export function elementNames(definitions: Definitions, type: string): string[] {
  return childrenOf(elementsOf(definitions, type), type).flatMap((element) => [
    plainName(element),
    ...namesOf(element),
  ]);
}

function mandatory(definitions: Definitions, type: string): Kept {
  const kept: Record<string, true> = { ...HEAD };
  for (const element of childrenOf(elementsOf(definitions, type), type)) {
    if (element.min > 0) for (const name of namesOf(element)) kept[name] = true;
  }
  return kept;
}

function elementsOf(definitions: Definitions, type: string): readonly ElementDefinition[] {
  return definitions.structure(type)?.snapshot.element ?? [];
}

function childrenOf(elements: readonly ElementDefinition[], path: string): ElementDefinition[] {
  const start = `${path}.`;
  return elements.filter((one) => one.path.startsWith(start) && !one.path.slice(start.length).includes('.'));
}

/** `value` of `Observation.value[x]`. */
function plainName(element: ElementDefinition): string {
  return (element.path.split('.').at(-1) as string).replace('[x]', '');
}

/** The names in JSON: one for each type of a choice. */
function namesOf(element: ElementDefinition): string[] {
  const name = plainName(element);
  if (!element.path.endsWith('[x]')) return [name];
  return (element.type ?? []).map(({ code }) => name + code.charAt(0).toUpperCase() + code.slice(1));
}
