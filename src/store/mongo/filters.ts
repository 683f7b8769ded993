/** A filter as a MongoDB query. User values stand as operands of $eq, $gte, $lt and $in, never as keys or patterns. */
import type { Filter as MongoFilter } from 'mongodb';
import type { DateMatch, Filter, Query, StringMatch, TokenMatch, UriMatch } from '../../search/query.js';
import { type ResourceDocument, refOf, sequenceFrom } from './documents.js';
import {
  allRange,
  BAR,
  codeRange,
  type KeyRange,
  plainKey,
  prefixRange,
  stringKey,
  systemKey,
  tokenKey,
} from './keys.js';

type Condition = MongoFilter<ResourceDocument>;

/** The live resources that a query wants. */
export function conditionOf(query: Query): Condition {
  const conditions = query.filters.map((filter) => one(query.type, filter));
  const [first, second] = conditions;
  // A key belongs to a type, and a deleted resource has none: an equal key says both, and the index answers alone.
  if (first !== undefined && conditions.some((condition) => typeof condition.k === 'string')) {
    return second === undefined ? first : { $and: conditions };
  }
  return { $and: [{ type: query.type, deleted: false }, ...conditions] };
}

const equal = (key: string): Condition => ({ k: key });
const within = ({ from, to }: KeyRange): Condition => ({ k: { $elemMatch: { $gte: from, $lt: to } } }) as Condition;

/** Exact keys join into one $in; the rest into one $or. */
function anyOf(parts: readonly Condition[]): Condition {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const exact = parts.filter((part) => typeof part.k === 'string').map((part) => part.k as string);
  if (exact.length === parts.length) return { k: { $in: exact } };
  return { $or: [...parts] };
}

function one(type: string, filter: Filter): Condition {
  switch (filter.kind) {
    case 'id':
      return { _id: { $in: filter.anyOf.map((id) => refOf(type, id)) } };
    case 'lastUpdated':
      return anyOf(filter.anyOf.map((match) => instant(match)));
    case 'token': {
      const condition = anyOf(filter.anyOf.map((match) => token(filter.key, match)));
      return filter.not === true ? { $nor: [condition] } : condition;
    }
    case 'string':
      return anyOf(filter.anyOf.map((match) => string(filter.key, match)));
    case 'reference':
      return anyOf(filter.anyOf.map((target) => equal(plainKey(filter.key, target))));
    case 'uri':
      return anyOf(filter.anyOf.map((match) => uri(filter.key, match)));
    case 'date':
      return anyOf(
        filter.anyOf.map((match) => ({ d: { $elemMatch: { k: filter.key, ...range(match) } } }) as Condition),
      );
    case 'missing': {
      const present: Condition = filter.valueKind === 'date' ? { 'd.k': filter.key } : within(allRange(filter.key));
      return filter.missing ? { $nor: [present] } : present;
    }
  }
}

function token(key: string, { system, code }: TokenMatch): Condition {
  if (code === undefined) return equal(systemKey(key, system ?? ''));
  return system === undefined ? within(codeRange(key, code)) : equal(tokenKey(key, code, system));
}

function string(key: string, match: StringMatch): Condition {
  const { value } = match;
  if (match.mode === 'exact') return equal(stringKey(key, match.folded, value));
  if (match.mode === 'prefix') return within(prefixRange(key, value));
  // Between the name of the index and the next bar: the folded text. Special characters are made plain.
  const pattern = `^${plain(key + BAR)}[^${BAR}]*${plain(value)}`;
  return { k: { $regex: pattern } } as Condition;
}

function plain(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function uri(key: string, { mode, value }: UriMatch): Condition {
  if (mode === 'exact') return equal(plainKey(key, value));
  if (mode === 'below') return within(prefixRange(key, value));
  // Every address that the one asked for starts with.
  return { k: { $in: Array.from({ length: value.length }, (_, i) => plainKey(key, value.slice(0, i + 1))) } };
}

/** R4's prefixes, the resource's range [l, h) against the search's. https://hl7.org/fhir/R4/search.html#prefix */
function range({ prefix, low, high }: DateMatch): object {
  switch (prefix) {
    case 'eq':
      return { l: { $gte: low, $lt: high }, h: { $lte: high } };
    case 'ne':
      return { $or: [{ l: { $lt: low } }, { h: { $gt: high } }] };
    case 'gt':
      return { h: { $gt: high } };
    case 'lt':
      return { l: { $lt: low } };
    case 'ge':
      return { $or: [{ l: { $gte: low } }, { h: { $gt: high } }] };
    case 'le':
      return { $or: [{ h: { $lte: high } }, { l: { $lt: low } }] };
    case 'sa':
      return { l: { $gte: high } };
    case 'eb':
      return { h: { $lte: low } };
    case 'ap':
      return { l: { $lt: high }, h: { $gt: low } };
  }
}

/** The same for an instant to the millisecond: a version's sequence starts with it, and has an index. */
function instant({ prefix, low, high }: DateMatch): Condition {
  const [from, to] = [sequenceFrom(low), sequenceFrom(high)];
  switch (prefix) {
    case 'eq':
    case 'ap':
      return { s: { $gte: from, $lt: to } };
    case 'ne':
      return { $or: [{ s: { $lt: from } }, { s: { $gte: to } }] };
    case 'gt':
    case 'sa':
      return { s: { $gte: to } };
    case 'lt':
    case 'eb':
      return { s: { $lt: from } };
    case 'ge':
      return { s: { $gte: from } };
    case 'le':
      return { s: { $lt: to } };
  }
}
