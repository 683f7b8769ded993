/**
 * The search plan: what a query string means, free of HTTP and of any database.
 * Both stores compile this one shape. https://hl7.org/fhir/R4/search.html
 */

/** How the values of one search parameter are indexed. `reference` targets are `Type/id` when local, else the URL. */
export type ValueKind = 'token' | 'string' | 'reference' | 'date' | 'uri';

/**
 * The search values of one resource version, by kind. `key` names the index, `Type.code` (`Patient.identifier`);
 * parameters with one expression and one kind on a type share a key, so that nothing is stored twice.
 */
export interface SearchValues {
  /** `system` is '' where there is none; `code` is compared as it stands. */
  tokens: { key: string; system: string; code: string }[];
  /** `folded` is the text without case, accents, punctuation and spaces; both are short, see long-values.ts. */
  strings: { key: string; folded: string; exact: string }[];
  references: { key: string; target: string }[];
  /** Milliseconds since 1970, the range [low, high) that the value covers; ±8.64e15 where it is open. */
  dates: { key: string; low: number; high: number }[];
  uris: { key: string; value: string }[];
}

/** One alternative of a token filter: `undefined` means any, `system: ''` means without a system. */
export interface TokenMatch {
  system?: string;
  code?: string;
}
export type StringMatch =
  /** Folded already. */
  | { mode: 'prefix' | 'contains'; value: string }
  /** The text as it stands in the index, and folded as it stands there. */
  | { mode: 'exact'; value: string; folded: string };
export type DatePrefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';
/** The range [low, high) of the search value, in milliseconds; `ap` comes widened already. */
export interface DateMatch {
  prefix: DatePrefix;
  low: number;
  high: number;
}
export interface UriMatch {
  mode: 'exact' | 'below' | 'above';
  value: string;
}

/** One condition; the alternatives in `anyOf` are joined by OR, the filters of a query by AND. */
export type Filter =
  | { kind: 'id'; anyOf: string[] }
  | { kind: 'lastUpdated'; anyOf: DateMatch[] }
  | { kind: 'token'; key: string; anyOf: TokenMatch[]; not?: boolean }
  | { kind: 'string'; key: string; anyOf: StringMatch[] }
  | { kind: 'reference'; key: string; anyOf: string[] }
  | { kind: 'date'; key: string; anyOf: DateMatch[] }
  | { kind: 'uri'; key: string; anyOf: UriMatch[] }
  | { kind: 'missing'; key: string; valueKind: ValueKind; missing: boolean };

/** A sort key: `_id`, `_lastUpdated` or an index key. Resources without the value come last, whatever the direction. */
export type SortKey =
  | { by: '_id' | '_lastUpdated'; descending: boolean }
  | { by: 'value'; key: string; valueKind: ValueKind; descending: boolean };

export interface Query {
  type: string;
  filters: Filter[];
  /** Empty: the store walks in the order that costs it least, which is stable while others write. */
  sort: SortKey[];
  /** Entries on a page; 0 asks for the total alone. */
  count: number;
  /** Where the last page ended: a store's own text, as it gave it in `SearchPage.next`. */
  cursor?: string;
  /** Ask for an exact total. */
  total?: boolean;
}
