/** What one alternative asks of a row of a value table, as SQL. `x` is the alias of that table. */
import { type Box, boundingBox } from '../../search/great-circle.js';
import type { DateMatch, NearMatch, NumberMatch, StringMatch, TokenMatch, UriMatch } from '../../search/query.js';
import type { Connection } from './connection.js';
import { join, prefixEnd, type Sql } from './sql.js';

export function matchToken(connection: Connection, { system, code }: TokenMatch, x: string): Sql {
  const parts: Sql[] = [];
  if (code !== undefined) parts.push({ text: `${x}.code = ?`, values: [code] });
  if (system !== undefined) {
    parts.push({ text: `${x}.system = ?`, values: [system === '' ? 0 : connection.nameOf(system)] });
    // Says to the planner that the partial index serves.
    if (system !== '' && code === undefined) parts.push({ text: `${x}.system <> 0`, values: [] });
  }
  return join(parts, 'AND');
}

export function matchString(match: StringMatch, x: string): Sql {
  const { value } = match;
  switch (match.mode) {
    case 'prefix':
      return { text: `(${x}.folded >= ? AND ${x}.folded < ?)`, values: [value, prefixEnd(value)] };
    case 'exact':
      // The folded text stands first in the index.
      return { text: `(${x}.folded = ? AND ${x}.exact = ?)`, values: [match.folded, value] };
    case 'contains':
      return { text: `instr(${x}.folded, ?) > 0`, values: [value] };
    case 'suffix':
      return { text: `substr(${x}.folded, -length(?)) = ?`, values: [value, value] };
  }
}

/** R4's prefixes, the resource's range [low, high) against the search's. https://hl7.org/fhir/R4/search.html#prefix */
export function matchDate({ prefix, low, high }: DateMatch, x: string): Sql {
  switch (prefix) {
    case 'eq':
      return { text: `(${x}.low >= ? AND ${x}.high <= ? AND ${x}.low < ?)`, values: [low, high, high] };
    case 'ne':
      return { text: `(${x}.low < ? OR ${x}.high > ?)`, values: [low, high] };
    case 'gt':
      return { text: `${x}.high > ?`, values: [high] };
    case 'lt':
      return { text: `${x}.low < ?`, values: [low] };
    case 'ge':
      return { text: `(${x}.low >= ? OR ${x}.high > ?)`, values: [low, high] };
    case 'le':
      return { text: `(${x}.high <= ? OR ${x}.low < ?)`, values: [high, low] };
    case 'sa':
      return { text: `${x}.low >= ?`, values: [high] };
    case 'eb':
      return { text: `${x}.high <= ?`, values: [low] };
    case 'ap':
      return { text: `(${x}.low < ? AND ${x}.high > ?)`, values: [high, low] };
  }
}

/** One range of one index that holds all that fit a date, and perhaps more: no value ends before it begins. */
export function mayMatchDate(match: DateMatch, x: string): Sql {
  const { prefix, low, high } = match;
  if (prefix === 'ge') return { text: `${x}.high > ?`, values: [low] };
  return prefix === 'le' ? { text: `${x}.low < ?`, values: [high] } : matchDate(match, x);
}

/** As `matchDate`, for numbers: the resource's range has both ends in it, only eq and ne look at what the digits leave open. */
export function matchNumber(match: NumberMatch, low: string, high: string): Sql {
  const { prefix, value } = match;
  switch (prefix) {
    case 'eq':
      if (match.low === match.high) return { text: `(${low} = ? AND ${high} = ?)`, values: [value, value] };
      return { text: `(${low} >= ? AND ${low} < ? AND ${high} < ?)`, values: [match.low, match.high, match.high] };
    case 'ne':
      if (match.low === match.high) return { text: `(${low} <> ? OR ${high} <> ?)`, values: [value, value] };
      return { text: `(${low} < ? OR ${high} >= ?)`, values: [match.low, match.high] };
    case 'gt':
      return { text: `${high} > ?`, values: [value] };
    case 'lt':
      return { text: `${low} < ?`, values: [value] };
    case 'ge':
      return { text: `${high} >= ?`, values: [value] };
    case 'le':
      return { text: `${low} <= ?`, values: [value] };
    case 'sa':
      return { text: `${low} > ?`, values: [value] };
    case 'eb':
      return { text: `${high} < ?`, values: [value] };
    case 'ap':
      return { text: `(${low} <= ? AND ${high} >= ?)`, values: [match.high, match.low] };
  }
}

export function matchUri({ mode, value }: UriMatch, x: string): Sql {
  switch (mode) {
    case 'exact':
      return { text: `${x}.value = ?`, values: [value] };
    case 'below':
      return { text: `(${x}.value >= ? AND ${x}.value < ?)`, values: [value, prefixEnd(value)] };
    case 'above':
      // The stored address stands at the start of the one asked for.
      return { text: `${x}.value = substr(?, 1, length(${x}.value))`, values: [value] };
  }
}

/** A box by the index, the distance in it by the connection's own function. */
export function matchNear(match: NearMatch, x: string): Sql {
  const inside = ({ south, north, west, east }: Box): Sql => ({
    text: `(${x}.latitude >= ? AND ${x}.latitude <= ? AND ${x}.longitude >= ? AND ${x}.longitude <= ?)`,
    values: [south, north, west, east],
  });
  const distance: Sql = {
    text: `great_circle(${x}.latitude, ${x}.longitude, ?, ?) <= ?`,
    values: [match.latitude, match.longitude, match.metres],
  };
  return join([join(boundingBox(match).map(inside), 'OR'), distance], 'AND');
}

/** The query language of FTS5; words hold letters and digits only. https://www.sqlite.org/fts5.html#full_text_query_syntax */
export function matchWords(area: 'narrative' | 'content', anyOf: readonly (readonly string[])[]): string {
  const all = (words: readonly string[]) => `(${words.map((word) => `"${word}"`).join(' AND ')})`;
  return `{${area}} : (${anyOf.map(all).join(' OR ')})`;
}
