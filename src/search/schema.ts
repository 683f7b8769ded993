/**
 * What lies below an element, by the StructureDefinitions: the property names in JSON and the types there.
 * https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/formats.html#choice
 */

/** The part of an ElementDefinition that search reads. */
export interface ElementShape {
  readonly path: string;
  readonly type?:
    | readonly { readonly code: string; readonly targetProfile?: readonly string[] | undefined }[]
    | undefined;
  readonly contentReference?: string | undefined;
  readonly binding?: { readonly strength?: string | undefined; readonly valueSet?: string | undefined } | undefined;
}

/** Where the shapes of the types come from. */
export interface StructureSource {
  structure(
    type: string,
  ): { readonly snapshot?: { readonly element: readonly ElementShape[] } | undefined } | undefined;
}

/** A place in a resource, as far as it is known before any resource is seen. */
export interface Place {
  /** The FHIR type of the values: `HumanName`, `code`, `BackboneElement`, `Resource` ... */
  readonly type: string;
  /** Where the children are defined: a type's name, or the path of an element that holds its own. */
  readonly path: string;
  readonly element: ElementShape | undefined;
}

export interface Child {
  /** The property in JSON, `deceasedDateTime` for `deceased`. */
  readonly property: string;
  readonly place: Place;
}

export class Schema {
  readonly #source: StructureSource;
  readonly #elements = new Map<string, ReadonlyMap<string, ElementShape>>();
  constructor(source: StructureSource) {
    this.#source = source;
  }

  /** The place of a whole resource. */
  root(type: string): Place {
    return { type, path: type, element: undefined };
  }

  /** What `name` stands for below `place`: nothing, one child, or one for each type of a choice. */
  children(place: Place, name: string): Child[] {
    if (isPrimitive(place)) return [];
    const elements = this.#elementsOf(place.path.split('.', 1)[0] as string);
    const plain = elements.get(`${place.path}.${name}`);
    if (plain?.contentReference !== undefined) {
      const path = plain.contentReference.slice(plain.contentReference.indexOf('#') + 1);
      return [{ property: name, place: { type: 'BackboneElement', path, element: plain } }];
    }
    if (plain !== undefined) return [{ property: name, place: placeOf(plain, plain.type?.[0]?.code ?? 'Element') }];
    const choice = elements.get(`${place.path}.${name}[x]`);
    return (choice?.type ?? []).map(({ code }) => ({
      property: name + code[0]?.toUpperCase() + code.slice(1),
      place: placeOf(choice as ElementShape, code),
    }));
  }

  #elementsOf(type: string): ReadonlyMap<string, ElementShape> {
    let found = this.#elements.get(type);
    if (found === undefined) {
      found = new Map(this.#source.structure(type)?.snapshot?.element.map((element) => [element.path, element]));
      this.#elements.set(type, found);
    }
    return found;
  }
}

export function isPrimitive({ type }: Place): boolean {
  return /^[a-z]/.test(type);
}

function placeOf(element: ElementShape, code: string): Place {
  // FHIRPath's own types stand where FHIR has a bare string: ids of resources and of elements, Extension.url.
  if (code.startsWith('http://hl7.org/fhirpath/')) return { type: 'string', path: 'string', element };
  return { type: code, path: code === 'BackboneElement' || code === 'Element' ? element.path : code, element };
}
