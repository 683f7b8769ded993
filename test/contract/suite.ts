/** What every store must do: run whole against each engine by sqlite.test.ts, memory.test.ts and mongo.test.ts. */
import t, { type Test } from 'tap';
import { fold } from '../../src/search/fold.js';
import type { Filter, SortKey } from '../../src/search/query.js';
import {
  BadCursor,
  MAX_ALIKE,
  type Put,
  type PutResult,
  type Store,
  type StoredVersion,
} from '../../src/store/store.js';
import { contents } from './contents.js';
import { edges, endInFlight } from './edges.js';
import { jobs } from './jobs.js';
import { joins } from './joins.js';
import { moments } from './moments.js';
import { trail } from './trail.js';
import { ids, pages, query, stored, write } from './writes.js';

export interface Opened {
  store: Store;
  /** Closes the store and opens it again; `undefined` for one that forgets. */
  reopen?(): Promise<Store>;
  dispose(): Promise<void>;
}

const DAY = 86_400_000;

export function contract(name: string, open: () => Promise<Opened>): void {
  t.test(`store contract: ${name}`, async (t) => {
    const opened = await open();
    t.teardown(() => opened.dispose());
    let { store } = opened;
    await versions(t, store);
    await expectations(t, store);
    await alike(t, store);
    await putAll(t, store);
    await texts(t, store);
    await histories(t, store);
    await filters(t, store);
    await joins(t, store);
    await sorts(t, store);
    await paging(t, store);
    await hostile(t, store);
    await concurrency(t, store);
    await transactions(t, store);
    await edges(t, store);
    await contents(t, store);
    await t.test('jobs', (t) => jobs(t, store));
    await t.test('trail', (t) => trail(t, store));
    const { reopen } = opened;
    if (reopen !== undefined) {
      await t.test('what was acknowledged is there after a restart', async (t) => {
        const before = await store.read('Durable', 'd1');
        t.equal(before, undefined);
        const made = stored(
          await store.put(write('Durable', 'd1', ',"n":1', { tokens: [{ key: 'Durable.a', system: '', code: 'x' }] })),
        );
        store = await reopen();
        t.same(await store.read('Durable', 'd1'), made);
        t.same(await ids(store, query('Durable', [{ kind: 'token', key: 'Durable.a', anyOf: [{ code: 'x' }] }])), [
          'd1',
        ]);
        t.equal(stored(await store.put(write('Durable', 'd1'))).version, 2);
      });
      store = await endInFlight(t, store, reopen);
    }
    await t.test('ready', async () => store.ready());
  });
}

async function alike(t: Test, store: Store): Promise<void> {
  await t.test('a create brings what is like it', async (t) => {
    const values = (...codes: string[]) => ({ tokens: codes.map((code) => ({ key: 'Like.a', system: 's', code })) });
    const asked = (...codes: string[]): Partial<Put> => ({
      expect: 'absent',
      alike: codes.map((code) => ({ key: 'Like.a', system: 's', code })),
    });
    const found = (result: PutResult) =>
      result.outcome === 'created' ? (result.alike ?? []).map(({ id }) => id).sort() : result.outcome;
    t.same(found(await store.put(write('Like', 'l1', '', values('x', 'y'), asked('x')))), [], 'not itself');
    t.same(found(await store.put(write('Like', 'l2', '', values('y'), asked('y', 'x')))), ['l1'], 'each once');
    t.same(found(await store.put(write('Like', 'l3', '', values('z'), asked('z', 'y')))), ['l1', 'l2']);
    t.same(found(await store.put(write('Like', 'l4', '', values('x'), { expect: 'absent' }))), [], 'none is asked for');
    t.same(found(await store.put(write('Like', 'l1', '', values('x'), asked('x')))), 'conflict');
    await store.put({ type: 'Like', id: 'l1', content: null, method: 'DELETE', expect: 'any' });
    const other: Partial<Put> = { expect: 'absent', alike: [{ key: 'Like.a', system: 't', code: 'x' }] };
    t.same(found(await store.put(write('Like', 'l5', '', values(), other))), [], 'of another system');
    t.same(
      found(await store.put(write('Like', 'l6', '', values(), asked('x')))),
      ['l4'],
      'what is deleted is not there',
    );
    const inside = await store.transact([], async (transaction) => {
      await transaction.put(write('Like', 'l7', '', values('x'), { expect: 'absent' }));
      return await transaction.alike([asked('x', 'y').alike ?? [], [], asked('none').alike ?? []]);
    });
    t.same(
      inside.map((list) => list.map(({ id }) => id).sort()),
      [['l2', 'l4', 'l7'], [], []],
      'in a transaction, with what it wrote',
    );
    const many = await Promise.all(
      Array.from({ length: 40 }, (_, i) => store.put(write('Like', `m${i}`, '', values('m'), asked('m', 'z')))),
    );
    t.ok(
      many.every((result) => found(result).includes('l3')),
      'many at once',
    );
    const last = await store.put(write('Like', 'l8', '', values(), asked('m')));
    t.equal(found(last).length, MAX_ALIKE, 'no more than so many');
    const shared = await store.transact([], (transaction) =>
      transaction.alike([asked('m', 'y').alike ?? [], asked('z').alike ?? []]),
    );
    t.equal(shared[0]?.filter(({ id }) => id.startsWith('m')).length, MAX_ALIKE + 1);
    t.ok(
      shared[0]?.some(({ id }) => id === 'l2'),
      'what many have leaves room to what few have',
    );
    t.same(
      shared[1]?.map(({ id }) => id),
      ['l3'],
    );
  });
}

