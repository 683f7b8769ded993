/** The element of R4 behind an element of a profile, so that a profile is compiled to what it adds. */
import type { Constraint, Definitions, ElementDefinition, StructureDefinition } from '../r4/definitions/index.js';

export interface BaseElement {
  structure: StructureDefinition;
  element: ElementDefinition;
  /** Constraints of the type itself. */
  typeConstraints: readonly Constraint[];
}
export interface TypeContext {
  find: (name: string) => BaseElement | undefined;
}

const CORE = 'http://hl7.org/fhir/StructureDefinition/';

/** The root element of a base type. */
export function baseOf(structure: StructureDefinition): BaseElement | undefined {
  const element = structure.snapshot.element[0];
  return element === undefined ? undefined : { structure, element, typeConstraints: [] };
}

/** Where to look for the children of `base`; the profile's element tells which type of a choice is meant. */
export function childBase(
  definitions: Definitions,
  base: BaseElement,
  element: ElementDefinition,
): TypeContext | undefined {
  const isRoot = !base.element.path.includes('.');
  const type = element.type?.[0]?.code ?? base.element.type?.[0]?.code;
  const inline = isRoot || type === 'BackboneElement' || type === 'Element' || type === undefined;
  const { contentReference } = base.element;
  const path = contentReference?.slice(contentReference.indexOf('#') + 1) ?? base.element.path;
  const structure = inline ? base.structure : definitions.structure(CORE + type);
  if (structure === undefined) return undefined;
  return { find: (name) => find(definitions, structure, `${inline ? path : structure.type}.${name}`) };
}

function find(definitions: Definitions, structure: StructureDefinition, path: string): BaseElement | undefined {
  const elements = structure.snapshot.element;
  const element = elements.find((each) => each.path === path) ?? elements.find((each) => isTypedChoice(each, path));
  if (element === undefined) return undefined;
  const type = element.type?.length === 1 ? element.type[0]?.code : undefined;
  const typed = type === undefined ? undefined : definitions.structure(CORE + type);
  return { structure, element, typeConstraints: typed?.snapshot.element[0]?.constraint ?? [] };
}

/** `Observation.valueQuantity` is a way to write the choice `Observation.value[x]`. */
function isTypedChoice(element: ElementDefinition, path: string): boolean {
  if (!element.path.endsWith('[x]')) return false;
  const stem = element.path.slice(0, -3);
  return path.startsWith(stem) && /^[A-Z]/.test(path.slice(stem.length));
}
