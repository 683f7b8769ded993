/** What of a ValueSet is looked at. https://hl7.org/fhir/R4/valueset.html#resource */

export interface Filter {
  property?: string;
  op?: string;
  value?: string;
}
/** One `include` or `exclude`: all that it states must hold of a code. */
export interface Part {
  system?: string;
  version?: string;
  concept?: { code?: string; display?: string }[];
  filter?: Filter[];
  valueSet?: string[];
}
export interface Contains {
  system?: string;
  code?: string;
  contains?: Contains[];
}
export interface Expansion {
  extension?: { url?: string; valueBoolean?: boolean }[];
  offset?: number;
  total?: number;
  parameter?: { name?: string; [value: `value${string}`]: unknown }[];
  contains?: Contains[];
}
export interface ValueSet {
  compose?: { inactive?: boolean; include?: Part[]; exclude?: Part[] };
  expansion?: Expansion;
}