async function putAll(t: Test, store: Store): Promise<void> {
  await t.test('many writes of one transaction', async (t) => {
    const value = (code: string) => ({ tokens: [{ key: 'All.a', system: '', code }] });
    await store.put(write('All', 'a1', ',"n":1', value('old')));
    await store.put(write('All', 'a2', ',"n":1', value('old')));
    await store.put({ type: 'All', id: 'a2', content: null, method: 'DELETE', expect: 'any' });
    await store.put(write('All', 'a3', ',"n":1', value('old')));
    const many = Array.from({ length: 450 }, (_, i) =>
      write('All', `many${i}`, '', value('many'), { expect: 'absent' }),
    );
    for (const one of many) await store.put(one);
    const writes = [
      write('All', 'a1', ',"n":2', value('new'), { expect: { version: 1 } }),
      write('All', 'a2', ',"n":2', value('new')),
      write('All', 'a3', ',"n":2', value('new'), { expect: { version: 7 } }),
      write('All', 'a4', ',"n":2', value('new')),
      ...many.map(({ id }) => write('All', id, ',"n":2', value('new'), { expect: { version: 1 } })),
    ];
    const results = await store.transact([], (transaction) => transaction.putAll(writes));
    t.same(
      results.slice(0, 4).map(({ outcome, version }) => `${outcome} ${version?.id} ${version?.version}`),
      ['updated a1 2', 'created a2 3', 'conflict a3 1', 'created a4 1'],
    );
    t.ok(results.slice(4).every(({ outcome, version }) => outcome === 'updated' && version?.version === 2));
    t.same(await store.read('All', 'a1'), stored(results[0] as PutResult));
    t.match(await store.readVersion('All', 'a1', 1), { version: 1, text: /"n":1/ });
    const found = await store.search(
      query('All', [{ kind: 'token', key: 'All.a', anyOf: [{ code: 'new' }] }], { count: 1000 }),
    );
    t.equal(found.items.length, 453);
    t.equal(
      (await store.search(query('All', [{ kind: 'token', key: 'All.a', anyOf: [{ code: 'many' }] }]))).items.length,
      0,
    );
    const failed = store.transact([], async (transaction) => {
      await transaction.putAll([write('All', 'a1', ',"n":3', value('new'))]);
      throw new Error('given up');
    });
    await t.rejects(failed, /given up/);
    t.equal((await store.read('All', 'a1'))?.version, 2, 'all or nothing');
  });
}

