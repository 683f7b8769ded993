/** What the compiler makes of a StructureDefinition: tables that the checks walk. */
import type { Binding } from './binding.js';
import type { At, Json, Run } from './explain.js';
import type { PrimitiveCheck } from './primitives.js';

export type Holds = (value: Json, run: Run) => boolean;

/** A rule of an element that FHIR writes in FHIRPath, as a function: does the element keep it? */
export interface Invariant {
  key: string;
  severity: 'error' | 'warning';
  human: string;
  holds: Holds;
}

/** A rule on one element value beyond its type. */
export type Check = (value: unknown, at: At, run: Run) => boolean;

/** A JSON member of an object: an element, one of the types of a choice, or the `_` sibling of a primitive. */
export interface Property {
  /** JSON name without the underscore. */
  name: string;
  /** Path in the definition, without `[x]`. */
  path: string;
  /** FHIRPath name: `value` for `valueString`. */
  element: string;
  sibling: boolean;
  array: boolean;
  max: number;
  typeName: string;
  /** Set where the type is primitive. */
  primitive: PrimitiveCheck | undefined;
  /** A rule of the settings on this primitive type. */
  rule: Check | undefined;
  /** Made at the first use; types refer to each other. */
  plan: () => Plan;
  /** `Resource` elements: what may stand there is told by resourceType. */
  resource: 'none' | 'contained' | 'independent';
  /** Bit of a choice, 0 for none. */
  choice: number;
  /** Absent for one that is only an example. */
  binding: Binding | undefined;
  /** Resource types that a Reference may point to; `undefined` for any. */
  targets: (() => ReadonlySet<string> | undefined) | undefined;
  /** An extension of an element that is not an extension itself. */
  outermostExtension: boolean;
  invariants: readonly Invariant[];
}

/** What a member set needs: `names` are alternatives of a choice, one of which must be there. */
export interface Required {
  element: string;
  names: readonly string[];
}

export interface Plan {
  /** Type name, or path for elements defined inside another type. */
  name: string;
  resource: boolean;
  properties: ReadonlyMap<string, Property>;
  required: readonly Required[];
  invariants: readonly Invariant[];
  /** Rules of our own for a type: Extension, Reference, Narrative, Bundle, DomainResource. They take any shape. */
  special: Check | undefined;
  /** Rules of our own that read all of a resource, and are asked once its shape is right. */
  whole: Check | undefined;
}
