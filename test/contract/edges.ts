/** What every store must do at its edges: sizes, odd keys, clocks that step back, an end with work in flight. */
import type { Test } from 'tap';
import type { Filter, SortKey } from '../../src/search/query.js';
import type { Store } from '../../src/store/store.js';
import { pages, query, stored, write } from './writes.js';

export async function edges(t: Test, store: Store): Promise<void> {
  await t.test('creates that arrive together are answered each for itself', async (t) => {
    await store.put(write('Edge', 'taken'));
    const texts: Record<string, string> = {
      plain: ',"n":1',
      wide: `,"s":"${'中'.repeat(3_300_000)}"`,
      widest: `,"s":"${'中'.repeat(4_950_000)}"`,
      numbers: `,"n":[${'1,'.repeat(1_500_000)}1]`,
      driver: ',"a":{"_bsontype":"ObjectId"}',
      escaped: ',"a":{"\\u005fbsontype":"Long","low":1}',
      reference: ',"a":{"$ref":"x","$id":"y","$db":1}',
      last: ',"n":2',
    };
    const names = [...Object.keys(texts), 'taken'];
    const results = await Promise.all(
      names.map((id) => store.put(write('Edge', id, texts[id] ?? '', {}, { expect: 'absent' }))),
    );
    for (const [i, id] of names.entries()) {
      t.equal(results[i]?.outcome, id === 'taken' ? 'conflict' : 'created', id);
      t.equal((await store.read('Edge', id))?.text, results[i]?.version?.text, id);
    }
    for (const id of ['wide', 'driver', 'numbers']) {
      t.equal((await store.put(write('Edge', id, texts[id]))).outcome, 'updated', `${id}, updated`);
      t.equal((await store.readVersion('Edge', id, 2))?.text, (await store.read('Edge', id))?.text);
    }
  });
  await t.test('a page is bounded by its text too', async (t) => {
    const large = `,"s":"${'é'.repeat(3_500_000)}"`;
    const values = (i: number) => ({
      tokens: [{ key: 'Large.t', system: '', code: 'x' }],
      strings: [{ key: 'Large.s', folded: `a${i}`, exact: `a${i}` }],
    });
    const wanted = Array.from({ length: 7 }, (_, i) => `l${String(i).padStart(2, '0')}`);
    for (const [i, id] of wanted.entries()) await store.put(write('Large', id, large, values(i)));
    const prefix: Filter = { kind: 'string', key: 'Large.s', anyOf: [{ mode: 'prefix', value: 'a' }] };
    const token: Filter = { kind: 'token', key: 'Large.t', anyOf: [{ code: 'x' }] };
    const value: SortKey = { by: 'value', key: 'Large.s', valueKind: 'string', descending: false };
    for (const [filters, sort] of [
      [[], []],
      [[token], []],
      [[prefix], []],
      [[token, prefix], []],
      [[], [value]],
      [[], [value, { by: '_id', descending: true }]],
      [[token], [{ by: '_id', descending: true }]],
      [[], [{ by: '_lastUpdated', descending: false }]],
    ] as [Filter[], SortKey[]][]) {
      const first = await store.search(query('Large', filters, { sort, count: 1000 }));
      t.equal(first.items.length, 5, JSON.stringify({ filters, sort }));
      t.equal(first.total, undefined);
      const all = await pages(store, query('Large', filters, { sort, count: 1000 }));
      t.same([...all].sort(), wanted);
      t.equal((await store.search(query('Large', filters, { sort, count: 1 }))).items.length, 1);
    }
    for (let i = 0; i < 5; i++) await store.put(write('Large', 'l00', large));
    for (const [scope, length] of [
      [{ type: 'Large', id: 'l00' }, 6],
      [{ type: 'Large' }, 12],
    ] as const) {
      let [seen, cursor]: [number, string | undefined] = [0, undefined];
      do {
        const page = await store.history({ ...scope, count: 1000, ...(cursor === undefined ? {} : { cursor }) });
        t.ok(page.items.length <= 5);
        seen += page.items.length;
        cursor = page.next;
      } while (cursor !== undefined);
      t.equal(seen, length);
    }
  });
  await t.test('a clock that steps back changes no order', async (t) => {
    const real = Date.now;
    t.teardown(() => {
      Date.now = real;
    });
    const start = real();
    for (const step of [0, 1, 2000, -3_600_000, 1, 2000, 500, 2000, -1]) {
      Date.now = () => start + step;
      await store.put(write('Clock', 'c1', `,"step":${step}`));
    }
    // Another resource is written ahead of the one whose instant must not go back.
    for (const [id, step] of [
      ['c2', 5000],
      ['c2', 5000],
      ['c3', 6000],
      ['c2', 5000],
      ['c2', 4000],
    ] as const) {
      Date.now = () => start + step;
      await store.put(write('Clock', id, `,"step":${step}`));
    }
    t.same(
      (await store.history({ type: 'Clock', id: 'c2', count: 100 })).items.map((v) => v.version),
      [4, 3, 2, 1],
    );
    t.equal((await store.history({ type: 'Clock', count: 100 })).items.length, 14);
    const all = await store.history({ type: 'Clock', id: 'c1', count: 100 });
    t.same(
      all.items.map((v) => v.version),
      [9, 8, 7, 6, 5, 4, 3, 2, 1],
    );
    t.same(
      (await store.history({ type: 'Clock', count: 100 })).items.filter((v) => v.id === 'c1'),
      all.items,
    );
    const paged: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.history({ type: 'Clock', id: 'c1', count: 2, ...(cursor && { cursor }) });
      paged.push(...page.items.map((v) => v.version));
      cursor = page.next;
    } while (cursor !== undefined);
    t.same(paged, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    for (const [i, v] of all.items.entries()) t.ok(i === 0 || v.lastUpdated <= (all.items[i - 1]?.lastUpdated ?? 0));
  });
  await t.test('_lastUpdated to the millisecond, with every prefix', async (t) => {
    for (let i = 0; i < 12; i++) {
      await store.put(write('Instant', `i${i % 8}`));
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const all = (await store.search(query('Instant'))).items;
    const times = [...new Set(all.map((v) => v.lastUpdated))];
    const fits: Record<string, (at: number, low: number, high: number) => boolean> = {
      eq: (at, low, high) => at >= low && at < high,
      ap: (at, low, high) => at >= low && at < high,
      ne: (at, low, high) => at < low || at >= high,
      gt: (at, _low, high) => at >= high,
      sa: (at, _low, high) => at >= high,
      lt: (at, low) => at < low,
      eb: (at, low) => at < low,
      ge: (at, low) => at >= low,
      le: (at, _low, high) => at < high,
    };
    for (const [prefix, fit] of Object.entries(fits)) {
      for (const time of times) {
        for (const [low, high] of [
          [time, time + 1],
          [time - 1, time],
          [time - 1, 8.64e15],
          [-8.64e15, time + 1],
        ] as const) {
          const filter: Filter = { kind: 'lastUpdated', anyOf: [{ prefix: prefix as 'eq', low, high }] };
          const found = await store.search(query('Instant', [filter], { total: true }));
          const expected = all.filter((v) => fit(v.lastUpdated, low, high)).map((v) => v.id);
          t.same(found.items.map((v) => v.id).sort(), expected.sort(), `${prefix} ${low - time} ${high - time}`);
          t.equal(found.total, expected.length);
        }
      }
    }
  });
  await t.test('a prefix is walked without repeats, however many values of a resource fit', async (t) => {
    const names = ['ana', 'anb', 'anc', 'and', 'b'];
    for (let i = 0; i < 60; i++) {
      const mine = names.filter((_, n) => (i + n) % 3 !== 0);
      await store.put(
        write('Walk', `w${i}`, '', { strings: mine.map((exact) => ({ key: 'Walk.s', folded: exact, exact })) }),
      );
    }
    for (const count of [1, 7, 20, 59, 60, 100]) {
      const found = await pages(
        store,
        query('Walk', [{ kind: 'string', key: 'Walk.s', anyOf: [{ mode: 'prefix', value: 'an' }] }], { count }),
      );
      t.equal(found.length, 60, `pages of ${count}`);
      t.equal(new Set(found).size, 60);
    }
  });
}

/** Ends the store while it works; `reopen` closes it first. Returns the one that was opened. */
export async function endInFlight(t: Test, store: Store, reopen: () => Promise<Store>): Promise<Store> {
  let opened = store;
  await t.test('an end waits for what is in flight, and takes nothing new', async (t) => {
    const creates = Array.from({ length: 60 }, (_, i) =>
      store.put(write('Ended', `e${i}`, '', {}, { expect: 'absent', method: 'POST' })),
    );
    const updates = Array.from({ length: 20 }, (_, i) => store.put(write('Ended', 'same', `,"i":${i}`)));
    const moved = store.transact(['end'], async (transaction) => {
      await transaction.put(write('Ended', 't1'));
      return stored(await transaction.put(write('Ended', 't2'))).version;
    });
    const reads = Array.from({ length: 20 }, () => store.read('Ended', 'never'));
    const reopened = reopen();
    await t.rejects(store.put(write('Ended', 'late')), { name: 'StoreUnavailable' });
    const outcomes = await Promise.allSettled([...creates, ...updates, moved, ...reads]);
    t.same(
      outcomes.filter((o) => o.status === 'rejected'),
      [],
    );
    opened = await reopened;
    t.equal((await opened.search(query('Ended', [], { count: 200 }))).items.length, 63);
    t.equal((await opened.read('Ended', 'same'))?.version, 20);
    t.equal(await opened.read('Ended', 'late'), undefined);
  });
  return opened;
}
