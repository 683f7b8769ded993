/**
 * `npm run bench:dmp [-- --documents 1500] [--jobs 100000] [--only sqlite|mongodb]`: deliveries to the simulated DMP, from the
 * frozen document to its answer, and what a lease takes among many jobs. The simulator is a process of its own; a rate "on one
 * core" is documents by the seconds of CPU that the server process took, so that neighbours on the machine do not count.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DMP_QUEUE } from '../../dist/dmp/queue/job.js';
import { DEFAULT_POLICY } from '../../dist/dmp/queue/policy.js';
import { jobWith, Queue } from '../../dist/dmp/queue/queue.js';
import { DEFAULT_WORKER, Worker } from '../../dist/dmp/queue/worker.js';
import { openMongoStore } from '../../dist/store/mongo/index.js';
import { openSqliteStore } from '../../dist/store/sqlite/index.js';
import { clientOf, establishments, freeze, insOf, oid, signerOf } from '../support/dmp-world.mjs';
import { findMongo } from '../support/mongod.mjs';

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '1500' },
    jobs: { type: 'string', default: '100000' },
    leases: { type: 'string', default: '1000' },
    only: { type: 'string', default: '' },
  },
});
const [DOCUMENTS, JOBS, LEASES] = [values.documents, values.jobs, values.leases].map(Number);
const LANES = 10;

const places = establishments(LANES);
const signers = new Map();
for (const place of places) signers.set(place.id, await signerOf(place));

const NOTHING = { tokens: [], strings: [], references: [], uris: [], dates: [], numbers: [], positions: [] };
/** A Task of the size that one has, with the search values that find it. */
async function record({ id, job }, transaction) {
  const value = (key, code) => ({ key: `Task.${key}`, system: '', code });
  const rest = { status: 'in-progress', businessStatus: { text: job.state }, note: job.attempts };
  await transaction.put({
    ...{ type: 'Task', id, method: 'PUT', expect: 'any' },
    content: {
      text: { type: 'Task', metaRest: '', rest: `,${JSON.stringify(rest).slice(1, -1)}` },
      values: {
        ...NOTHING,
        tokens: [value('status', rest.status), value('business-status', job.state), value('code', 'dmp')],
        references: [
          { key: 'Task.focus', target: `DocumentReference/${job.document}` },
          { key: 'Task.patient', target: `Patient/${job.patient}` },
        ],
        words: { narrative: [], content: [] },
      },
    },
  });
}

const ms = (n) => `${n.toFixed(1)} ms`;
const cpuSeconds = ({ user, system }) => (user + system) / 1e6;
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const row = (name, value) => console.log(`  ${name.padEnd(52)}${value}`);

