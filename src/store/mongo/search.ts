/** Searches: by an index in its own order where there is one, else by a sort value taken from the keys. */
import type { AbstractCursor, Document } from 'mongodb';
import type { Query, SortKey } from '../../search/query.js';
import { type CursorPart, readCursor, writeCursor } from '../cursor.js';
import { PAGE_TEXT, type SearchPage } from '../store.js';
import { type Collections, VERSION_FIELDS, type VersionDocument, versionOf } from './documents.js';
import type { Condition } from './filters.js';
import { type Joined, joined, resolved, withText } from './joins.js';
import { allRange, BAR } from './keys.js';
import type { ReadOptions } from './moment.js';
import { take } from './pages.js';
import { prefixToWalk, walkPrefix } from './prefix-walk.js';

/** Documents fetched at a time once their order is known. */
const FETCHED = 50;

export async function search(collections: Collections, query: Query, options: ReadOptions = {}): Promise<SearchPage> {
  const wanted = await wantedBy(collections, query, options);
  const total = () => count(collections, wanted, options);
  if (query.count === 0) return { items: [], total: await total() };
  const page = await pageOf(collections, query, wanted, options);
  const result: SearchPage = { items: page.documents.map(versionOf) };
  if (page.next !== undefined) result.next = page.next;
  if (query.cursor === undefined && page.next === undefined) result.total = page.documents.length;
  else if (query.total === true) result.total = await total();
  return result;
}

interface Page {
  documents: VersionDocument[];
  next?: string;
}

/** What finds the resources of a query, whatever the order. */
async function wantedBy(collections: Collections, query: Query, options: ReadOptions): Promise<Joined> {
  const branches: Joined[] = [];
  for (const { type, filters } of [query, ...(query.also ?? [])]) {
    const plain = await resolved(collections, type, filters, options);
    const branch = joined(type, plain);
    branches.push(query.also === undefined ? { ...branch, before: withText(type, plain, branch.before) } : branch);
  }
  const [only, other] = branches;
  if (only !== undefined && other === undefined) return only;
  return {
    before: { $or: branches.map(({ before }) => before) },
    stages: branches.flatMap(({ stages }) => stages),
    condition: { $or: branches.map(({ condition }) => condition) },
  };
}

async function count({ resources }: Collections, wanted: Joined, options: ReadOptions): Promise<number> {
  if (wanted.stages.length === 0) return await resources.countDocuments(wanted.before, options);
  const [row] = await resources
    .aggregate<{ n: number }>([...candidates(wanted, []), { $count: 'n' }], options)
    .toArray();
  return row?.n ?? 0;
}

/** The stages that leave what is wanted beyond a place, `order` between the index and the joins. */
function candidates(wanted: Joined, after: readonly Condition[], order: readonly Document[] = []): Document[] {
  const first = after.length === 0 ? wanted.before : { $and: [wanted.before, ...after] };
  const joins = wanted.stages.length === 0 ? [] : [...wanted.stages, { $match: wanted.condition }];
  return [{ $match: first }, ...order, ...joins];
}

function pageOf(collections: Collections, query: Query, wanted: Joined, options: ReadOptions): Promise<Page> {
  const [key, second] = query.sort;
  const prefix = prefixToWalk(query);
  if (prefix !== undefined) return walkPrefix(collections, query, prefix, options);
  if (second === undefined && (key === undefined || key.by !== 'value'))
    return byField(collections, query, wanted, key, options);
  return byValues(collections, query, wanted, options);
}

/** Newest first by `n` when no order is asked for; `_id` and `_lastUpdated` (by the sequence `s`) by their index. */
async function byField(
  { resources }: Collections,
  query: Query,
  wanted: Joined,
  key: SortKey | undefined,
  options: ReadOptions,
): Promise<Page> {
  const field = key === undefined ? 'n' : key.by === '_id' ? '_id' : 's';
  const descending = key?.descending ?? true;
  const tag = `${field}${descending ? '-' : ''}`;
  const after: Condition[] = [];
  if (query.cursor !== undefined) {
    const [place] = readCursor(query.cursor, tag, 's');
    after.push({ [field]: descending ? { $lt: place } : { $gt: place } } as Condition);
  }
  // The ids of one type stand together: '0' is the character after '/'.
  if (field === '_id') after.push({ _id: { $gte: `${query.type}/`, $lt: `${query.type}0` } });
  const order = { [field]: descending ? -1 : 1 } as const;
  const limit = query.count + 1;
  const found =
    wanted.stages.length === 0
      ? resources
          .find(after.length === 0 ? wanted.before : { $and: [wanted.before, ...after] }, {
            ...options,
            projection: VERSION_FIELDS,
          })
          .sort(order)
          .limit(limit)
      : resources.aggregate<VersionDocument>(
          [...candidates(wanted, after, [{ $sort: order }]), { $limit: limit }, { $project: VERSION_FIELDS }],
          options,
        );
  const { documents: shown, more } = await take<VersionDocument>(found as AbstractCursor<VersionDocument>, query.count);
  const last = shown.at(-1);
  if (!more || last === undefined) return { documents: shown };
  return { documents: shown, next: writeCursor([tag, last[field]]) };
}

