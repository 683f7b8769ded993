/** Series of pages while others change, remove, bring back and add: each shows what was there at its start. */
import type { Test } from 'tap';
import { type Filter, noValues, type SearchValues, type SortKey } from '../../src/search/query.js';
import type { Put, Store, StoredVersion } from '../../src/store/store.js';
import { query, series, write } from './writes.js';

const DAY = 86_400_000;
const type = 'Moment';
const other = 'Pointed';

/** Repeatable: the same numbers in each run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function made(id: string, pick: (below: number) => number): Put {
  const names = Array.from({ length: pick(3) }, () => `n${pick(12)}é`.normalize('NFD'));
  const day = pick(20);
  const values: Partial<SearchValues> = {
    tokens: [{ key: 'M.kind', system: 'urn:m', code: pick(2) === 0 ? 'a' : 'b' }],
    strings: names.map((name) => ({ key: 'M.name', folded: name, exact: name })),
    dates: pick(4) === 0 ? [] : [{ key: 'M.date', low: day * DAY, high: (day + 1 + pick(3)) * DAY }],
    numbers: pick(4) === 0 ? [] : [{ key: 'M.number', low: pick(9) / 2, high: 5 }],
    references: [{ key: 'M.to', target: `${other}/${pick(3)}` }],
    words: { narrative: [], content: [`w${pick(4)}`] },
  };
  return write(type, id, `,"values":${JSON.stringify(values)}`, values);
}

const shown = ({ id, version }: StoredVersion) => `${id}/${version}`;

export async function moments(t: Test, store: Store): Promise<void> {
  const pick = random(20260101);
  for (const id of ['0', '1', '2']) {
    const values = { tokens: [{ key: 'O.code', system: '', code: id }] };
    await store.put(write(other, id, '', values));
  }
  const ids = Array.from({ length: 150 }, (_, i) => `m${String(i).padStart(3, '0')}`);
  await Promise.all(ids.map((id) => store.put(made(id, pick))));
  const value = (key: string, valueKind: 'string' | 'date' | 'number' | 'token', descending: boolean): SortKey => ({
    by: 'value',
    key,
    valueKind,
    descending,
  });
  const sorts: SortKey[][] = [
    [],
    [{ by: '_id', descending: true }],
    [{ by: '_lastUpdated', descending: true }],
    [{ by: '_lastUpdated', descending: false }],
    [value('M.name', 'string', false)],
    [value('M.name', 'string', true)],
    [value('M.date', 'date', true)],
    [value('M.number', 'number', false)],
    [value('M.date', 'date', false), value('M.name', 'string', true), { by: '_lastUpdated', descending: true }],
  ];
  const kind: Filter = { kind: 'token', key: 'M.kind', anyOf: [{ system: 'urn:m', code: 'a' }] };
  const chain: Filter = {
    kind: 'chain',
    key: 'M.to',
    type: other,
    where: [{ kind: 'token', key: 'O.code', anyOf: [{ code: '0' }, { code: '2' }] }],
  };
  const filters: Filter[][] = [
    [],
    [kind],
    [{ kind: 'string', key: 'M.name', anyOf: [{ mode: 'prefix', value: 'n' }] }],
    [
      { kind: 'string', key: 'M.name', anyOf: [{ mode: 'prefix', value: 'n1' }] },
      { ...kind, not: true },
    ],
    [{ kind: 'date', key: 'M.date', anyOf: [{ prefix: 'ge', low: 5 * DAY, high: 6 * DAY }] }],
    [{ kind: 'missing', key: 'M.name', valueKind: 'string', missing: true }],
    [{ kind: 'any', of: [chain, { kind: 'words', area: 'content', anyOf: [['w1']] }] }],
    [{ kind: 'not', of: chain }],
  ];
  let extra = 0;
  for (const sort of sorts) {
    for (const filter of filters) {
      const asked = query(type, filter, { sort, count: 1000 });
      const whole = await store.search(asked);
      const found = await series(store, { ...asked, count: 11 }, async () => {
        const id = ids[pick(ids.length)] as string;
        await store.put(made(ids[pick(ids.length)] as string, pick));
        await store.put({ ...made(id, pick), content: null, method: 'DELETE' });
        if (pick(2) === 0) await store.put(made(id, pick));
        await store.put(made(`extra${extra++}`, pick));
      });
      for (; extra > 0; extra--) {
        await store.put({ ...made(`extra${extra - 1}`, pick), content: null, method: 'DELETE' });
      }
      const name = JSON.stringify({ sort, filter });
      t.same(found.map(shown), whole.items.map(shown), name);
    }
  }
  await t.test('totals, and a way back', async (t) => {
    const asked = query(type, [kind], { count: 7, total: true });
    const first = await store.search(asked);
    const past = (_type: string, text: string) => ({ ...noValues(), ...JSON.parse(text).values });
    await store.put(made('late', () => 0));
    for (const { id } of first.items.slice(0, 3)) await store.put(made(id, () => 1));
    const moment = first.moment as string;
    const second = await store.search({ ...asked, past, moment, cursor: first.next as string });
    t.equal(second.total, first.total);
    const again = await store.search({ ...asked, past, moment });
    t.same(again.items.map(shown), first.items.map(shown));
    t.equal(again.next, first.next);
  });
}