async function versions(t: Test, store: Store): Promise<void> {
  await t.test('create, read, update, delete, revive', async (t) => {
    t.equal(await store.read('Patient', 'v1'), undefined);
    const before = Date.now();
    const first = await store.put(write('Patient', 'v1', ',"active":true', {}, { method: 'POST', expect: 'absent' }));
    t.equal(first.outcome, 'created');
    t.match(first.version, { type: 'Patient', id: 'v1', version: 1, method: 'POST', deleted: false });
    t.ok(stored(first).lastUpdated >= before && stored(first).lastUpdated <= Date.now());
    const instant = new Date(stored(first).lastUpdated).toISOString();
    t.equal(
      stored(first).text,
      `{"resourceType":"Patient","id":"v1","meta":{"versionId":"1","lastUpdated":"${instant}"},"active":true}`,
    );
    t.same(await store.read('Patient', 'v1'), first.version);
    t.equal(await store.read('Person', 'v1'), undefined, 'an id belongs to its type');
    const second = await store.put(write('Patient', 'v1', ',"active":false'));
    t.equal(second.outcome, 'updated');
    t.equal(stored(second).version, 2);
    t.ok(stored(second).lastUpdated >= stored(first).lastUpdated);
    t.same(await store.readVersion('Patient', 'v1', 1), first.version);
    t.same(await store.readVersion('Patient', 'v1', 2), second.version);
    t.equal(await store.readVersion('Patient', 'v1', 3), undefined);
    const gone: Put = { type: 'Patient', id: 'v1', content: null, method: 'DELETE', expect: 'any' };
    const third = await store.put(gone);
    t.equal(third.outcome, 'deleted');
    t.match(third.version, { version: 3, deleted: true, text: '', method: 'DELETE' });
    t.same(await store.read('Patient', 'v1'), third.version);
    const again = await store.put(gone);
    t.equal(again.outcome, 'unchanged');
    t.same(again.version, third.version);
    t.match(await store.put({ ...gone, id: 'never' }), { outcome: 'unchanged', version: undefined });
    const fourth = await store.put(write('Patient', 'v1'));
    t.equal(fourth.outcome, 'created');
    t.equal(stored(fourth).version, 4);
  });
}

async function expectations(t: Test, store: Store): Promise<void> {
  await t.test('expectations', async (t) => {
    const put = async (expect: Put['expect'], id = 'e1') =>
      (await store.put(write('Patient', id, '', {}, { expect }))).outcome;
    t.equal(await put('exists'), 'conflict');
    t.equal(await put({ version: 1 }), 'conflict');
    t.equal(await store.read('Patient', 'e1'), undefined, 'nothing was written');
    t.equal(await put('absent'), 'created');
    const conflict = await store.put(write('Patient', 'e1', '', {}, { expect: 'absent' }));
    t.equal(conflict.outcome, 'conflict');
    t.equal(conflict.version?.version, 1, 'a conflict tells what is there');
    t.equal(await put({ version: 2 }), 'conflict');
    t.equal(await put({ version: 1 }), 'updated');
    t.equal(await put('exists'), 'updated');
    const gone = (expect: Put['expect']) =>
      store.put({ type: 'Patient', id: 'e1', content: null, method: 'DELETE', expect });
    t.equal((await gone({ version: 1 })).outcome, 'conflict');
    t.equal((await gone({ version: 3 })).outcome, 'deleted');
    t.equal(await put('exists'), 'conflict', 'a deleted resource does not exist');
    t.equal(await put('absent'), 'conflict', 'a deleted id is not new');
    t.equal(await put({ version: 4 }), 'conflict');
    t.equal(await put('any'), 'created');
  });
}

async function texts(t: Test, store: Store): Promise<void> {
  await t.test('texts stay what they are', async (t) => {
    const deep = `,"d":${'{"a":'.repeat(76)}1${'}'.repeat(76)}`;
    const large = `,"s":"${'é'.repeat(1_500_000)}"`;
    const cases = [',"n":1.50', ',"u":"\\u00e9 é 😀 \\u0000 \\n"', ',"k.$x":{"$gt":1,"a.b":2}', ',"e":{}', deep, large];
    for (const [i, rest] of cases.entries()) {
      const made = stored(await store.put(write('Basic', `t${i}`, rest)));
      t.ok(made.text.endsWith(`${rest}}`));
      t.equal((await store.read('Basic', `t${i}`))?.text, made.text);
    }
  });
}

