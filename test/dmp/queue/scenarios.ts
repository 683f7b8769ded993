/**
 * The queue for the DMP with a worker and the simulated DMP: what becomes of documents, whatever happens on the way. Run by
 * memory.test.ts, sqlite.test.ts and mongo.test.ts, each on its store.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Kept } from '../../../src/dmp/queue/delivery.js';
import { DMP_QUEUE, type DmpJob } from '../../../src/dmp/queue/job.js';
import { pausedLane, releaseLane } from '../../../src/dmp/queue/lanes.js';
import { type Change, type Filed, type Order, Queue } from '../../../src/dmp/queue/queue.js';
import { DEFAULT_WORKER, type News, Worker, type WorkerPorts } from '../../../src/dmp/queue/worker.js';
import type { Credential } from '../../../src/dmp/signature/keys.js';
import { DmpSimulator, type SimulatorOptions } from '../../../src/dmp/simulator/simulator.js';
import type { Store } from '../../../src/store/store.js';
import { clientOf, type Description, establishments, freeze, insOf, oid, signerOf } from '../../support/dmp-world.mjs';

const places = establishments(2);
const e0 = places[0] as (typeof places)[0];
const signers = new Map<string, Credential>();
for (const each of places) signers.set(each.id, await signerOf(each));
const policy = { backoff: 20, backoffMost: 200, reconcileAfter: 20, askAgain: 150 };
const settings = {
  ...DEFAULT_WORKER,
  poll: 20,
  breaker: { after: 5, rest: 50, restMost: 200 },
  existence: { open: 60_000, other: 20 },
};

interface Options {
  dmp?: Partial<SimulatorOptions>;
  worker?: Partial<typeof settings>;
  ports?: Partial<WorkerPorts>;
  /** Milliseconds that a client waits for an answer. */
  answer?: number;
}

/** A queue, a DMP, and as many workers as are asked for. */
async function world(t: Test, store: Store, { dmp = {}, worker = {}, ports = {}, answer = 30_000 }: Options = {}) {
  const simulator = new DmpSimulator({ trusted: places.map(({ pem }) => pem), ...dmp });
  const base = await simulator.listen();
  t.teardown(() => simulator.close());
  const changes: Change[] = [];
  const news: News[] = [];
  const queue = new Queue({
    now: Date.now,
    random: Math.random,
    policy,
    newId: randomUUID,
    record: async (change) => void changes.push(change),
  });
  const kept = new Map<string, Kept>();
  const descriptions = new Map<string, Description>();
  const limits = { connect: 5000, answer };
  const start = (more: Partial<WorkerPorts> = {}) => {
    const made = new Worker(
      {
        store,
        queue,
        check: async ({ patient }) => kept.get(patient),
        freeze: async ({ document, establishment }) => {
          const signer = signers.get(establishment) as Credential;
          return { frozen: await freeze(store.contents, descriptions.get(document) as Description, signer) };
        },
        client: async (id) => {
          const place = places.find((each) => each.id === id);
          const signer = signers.get(id);
          return place && signer && clientOf(base, place, signer, limits);
        },
        tell: (each) => void news.push(each),
        ...ports,
        ...more,
      },
      { ...settings, ...worker },
    );
    made.start();
    t.teardown(() => made.stop(500));
    return made;
  };
  // Patients of this world alone.
  let documents = Math.floor(Math.random() * 80_000_000);
  const describe = (more: Partial<Description> = {}): Description => {
    documents++;
    const uniqueId = oid();
    return {
      uniqueId,
      setId: uniqueId,
      versionNumber: 1,
      ins: insOf(documents),
      title: `Lettre ${documents}`,
      text: `Texte ${documents}`,
      ...more,
    };
  };
  /** The next version of a document. */
  const after = (one: Description, more: Partial<Description> = {}): Description => ({
    ...describe({ ins: one.ins }),
    setId: one.setId,
    versionNumber: one.versionNumber + 1,
    replaces: one.uniqueId,
    ...more,
  });
  const file = async (one: Description, more: Partial<Order> = {}, isFrozen = true): Promise<Filed> => {
    const place = more.establishment ?? 'e0';
    const signer = signers.get(place) as Credential;
    const frozen = isFrozen ? { frozen: await freeze(store.contents, one, signer) } : {};
    descriptions.set(one.uniqueId, one);
    const replaces = one.replaces === undefined ? {} : { replaces: one.replaces };
    return await store.transact([], (transaction) =>
      queue.enqueue(transaction, {
        document: one.uniqueId,
        version: 1,
        patient: one.ins,
        establishment: place,
        ...replaces,
        ...frozen,
        ...more,
      }),
    );
  };
  const job = async (id: string) => (await queue.get(store.jobs, id)) as DmpJob;
  /** Waits until the job is in this state. */
  const becomes = async (t: Test, { id }: { id: string }, state: DmpJob['state']) => {
    for (let i = 0; i < 500; i++) {
      const now = await job(id);
      if (now.state === state) return now;
      await sleep(20);
    }
    const { state: is, attempts } = await job(id);
    t.equal(
      is,
      state,
      `it became ${is}: ${JSON.stringify(attempts)} ${news.flatMap((one) => (one.type === 'error' ? String((one.error as Error).stack) : []))}`,
    );
    return await job(id);
  };
  const statusOf = ({ uniqueId }: Description) =>
    simulator.registry.versionsOf(uniqueId).map(({ status }) => status.split(':').at(-1));
  const count = (name: string) => simulator.counts[name] ?? 0;
  const withdraw = (document: string) =>
    store.transact([], (transaction) =>
      queue.delete(transaction, document, ({ submission }) => ({ ...submission, uniqueId: oid(), time: Date.now() })),
    );
  return {
    ...{ simulator, queue, changes, news, kept, descriptions, start, describe, after, file, job, becomes, statusOf },
    ...{ count, withdraw, base },
  };
}

