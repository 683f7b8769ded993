/**
 * Long values as they are indexed: a value takes little room in an index and in the cursor of a page, whatever came in.
 */
import { createHash } from 'node:crypto';

/** Characters of folded text that an index keeps: string search sees the start of a long text, as does its sort. */
export const MAX_FOLDED = 300;
/** Values up to this length are indexed as they stand. */
const MAX_PLAIN = 300;
const KEPT = 220;

/** Folded text cut to what is indexed. */
export function cut(folded: string): string {
  return folded.length <= MAX_FOLDED ? folded : folded.slice(0, MAX_FOLDED);
}

/** The value itself, or for a long one its start and a hash of the whole: equal values stay equal, and only these. */
export function indexed(value: string): string {
  if (value.length <= MAX_PLAIN) return value;
  return `${value.slice(0, KEPT)}#${createHash('sha256').update(value).digest('hex')}`;
}
