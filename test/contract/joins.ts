/** The filters that join, compare numbers and places, or look into other resources; plans, state and re-index. */
import type { Test } from 'tap';
import type { Filter, NumberMatch, Prefix } from '../../src/search/query.js';
import type { Store } from '../../src/store/store.js';
import { ids, query, write } from './writes.js';

const type = 'Joined';
const other = 'Aimed';

async function fill(store: Store): Promise<void> {
  await store.put(
    write(type, 'a', '', {
      numbers: [
        { key: 'J.n', low: 5, high: 5 },
        { key: 'J.p', low: 1, high: 9 },
      ],
      positions: [{ key: 'J.at', latitude: 47.2, longitude: -1.55 }],
      words: { narrative: ['chute'], content: ['chute', 'marche'] },
      references: [{ key: 'J.to', target: `${other}/1` }],
    }),
  );
  await store.put(
    write(type, 'b', '', {
      numbers: [
        { key: 'J.n', low: 7, high: Number.MAX_VALUE },
        { key: 'J.p', low: 2, high: 3 },
      ],
      positions: [{ key: 'J.at', latitude: 50.6, longitude: 179.9 }],
      words: { narrative: [], content: ['marche', 'pied'] },
      references: [{ key: 'J.to', target: `${other}/2` }],
    }),
  );
  await store.put(write(type, 'c', '', { references: [{ key: 'J.to', target: `${other}/gone` }] }));
  const aimed = (code: string, target: string) => ({
    tokens: [{ key: 'A.code', system: '', code }],
    references: [{ key: 'A.back', target }],
  });
  await store.put(write(other, '1', '', aimed('x', `${type}/b`)));
  await store.put(write(other, '2', '', aimed('y', `${type}/a`)));
  await store.put(write(other, 'gone', '', aimed('x', `${type}/c`)));
  await store.put({ type: other, id: 'gone', content: null, method: 'DELETE', expect: 'any' });
}

const exactly = (prefix: Prefix, value: number): NumberMatch => ({ prefix, value, low: value, high: value });
const number = (prefix: Prefix, value: number, low = value, high = value): Filter => ({
  kind: 'number',
  key: 'J.n',
  anyOf: [{ prefix, value, low, high }],
});
const code = (value: string): Filter => ({ kind: 'token', key: 'A.code', anyOf: [{ code: value }] });
const chain = (...where: Filter[]): Filter => ({ kind: 'chain', key: 'J.to', type: other, where });
const has = (...where: Filter[]): Filter => ({ kind: 'has', key: 'A.back', type: other, where });
const near = (latitude: number, longitude: number, metres: number): Filter => ({
  kind: 'position',
  key: 'J.at',
  anyOf: [{ latitude, longitude, metres }],
});
const words = (area: 'narrative' | 'content', ...anyOf: string[][]): Filter => ({ kind: 'words', area, anyOf });
const pair = (low: number, high: number): Filter => ({
  kind: 'pair',
  key: 'J.p',
  anyOf: [{ low: exactly('eq', low), high: exactly('eq', high) }],
});

