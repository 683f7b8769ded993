/** The search criteria of a conditional interaction: always strict. https://hl7.org/fhir/R4/http.html#cond-update */
import { FhirError } from '../r4/errors.js';
import { lockKeys } from '../search/lock-keys.js';
import { parseSearch } from '../search/parse.js';
import type { Query } from '../search/query.js';
import { pairsOf } from '../search/query-string.js';
import { termsOf } from '../search/terms.js';
import type { Context } from './interaction.js';

export interface Criteria {
  query: Query;
  /** What a transaction holds so that two requests with the same criteria cannot pass each other. */
  locks: string[];
}

/**
 * `text` is the query string of If-None-Exist, or the pairs of a conditional URL.
 * Throws `bad-url`, `condition-empty`, `condition-result-parameter` and whatever a strict search throws.
 */
export async function parseCriteria(
  type: string,
  text: string | readonly (readonly [string, string])[],
  context: Context,
): Promise<Criteria> {
  const pairs =
    typeof text === 'string'
      ? pairsOf(text.slice(text.indexOf('?') + 1))
      : text.map(([n, v]) => [n, v] as [string, string]);
  for (const [name] of pairs) {
    if (/^_(count|sort|cursor|summary|elements|total|include|revinclude|contained|explain|format|pretty)/.test(name)) {
      throw new FhirError('condition-result-parameter', { name: name.slice(0, 64) });
    }
  }
  const { services } = context;
  const { query } = parseSearch(type, pairs, {
    registry: services.registry,
    lenient: false,
    baseUrl: context.baseUrl,
    timeZone: services.timeZone,
    defaultCount: 2,
    maxCount: services.maxCount,
    terms: await termsOf(pairs, services.terminology),
  });
  if (query.filters.length === 0) throw new FhirError('condition-empty');
  return { query: { ...query, count: 2 }, locks: lockKeys(type, pairs) };
}
