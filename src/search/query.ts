/**
 * The search plan: what a query string means, free of HTTP and of any database.
 * Both stores compile this one shape. https://hl7.org/fhir/R4/search.html
 */

/** How the values of one search parameter are indexed. `reference` targets are `Type/id` when local, else the URL. */
export type ValueKind = 'token' | 'string' | 'reference' | 'date' | 'uri' | 'number' | 'position';

/**
 * The search values of one resource version, by kind. `key` names the index, `Type.code` (`Patient.identifier`), or a
 * part of one (see keys.ts); parameters with one expression and one kind on a type share a key, so that nothing is
 * stored twice.
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
  /** The range [low, high], both ends in it; a plain number is its own both ends. ±Number.MAX_VALUE where it is open. */
  numbers: { key: string; low: number; high: number }[];
  /** Degrees, WGS84. */
  positions: { key: string; latitude: number; longitude: number }[];
  /** Distinct folded words for full-text search: of the narrative, and of the whole content. */
  words: { narrative: readonly string[]; content: readonly string[] };
}

/** No values at all. */
export function noValues(): SearchValues {
  return {
    tokens: [],
    strings: [],
    references: [],
    dates: [],
    uris: [],
    numbers: [],
    positions: [],
    words: { narrative: [], content: [] },
  };
}

/** One alternative of a token filter: `undefined` means any, `system: ''` means without a system. */
export interface TokenMatch {
  system?: string;
  code?: string;
}
export type StringMatch =
  /** Folded already. */
  | { mode: 'prefix' | 'contains' | 'suffix'; value: string }
  /** The text as it stands in the index, and folded as it stands there. */
  | { mode: 'exact'; value: string; folded: string };
/** https://hl7.org/fhir/R4/search.html#prefix */
export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';
/** The range [low, high) of the search value, in milliseconds; `ap` comes widened already. */
export interface DateMatch {
  prefix: Prefix;
  low: number;
  high: number;
}
/**
 * `value` is the number itself; [low, high) is what its digits leave open (`100` is 99.5 to 100.5), which eq and ne
 * look at; of `ap`, widened. With low = high = value the number is meant exactly.
 */
export interface NumberMatch {
  prefix: Prefix;
  value: number;
  low: number;
  high: number;
}
export interface UriMatch {
  mode: 'exact' | 'below' | 'above';
  value: string;
}
/** Within so many metres of a point, along a great circle. */
export interface NearMatch {
  latitude: number;
  longitude: number;
  metres: number;
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
  | { kind: 'number'; key: string; anyOf: NumberMatch[] }
  /** Two numbers that belong together, as `low` and `high` of one indexed range, each matched by itself. */
  | { kind: 'pair'; key: string; anyOf: { low: NumberMatch; high: NumberMatch }[] }
  | { kind: 'position'; key: string; anyOf: NearMatch[] }
  /** All words of one of the alternatives. */
  | { kind: 'words'; area: 'narrative' | 'content'; anyOf: string[][] }
  | { kind: 'missing'; key: string; valueKind: ValueKind; missing: boolean }
  /** It points, by the reference index `key`, to a live resource of `type` that fits all of `where`. */
  | { kind: 'chain'; key: string; type: string; where: Filter[] }
  /** A live resource of `type` that fits all of `where` points to it by the reference index `key`. */
  | { kind: 'has'; key: string; type: string; where: Filter[] }
  | { kind: 'all' | 'any'; of: Filter[] }
  | { kind: 'not'; of: Filter };

/** A sort key: `_id`, `_lastUpdated` or an index key. Resources without the value come last, whatever the direction. */
export type SortKey =
  | { by: '_id' | '_lastUpdated'; descending: boolean }
  | { by: 'value'; key: string; valueKind: Exclude<ValueKind, 'position'>; descending: boolean };

export interface Query {
  type: string;
  filters: Filter[];
  /** Further types with their own filters, for a search over several; then `sort` is empty or `_lastUpdated` alone. */
  also?: readonly { type: string; filters: Filter[] }[];
  /** Empty: the store walks in the order that costs it least, which is stable while others write. */
  sort: SortKey[];
  /** Entries on a page; 0 asks for the total alone. */
  count: number;
  /** Where the last page ended: a store's own text, as it gave it in `SearchPage.next`. */
  cursor?: string;
  /**
   * The moment that the series of pages shows, as its first page gave it in `SearchPage.moment`; absent for the first
   * page, which shows what is.
   */
  moment?: string;
  /** The search values of a past version, from its text: a series may have to show what has changed since its moment. */
  past?: (type: string, text: string) => SearchValues;
  /** Ask for an exact total. */
  total?: boolean;
}