export async function scenarios(t: Test, store: Store): Promise<void> {
  await t.test('a document is delivered as it was frozen, and its patient is asked about once', async (t) => {
    const w = await world(t, store);
    w.start();
    const one = w.describe();
    const [first, second, third] = [one, w.describe({ ins: one.ins }), w.describe({ ins: one.ins })] as const;
    const filed = [await w.file(first), await w.file(second, {}, false), await w.file(third)];
    t.same(
      filed.map(({ outcome }) => outcome),
      ['filed', 'filed', 'filed'],
    );
    for (const each of filed)
      t.match(await w.becomes(t, each, 'delivered'), { sendings: 1, attempts: [{ result: 'success' }] });
    t.same([first, second, third].map(w.statusOf), [['Approved'], ['Approved'], ['Approved']]);
    const { frozen } = await w.job(filed[0]?.id ?? '');
    t.equal(w.simulator.registry.versionsOf(first.uniqueId)[0]?.hash, frozen?.content.hash);
    t.equal(w.count('TD0.2 Success'), 1);
    t.equal(w.count('ITI-18 Success'), 0, 'nothing is asked for after a delivery');
    const states = w.changes.filter(({ id }) => id === filed[1]?.id).map(({ job }) => job.state);
    t.same(states, ['received', 'queued', 'sending', 'delivered'], 'each change is shown');
    t.equal((await w.file(first)).outcome, 'unchanged', 'as it is');
    t.equal((await w.file({ ...first, text: 'Autre' })).outcome, 'duplicate', 'the same number with other bytes');
    t.match(await w.queue.ofUniqueId(store.jobs, 'e0', first.uniqueId), [{ id: filed[0]?.id }]);
  });

  await t.test(
    'a replacement waits for its predecessor, aims at its entry, and is sent only if it differs',
    async (t) => {
      const w = await world(t, store);
      const first = w.describe();
      const a = await w.file(first);
      const second = w.after(first);
      const b = await w.file(second);
      const same = await w.file(w.after(second, { title: second.title, text: second.text }));
      t.match(same, { outcome: 'unchanged', id: b.id });
      const third = w.after(second);
      const c = await w.file(third);
      t.same(
        [a, b, c].map(({ job }) => job.state),
        ['queued', 'validated', 'validated'],
      );
      w.start();
      await w.becomes(t, c, 'delivered');
      t.same([(await w.job(a.id)).state, (await w.job(b.id)).state], ['superseded', 'superseded']);
      t.same([first, second, third].map(w.statusOf), [['Deprecated'], ['Deprecated'], ['Approved']]);
      t.match((await w.job(c.id)).attempts.at(-1), { transaction: 'TD2.1b' });
      const said = w.after(third, { title: third.title, text: third.text });
      const late = await w.file(said, {}, false);
      t.match(await w.becomes(t, late, 'superseded'), { sameAs: c.id, sendings: 0 }, 'found when it is frozen');
      t.match(await w.job(c.id), { state: 'delivered' });
      t.match(await w.queue.ofDocument(store.jobs, 'nothing'), []);
      t.equal((await w.queue.ofPatient(store.jobs, first.ins)).length, 4);
    },
  );

  await t.test('a predecessor that was never delivered is superseded where it stands', async (t) => {
    const w = await world(t, store);
    w.start();
    const [first, other] = [w.describe({ isBad: true }), w.describe()];
    const a = await w.file(first);
    t.match(await w.becomes(t, a, 'rejected'), { mayBeThere: false, attempts: [{ codeContext: /typeCode/ }] });
    const second = w.after(first);
    const b = await w.file(second);
    await w.becomes(t, b, 'delivered');
    t.equal((await w.job(a.id)).state, 'superseded');
    t.match((await w.job(b.id)).attempts.at(-1), { transaction: 'TD2.1a' }, 'as a first version');
    const h = await w.file(other, { hold: 'professional' });
    const next = await w.file(w.after(other));
    await w.becomes(t, next, 'delivered');
    t.equal((await w.job(h.id)).state, 'superseded');
    t.same(w.statusOf(other), []);
    // It is rejected while its successor waits.
    const bad = w.describe({ isBad: true });
    w.simulator.script.add({ fault: 'slow', delay: 200, kind: 'ITI-41' });
    const x = await w.file(bad);
    const y = await w.file(w.after(bad));
    await w.becomes(t, y, 'delivered');
    t.equal((await w.job(x.id)).state, 'superseded');
  });

  await t.test('the producer mends what was rejected: the same document, under the same number', async (t) => {
    const w = await world(t, store);
    w.start();
    const bad = w.describe({ isBad: true });
    const a = await w.file(bad);
    await w.becomes(t, a, 'rejected');
    const again = await w.file({ ...bad, isBad: false }, { version: 2 });
    t.match(again, { outcome: 'amended', id: a.id });
    t.match(await w.becomes(t, a, 'delivered'), { version: 2, sendings: 2 });
    // Before it was even frozen.
    const early = w.describe();
    const held = await w.file(early, { hold: 'professional' }, false);
    t.match(await w.file(early, { version: 2 }), { outcome: 'amended', id: held.id, job: { state: 'queued' } });
    await w.becomes(t, held, 'delivered');
    const other = w.describe({ isBad: true });
    const b = await w.file(other);
    await w.becomes(t, b, 'rejected');
    w.descriptions.set(other.uniqueId, { ...other, isBad: false });
    await store.transact([], (transaction) => w.queue.resubmit(transaction, b.id));
    await w.becomes(t, b, 'delivered');
    const refused = await store.transact([], (transaction) => w.queue.resubmit(transaction, b.id));
    t.equal(refused.outcome, 'impossible');
    t.match(await store.transact([], (transaction) => w.queue.resubmit(transaction, 'none')), { outcome: 'absent' });
  });

  await t.test('what is not known is asked for before anything is sent again', async (t) => {
    const w = await world(t, store, { worker: { breaker: { after: 1000, rest: 1, restMost: 1 } }, answer: 1000 });
    w.start();
    for (const [fault, sendings] of [
      ['time-out-after', 1],
      ['cut-after', 1],
      ['faulty-multipart', 1],
      ['time-out-before', 2],
      ['drop', 2],
      ['stale', 2],
      ['busy', 2],
    ] as const) {
      w.simulator.script.add({ fault, kind: 'ITI-41' });
      const one = w.describe();
      const job = await w.becomes(t, await w.file(one), 'delivered');
      t.equal(job.sendings, sendings, `${fault}: sent ${sendings}`);
      t.same(w.statusOf(one), ['Approved']);
    }
    w.simulator.script.add(
      { fault: 'http', status: 504, kind: 'ITI-41' },
      { fault: 'http', status: 500, kind: 'ITI-18' },
    );
    t.match(await w.becomes(t, await w.file(w.describe()), 'delivered'), { sendings: 2 });
    w.simulator.script.add({ fault: 'duplicate', kind: 'ITI-41' });
    const lost = w.describe();
    const failed = await w.file(lost);
    await w.becomes(t, failed, 'failed');
    await store.transact([], (transaction) => w.queue.resubmit(transaction, failed.id));
    await w.becomes(t, failed, 'delivered');
    t.same(w.statusOf(lost), ['Approved']);
  });

  await t.test('a replacement of what may be there finds it, or not', async (t) => {
    const w = await world(t, store, { worker: { breaker: { after: 1000, rest: 1, restMost: 1 } }, answer: 1000 });
    w.start();
    for (const [fault, statuses] of [
      ['time-out-after', ['Deprecated']],
      ['time-out-before', []],
    ] as const) {
      const first = w.describe();
      // It is taken or not, and then nobody can say so.
      w.simulator.script.add({ fault, kind: 'ITI-41' }, { fault: 'http', status: 403, kind: 'ITI-18' });
      const a = await w.file(first);
      await w.becomes(t, a, 'unknown');
      for (let i = 0; i < 100 && (await pausedLane(store.state, 'e0')) === undefined; i++) await sleep(10);
      const held = await store.transact([], (transaction) =>
        w.queue.take(transaction, a.id, { type: 'fail', because: 'test', transaction: 'TD2.1a' }),
      );
      t.equal(held.outcome, 'done');
      const second = w.after(first);
      const b = await w.file(second);
      t.match(await w.job(a.id), { state: 'superseded', mayBeThere: true });
      await releaseLane(store.state, 'e0');
      await w.becomes(t, b, 'delivered');
      t.same(w.statusOf(first), statuses);
      t.same(w.statusOf(second), ['Approved']);
    }
  });

  await t.test('a deletion: before it goes, while it goes, and after', async (t) => {
    const w = await world(t, store, { answer: 1000 });
    const never = w.describe();
    const a = await w.file(never, { hold: 'professional' });
    t.match(await w.withdraw(never.uniqueId), { id: a.id, job: { state: 'deleted' } });
    t.equal(await w.withdraw('none'), undefined);
    w.start();
    const one = w.describe();
    const two = w.after(one);
    const [b, c] = [await w.file(one), await w.file(two)];
    await w.becomes(t, c, 'delivered');
    w.simulator.script.add({ fault: 'time-out-after', kind: 'ITI-57' });
    const deletion = (await w.withdraw(two.uniqueId)) as { id: string };
    await w.becomes(t, deletion, 'deleted');
    t.same([(await w.job(b.id)).state, (await w.job(c.id)).state], ['superseded', 'deleted']);
    t.same([one, two].map(w.statusOf), [['Deprecated'], ['Deleted']]);
    t.equal(w.count('ITI-57 time-out-after'), 1);
    t.equal(w.count('ITI-57 Success'), 1, 'it was not sent again');
    w.simulator.script.add({ fault: 'slow', delay: 200, kind: 'ITI-41' });
    const three = w.describe();
    const d = await w.file(three);
    await w.becomes(t, d, 'sending');
    const during = (await w.withdraw(three.uniqueId)) as { id: string };
    await w.becomes(t, during, 'deleted');
    t.same(w.statusOf(three), ['Deleted']);
    t.equal((await w.job(d.id)).state, 'deleted');
    // And a version after that is a first one.
    const four = w.after(two);
    await w.becomes(t, await w.file(four), 'delivered');
    t.same([one, two, four].map(w.statusOf), [['Deprecated'], ['Deleted'], ['Approved']]);
  });

  await t.test('what keeps a document holds it, and lets it go', async (t) => {
    let state: 'none' | 'closed' | 'active' = 'none';
    const w = await world(t, store, { dmp: { dmpOf: () => state } });
    w.start();
    const one = w.describe();
    w.kept.set(one.ins, { hold: 'opposition' });
    const a = await w.file(one);
    t.match(await w.becomes(t, a, 'held'), { hold: 'opposition' });
    t.equal(w.count('TD0.2 Success'), 0, 'and nobody is asked about the patient');
    w.kept.delete(one.ins);
    t.equal(await store.transact([], (transaction) => w.queue.releaseAll(transaction, one.ins, 'identity')), 0);
    t.equal(await store.transact([], (transaction) => w.queue.releaseAll(transaction, one.ins, 'opposition')), 1);
    t.match(await w.becomes(t, a, 'held'), { hold: 'no-dmp' });
    state = 'closed';
    await sleep(250);
    t.match(await w.job(a.id), { state: 'held', hold: 'no-dmp', sendings: 0 });
    state = 'active';
    await w.becomes(t, a, 'delivered');
    const two = w.describe();
    await w.becomes(t, await w.file(w.describe({ ins: two.ins })), 'delivered');
    state = 'closed';
    const b = await w.file(two);
    t.match(
      await w.becomes(t, b, 'held'),
      { hold: 'no-dmp', sendings: 1, attempts: [{ result: 'DMPClosed' }] },
      'closed meanwhile',
    );
    state = 'active';
    await w.becomes(t, b, 'delivered');
    const three = w.describe();
    const held = await w.file(three, { hold: 'professional' });
    await sleep(60);
    t.match(await w.job(held.id), { state: 'held', hold: 'professional' });
    await store.transact([], (transaction) => w.queue.release(transaction, held.id));
    await w.becomes(t, held, 'delivered');
    t.match(await store.transact([], (transaction) => w.queue.hold(transaction, held.id, 'professional')), {
      outcome: 'impossible',
    });
  });

  await t.test('a refused certificate stops its lane alone, until an operator releases it', async (t) => {
    const w = await world(t, store);
    w.simulator.script.add({ fault: 'bad-certificate', kind: 'ITI-41' });
    w.start();
    const a = await w.file(w.describe());
    for (let i = 0; i < 200 && (await pausedLane(store.state, 'e0')) === undefined; i++) await sleep(10);
    t.match(await pausedLane(store.state, 'e0'), { because: 'fault DMPInvalidCertificate' });
    t.match(
      w.news.filter(({ type }) => type === 'paused'),
      [{ lane: 'e0', because: 'fault DMPInvalidCertificate' }],
    );
    const b = await w.file(w.describe());
    const other = await w.file(w.describe(), { establishment: 'e1' });
    await w.becomes(t, other, 'delivered');
    await sleep(60);
    t.match(await w.job(a.id), { state: 'queued', sendings: 1, inARow: 0 });
    t.match(await w.job(b.id), { state: 'queued', sendings: 0 });
    await releaseLane(store.state, 'e0');
    for (const each of [a, b]) await w.becomes(t, each, 'delivered');
    const nobody = await w.file(w.describe(), { establishment: 'e0' });
    await w.becomes(t, nobody, 'delivered');
  });

  await t.test('a DMP that is away is left alone, and found again', async (t) => {
    const w = await world(t, store, { worker: { breaker: { after: 5, rest: 3000, restMost: 3000 } } });
    const port = Number(new URL(w.base).port);
    await w.simulator.close();
    const worker = w.start();
    const filed = [];
    for (let i = 0; i < 20; i++) filed.push(await w.file(w.describe()));
    const breaker = () => w.news.filter(({ type }) => type === 'breaker');
    for (let i = 0; i < 500 && breaker().length === 0; i++) await sleep(20);
    t.match(breaker(), [{ isOpen: true }]);
    const attempts = (await Promise.all(filed.map(({ id }) => w.job(id)))).reduce(
      (sum, one) => sum + one.attempts.length,
      0,
    );
    t.ok(attempts < 20, `${attempts} attempts while it was away`);
    await w.simulator.listen(port);
    for (const each of filed) await w.becomes(t, each, 'delivered');
    t.match(w.news.filter(({ type }) => type === 'breaker').at(-1), { isOpen: false });
    await worker.stop();
    const late = await w.file(w.describe());
    await sleep(80);
    t.equal((await w.job(late.id)).state, 'queued', 'one that stopped leases nothing');
  });

  await t.test('a worker that died while it was sending, and one that slept', async (t) => {
    const w = await world(t, store, { worker: { lease: 1500 } });
    const sent = w.describe();
    const a = await w.file(sent);
    // As one that died leaves it: marked and taken, and nothing more.
    const client = clientOf(w.base, e0, signers.get('e0') as Credential);
    const frozen = (await w.job(a.id)).frozen as NonNullable<DmpJob['frozen']>;
    const bytes = async (address: string) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of store.contents.read(address)) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    const prepared = { ...frozen, cda: await bytes(frozen.cda), lotSignature: await bytes(frozen.lotSignature) };
    await store.jobs.lease(DMP_QUEUE, 'e0', Date.now(), Date.now() + 200, 1);
    await store.transact([], (transaction) => w.queue.take(transaction, a.id, { type: 'send', transaction: 'TD2.1a' }));
    t.equal((await client.provide(prepared)).outcome.kind, 'success');
    w.start();
    t.match(await w.becomes(t, a, 'delivered'), {
      sendings: 1,
      attempts: [{ result: 'interrupted' }, { result: 'there' }],
    });
    t.same(w.statusOf(sent), ['Approved']);
    // Somebody holds it while a worker asks whether there is a DMP.
    w.simulator.script.add({ fault: 'slow', delay: 300, kind: 'TD0.2' });
    const other = w.describe();
    const b = await w.file(other);
    await sleep(100);
    t.equal(
      (await store.transact([], (transaction) => w.queue.hold(transaction, b.id, 'professional'))).outcome,
      'done',
    );
    await sleep(500);
    t.match(await w.job(b.id), { state: 'held', sendings: 0 });
    t.same(w.statusOf(other), []);
    // A call that takes longer than the lease keeps it.
    w.simulator.script.add({ fault: 'slow', delay: 2500, kind: 'ITI-41' });
    const slow = await w.file(w.describe());
    t.match(await w.becomes(t, slow, 'delivered'), { sendings: 1, attempts: [{ result: 'success' }] });
  });

  await t.test('an error of ours fails the job, and is told', async (t) => {
    const w = await world(t, store, {
      ports: {
        freeze: async () => {
          throw new TypeError('a fault');
        },
      },
    });
    w.start();
    const a = await w.file(w.describe(), {}, false);
    t.match(await w.becomes(t, a, 'failed'), { attempts: [{ result: 'error of this server' }] });
    t.match(w.news, [{ type: 'error', error: { message: 'a fault' } }]);
    const one = w.describe();
    const b = await w.file(one, { hold: 'professional' });
    const { cda } = (await w.job(b.id)).frozen as NonNullable<DmpJob['frozen']>;
    await store.contents.sweep(Date.now() + 60_000, async () => new Set());
    t.equal(await store.contents.size(cda), undefined);
    await store.transact([], (transaction) => w.queue.release(transaction, b.id));
    t.match(await w.becomes(t, b, 'failed'), { attempts: [{ result: 'content is missing' }] });
    const c = await w.file(w.describe(), { establishment: 'nobody' }, false);
    await sleep(100);
    t.equal((await w.job(c.id)).state, 'received');
    t.ok(w.news.some((each) => each.type === 'lane-without-client'));
    const d = await w.file(w.describe(), { faults: [] });
    t.equal(d.job.state, 'rejected');
  });

  await t.test('two workers share the queue: each document goes once', async (t) => {
    const w = await world(t, store);
    const filed = [];
    const all = Array.from({ length: 30 }, () => w.describe());
    for (const [i, one] of all.entries()) filed.push(await w.file(one, { establishment: i % 2 === 0 ? 'e0' : 'e1' }));
    w.start();
    w.start();
    for (const each of filed) await w.becomes(t, each, 'delivered');
    t.ok(all.every((one) => w.statusOf(one).join() === 'Approved'));
    t.equal(w.count('ITI-41 Success'), 30);
  });
}
