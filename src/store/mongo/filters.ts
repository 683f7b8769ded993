/**
 * A filter as a MongoDB query. User values stand as operands of $eq, $gte, $lt, $in and the like, never as keys, and in
 * a pattern only with every special character made plain.
 */
import type { Document, Filter as MongoFilter } from 'mongodb';
import { type Box, boundingBox, EARTH_RADIUS } from '../../search/great-circle.js';
import type {
  DateMatch,
  Filter,
  NearMatch,
  NumberMatch,
  StringMatch,
  TokenMatch,
  UriMatch,
} from '../../search/query.js';
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
  WORD,
} from './keys.js';

export type Condition = MongoFilter<ResourceDocument>;

/** A condition, and the stages that must run before it: they look into other resources (see joins.ts). */
export interface Compiled {
  condition: Condition;
  stages: Document[];
}

/** How a filter that looks into other resources is compiled. */
export type Join = (filter: Filter & { kind: 'chain' | 'has' }) => Compiled;

const equal = (key: string): Condition => ({ k: key });
const within = ({ from, to }: KeyRange): Condition => ({ k: { $elemMatch: { $gte: from, $lt: to } } }) as Condition;
const NOTHING: Condition = { _id: { $in: [] } };

/** Exact keys join into one $in; the rest into one $or. */
function anyOf(parts: readonly Condition[]): Condition {
  const [first] = parts;
  if (first === undefined) return NOTHING;
  if (parts.length === 1) return first;
  const exact = parts.filter((part) => typeof part.k === 'string').map((part) => part.k as string);
  if (exact.length === parts.length) return { k: { $in: exact } };
  return { $or: [...parts] };
}

/** `type` is that of the resources looked for. */
export function compiled(type: string, filter: Filter, join: Join): Compiled {
  switch (filter.kind) {
    case 'all':
    case 'any': {
      const parts = filter.of.map((one) => compiled(type, one, join));
      const stages = parts.flatMap((part) => part.stages);
      const conditions = parts.map((part) => part.condition);
      if (filter.kind === 'any') return { condition: anyOf(conditions), stages };
      return { condition: conditions.length === 0 ? {} : { $and: conditions }, stages };
    }
    case 'not': {
      const { condition, stages } = compiled(type, filter.of, join);
      return { condition: { $nor: [condition] }, stages };
    }
    case 'chain':
    case 'has':
      return join(filter);
    default:
      return { condition: plain(type, filter), stages: [] };
  }
}

type PlainFilter = Exclude<Filter, { kind: 'all' | 'any' | 'not' | 'chain' | 'has' }>;

function plain(type: string, filter: PlainFilter): Condition {
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
      return anyOf(filter.anyOf.map((match) => entry(filter.key, dateRange(match))));
    case 'number':
      return anyOf(filter.anyOf.map((match) => entry(filter.key, numberRange(match, 'l', 'h'))));
    case 'pair':
      return anyOf(
        filter.anyOf.map(({ low, high }) =>
          entry(filter.key, { $and: [numberRange(low, 'l', 'l'), numberRange(high, 'h', 'h')] }),
        ),
      );
    case 'position':
      return anyOf(filter.anyOf.map((match) => near(filter.key, match)));
    case 'words':
      return anyOf(filter.anyOf.map((words) => ({ w: { $all: words.map((word) => WORD[filter.area] + word) } })));
    case 'missing': {
      const isRange = /^(date|number|position)$/.test(filter.valueKind);
      const present: Condition = isRange ? { 'd.k': filter.key } : within(allRange(filter.key));
      return filter.missing ? { $nor: [present] } : present;
    }
  }
}

const entry = (key: string, range: object): Condition => ({ d: { $elemMatch: { k: key, ...range } } }) as Condition;

function token(key: string, { system, code }: TokenMatch): Condition {
  if (code === undefined) return equal(systemKey(key, system ?? ''));
  return system === undefined ? within(codeRange(key, code)) : equal(tokenKey(key, code, system));
}

function string(key: string, match: StringMatch): Condition {
  const { value } = match;
  if (match.mode === 'exact') return equal(stringKey(key, match.folded, value));
  if (match.mode === 'prefix') return within(prefixRange(key, value));
  // Between the name of the index and the next bar: the folded text.
  const end = match.mode === 'suffix' ? BAR : '';
  const pattern = `^${literal(key + BAR)}[^${BAR}]*${literal(value)}${end}`;
  return { k: { $regex: pattern } } as Condition;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function uri(key: string, { mode, value }: UriMatch): Condition {
  if (mode === 'exact') return equal(plainKey(key, value));
  if (mode === 'below') return within(prefixRange(key, value));
  // Every address that the one asked for starts with.
  return { k: { $in: Array.from({ length: value.length }, (_, i) => plainKey(key, value.slice(0, i + 1))) } };
}

/** R4's prefixes, the resource's range [l, h) against the search's. https://hl7.org/fhir/R4/search.html#prefix */
function dateRange({ prefix, low, high }: DateMatch): object {
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

/** The same for numbers: the resource's range has both ends in it, only eq and ne look at what the digits leave open. */
function numberRange({ prefix, value, low, high }: NumberMatch, from: 'l' | 'h', to: 'l' | 'h'): object {
  const exact = low === high;
  switch (prefix) {
    case 'eq':
      if (exact) return { $and: [{ [from]: value }, { [to]: value }] };
      return { $and: [{ [from]: { $gte: low, $lt: high } }, { [to]: { $lt: high } }] };
    case 'ne':
      if (exact) return { $or: [{ [from]: { $ne: value } }, { [to]: { $ne: value } }] };
      return { $or: [{ [from]: { $lt: low } }, { [to]: { $gte: high } }] };
    case 'gt':
      return { [to]: { $gt: value } };
    case 'lt':
      return { [from]: { $lt: value } };
    case 'ge':
      return { [to]: { $gte: value } };
    case 'le':
      return { [from]: { $lte: value } };
    case 'sa':
      return { [from]: { $gt: value } };
    case 'eb':
      return { [to]: { $lt: value } };
    case 'ap':
      return { [from]: { $lte: high }, [to]: { $gte: low } };
  }
}

/** A box by the index, then the distance in it. */
function near(key: string, match: NearMatch): Condition {
  const boxes = boundingBox(match).map(({ south, north, west, east }: Box) =>
    entry(key, { l: { $gte: south, $lte: north }, h: { $gte: west, $lte: east } }),
  );
  const mine = { $filter: { input: '$d', as: 'x', cond: { $eq: ['$$x.k', { $literal: key }] } } };
  const close = { $lte: [distanceTo(match), match.metres] };
  const someClose = { $expr: { $anyElementTrue: { $map: { input: mine, as: 'x', in: close } } } };
  return { $and: [anyOf(boxes), someClose] } as Condition;
}

/** The haversine of great-circle.ts for the entry `$$x`. */
function distanceTo({ latitude, longitude }: NearMatch): Document {
  const radians = (value: unknown) => ({ $degreesToRadians: value });
  const halfSine = (from: number, to: string) => ({
    $pow: [{ $sin: { $divide: [radians({ $subtract: [to, from] }), 2] } }, 2],
  });
  const a = {
    $add: [
      halfSine(latitude, '$$x.l'),
      {
        $multiply: [{ $cos: radians(latitude) }, { $cos: radians('$$x.l') }, halfSine(longitude, '$$x.h')],
      },
    ],
  };
  return { $multiply: [2 * EARTH_RADIUS, { $asin: { $min: [1, { $sqrt: a }] } }] };
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
