/**
 * What stands below what, by JSON name: for whoever walks a resource by its definition and asks no more of it than types.
 * https://hl7.org/fhir/R4/json.html
 */
import type { Definitions } from './index.js';
import { capitalised } from './snapshot.js';
import type { ElementDefinition, StructureDefinition } from './types.js';

export interface ElementShape {
  /** FHIRPath and XML name of the element: `value` for `valueString` in FHIRPath, the JSON name in XML. */
  element: string;
  /** `Reference`, `uri`, `BackboneElement` ...: its type by the code of R4. */
  type: string;
  /** The member beside a primitive: `_birthDate`. */
  beside: string;
  /** Its place in the order of the definition, in which XML has it. */
  order: number;
  isArray: boolean;
  isPrimitive: boolean;
  /** The elements below; `undefined` for primitives, and for `Resource`, whose own type tells. */
  below: () => Shape | undefined;
}
/** By JSON name, in the order of the definition. */
export type Shape = ReadonlyMap<string, ElementShape>;

export class Shapes {
  private readonly known = new Map<string, Shape>();

  constructor(private readonly definitions: Definitions) {}

  /** Of a type by its name (`Patient`, `HumanName`); `undefined` when R4 has none. */
  of(type: string): Shape | undefined {
    const there = this.known.get(type);
    if (there !== undefined) return there;
    const structure = this.definitions.structure(`http://hl7.org/fhir/StructureDefinition/${type}`);
    return structure === undefined ? undefined : this.at(structure, structure.type);
  }

  private at(structure: StructureDefinition, path: string): Shape {
    const there = this.known.get(path);
    if (there !== undefined) return there;
    const shape = new Map<string, ElementShape>();
    this.known.set(path, shape);
    const depth = path.split('.').length + 1;
    for (const element of structure.snapshot.element) {
      if (!element.path.startsWith(`${path}.`) || element.path.split('.').length !== depth) continue;
      const name = element.path.slice(path.length + 1);
      const isChoice = name.endsWith('[x]');
      const stem = isChoice ? name.slice(0, -3) : name;
      const types = element.type?.map(({ code }) => code) ?? ['BackboneElement'];
      for (const type of isChoice ? types : types.slice(0, 1)) {
        const name = isChoice ? stem + capitalised(type) : stem;
        shape.set(name, { ...this.element(structure, element, stem, type), order: shape.size, beside: `_${name}` });
      }
    }
    return shape;
  }

  private element(
    structure: StructureDefinition,
    element: ElementDefinition,
    stem: string,
    type: string,
  ): Omit<ElementShape, 'order' | 'beside'> {
    const isPrimitive = /^[a-z]/.test(type);
    const { contentReference, path } = element;
    const inline = contentReference === undefined ? path : contentReference.slice(contentReference.indexOf('#') + 1);
    const isInline = type === 'BackboneElement' || type === 'Element';
    return {
      element: stem,
      type,
      isArray: element.max !== '1',
      isPrimitive,
      below: () => {
        if (isPrimitive || type === 'Resource') return undefined;
        return isInline ? this.at(structure, inline) : this.of(type);
      },
    };
  }
}

const made = new WeakMap<Definitions, Shapes>();

/** One for all who ask about the same definitions. */
export function shapesOf(definitions: Definitions): Shapes {
  let shapes = made.get(definitions);
  if (shapes === undefined) {
    shapes = new Shapes(definitions);
    made.set(definitions, shapes);
  }
  return shapes;
}