/** Sort values come out of the keys; the database keeps only as many as the page needs while it sorts. */
async function byValues({ resources }: Collections, query: Query, wanted: Joined, options: ReadOptions): Promise<Page> {
  const names = query.sort.map((_, i) => `s${i}`);
  const tag = `v${query.sort.map((k) => `${k.descending ? '-' : ''}${k.by === 'value' ? k.key : k.by}`).join(',')}`;
  const values = Object.fromEntries(query.sort.map((key, i) => [`s${i}`, sortValue(key)]));
  const missing = Object.fromEntries(names.map((name, i) => [`m${i}`, { $cond: [{ $eq: [`$${name}`, null] }, 1, 0] }]));
  const order: [string, 1 | -1][] = query.sort.flatMap((key, i) => [
    [`m${i}`, 1],
    [`s${i}`, key.descending ? -1 : 1],
  ]);
  const after =
    query.cursor === undefined
      ? []
      : [{ $match: afterPlace(query.sort, readCursor(query.cursor, tag, `${'v'.repeat(names.length)}s`)) }];
  const rows = await resources
    .aggregate<Document & { _id: string }>(
      [
        ...candidates(wanted, []),
        { $project: { n: 1, ...values } },
        ...after,
        { $addFields: missing },
        { $sort: Object.fromEntries([...order, ['n', 1]]) },
        { $limit: query.count + 1 },
      ],
      { ...options, allowDiskUse: true },
    )
    .toArray();
  const documents: VersionDocument[] = [];
  let shown = 0;
  let size = 0;
  while (shown < Math.min(rows.length, query.count) && size < PAGE_TEXT) {
    const wanted = rows.slice(shown, Math.min(shown + FETCHED, query.count)).map((row) => row._id);
    const found = resources.find({ _id: { $in: wanted } }, { ...options, projection: VERSION_FIELDS });
    const byId = new Map<string, VersionDocument>();
    for await (const document of found) byId.set(document._id, document);
    for (const _id of wanted) {
      if (size >= PAGE_TEXT) break;
      shown++;
      const document = byId.get(_id);
      // One that was deleted in between is left out.
      if (document === undefined || document.deleted) continue;
      documents.push(document);
      size += document.text.length;
    }
  }
  const last = rows[shown - 1];
  if (rows.length <= shown || last === undefined) return { documents };
  return {
    documents,
    next: writeCursor([tag, ...names.map((name) => (last[name] ?? null) as CursorPart), last.n as string]),
  };
}

function sortValue(key: SortKey): unknown {
  if (key.by !== 'value') return key.by === '_id' ? '$id' : '$s';
  const pick = key.descending ? '$max' : '$min';
  if (key.valueKind === 'date' || key.valueKind === 'number') {
    const mine = { $filter: { input: '$d', as: 'x', cond: { $eq: ['$$x.k', { $literal: key.key }] } } };
    return { [pick]: { $map: { input: mine, as: 'x', in: key.descending ? '$$x.h' : '$$x.l' } } };
  }
  const { from, to } = allRange(key.key);
  const cond = { $and: [{ $gte: ['$$x', { $literal: from }] }, { $lt: ['$$x', { $literal: to }] }] };
  const best = { [pick]: { $filter: { input: '$k', as: 'x', cond } } };
  // The part after the name of the index: folded text, code or target.
  return {
    $let: {
      vars: { best },
      in: {
        $cond: [
          { $eq: [{ $ifNull: ['$$best', null] }, null] },
          null,
          { $arrayElemAt: [{ $split: ['$$best', BAR] }, 1] },
        ],
      },
    },
  };
}

/** What comes after a place in the order: each key equal so far and the next beyond it; nulls are last. */
function afterPlace(sort: readonly SortKey[], place: readonly CursorPart[]): Document {
  const parts: Document[] = [];
  const equal: Document[] = [];
  sort.forEach((key, i) => {
    const name = `s${i}`;
    const value = place[i] ?? null;
    if (value !== null) {
      const beyond = { $or: [{ [name]: key.descending ? { $lt: value } : { $gt: value } }, { [name]: null }] };
      parts.push({ $and: [...equal, beyond] });
    }
    equal.push({ [name]: value });
  });
  parts.push({ $and: [...equal, { n: { $gt: place.at(-1) } }] });
  return { $or: parts };
}