async function deliveries(store) {
  const simulator = fork(fileURLToPath(new URL('dmp-simulator.mjs', import.meta.url)), [
    JSON.stringify(places.map(({ pem }) => pem)),
  ]);
  const [{ base }] = await once(simulator, 'message');
  const clients = new Map(places.map((place) => [place.id, clientOf(base, place, signers.get(place.id))]));
  let left = 0;
  let done = () => undefined;
  const queue = new Queue({ now: Date.now, random: Math.random, policy: DEFAULT_POLICY, newId: randomUUID, record });
  const worker = new Worker(
    {
      ...{ store, queue },
      check: async () => undefined,
      freeze: async () => ({ faults: [] }),
      client: async (id) => clients.get(id),
      tell: (news) => {
        if (news.type === 'error') console.log(news.error);
        if (news.type === 'ended' && news.state === 'delivered' && --left === 0) done();
      },
    },
    { ...DEFAULT_WORKER, poll: 20 },
  );
  const file = async (count) => {
    const one = async (i) => {
      const uniqueId = oid();
      const { id: establishment } = places[i % LANES];
      const version = {
        uniqueId,
        setId: uniqueId,
        versionNumber: 1,
        ins: insOf(i % 300),
        title: `Lettre ${i}`,
        text: 'Texte '.repeat(150),
      };
      const frozen = await freeze(store.contents, version, signers.get(establishment));
      await store.transact([], (transaction) =>
        queue.enqueue(transaction, { document: uniqueId, version: 1, patient: version.ins, establishment, frozen }),
      );
    };
    for (let i = 0; i < count; i += 16)
      await Promise.all(Array.from({ length: Math.min(16, count - i) }, (_, j) => one(i + j)));
  };
  const again = new Worker(worker.ports, { ...DEFAULT_WORKER, poll: 20 });
  const deliver = async (count) => {
    left = count;
    const all = new Promise((resolve) => {
      done = resolve;
    });
    again.start();
    await all;
  };
  // Warm: code, connections, patients who were asked about.
  worker.start();
  left = 300;
  const warm = new Promise((resolve) => {
    done = resolve;
  });
  await file(300);
  await warm;
  await worker.stop();
  const timed = async (work) => {
    const [cpu, began] = [process.cpuUsage(), performance.now()];
    await work();
    return { cpu: cpuSeconds(process.cpuUsage(cpu)), wall: (performance.now() - began) / 1000 };
  };
  const filing = await timed(() => file(DOCUMENTS));
  simulator.send({});
  const [before] = await once(simulator, 'message');
  const sending = await timed(() => deliver(DOCUMENTS));
  simulator.send({});
  const [after] = await once(simulator, 'message');
  await again.stop();
  simulator.kill('SIGKILL');
  const rate = ({ cpu, wall }) =>
    `${Math.round(DOCUMENTS / cpu)}/s on one core, ${Math.round(DOCUMENTS / wall)}/s by the clock`;
  row('frozen and filed, with the lot signature', rate(filing));
  row('delivered from the queue, with the VIHF', rate(sending));
  const both = { cpu: filing.cpu + sending.cpu, wall: filing.wall + sending.wall };
  row('end to end (asked: 60/s on one core)', `${rate(both)}; ${ms((both.cpu / DOCUMENTS) * 1000)} of CPU each`);
  const own = cpuSeconds(after.cpu) - cpuSeconds(before.cpu);
  row('the simulator beside it', `${ms((own / DOCUMENTS) * 1000)} of CPU each`);
  return await store.jobs.list(DMP_QUEUE, { state: 'delivered' }, 1);
}

async function leases(store, [like]) {
  const body = JSON.parse(like.body);
  for (let from = 0; from < JOBS; from += 500) {
    await store.transact([], async ({ jobs }) => {
      for (let i = from; i < Math.min(JOBS, from + 500); i++) {
        const establishment = places[i % LANES].id;
        const own = { ...body, state: 'queued', establishment, document: `d${i}`, patient: `p${i % 5000}` };
        const where = { id: randomUUID(), queue: DMP_QUEUE, lane: establishment, chain: `c${i}`, place: 1 };
        await jobs.add(jobWith(where, own, Date.now() - JOBS + i));
      }
    });
  }
  const measure = async (work) => {
    const times = [];
    for (let i = 0; i < LEASES; i++) {
      const began = performance.now();
      await work(i);
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    return `p50 ${ms(quantile(times, 0.5))}, p99 ${ms(quantile(times, 0.99))}`;
  };
  const until = Date.now() + 3_600_000;
  const lease = (count) => (i) => store.jobs.lease(DMP_QUEUE, places[i % LANES].id, Date.now(), until, count);
  row(`a lease of one among ${JOBS} (asked: p99 under 20 ms)`, await measure(lease(1)));
  row('a lease of four', await measure(lease(4)));
  row('lanes that have due jobs', await measure(() => store.jobs.lanes(DMP_QUEUE, Date.now())));
  const began = performance.now();
  await store.jobs.counts(DMP_QUEUE);
  row('counts by lane and state', ms(performance.now() - began));
}

async function show(name, store) {
  console.log(`${name}: ${DOCUMENTS} documents, load of the machine ${loadavg()[0].toFixed(1)}`);
  await leases(store, await deliveries(store));
  await store.close();
}

if ('sqlite'.includes(values.only)) {
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-bench-'));
  await show('SQLite', openSqliteStore({ folder }));
  rmSync(folder, { recursive: true });
}
if ('mongodb'.includes(values.only)) {
  const mongo = await findMongo();
  if ('skip' in mongo) console.log(`MongoDB: skipped: ${mongo.skip}`);
  else {
    await show('MongoDB', await openMongoStore({ uri: mongo.uri() }));
    await mongo.stop();
  }
}
