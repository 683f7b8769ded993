/** The shape that every search parameter type has: how values are taken from a resource, how a query is read. */

import type { Definitions } from '../../r4/definitions/index.js';
import type { Bilingual } from '../../r4/errors.js';
import type { Walk } from '../expression.js';
import type { Filter, SearchValues, ValueKind } from '../query.js';
import type { Place } from '../schema.js';
import type { Terms } from '../terms.js';

/** What extraction of one resource shares. */
export interface Extraction {
  values: SearchValues;
  /** The resource as a whole, which composites read beside their own place. */
  resource: unknown;
  /** Our own base: references below it are made relative. */
  baseUrl: string;
  timeZone: string;
}

/** One alternative of a search value, as it was written, and what it needs to be understood. */
export interface ParseRequest {
  key: string;
  /** Alternatives, split at commas, escapes still in them. */
  texts: readonly string[];
  modifier: string | undefined;
  /** Target types of a reference parameter. */
  targets: readonly string[];
  baseUrl: string;
  timeZone: string;
  /** Value sets and hierarchies that the query names. */
  terms: Terms;
}

export interface ParameterType {
  kind: ValueKind;
  /** Modifiers beside :missing, which all take but composites; they may depend on the types of the indexed elements. */
  modifiers: readonly string[] | ((places: ReadonlySet<string>) => readonly string[]);
  prefixes: readonly string[];
  /** The visitor for values at a place, or `undefined` when values there are not of this kind. */
  extractor(place: Place, key: string, definitions: Definitions): Walk<Extraction> | undefined;
  /** Throws BadValue for an alternative that does not parse. */
  parse(request: ParseRequest): Filter;
}

/** An alternative that does not parse: the part of the value, and what was expected. */
export class BadValue extends Error {
  override name = 'BadValue';
  constructor(
    readonly value: string,
    readonly reason: Bilingual,
  ) {
    super('bad search value');
  }
}
