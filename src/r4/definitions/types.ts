/** The lean definitions: of each resource only what says what is valid. https://hl7.org/fhir/R4/structuredefinition.html */

export interface ElementType {
  code: string;
  targetProfile?: string[];
  profile?: string[];
  aggregation?: string[];
  versioning?: string;
}
export interface Constraint {
  key: string;
  severity: string;
  expression?: string;
  human?: string;
}
export interface Slicing {
  discriminator?: { type: string; path: string }[];
  ordered?: boolean;
  rules: string;
}
/** Also `fixed*`, `pattern*`, `minValue*`, `maxValue*`, under their own names. */
export interface ElementDefinition {
  id: string;
  path: string;
  sliceName?: string;
  min: number;
  max: string;
  type?: ElementType[];
  contentReference?: string;
  binding?: { strength: string; valueSet?: string };
  constraint?: Constraint[];
  slicing?: Slicing;
  isModifier?: boolean;
  isSummary?: boolean;
  maxLength?: number;
  [fixedOrPattern: string]: unknown;
}
export interface StructureDefinition {
  url: string;
  version?: string;
  name: string;
  kind: string;
  abstract: boolean;
  type: string;
  derivation?: string;
  baseDefinition?: string;
  context?: { type: string; expression: string }[];
  contextInvariant?: string[];
  snapshot: { element: ElementDefinition[] };
}
export type SearchParameterType =
  | 'token'
  | 'string'
  | 'reference'
  | 'date'
  | 'uri'
  | 'number'
  | 'quantity'
  | 'composite'
  | 'special';
/** https://hl7.org/fhir/R4/searchparameter.html */
export interface SearchParameter {
  url: string;
  code: string;
  type: SearchParameterType;
  base: string[];
  expression?: string;
  target?: string[];
  component?: { definition: string; expression: string }[];
  /** Not one of R4's own: it comes from a guide or from a client. */
  custom?: boolean;
}
