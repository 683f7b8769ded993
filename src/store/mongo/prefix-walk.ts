/**
 * Texts that start so, along the index of keys: a page costs as much as it holds, however many match. A resource with
 * several such values stands at the first of them. The driver's min and max name the place in the index; a sort would
 * gather all matches first.
 */
import type { Document, FindCursor } from 'mongodb';
import type { Filter, Query } from '../../search/query.js';
import { readCursor, writeCursor } from '../cursor.js';
import { BadCursor, PAGE_TEXT } from '../store.js';
import { type Collections, type ResourceDocument, VERSION_FIELDS, type VersionDocument } from './documents.js';
import { hasJoin, joined } from './joins.js';
import { type KeyRange, prefixRange } from './keys.js';
import type { ReadOptions } from './moment.js';
import { take } from './pages.js';

type Walked = VersionDocument & Pick<ResourceDocument, 'k'>;
/** Before and after every `n`, which the index has in descending order. */
const [FIRST, LAST] = ['~', ''];
/** Makes the least text above a text. */
const AFTER = '\u0000';

/** The filter to walk along: one text that starts so, unless another filter asks for an equal value, a word or another resource. */
export function prefixToWalk({ filters, sort, also }: Query): (Filter & { kind: 'string' }) | undefined {
  if (sort.length > 0 || also !== undefined || hasJoin(filters) || filters.some(isEqual)) return undefined;
  return filters.find(
    (filter) => filter.kind === 'string' && filter.anyOf.length === 1 && filter.anyOf[0]?.mode === 'prefix',
  ) as (Filter & { kind: 'string' }) | undefined;
}

function isEqual(filter: Filter): boolean {
  switch (filter.kind) {
    case 'id':
    case 'reference':
    case 'words':
      return true;
    case 'token':
      return filter.not !== true;
    case 'uri':
      return filter.anyOf.every(({ mode }) => mode === 'exact');
    default:
      return false;
  }
}

/** Resolves to a page of documents and the cursor of the next one. */
export async function walkPrefix(
  { resources }: Collections,
  query: Query,
  filter: Filter & { kind: 'string' },
  options: ReadOptions,
): Promise<{ documents: VersionDocument[]; next?: string }> {
  const range = prefixRange(filter.key, filter.anyOf[0]?.value ?? '');
  const others = query.filters.filter((one) => one !== filter);
  const condition: Document = others.length === 0 ? {} : joined(query.type, others).condition;
  let [from, n] = query.cursor === undefined ? [range.from, FIRST] : placeIn(query.cursor, range);
  const documents: Walked[] = [];
  let size = 0;
  for (;;) {
    const wanted = query.count + 2 - documents.length;
    const cursor = resources
      .find(condition, { ...options, projection: { ...VERSION_FIELDS, k: 1 } })
      .hint({ k: 1, n: -1 })
      .min({ k: from, n })
      .max({ k: range.to, n: LAST })
      .limit(wanted);
    const { documents: found, more } = await take(cursor as unknown as FindCursor<Walked>, wanted);
    for (const document of found) {
      const first = firstKey(document, range);
      // Met again: it stands at an earlier key, or it is the place where the last page ended.
      if (order(first, from) <= 0 && (first !== from || document.n >= n)) continue;
      documents.push(document);
      size += document.text.length;
    }
    const last = found.at(-1);
    const ended = found.length < wanted && !more;
    if (last === undefined || ended || documents.length > query.count || size >= PAGE_TEXT) {
      return pageOf(documents, query.count, range, !ended);
    }
    [from, n] = [metAt(last, range, from, n), last.n];
  }
}

/** `more` says that the walk did not come to its end. */
function pageOf(
  documents: Walked[],
  count: number,
  range: KeyRange,
  more: boolean,
): { documents: VersionDocument[]; next?: string } {
  const shown = documents.slice(0, count);
  const last = shown.at(-1);
  if (last === undefined || (!more && documents.length <= count)) return { documents: shown };
  return { documents: shown, next: writeCursor(['p', firstKey(last, range), last.n]) };
}

/** A cursor's place, which must lie in the range that is walked. */
function placeIn(cursor: string, range: KeyRange): [string, string] {
  const [key, n] = readCursor(cursor, 'p', 'ss') as [string, string];
  if (order(key, range.from) < 0 || order(key, range.to) >= 0) throw new BadCursor('a place outside of the search');
  return [key, n];
}

/** The first of a document's keys in a range. */
function firstKey({ k }: Walked, { from, to }: KeyRange): string {
  let first = to;
  for (const key of k) if (order(key, from) >= 0 && order(key, first) < 0) first = key;
  return first;
}

/** The key at which a walk from a place comes upon a document. */
function metAt(document: Walked, { to }: KeyRange, from: string, n: string): string {
  // Its entry at the place's own key may lie before the place.
  const after = document.n <= n ? from : from + AFTER;
  return firstKey(document, { from: after, to });
}

/** As the database compares texts: by the bytes of UTF-8. */
function order(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
