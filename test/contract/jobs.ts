/** What the jobs of every store must do. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { Job, NewJob } from '../../src/store/jobs.js';
import type { Store } from '../../src/store/store.js';

export async function jobs(t: Test, store: Store): Promise<void> {
  const { jobs } = store;
  /** A queue of its own for each test. */
  let queue = '';
  let made = 0;
  t.beforeEach(() => {
    queue = `q-${randomUUID()}`;
    made = 0;
  });
  const job = (parts: Partial<NewJob> = {}): NewJob => {
    made++;
    return {
      id: `j${String(made).padStart(5, '0')}`,
      queue,
      lane: 'a',
      chain: `chain-${made}`,
      place: 1,
      state: 'queued',
      keys: [],
      due: 1000,
      body: '{}',
      contents: [],
      ...parts,
    };
  };
  const add = async (parts: Partial<NewJob> = {}): Promise<NewJob> => {
    const one = job(parts);
    await jobs.add(one);
    return one;
  };
  const get = async (id: string): Promise<Job> => {
    const found = await jobs.get(queue, id);
    if (found === undefined) throw new Error(`no job ${id}`);
    return found;
  };
  const idsOf = (all: readonly { id: string }[]) => all.map(({ id }) => id);

  await t.test('jobs: what is added is there as it was, once', async (t) => {
    const one = await add({ keys: ['document|1', 'patient|é 2'], body: '{"a":"é\\u0000"}', due: null });
    t.match(await jobs.get(queue, one.id), one);
    t.equal(await jobs.get(queue, 'other'), undefined);
    t.equal(await jobs.get('other', one.id), undefined);
    await t.rejects(jobs.add(one), /there is a job/);
    t.match(await jobs.get(queue, one.id), one, 'it stays');
    await t.rejects(
      store.transact([], (transaction) => transaction.jobs.add(one)),
      /there is a job/,
    );
    await t.rejects(
      store.transact([], async (transaction) => {
        const twice = job();
        await transaction.jobs.add(twice);
        await transaction.jobs.add(twice);
      }),
      /there is a job/,
    );
    t.same(idsOf(await jobs.list(queue, {}, 10)), [one.id]);
  });

  await t.test('jobs: found by key, the newest first, and by chain, in its order', async (t) => {
    await add({ keys: ['document|1', 'patient|1'], chain: 'c', place: 2 });
    await add({ keys: ['document|2', 'patient|1'], chain: 'c', place: 1 });
    await add({ keys: ['document|3', 'patient|1', 'patient|1'], chain: 'd', place: 3 });
    t.same(idsOf(await jobs.find(queue, 'patient|1', 10)), ['j00003', 'j00002', 'j00001']);
    t.same(idsOf(await jobs.find(queue, 'patient|1', 2)), ['j00003', 'j00002']);
    t.same(idsOf(await jobs.find(queue, 'document|2', 10)), ['j00002']);
    t.same(await jobs.find(queue, 'document', 10), []);
    t.same(await jobs.find('other', 'patient|1', 10), []);
    t.same(idsOf(await jobs.chain(queue, 'c')), ['j00002', 'j00001']);
    t.same(await jobs.chain(queue, 'patient|1'), [], 'a key is no chain');
  });

  await t.test('jobs: a save needs the fence that is, and changes all but the name and the lane', async (t) => {
    const { id } = await add({ keys: ['k|1', 'k|2'] });
    const first = await get(id);
    const next = { ...first, state: 'held', keys: ['k|2', 'k|3'], due: null, body: '{"n":2}', place: 7 };
    t.equal(await jobs.save(next), true);
    const second = await get(id);
    t.match(second, { state: 'held', keys: ['k|2', 'k|3'], due: null, body: '{"n":2}', place: 7 });
    t.ok(second.fence > first.fence);
    t.equal(await jobs.save({ ...first, state: 'failed' }), false);
    t.same(await get(id), second, 'nothing done');
    t.same(await jobs.find(queue, 'k|1', 5), []);
    t.same(idsOf(await jobs.find(queue, 'k|3', 5)), [id]);
    t.equal(await jobs.save({ ...second, due: 5 }), true);
    t.equal((await get(id)).due, 5);
    t.equal(await jobs.remove(second), false);
    t.equal(await jobs.remove(await get(id)), true);
    t.equal(await jobs.get(queue, id), undefined);
    t.same(await jobs.find(queue, 'k|3', 5), []);
    t.equal(await jobs.save(second), false);
    t.equal(await jobs.remove(second), false);
  });

  await t.test('jobs: a lease takes what is due in a lane, the longest first, until its end', async (t) => {
    await add({ due: 300 });
    await add({ due: 100 });
    await add({ due: 200 });
    await add({ due: 50, lane: 'b' });
    await add({ due: null });
    await add({ due: 1001 });
    t.same(await jobs.lease(queue, 'a', 99, 5000, 10), []);
    const taken = await jobs.lease(queue, 'a', 1000, 5000, 2);
    t.same(idsOf(taken), ['j00002', 'j00003']);
    t.ok(taken.every(({ due, fence }) => due === 5000 && fence > 1));
    t.same(await get('j00002'), taken[0], 'as it is kept');
    t.same(idsOf(await jobs.lease(queue, 'a', 1000, 5000, 10)), ['j00001']);
    t.same(await jobs.lease(queue, 'a', 1000, 5000, 10), []);
    t.same(
      idsOf(await jobs.lease(queue, 'a', 5000, 9000, 10)).sort(),
      ['j00001', 'j00002', 'j00003', 'j00006'],
      'given back',
    );
    t.equal(await jobs.save(taken[0] as Job), false, 'and lost to whoever slept');
    t.equal(await jobs.remove(taken[0] as Job), false);
    t.equal(await jobs.renew(taken[0] as Job, 20_000), false);
  });

  await t.test('jobs: a lease can be kept longer', async (t) => {
    await add();
    const [held] = await jobs.lease(queue, 'a', 1000, 2000, 1);
    t.ok(held);
    t.equal(await jobs.renew(held as Job, 4000), true);
    t.same(await jobs.lease(queue, 'a', 3000, 5000, 1), []);
    t.equal(await jobs.save({ ...(held as Job), due: null }), true, 'its fence stayed');
    t.equal(await jobs.renew(await get('j00001'), 4000), false, 'what waits has no lease');
    t.equal((await get('j00001')).due, null);
  });

  await t.test('jobs: several who lease at once get each job once', async (t) => {
    for (let i = 0; i < 120; i++) await add({ due: i });
    const all: string[] = [];
    const worker = async () => {
      for (;;) {
        const taken = await jobs.lease(queue, 'a', 1000, 9000, 3);
        if (taken.length === 0) return;
        all.push(...idsOf(taken));
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    t.equal(all.length, 120);
    t.equal(new Set(all).size, 120);
  });

  await t.test('jobs: of several who save at once one does', async (t) => {
    const { id } = await add();
    const seen = await get(id);
    const saved = await Promise.all(Array.from({ length: 8 }, (_, i) => jobs.save({ ...seen, state: `s${i}` })));
    t.equal(saved.filter(Boolean).length, 1);
    t.equal((await get(id)).state, `s${saved.indexOf(true)}`);
    const again = await get(id);
    const both = await Promise.all(
      ['x', 'y'].map((state) => store.transact([], (transaction) => transaction.jobs.save({ ...again, state }))),
    );
    t.equal(both.filter(Boolean).length, 1, 'in transactions, too');
  });

  await t.test(
    'jobs: in a transaction they are seen by its later steps, and after it by all, or by none',
    async (t) => {
      const kept = await add({ keys: ['k|old'], chain: 'c' });
      const work = async (fails: boolean) => {
        const fresh = job({ keys: ['k|new'], chain: 'c', place: 2 });
        await store.transact(['x'], async ({ jobs: steps }) => {
          await steps.add(fresh);
          const old = await steps.get(queue, kept.id);
          t.equal(await steps.save({ ...(old as Job), state: 'held', keys: ['k|saved'] }), true);
          t.equal(await steps.save(old as Job), false);
          t.match(await steps.get(queue, kept.id), { state: 'held' });
          t.match(await steps.get(queue, fresh.id), fresh);
          t.same(idsOf(await steps.chain(queue, 'c')), [kept.id, fresh.id]);
          t.same(idsOf(await steps.find(queue, 'k|new', 5)), [fresh.id]);
          t.same(idsOf(await steps.find(queue, 'k|saved', 5)), [kept.id]);
          t.same(await steps.find(queue, 'k|old', 5), []);
          if (fails) throw new Error('no');
        });
        return fresh;
      };
      const before = await get(kept.id);
      await t.rejects(work(true), /^Error: no$|no/);
      t.same(await get(kept.id), before);
      t.same(idsOf(await jobs.list(queue, {}, 10)), [kept.id]);
      t.same(idsOf(await jobs.find(queue, 'k|old', 5)), [kept.id]);
      const fresh = await work(false);
      t.same(idsOf(await jobs.list(queue, {}, 10)), [kept.id, fresh.id]);
      t.match(await get(kept.id), { state: 'held' });
      await store.transact([], async ({ jobs: steps }) => {
        t.equal(await steps.remove((await steps.get(queue, fresh.id)) as Job), true);
        t.equal(await steps.get(queue, fresh.id), undefined);
      });
      t.equal(await jobs.get(queue, fresh.id), undefined);
    },
  );

  await t.test('jobs: of two who read a chain at once and write, one sees what the other did', async (t) => {
    // Each adds one behind those that it sees: no place is taken twice.
    await Promise.all(
      Array.from({ length: 6 }, () =>
        store.transact([], async ({ jobs: steps }) => {
          const there = await steps.chain(queue, 'c');
          await steps.add(job({ chain: 'c', place: there.length + 1 }));
        }),
      ),
    );
    t.same(
      (await jobs.chain(queue, 'c')).map(({ place }) => place),
      [1, 2, 3, 4, 5, 6],
    );
  });

  await t.test(
    'jobs: a lease that comes while a transaction changes the job waits for it, or takes it before',
    async (t) => {
      const { id } = await add();
      let leased: Promise<Job[]> | undefined;
      await store.transact([], async ({ jobs: steps }) => {
        const seen = (await steps.get(queue, id)) as Job;
        await steps.save({ ...seen, state: 'held', due: null });
        leased ??= jobs.lease(queue, 'a', 1000, 2000, 5);
      });
      t.same(await leased, [], 'it is not due any more');
      t.match(await get(id), { state: 'held', due: null });
    },
  );

  await t.test('jobs: lanes, the next that is due, counts and lists', async (t) => {
    t.same([await jobs.lanes(queue, 1e15), await jobs.nextDue(queue), await jobs.counts(queue)], [[], undefined, []]);
    await add({ lane: 'b', due: 500 });
    await add({ lane: 'a', due: 700 });
    await add({ lane: 'a', due: 600, state: 'held' });
    await add({ lane: 'c', due: null, state: 'held' });
    await add({ lane: '', due: 900 });
    t.same(await jobs.lanes(queue, 499), []);
    t.same(await jobs.lanes(queue, 500), ['b']);
    t.same(await jobs.lanes(queue, 1000), ['', 'a', 'b']);
    t.equal(await jobs.nextDue(queue), 500);
    t.same(await jobs.counts(queue), [
      { lane: '', state: 'queued', count: 1 },
      { lane: 'a', state: 'held', count: 1 },
      { lane: 'a', state: 'queued', count: 1 },
      { lane: 'b', state: 'queued', count: 1 },
      { lane: 'c', state: 'held', count: 1 },
    ]);
    t.same(idsOf(await jobs.list(queue, {}, 2)), ['j00001', 'j00002']);
    t.same(idsOf(await jobs.list(queue, {}, 9, 'j00002')), ['j00003', 'j00004', 'j00005']);
    t.same(idsOf(await jobs.list(queue, { state: 'held' }, 9)), ['j00003', 'j00004']);
    t.same(idsOf(await jobs.list(queue, { lane: 'a' }, 9)), ['j00002', 'j00003']);
    t.same(idsOf(await jobs.list(queue, { lane: 'a', state: 'held' }, 9)), ['j00003']);
  });

  await t.test('jobs: the contents that they need are told as long as they are there', async (t) => {
    const [x, y, z] = [randomUUID(), randomUUID(), randomUUID()];
    const all = async () => {
      const found = new Set<string>();
      for await (const address of jobs.contents()) found.add(address);
      return [x, y, z].filter((one) => found.has(one));
    };
    const { id } = await add({ contents: [x, y] });
    await add({ contents: [y, y] });
    t.same((await get(id)).contents, [x, y]);
    t.same(await all(), [x, y]);
    t.equal(await jobs.save({ ...(await get(id)), contents: [z] }), true);
    t.same(await all(), [y, z]);
    t.equal(await jobs.remove(await get(id)), true);
    t.same(await all(), [y]);
  });

  await t.test('jobs: ten thousand of them', async (t) => {
    const body = JSON.stringify({ filler: 'x'.repeat(200) });
    for (let from = 0; from < 10_000; from += 500) {
      await store.transact([], async ({ jobs: steps }) => {
        for (let i = from; i < from + 500; i++)
          await steps.add(job({ due: i, lane: `l${i % 10}`, keys: [`n|${i % 7}`], body }));
      });
    }
    t.equal(
      (await jobs.counts(queue)).reduce((sum, { count }) => sum + count, 0),
      10_000,
    );
    t.equal((await jobs.lanes(queue, 100_000)).length, 10);
    const seen = new Set<string>();
    for (let after: string | undefined; ; ) {
      const page = await jobs.list(queue, {}, 1000, after);
      if (page.length === 0) break;
      for (const { id } of page) seen.add(id);
      after = page.at(-1)?.id;
    }
    t.equal(seen.size, 10_000);
    const began = performance.now();
    for (let i = 0; i < 50; i++) {
      const [one] = await jobs.lease(queue, `l${i % 10}`, 100_000, 200_000, 1);
      t.equal(one?.due, 200_000);
    }
    t.ok((performance.now() - began) / 50 < 200, 'a lease does not read them all');
    t.equal(await jobs.nextDue(queue), 50);
  });
}