const CASES: [Filter, string][] = [
  [number('eq', 5, 4.5, 5.5), 'a'],
  [number('eq', 5), 'a'],
  [number('ne', 5), 'b'],
  [number('gt', 5), 'b'],
  [number('ge', 5), 'ab'],
  [number('lt', 7), 'a'],
  [number('le', 7), 'ab'],
  [number('sa', 6), 'b'],
  [number('eb', 6), 'a'],
  [number('ap', 100, 90, 110), 'b'],
  [pair(1, 9), 'a'],
  [pair(1, 3), ''],
  [near(47.21, -1.55, 5000), 'a'],
  [near(47.21, -1.55, 500), ''],
  // Across the date line, and from the pole.
  [near(50.6, -179.9, 20_000), 'b'],
  [near(90, 0, 10_000_000), 'ab'],
  [words('content', ['marche']), 'ab'],
  [words('content', ['marche', 'chute']), 'a'],
  [words('content', ['pied'], ['chute']), 'ab'],
  [words('narrative', ['marche']), ''],
  [words('narrative', ['chute']), 'a'],
  [words('content', ['mar']), ''],
  [chain(code('x')), 'a'],
  [chain(), 'ab'],
  [chain(code('x'), code('y')), ''],
  [has(code('x')), 'b'],
  [has({ kind: 'chain', key: 'A.back', type, where: [chain(code('y'))] }), 'b'],
  [chain(has(words('content', ['pied']))), ''],
  [{ kind: 'not', of: chain(code('x')) }, 'bc'],
  [{ kind: 'any', of: [chain(code('x')), number('gt', 5)] }, 'ab'],
  [{ kind: 'all', of: [chain(), { kind: 'not', of: pair(1, 9) }] }, 'b'],
  [{ kind: 'any', of: [] }, ''],
  [{ kind: 'not', of: { kind: 'any', of: [words('content', ['pied']), number('eq', 5)] } }, 'c'],
  [{ kind: 'missing', key: 'J.n', valueKind: 'number', missing: true }, 'c'],
  [{ kind: 'missing', key: 'J.at', valueKind: 'position', missing: false }, 'ab'],
];

export async function joins(t: Test, store: Store): Promise<void> {
  await fill(store);
  await t.test('filters that join, compare, or look into other resources', async (t) => {
    for (const [filter, expected] of CASES) {
      const asked = query(type, [filter]);
      t.equal((await ids(store, asked)).sort().join(''), expected, JSON.stringify(filter));
      t.equal((await store.search({ ...asked, count: 0, total: true })).total, expected.length, 'total');
    }
    const both: Filter[] = [chain(), number('ge', 5)];
    t.same((await ids(store, query(type, both, { sort: [{ by: '_id', descending: true }] }))).join(''), 'ba');
  });
  await t.test('a plan tells what was used', async (t) => {
    const { indexes, keysExamined, resourcesRead } = await store.explain(query(type, [chain(code('x'))]));
    t.ok(indexes.length > 0);
    t.ok(keysExamined > 0 && keysExamined < 100, `${keysExamined} keys`);
    t.ok(resourcesRead >= 1 && resourcesRead < 20, `${resourcesRead} resources`);
  });
  await t.test('state', async (t) => {
    const { state } = store;
    t.equal(await state.get('nothing'), undefined);
    await state.set('one', 'é');
    t.equal(await state.setIfAbsent('one', 'other'), 'é');
    const made = await Promise.all(['x', 'y', 'z'].map((text) => state.setIfAbsent('two', text)));
    t.equal(new Set(made).size, 1, 'of several at once all get the same');
    await state.set('past', 'x', Date.now() - 1000);
    t.equal(await state.get('past'), undefined, 'expired');
    t.equal(await state.setIfAbsent('past', 'new'), 'new');
  });
  await t.test('a re-index changes values and nothing else', async (t) => {
    const values = { ...write(type, 'c').content?.values, tokens: [{ key: 'J.late', system: '', code: 'q' }] };
    const late: Filter = { kind: 'token', key: 'J.late', anyOf: [{ code: 'q' }] };
    const before = await store.read(type, 'c');
    if (before === undefined) throw new Error('c is gone');
    await store.reindex([{ version: before, values: values as never }]);
    t.same(await store.read(type, 'c'), before);
    t.same(await ids(store, query(type, [late])), ['c']);
    t.same(await ids(store, query(type, [{ kind: 'missing', key: 'J.to', valueKind: 'reference', missing: true }])), [
      'c',
    ]);
    // One that was replaced meanwhile keeps what its own write brought.
    await store.put(write(type, 'c'));
    await store.reindex([{ version: before, values: values as never }]);
    t.same(await ids(store, query(type, [late])), []);
  });
}
