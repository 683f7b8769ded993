/** Versions newest first: those of the history and the current ones, by their sequence. */
import type { Document } from 'mongodb';
import { readCursor, writeCursor } from '../cursor.js';
import type { HistoryPage, HistoryQuery } from '../store.js';
import { type Collections, refOf, VERSION_FIELDS, type VersionDocument, versionOf } from './documents.js';

export async function history({ resources, history }: Collections, query: HistoryQuery): Promise<HistoryPage> {
  const scope: Document[] = [];
  const ref = query.type !== undefined && query.id !== undefined ? refOf(query.type, query.id) : undefined;
  if (ref === undefined && query.type !== undefined) scope.push({ type: query.type });
  if (query.since !== undefined) scope.push({ lu: { $gte: query.since } });
  if (query.at !== undefined) scope.push({ lu: { $lt: query.at.high } });
  if (query.cursor !== undefined) scope.push({ s: { $lt: readCursor(query.cursor, 'h', 's')[0] } });
  const limit = query.count + 1;
  const all = (more: Document[]) => (more.length === 0 ? {} : { $and: more });
  const current = await resources
    .find(all(ref === undefined ? scope : [{ _id: ref }, ...scope]), { projection: VERSION_FIELDS })
    .sort({ s: -1 })
    .limit(limit)
    .toArray();
  const past = await pastVersions(history, ref === undefined ? scope : [{ ref }, ...scope], limit, query);
  // A copy of what is still current was left by an update that did not end, or was overtaken by one that did.
  const seen = new Set<string>();
  const merged: VersionDocument[] = [];
  for (const document of [...(current as VersionDocument[]), ...past].sort((a, b) => (a.s < b.s ? 1 : -1))) {
    if (seen.has(document.s)) continue;
    seen.add(document.s);
    merged.push(document);
  }
  const shown = merged.slice(0, query.count);
  const last = shown.at(-1);
  const page: HistoryPage = { items: shown.map(versionOf) };
  if (merged.length > query.count && last !== undefined) page.next = writeCursor(['h', last.s]);
  if (ref !== undefined && query.since === undefined && query.at === undefined) {
    // The newest version's number counts them all.
    page.total = (await resources.findOne({ _id: ref }, { projection: { v: 1 } }))?.v ?? 0;
  }
  return page;
}

async function pastVersions(
  history: Collections['history'],
  scope: Document[],
  limit: number,
  { at }: HistoryQuery,
): Promise<VersionDocument[]> {
  const match = scope.length === 0 ? {} : { $and: scope };
  if (at === undefined) return await history.find(match).sort({ s: -1 }).limit(limit).toArray();
  // Still current at the start of the range: the version that replaced it came later.
  const next = { $concat: ['$ref', '/', { $toString: { $add: ['$v', 1] } }] };
  return await history
    .aggregate<VersionDocument>([
      { $match: match },
      { $sort: { s: -1 } },
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
    ])
    .toArray();
}
