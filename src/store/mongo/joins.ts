/**
 * Filters that look into other resources. Where few of those fit, they are found first and stand as plain values;
 * where many do, the database looks from each candidate (`$lookup`), so that a page costs as much as it walks.
 */
import type { Document } from 'mongodb';
import type { Filter } from '../../search/query.js';
import type { Collections } from './documents.js';
import { type Compiled, type Condition, compiled } from './filters.js';
import { plainKey, prefixRange } from './keys.js';
import type { ReadOptions } from './moment.js';

/** Other resources beyond this are not gathered. */
const FEW = 1000;

type JoinFilter = Filter & { kind: 'chain' | 'has' };

export function hasJoin(filters: readonly Filter[]): boolean {
  return filters.some((filter) => {
    switch (filter.kind) {
      case 'chain':
      case 'has':
        return true;
      case 'all':
      case 'any':
        return hasJoin(filter.of);
      case 'not':
        return hasJoin([filter.of]);
      default:
        return false;
    }
  });
}

/** The filters with each join that few resources answer made a plain one. */
export async function resolved(
  collections: Collections,
  type: string,
  filters: readonly Filter[],
  options: ReadOptions,
): Promise<Filter[]> {
  const one = async (filter: Filter): Promise<Filter> => {
    switch (filter.kind) {
      case 'all':
      case 'any':
        return { ...filter, of: await resolved(collections, type, filter.of, options) };
      case 'not':
        return { ...filter, of: await one(filter.of) };
      case 'chain':
      case 'has': {
        const where = await resolved(collections, filter.type, filter.where, options);
        return await gathered(collections, type, { ...filter, where }, options);
      }
      default:
        return filter;
    }
  };
  if (!hasJoin(filters)) return [...filters];
  // One after the other: in a transaction the driver takes one question at a time.
  const result: Filter[] = [];
  for (const filter of filters) result.push(await one(filter));
  return result;
}

async function gathered(
  { resources }: Collections,
  type: string,
  filter: JoinFilter,
  options: ReadOptions,
): Promise<Filter> {
  if (hasJoin(filter.where)) return filter;
  const isChain = filter.kind === 'chain';
  // A hop to which nothing leads ends the chain: the further ones are not asked.
  if (filter.where.some(fitsNone)) return NONE;
  const { condition } = joined(filter.type, filter.where);
  const found = await resources
    .find(withText(filter.type, filter.where, condition), { ...options, projection: isChain ? { _id: 1 } : { k: 1 } })
    .limit(FEW + 1)
    .toArray();
  if (found.length > FEW) return filter;
  if (isChain) return { kind: 'reference', key: filter.key, anyOf: found.map(({ _id }) => _id) };
  const { from, to } = prefixRange(filter.key, `${type}/`);
  const start = plainKey(filter.key, `${type}/`).length;
  const ids = found.flatMap(({ k }) => k.filter((key) => key >= from && key < to).map((key) => key.slice(start)));
  return { kind: 'id', anyOf: [...new Set(ids)] };
}

const NONE: Filter = { kind: 'id', anyOf: [] };

/** Is it plain from the filter alone that nothing fits? */
function fitsNone(filter: Filter): boolean {
  switch (filter.kind) {
    case 'id':
    case 'reference':
      return filter.anyOf.length === 0;
    case 'all':
      return filter.of.some(fitsNone);
    case 'any':
      return filter.of.every(fitsNone);
    default:
      return false;
  }
}

/**
 * A search by the text index, for words that must be there: it narrows, the condition decides. Only at the top of a
 * query does MongoDB take it.
 */
export function withText(type: string, filters: readonly Filter[], condition: Condition): Condition {
  const words = filters.find((filter) => filter.kind === 'words' && filter.anyOf.length === 1);
  if (words?.kind !== 'words') return condition;
  const prefix = words.area === 'narrative' ? 'n' : 'c';
  const phrases = (words.anyOf[0] ?? []).map((word) => `"${prefix}${word}"`).join(' ');
  return { $and: [{ type, $text: { $search: phrases } }, condition] } as Condition;
}

/** What finds the live resources of a type that fit all filters. */
export interface Joined {
  /** What an index can answer before the stages run. */
  before: Condition;
  /** What joins need; none where there is no join. */
  stages: Document[];
  /** The whole condition, true after the stages. */
  condition: Condition;
}

export function joined(type: string, filters: readonly Filter[]): Joined {
  let count = 0;
  const parts = filters.map((filter) => compiled(type, filter, (join) => lookup(type, join, `j${count++}`)));
  const plain = parts.filter((part) => part.stages.length === 0);
  const all = (list: readonly Compiled[]): Condition => {
    const conditions = list.map((part) => part.condition);
    const [first, second] = conditions;
    // A key belongs to a type, and a deleted resource has none: an equal key says both, and the index answers alone.
    if (first !== undefined && conditions.some((condition) => typeof condition.k === 'string')) {
      return second === undefined ? first : { $and: conditions };
    }
    return { $and: [{ type, deleted: false }, ...conditions] };
  };
  return { before: all(plain), stages: parts.flatMap((part) => part.stages), condition: all(parts) };
}

/** The places that `field` names afterwards: one entry where some other resource fits, else none. */
function lookup(type: string, filter: JoinFilter, field: string): Compiled {
  const inner = joined(filter.type, filter.where);
  const later = inner.stages.length === 0 ? [] : [...inner.stages, { $match: inner.condition }];
  const pipeline: Document[] = [{ $match: inner.before }, ...later, { $limit: 1 }, { $project: { _id: 1 } }];
  let local: unknown;
  if (filter.kind === 'chain') {
    const { from, to } = prefixRange(filter.key, `${filter.type}/`);
    const start = Buffer.byteLength(plainKey(filter.key, ''));
    const mine = {
      $filter: {
        input: '$k',
        as: 'x',
        cond: { $and: [{ $gte: ['$$x', { $literal: from }] }, { $lt: ['$$x', { $literal: to }] }] },
      },
    };
    local = { $map: { input: mine, as: 'x', in: { $substrBytes: ['$$x', start, 1024] } } };
  } else {
    local = { $concat: [{ $literal: plainKey(filter.key, `${type}/`) }, '$id'] };
  }
  const foreignField = filter.kind === 'chain' ? '_id' : 'k';
  return {
    condition: { [`${field}.0`]: { $exists: true } } as Condition,
    stages: [
      { $addFields: { [field]: local } },
      { $lookup: { from: 'resources', localField: field, foreignField, pipeline, as: field } },
    ],
  };
}
