/** Versions newest first: those of the history and the current ones, by their sequence. */
import type { AbstractCursor, AggregateOptions, ClientSession, Document, FindOptions } from 'mongodb';
import { readCursor, writeCursor } from '../cursor.js';
import { type HistoryPage, type HistoryQuery, PAGE_TEXT } from '../store.js';
import { type Collections, refOf, sequenceFrom, VERSION_FIELDS, type VersionDocument, versionOf } from './documents.js';
import { take } from './pages.js';

export async function history(
  { resources, history }: Collections,
  query: HistoryQuery,
  session?: ClientSession,
): Promise<HistoryPage> {
  const options = session === undefined ? {} : { session };
  const scope: Document[] = [];
  const ref = query.type !== undefined && query.id !== undefined ? refOf(query.type, query.id) : undefined;
  // Of one resource the versions' numbers are the order; of several, their sequence.
  const [field, tag, shape] = ref === undefined ? (['s', 'h', 's'] as const) : (['v', 'i', 'n'] as const);
  if (ref === undefined && query.type !== undefined) scope.push({ type: query.type });
  if (query.since !== undefined) scope.push({ lu: { $gte: query.since } });
  if (query.at !== undefined) scope.push({ lu: { $lt: query.at.high } });
  if (query.cursor !== undefined) scope.push({ [field]: { $lt: readCursor(query.cursor, tag, shape)[0] } });
  // A version is at its sequence or above: says where in the index to begin.
  if (query.since !== undefined && ref === undefined) scope.push({ s: { $gte: sequenceFrom(query.since) } });
  const limit = query.count + 1;
  const all = (more: Document[]) => (more.length === 0 ? {} : { $and: more });
  const current = resources
    .find(all(ref === undefined ? scope : [{ _id: ref }, ...scope]), { ...options, projection: VERSION_FIELDS })
    .sort({ [field]: -1 })
    .limit(limit);
  const past = pastVersions(history, ref === undefined ? scope : [{ ref }, ...scope], field, limit, query, options);
  // A copy of what is still current was left by an update that did not end, or was overtaken by one that did.
  const seen = new Set<string>();
  // A session takes one question at a time.
  const newest = take<VersionDocument>(current, limit);
  if (session !== undefined) await newest;
  const taken = await Promise.all([newest, take<VersionDocument>(past, limit)]);
  const merged = taken
    .flatMap(({ documents }) => documents)
    .sort((a, b) => (a[field] < b[field] ? 1 : -1))
    .filter(({ type, id, v }) => !seen.has(`${type}/${id}/${v}`) && seen.add(`${type}/${id}/${v}`));
  // Where one of the two was full before its end, so is the page before that place.
  const shown: VersionDocument[] = [];
  for (let size = 0; shown.length < query.count && size < PAGE_TEXT; ) {
    const next = merged[shown.length];
    if (next === undefined) break;
    shown.push(next);
    size += next.text.length;
  }
  const last = shown.at(-1);
  const page: HistoryPage = { items: shown.map(versionOf) };
  if (merged.length > shown.length && last !== undefined) page.next = writeCursor([tag, last[field]]);
  if (ref !== undefined && query.since === undefined && query.at === undefined) {
    // The newest version's number counts them all.
    page.total = (await resources.findOne({ _id: ref }, { ...options, projection: { v: 1 } }))?.v ?? 0;
  }
  return page;
}

function pastVersions(
  history: Collections['history'],
  scope: Document[],
  field: 's' | 'v',
  limit: number,
  { at }: HistoryQuery,
  options: FindOptions,
): AbstractCursor<VersionDocument> {
  const match = scope.length === 0 ? {} : { $and: scope };
  if (at === undefined)
    return history
      .find(match, options)
      .sort({ [field]: -1 })
      .limit(limit);
  // Still current at the start of the range: the version that replaced it came later.
  const next = { $concat: ['$ref', '/', { $toString: { $add: ['$v', 1] } }] };
  return history.aggregate<VersionDocument>(
    [
      { $match: match },
      { $sort: { [field]: -1 } },
      {
        $lookup: {
          from: 'history',
          let: { next },
          pipeline: [{ $match: { $expr: { $eq: ['$_id', '$$next'] } } }, { $project: { lu: 1 } }],
          as: 'older',
        },
      },
      {
        $lookup: {
          from: 'resources',
          let: { ref: '$ref', v: { $add: ['$v', 1] } },
          pipeline: [
            { $match: { $expr: { $and: [{ $eq: ['$_id', '$$ref'] }, { $eq: ['$v', '$$v'] }] } } },
            { $project: { lu: 1 } },
          ],
          as: 'newest',
        },
      },
      { $match: { $or: [{ 'older.lu': { $gt: at.low } }, { 'newest.lu': { $gt: at.low } }] } },
      { $limit: limit },
      { $project: { older: 0, newest: 0 } },
    ],
    options as AggregateOptions,
  );
}
