/** What the trail of every store must do. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { Store } from '../../src/store/store.js';
import type { TrailBatch, TrailQuery } from '../../src/store/trail.js';

export async function trail(t: Test, store: Store): Promise<void> {
  const { trail } = store;
  const [a, b] = [`a${randomUUID()}`, `b${randomUUID()}`];
  const key = (name: string) => `${name}-${a}`;
  const batch = (chain: string, number: number, last: number, keys: string[] = []): TrailBatch => ({
    chain,
    number,
    previous: number === 0 ? '' : `hash ${number - 1}`,
    hash: `hash ${number}`,
    first: last - 10,
    last,
    keys: keys.map(key),
    text: `{"é":"\\u0000 ${chain} ${number}"}\n`,
  });
  const batches = [
    batch(a, 0, 1000, ['p', 'q']),
    batch(b, 0, 1000, ['p']),
    batch(a, 1, 1000),
    batch(a, 2, 2000, ['q']),
    batch(b, 1, 3000, ['p']),
  ];
  for (const one of batches) await trail.append(one);

  await t.test('trail: what is appended is there as it was, once', async (t) => {
    t.same(await trail.batch(a, 0), batches[0]);
    t.equal(await trail.batch(a, 3), undefined);
    await t.rejects(trail.append({ ...batch(a, 0, 5000), text: 'another' }));
    t.same(await trail.batch(a, 0), batches[0], 'it stays');
    t.same(await trail.chain(a, 1, 10), [batches[2], batches[3]]);
    t.same(await trail.chain(a, 0, 2), [batches[0], batches[2]]);
    const own = (await trail.heads()).filter(({ chain }) => chain === a || chain === b);
    t.same(
      own.map(({ chain, number, hash, previous, first, last }) => [chain, number, hash, previous, first, last]),
      [
        [a, 2, 'hash 2', 'hash 1', 1990, 2000],
        [b, 1, 'hash 1', 'hash 0', 2990, 3000],
      ],
    );
  });

  await t.test('trail: what is journaled is there until it is discarded', async (t) => {
    const chain = `j${randomUUID()}`;
    const own = async (before: number) => (await trail.orphans(before)).filter((one) => one.chain === chain);
    const later = Date.now() + 60_000;
    await trail.journal({ chain, number: 0, text: 'é one\n' });
    await trail.journal({ chain, number: 0, text: 'two\n' });
    await trail.journal({ chain, number: 1, text: 'three\n' });
    // A store in memory has nothing to outlive; of files the one that is being written to is not dead.
    if (store.name !== 'memory') {
      t.same((await own(later))[0], { chain, number: 0, text: 'é one\ntwo\n' });
      t.same(await own(Date.now() - 60_000), [], 'nobody is taken for dead at once');
    }
    await trail.discard(chain, 0);
    t.ok((await own(later)).every(({ number }) => number === 1));
    await trail.discard(chain, 1);
    await trail.discard(chain, 7);
    t.same(await own(later), []);
  });

  await t.test('trail: walks', async (t) => {
    const walk = async (query: Partial<TrailQuery>) =>
      (await trail.walk({ descending: false, count: 100, ...query }))
        .filter(({ chain }) => chain === a || chain === b)
        .map(({ chain, number }) => `${chain === a ? 'a' : 'b'}${number}`);
    t.same(await walk({}), ['a0', 'a1', 'b0', 'a2', 'b1']);
    t.same(await walk({ descending: true }), ['b1', 'a2', 'b0', 'a1', 'a0']);
    t.same(await walk({ key: key('p') }), ['a0', 'b0', 'b1']);
    t.same(await walk({ key: key('p'), descending: true, count: 2 }), ['b1', 'b0']);
    t.same(await walk({ key: key('q'), from: 1500 }), ['a2']);
    t.same(await walk({ from: 1000, to: 1990 }), ['a0', 'a1', 'b0', 'a2'], 'a batch that begins by then');
    t.same(await walk({ to: 989 }), []);
    t.same(await walk({ key: key('nobody') }), []);
    for (const descending of [false, true]) {
      for (const asked of [{}, { key: key('p') }]) {
        const all = await trail.walk({ ...asked, descending, count: 100 });
        const paged: TrailBatch[] = [];
        for (let after: TrailBatch | undefined; ; ) {
          const page = await trail.walk({ ...asked, descending, count: 1, ...(after !== undefined && { after }) });
          if (page[0] === undefined) break;
          after = page[0];
          paged.push(after);
        }
        t.same(paged, all, 'one by one as all at once');
      }
    }
  });
}