async function histories(t: Test, store: Store): Promise<void> {
  await t.test('history of an instance, a type, the system', async (t) => {
    const made: StoredVersion[] = [];
    for (let i = 0; i < 5; i++) {
      made.push(stored(await store.put(write('Group', 'h1', `,"i":${i}`))));
      made.push(stored(await store.put(write('Group', `h2-${i}`))));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    made.push(stored(await store.put({ type: 'Group', id: 'h1', content: null, method: 'DELETE', expect: 'any' })));
    const newest = [...made].reverse();
    const mine = newest.filter((v) => v.id === 'h1');
    t.same(await store.history({ type: 'Group', id: 'h1', count: 100 }), { items: mine, total: 6 });
    t.same((await store.history({ type: 'Group', count: 100 })).items, newest);
    t.same((await store.history({ count: 11 })).items, newest);
    for (const scope of [{ type: 'Group', id: 'h1' }, { type: 'Group' }]) {
      const seen: StoredVersion[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.history({ ...scope, count: 2, ...(cursor === undefined ? {} : { cursor }) });
        t.ok(page.items.length <= 2);
        seen.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      t.same(seen, 'id' in scope ? mine : newest, 'paged');
    }
    const from = made[4] as StoredVersion;
    t.same(
      (await store.history({ type: 'Group', since: from.lastUpdated, count: 100 })).items,
      newest.filter((v) => v.lastUpdated >= from.lastUpdated),
    );
    const at = { low: from.lastUpdated, high: from.lastUpdated + 1 };
    t.same(
      (await store.history({ type: 'Group', id: 'h1', at, count: 100 })).items.map((v) => v.version),
      [3],
    );
    t.same((await store.history({ type: 'Group', id: 'nobody', count: 10 })).items, []);
    await t.rejects(store.history({ type: 'Group', count: 2, cursor: 'nonsense' }), BadCursor);
  });
}

async function filters(t: Test, store: Store): Promise<void> {
  await t.test('every filter', async (t) => {
    const type = 'Filtered';
    const token = (system: string, code: string) => ({ key: 'F.t', system, code });
    const string = (exact: string) => ({ key: 'F.s', folded: fold(exact), exact });
    await store.put(
      write(type, 'a', '', {
        tokens: [token('urn:1', 'x'), token('urn:2', 'y'), { key: 'F.other', system: 'urn:1', code: 'z' }],
        strings: [string('Jean-Pierre'), string('Durand')],
        references: [{ key: 'F.r', target: 'Patient/1' }],
        dates: [{ key: 'F.d', low: 10 * DAY, high: 11 * DAY }],
        uris: [{ key: 'F.u', value: 'http://x.org/a/b' }],
      }),
    );
    await store.put(
      write(type, 'b', '', {
        tokens: [token('', 'x'), token('urn:1', 'x|y')],
        strings: [string('Jean'), string('DURAND')],
        references: [{ key: 'F.r', target: 'Patient/12' }],
        dates: [
          { key: 'F.d', low: 10 * DAY + 5, high: 10 * DAY + 6 },
          { key: 'F.d', low: 20 * DAY, high: 8.64e15 },
        ],
        uris: [{ key: 'F.u', value: 'http://x.org/a' }],
      }),
    );
    await store.put(write(type, 'c'));
    await store.put({ ...write(type, 'gone', '', { tokens: [token('urn:1', 'x')] }) });
    await store.put({ type, id: 'gone', content: null, method: 'DELETE', expect: 'any' });
    const check = async (filter: Filter | Filter[], expected: string) => {
      const found = await ids(store, query(type, [filter].flat()));
      t.equal(found.sort().join(''), expected, JSON.stringify(filter));
      const total = await store.search(query(type, [filter].flat(), { count: 0, total: true }));
      t.equal(total.total, expected.length, 'total');
      t.same(total.items, []);
    };
    const tokens = (...anyOf: { system?: string; code?: string }[]): Filter => ({ kind: 'token', key: 'F.t', anyOf });
    await check([], 'abc');
    await check(tokens({ code: 'x' }), 'ab');
    await check(tokens({ system: 'urn:1', code: 'x' }), 'a');
    await check(tokens({ system: '', code: 'x' }), 'b');
    await check(tokens({ system: 'urn:2' }), 'a');
    await check(tokens({ system: 'urn:1' }), 'ab');
    await check(tokens({ system: 'urn:9' }), '');
    await check(tokens({ code: 'x|y' }), 'b');
    await check(tokens({ code: 'z' }), '');
    await check(tokens({ code: 'y' }, { system: '', code: 'x' }), 'ab');
    await check({ kind: 'token', key: 'F.t', anyOf: [{ code: 'y' }], not: true }, 'bc');
    await check({ kind: 'token', key: 'F.t', anyOf: [{ system: 'urn:1' }], not: true }, 'c');
    await check({ kind: 'token', key: 'F.never', anyOf: [{ code: 'x' }] }, '');
    const strings = (mode: 'prefix' | 'exact' | 'contains', ...values: string[]): Filter => ({
      kind: 'string',
      key: 'F.s',
      anyOf: values.map((value) => (mode === 'exact' ? { mode, value, folded: fold(value) } : { mode, value })),
    });
    await check(strings('prefix', 'jean'), 'ab');
    await check(strings('prefix', 'jeanp'), 'a');
    await check(strings('prefix', 'ierre'), '');
    await check(strings('prefix', 'jeanp', 'dur'), 'ab');
    await check(strings('exact', 'Durand'), 'a');
    await check(strings('exact', 'durand'), '');
    await check(strings('contains', 'pier'), 'a');
    await check(strings('contains', '.*'), '');
    await check({ kind: 'reference', key: 'F.r', anyOf: ['Patient/1'] }, 'a');
    await check({ kind: 'reference', key: 'F.r', anyOf: ['Patient/1', 'Patient/12', 'Patient/3'] }, 'ab');
    const uris = (mode: 'exact' | 'below' | 'above', value: string): Filter => ({
      kind: 'uri',
      key: 'F.u',
      anyOf: [{ mode, value }],
    });
    await check(uris('exact', 'http://x.org/a'), 'b');
    await check(uris('below', 'http://x.org/a'), 'ab');
    await check(uris('above', 'http://x.org/a/b'), 'ab');
    await check(uris('above', 'http://x.org/a'), 'b');
    const date = (prefix: string, low: number, high: number): Filter => ({
      kind: 'date',
      key: 'F.d',
      anyOf: [{ prefix: prefix as 'eq', low, high }],
    });
    const [from, to] = [10 * DAY, 11 * DAY];
    await check(date('eq', from, to), 'ab');
    await check(date('eq', from + 1, to), 'b');
    await check(date('ne', from, to), 'b');
    await check(date('gt', from, to), 'b');
    await check(date('lt', from + 3, to), 'a');
    await check(date('ge', from, to), 'ab');
    await check(date('le', from, to), 'ab');
    await check(date('sa', from - 5, from + 1), 'b');
    await check(date('sa', to, 20 * DAY), 'b');
    await check(date('eb', to, to + 1), 'ab');
    await check(date('eb', from + 6, to), 'b');
    await check(date('ap', from + 7, from + 8), 'a');
    for (const [kind, key] of [
      ['token', 'F.t'],
      ['string', 'F.s'],
      ['reference', 'F.r'],
      ['date', 'F.d'],
      ['uri', 'F.u'],
    ] as const) {
      await check({ kind: 'missing', key, valueKind: kind, missing: true }, 'c');
      await check({ kind: 'missing', key, valueKind: kind, missing: false }, 'ab');
    }
    await check({ kind: 'id', anyOf: ['a', 'c', 'gone', 'zz'] }, 'ac');
    await check([tokens({ code: 'x' }), strings('exact', 'Jean')], 'b');
    await check([strings('prefix', 'jean'), date('ge', 15 * DAY, 16 * DAY)], 'b');
    await check([{ kind: 'id', anyOf: ['a'] }, tokens({ code: 'q' })], '');
    const updated = (await store.read(type, 'a'))?.lastUpdated ?? 0;
    const sameTime = (await Promise.all(['a', 'b', 'c'].map((id) => store.read(type, id))))
      .filter((v) => v?.lastUpdated === updated)
      .map((v) => v?.id);
    await check({ kind: 'lastUpdated', anyOf: [{ prefix: 'eq', low: updated, high: updated + 1 }] }, sameTime.join(''));
    await check({ kind: 'lastUpdated', anyOf: [{ prefix: 'ge', low: updated, high: updated + 1 }] }, 'abc');
    await check({ kind: 'lastUpdated', anyOf: [{ prefix: 'lt', low: updated, high: updated + 1 }] }, '');

    await store.put(write(type, 'a', '', { tokens: [token('urn:1', 'new')] }));
    await check(tokens({ code: 'new' }), 'a');
    await check(tokens({ system: 'urn:1', code: 'x' }), '');
    await check(strings('prefix', 'jeanp'), '');
  });
}

async function sorts(t: Test, store: Store): Promise<void> {
  await t.test('every sort', async (t) => {
    const type = 'Sorted';
    const put = (id: string, name?: string, day?: number) =>
      store.put(
        write(type, id, '', {
          tokens: [{ key: 'S.all', system: '', code: id < 's4' ? 'low' : 'high' }],
          strings:
            name === undefined ? [] : name.split(' ').map((part) => ({ key: 'S.name', folded: part, exact: part })),
          dates: day === undefined ? [] : [{ key: 'S.date', low: day * DAY, high: (day + 1) * DAY }],
        }),
      );
    await put('s1', 'bob', 3);
    await put('s2', 'alice zoe', 1);
    await put('s3');
    await put('s4', 'bob', 2);
    await put('s5', 'carl', 3);
    await put('s1', 'bob', 3);
    const name = (descending: boolean): SortKey => ({ by: 'value', key: 'S.name', valueKind: 'string', descending });
    const date = (descending: boolean): SortKey => ({ by: 'value', key: 'S.date', valueKind: 'date', descending });
    const check = async (sort: SortKey[], expected: string, filters: Filter[] = []) => {
      for (const count of [100, 2, 1]) {
        t.equal(
          (await pages(store, query(type, filters, { sort, count }))).join(' '),
          expected,
          `${JSON.stringify(sort)} by ${count}`,
        );
      }
    };
    const all: Filter = { kind: 'token', key: 'S.all', anyOf: [{ code: 'low' }, { code: 'high' }] };
    for (const filters of [[], [all]]) {
      await check([{ by: '_id', descending: false }], 's1 s2 s3 s4 s5', filters);
      await check([{ by: '_id', descending: true }], 's5 s4 s3 s2 s1', filters);
      await check([{ by: '_lastUpdated', descending: false }], 's2 s3 s4 s5 s1', filters);
      await check([{ by: '_lastUpdated', descending: true }], 's1 s5 s4 s3 s2', filters);
      await check([name(false), { by: '_id', descending: true }], 's2 s4 s1 s5 s3', filters);
      await check([name(true), { by: '_id', descending: false }], 's2 s5 s1 s4 s3', filters);
      await check([date(false), name(false)], 's2 s4 s1 s5 s3', filters);
      await check([date(true), name(true)], 's5 s1 s4 s2 s3', filters);
      const one = await pages(store, query(type, filters, { sort: [name(false)], count: 1 }));
      t.same([one[0], new Set(one.slice(1, 3)), one[3], one[4]], ['s2', new Set(['s1', 's4']), 's5', 's3']);
      const down = await pages(store, query(type, filters, { sort: [date(true)], count: 2 }));
      t.same([new Set(down.slice(0, 2)), ...down.slice(2)], [new Set(['s1', 's5']), 's4', 's2', 's3']);
    }
    await check([name(false), { by: '_id', descending: false }], 's2 s1 s3', [
      { kind: 'token', key: 'S.all', anyOf: [{ code: 'low' }] },
    ]);
  });
}

async function paging(t: Test, store: Store): Promise<void> {
  await t.test('pages neither lose nor repeat, also while others write', async (t) => {
    const type = 'Paged';
    const make = (i: number, more = '') => {
      const values = {
        tokens: [{ key: 'P.even', system: 'urn:p', code: String(i % 2 === 0) }],
        strings: [
          { key: 'P.name', folded: `name${i % 37}`, exact: `Name${i % 37}` },
          { key: 'P.name', folded: `name${i % 37}b`, exact: 'b' },
        ],
        dates: [{ key: 'P.date', low: (i % 50) * DAY, high: ((i % 50) + 1) * DAY }],
      };
      return write(type, `p${String(i).padStart(4, '0')}`, `,"values":${JSON.stringify(values)}${more}`, values);
    };
    const wanted = Array.from({ length: 520 }, (_, i) => `p${String(i).padStart(4, '0')}`);
    await Promise.all(wanted.map((_, i) => store.put(make(i))));
    const even: Filter = { kind: 'token', key: 'P.even', anyOf: [{ system: 'urn:p', code: 'true' }] };
    const prefix: Filter = { kind: 'string', key: 'P.name', anyOf: [{ mode: 'prefix', value: 'name' }] };
    const since: Filter = { kind: 'date', key: 'P.date', anyOf: [{ prefix: 'ge', low: 0, high: DAY }] };
    const name: SortKey = { by: 'value', key: 'P.name', valueKind: 'string', descending: true };
    const evens = wanted.filter((_, i) => i % 2 === 0);
    for (const [filters, sort, expected] of [
      [[], [], wanted],
      [[even], [], evens],
      [[prefix], [], wanted],
      [[since], [], wanted],
      [[prefix, even], [], evens],
      [[], [name], wanted],
      [[even], [name], evens],
      [[], [{ by: '_id', descending: true }], wanted],
    ] as [Filter[], SortKey[], string[]][]) {
      let writes = 0;
      const found = await pages(store, query(type, filters, { sort, count: 37 }), async () => {
        // Updates of what was and was not seen yet, and new ones, must not disturb the series.
        await store.put(make(writes % 520, ',"touched":true'));
        await store.put(make((writes * 7 + 260) % 520));
        writes++;
      });
      t.same([...found].sort(), expected, JSON.stringify({ filters: filters.length, sort }));
    }
    const page = await store.search(query(type, [even], { count: 10, total: true }));
    t.equal(page.total, 260);
    const other = await store.search(query(type, [], { count: 10, sort: [{ by: '_id', descending: false }] }));
    await t.rejects(store.search(query(type, [even], { sort: [name], cursor: other.next ?? '' })), BadCursor);
  });
  await t.test('a series of pages shows its start, whatever is written meanwhile', (t) => moments(t, store));
  await t.test('cursors that are none', async (t) => {
    for (const cursor of [
      '',
      'x',
      'bm9uZQ',
      Buffer.from('["t"]').toString('base64url'),
      Buffer.from('["t",{"$gt":0}]').toString('base64url'),
      Buffer.from('["t","1 OR 1=1"]').toString('base64url'),
      'A'.repeat(5000),
    ]) {
      await t.rejects(store.search(query('Paged', [], { cursor })), BadCursor, cursor.slice(0, 20));
    }
  });
}

async function hostile(t: Test, store: Store): Promise<void> {
  await t.test('values are plain text', async (t) => {
    const texts = [
      `'; DROP TABLE resource; --`,
      '" OR 1=1',
      '%',
      '_',
      '\\',
      '$where',
      '{"$gt":""}',
      '.*',
      '(a+)+$',
      '|',
      ',',
      'a\u0001b',
      '\u{10ffff}',
      'é',
    ];
    for (const [i, text] of texts.entries()) {
      await store.put(
        write('Hostile', `x${i}`, '', {
          tokens: [{ key: 'X.t', system: text, code: text }],
          strings: [{ key: 'X.s', folded: fold(text), exact: text }],
          references: [{ key: 'X.r', target: text }],
          uris: [{ key: 'X.u', value: text }],
        }),
      );
    }
    for (const [i, text] of texts.entries()) {
      const expected = [`x${i}`];
      const find = (filter: Filter) => ids(store, query('Hostile', [filter]));
      t.same(
        await find({ kind: 'token', key: 'X.t', anyOf: [{ system: text, code: text }] }),
        expected,
        JSON.stringify(text),
      );
      t.same(await find({ kind: 'token', key: 'X.t', anyOf: [{ code: text }] }), expected);
      t.same(await find({ kind: 'token', key: 'X.t', anyOf: [{ system: text }] }), expected);
      t.same(
        await find({ kind: 'string', key: 'X.s', anyOf: [{ mode: 'exact', value: text, folded: fold(text) }] }),
        expected,
      );
      for (const mode of ['prefix', 'contains'] as const) {
        const found = await find({ kind: 'string', key: 'X.s', anyOf: [{ mode, value: fold(text) }] });
        t.ok(found.includes(`x${i}`), mode);
      }
      t.same(await find({ kind: 'reference', key: 'X.r', anyOf: [text] }), expected);
      t.same(await find({ kind: 'uri', key: 'X.u', anyOf: [{ mode: 'exact', value: text }] }), expected);
      t.same(await find({ kind: 'id', anyOf: [text] }), []);
    }
  });
}

async function concurrency(t: Test, store: Store): Promise<void> {
  const WIDE = 64;
  const many = <T>(work: (i: number) => Promise<T>) => Promise.all(Array.from({ length: WIDE }, (_, i) => work(i)));
  await t.test(`${WIDE} updates of one version: one wins`, async (t) => {
    await store.put(write('Raced', 'r1'));
    const outcomes = await many((i) => store.put(write('Raced', 'r1', `,"i":${i}`, {}, { expect: { version: 1 } })));
    t.equal(outcomes.filter((r) => r.outcome === 'updated').length, 1);
    t.equal(outcomes.filter((r) => r.outcome === 'conflict').length, WIDE - 1);
    const all = await many((i) => store.put(write('Raced', 'r2', `,"i":${i}`)));
    t.same(
      all.map((r) => stored(r).version).sort((a, b) => a - b),
      Array.from({ length: WIDE }, (_, i) => i + 1),
    );
    t.equal((await store.history({ type: 'Raced', id: 'r2', count: 100 })).items.length, WIDE);
  });
  await t.test(`${WIDE} times search then create under one lock: one is made, round after round`, async (t) => {
    for (let round = 0; round < 10; round++) {
      const key: Filter = { kind: 'token', key: 'R.id', anyOf: [{ system: 'urn:r', code: `c${round}` }] };
      const made = await many((i) =>
        store.transact([`R|c${round}`], async (transaction) => {
          const [match] = (await transaction.search(query('Raced', [key], { count: 2 }))).items;
          if (match !== undefined) return match.id;
          const values = { tokens: [{ key: 'R.id', system: 'urn:r', code: `c${round}` }] };
          return stored(await transaction.put(write('Raced', `c${round}-${i}`, '', values, { expect: 'absent' }))).id;
        }),
      );
      t.equal(new Set(made).size, 1);
      t.equal((await ids(store, query('Raced', [key]))).length, 1);
    }
  });
}

async function transactions(t: Test, store: Store): Promise<void> {
  await t.test('a transaction is whole or not there', async (t) => {
    const values = { tokens: [{ key: 'T.k', system: 'urn:new-system', code: 'k' }] };
    const found = query('Trans', [{ kind: 'token', key: 'T.k', anyOf: [{ code: 'k' }] }]);
    await t.rejects(
      store.transact([], async (transaction) => {
        await transaction.put(write('Trans', 't1', '', values));
        await transaction.put(write('Trans', 't2', '', values));
        t.same((await transaction.search(found)).items.map((item) => item.id).sort(), ['t1', 't2'], 'sees its own');
        t.equal((await transaction.read('Trans', 't1'))?.version, 1);
        throw new Error('no');
      }),
      { message: 'no' },
    );
    t.equal(await store.read('Trans', 't1'), undefined);
    t.same(await ids(store, found), []);
    await store.put(write('Trans', 'taken'));
    // It may be run again: what counts is what it returns.
    const { outcome } = await store.transact([], (transaction) =>
      transaction.put(write('Trans', 'taken', '', {}, { expect: 'absent' })),
    );
    t.equal(outcome, 'conflict');
    await store.transact([], async (transaction) => {
      await transaction.put(write('Trans', 'taken', ',"n":2'));
      t.equal((await transaction.readVersion('Trans', 'taken', 1))?.version, 1);
      t.equal((await transaction.readVersion('Trans', 'taken', 2))?.version, 2);
      t.equal(await transaction.readVersion('Trans', 'taken', 3), undefined);
      const { items, total } = await transaction.history({ type: 'Trans', id: 'taken', count: 10 });
      t.same([items.map(({ version }) => version), total], [[2, 1], 2], 'a history with what it wrote');
    });
    const kept = await store.transact(['a', 'b'], async (transaction) => {
      await transaction.put(write('Trans', 't1', '', values));
      const second = await transaction.put(write('Trans', 't1', ',"v":2', values));
      await transaction.put(write('Trans', 't3'));
      await transaction.put({ type: 'Trans', id: 't3', content: null, method: 'DELETE', expect: 'any' });
      return stored(second).version;
    });
    t.equal(kept, 2);
    t.same(await ids(store, found), ['t1']);
    t.equal((await store.read('Trans', 't3'))?.deleted, true);
    t.equal((await store.history({ type: 'Trans', id: 't1', count: 10 })).items.length, 2);
    const neighbours = await Promise.allSettled([
      store.put(write('Trans', 'n1')),
      store.transact([], async () => Promise.reject(new Error('no'))),
      store.put(write('Trans', 'n2')),
    ]);
    t.same(
      neighbours.map((n) => n.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    t.ok((await store.read('Trans', 'n1')) && (await store.read('Trans', 'n2')));
  });
}
