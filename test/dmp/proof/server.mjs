/**
 * One server process of the proof: the store, the queue and a worker, with the wishes of vendors by messages from its
 * parent, who kills it at any moment. `node server.mjs SETTINGS` with a file of JSON.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DMP_QUEUE } from '../../../dist/dmp/queue/job.js';
import { pausedLane, releaseLane } from '../../../dist/dmp/queue/lanes.js';
import { Queue } from '../../../dist/dmp/queue/queue.js';
import { DEFAULT_WORKER, Worker } from '../../../dist/dmp/queue/worker.js';
import { openMongoStore } from '../../../dist/store/mongo/index.js';
import { openSqliteStore } from '../../../dist/store/sqlite/index.js';
import { clientOf, freeze, oid, signerOf } from '../../support/dmp-world.mjs';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { base, places, folder, uri } = settings;
const store = uri === undefined ? openSqliteStore({ folder }) : await openMongoStore({ uri });
const signers = new Map();
for (const place of places) signers.set(place.id, await signerOf(place));
const clients = new Map(
  places.map((place) => [place.id, clientOf(base, place, signers.get(place.id), settings.limits)]),
);

const NOTHING = { tokens: [], strings: [], references: [], uris: [], dates: [], numbers: [], positions: [] };
const values = { ...NOTHING, words: { narrative: [], content: [] } };
const put = (transaction, type, id, said) =>
  transaction.put({
    ...{ type, id, method: 'PUT', expect: 'any' },
    content: { text: { type, metaRest: '', rest: `,"said":${JSON.stringify(said)}` }, values },
  });
const saidIn = (found) => (found === undefined || found.deleted ? undefined : JSON.parse(found.text).said);

const queue = new Queue({
  now: Date.now,
  random: Math.random,
  policy: settings.policy,
  newId: randomUUID,
  record: async ({ id, job }, transaction) => void (await put(transaction, 'Task', id, job.state)),
});
const worker = new Worker(
  {
    store,
    queue,
    check: async ({ patient }, transaction) =>
      saidIn(await transaction.read('Consent', patient)) === 'deny' ? { hold: 'opposition' } : undefined,
    freeze: async ({ document, establishment }, transaction) => {
      const description = saidIn(await transaction.read('DocumentReference', document));
      return { frozen: await freeze(store.contents, description, signers.get(establishment)) };
    },
    client: async (id) => clients.get(id),
    tell: (news) => {
      if (news.type === 'error') process.send({ error: news.error?.stack ?? String(news.error) });
    },
  },
  { ...DEFAULT_WORKER, ...settings.worker },
);

const OPERATIONS = {
  async file({ version, establishment, isFrozen, hold }) {
    const frozen = isFrozen ? { frozen: await freeze(store.contents, version, signers.get(establishment)) } : {};
    const filed = await store.transact([], async (transaction) => {
      await put(transaction, 'DocumentReference', version.uniqueId, version);
      const { uniqueId: document, replaces, ins: patient } = version;
      return await queue.enqueue(transaction, {
        ...{ document, version: 1, patient, establishment, ...frozen },
        ...(replaces === undefined ? {} : { replaces }),
        ...(hold ? { hold: 'professional' } : {}),
      });
    });
    worker.wake();
    return filed.outcome;
  },
  /** The vendor repairs a document that was refused, and sends it again under its number. */
  async mend({ version, establishment }) {
    const { isBad: _, ...good } = version;
    return await OPERATIONS.file({ version: good, establishment, isFrozen: true });
  },
  async delete({ version }) {
    const done = await store.transact([], (transaction) =>
      queue.delete(transaction, version.uniqueId, ({ submission }) => ({
        ...submission,
        uniqueId: oid(),
        time: Date.now(),
      })),
    );
    worker.wake();
    return done?.job.state;
  },
  async release({ version }) {
    const done = await store.transact([], async (transaction) => {
      const [found] = await queue.ofDocument(transaction.jobs, version.uniqueId, 1);
      return await queue.release(transaction, found.id, 'professional');
    });
    worker.wake();
    return done.outcome;
  },
  async oppose({ ins }) {
    await store.transact([], (transaction) => put(transaction, 'Consent', ins, 'deny'));
  },
  async lift({ ins }) {
    await store.transact([], async (transaction) => {
      await put(transaction, 'Consent', ins, 'permit');
      await queue.releaseAll(transaction, ins, 'opposition');
    });
    worker.wake();
  },
  /** Operators and vendors, who look at what stands still: certificates are in order again, documents were good after all. */
  async repair() {
    for (const { id } of places) {
      if ((await pausedLane(store.state, id)) !== undefined) await releaseLane(store.state, id);
    }
    let resubmitted = 0;
    for (const state of ['failed', 'rejected']) {
      for (const { id, body } of await store.jobs.list(DMP_QUEUE, { state }, 10_000)) {
        const job = JSON.parse(body);
        const isBad = saidIn(await store.read('DocumentReference', job.document))?.isBad ?? false;
        if (isBad && state === 'rejected') continue;
        const { outcome } = await store.transact([], (transaction) => queue.resubmit(transaction, id));
        if (outcome === 'done') resubmitted++;
      }
    }
    worker.wake();
    return { resubmitted, counts: await store.jobs.counts(DMP_QUEUE) };
  },
};

process.on('message', async ({ n, operation, wanted }) => {
  try {
    process.send({ n, result: (await OPERATIONS[operation](wanted)) ?? null });
  } catch (error) {
    process.send({ n, failure: error?.stack ?? String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
worker.start();
process.send({ ready: true });
