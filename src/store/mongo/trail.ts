/** The trail in a collection of its own. docs/adr/0042-the-trace-is-a-trail-of-batches.md */
import type { Filter as MongoFilter } from 'mongodb';
import { inChains, type Trail, type TrailBatch, type TrailQuery } from '../trail.js';
import { type Collections, nextSequence } from './documents.js';

export interface TrailDocument extends TrailBatch {
  /** `chain-number`. */
  _id: string;
}
/** Lines of an open batch; `_id` orders them. */
export interface JournalDocument {
  _id: string;
  /** `chain-number`. */
  batch: string;
  text: string;
  at: Date;
}
const batchOf = ({ _id, ...batch }: TrailDocument): TrailBatch => batch;

function filterOf({ key, from, to, descending, after }: TrailQuery): MongoFilter<TrailDocument> {
  const all: MongoFilter<TrailDocument>[] = [];
  if (key !== undefined) all.push({ keys: key });
  if (from !== undefined) all.push({ last: { $gte: from } });
  if (to !== undefined) all.push({ first: { $lte: to } });
  if (after !== undefined) {
    const { last, chain, number } = after;
    // The order as a comparison of all three; the first member lets the index begin there.
    if (descending) {
      all.push({ last: { $lte: last } });
      const later: MongoFilter<TrailDocument>[] = [{ last: { $lt: last } }, { chain: { $lt: chain } }];
      all.push({ $or: [...later, { chain, number: { $lt: number } }] });
    } else {
      all.push({ last: { $gte: last } });
      const later: MongoFilter<TrailDocument>[] = [{ last: { $gt: last } }, { chain: { $gt: chain } }];
      all.push({ $or: [...later, { chain, number: { $gt: number } }] });
    }
  }
  return all.length === 0 ? {} : { $and: all };
}

export function trailOf({ trail, journal }: Collections, run: <T>(work: () => Promise<T>) => Promise<T>): Trail {
  return {
    journal: ({ chain, number, text }) =>
      run(async () => {
        const batch = `${chain}-${number}`;
        await journal.insertOne({ _id: `${batch} ${nextSequence(Date.now())}`, batch, text, at: new Date() });
      }),
    orphans: (before) =>
      run(async () => {
        const grouped = journal.aggregate<{ _id: string; text: string[]; at: Date }>([
          { $sort: { _id: 1 } },
          { $group: { _id: '$batch', text: { $push: '$text' }, at: { $max: '$at' } } },
          { $match: { at: { $lt: new Date(before) } } },
        ]);
        const found = (await grouped.toArray()).map(({ _id, text }) => {
          const end = _id.lastIndexOf('-');
          return { chain: _id.slice(0, end), number: Number(_id.slice(end + 1)), text: text.join('') };
        });
        return found.sort(inChains);
      }),
    discard: (chain, number) =>
      run(async () => {
        await journal.deleteMany({ batch: `${chain}-${number}` });
      }),
    append: (batch) =>
      run(async () => {
        await trail.insertOne({ ...batch, keys: [...batch.keys], _id: `${batch.chain}-${batch.number}` });
      }),
    batch: (chain, number) =>
      run(async () => {
        const found = await trail.findOne({ _id: `${chain}-${number}` });
        return found === null ? undefined : batchOf(found);
      }),
    walk: (query) =>
      run(async () => {
        const way = query.descending ? -1 : 1;
        const found = trail.find(filterOf(query)).sort({ last: way, chain: way, number: way }).limit(query.count);
        return (await found.toArray()).map(batchOf);
      }),
    chain: (chain, from, count) =>
      run(async () => {
        const found = trail
          .find({ chain, number: { $gte: from } })
          .sort({ number: 1 })
          .limit(count);
        return (await found.toArray()).map(batchOf);
      }),
    heads: () =>
      run(async () => {
        const projection = { _id: 0, chain: 1, number: 1, previous: 1, hash: 1, first: 1, last: 1 } as const;
        const chains: string[] = await trail.distinct('chain');
        const heads = chains.map((chain) => trail.findOne({ chain }, { sort: { number: -1 }, projection }));
        return (await Promise.all(heads)).flatMap((head) => head ?? []).sort((a, b) => (a.chain < b.chain ? -1 : 1));
      }),
  };
}
