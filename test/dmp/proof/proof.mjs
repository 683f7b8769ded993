/**
 * The proof of the queue: documents with replacements and deletions, oppositions, every fault of the simulator, and server
 * processes killed every few seconds. At the end each document is where it should be, or it is counted.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { DmpSimulator } from '../../../dist/dmp/simulator/simulator.js';
import { openMongoStore } from '../../../dist/store/mongo/index.js';
import { openSqliteStore } from '../../../dist/store/sqlite/index.js';
import { establishments as makePlaces } from '../../support/dmp-world.mjs';
import { judge } from './judge.mjs';
import { chance, makePlan } from './plan.mjs';

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));
/** From when an opposition is acknowledged until nothing may arrive: what was under way may end. */
const GRACE = 4000;
/** Wishes under way at a time. */
const WISHES = 12;

/** Each befalls one in so many requests, for as long as the run lasts. */
const faults = (often) =>
  [
    ['busy', 'ITI-41', 60],
    ['slow', 'ITI-41', 80, { delay: 700 }],
    ['metadata-error', 'ITI-41', 120],
    ['duplicate', 'ITI-41', 120],
    ['stale', 'ITI-41', 80],
    ['bad-certificate', undefined, 700],
    ['http', undefined, 120, { status: 500 }],
    ['http', undefined, 160, { status: 502 }],
    ['http', undefined, 160, { status: 503 }],
    ['http', undefined, 160, { status: 504 }],
    ['drop', undefined, 100],
    ['time-out-before', undefined, 150],
    ['time-out-after', 'ITI-41', 60],
    ['time-out-after', 'ITI-57', 8],
    ['cut-after', 'ITI-41', 60],
    ['cut-after', 'ITI-57', 8],
    ['faulty-multipart', undefined, 90],
  ].map(([fault, kind, oneIn, more = {}]) => ({
    fault,
    ...(kind === undefined ? {} : { kind }),
    oneIn: Math.max(2, Math.round(oneIn / often)),
    times: Number.POSITIVE_INFINITY,
    ...more,
  }));

/** A server process that is killed and started again. */
class Served {
  #child;
  #waiting = new Map();
  #n = 0;
  ready = false;
  since = 0;
  kills = 0;
  errors = new Map();
  constructor(settings) {
    this.settings = settings;
    this.#start();
  }
  #start() {
    const child = fork(SERVER, [this.settings], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', ({ n, result, failure, ready, error }) => {
      if (ready) {
        this.ready = true;
        this.since = Date.now();
      }
      if (error !== undefined) this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
      const waiting = this.#waiting.get(n);
      this.#waiting.delete(n);
      if (failure !== undefined) waiting?.reject(new Error(failure));
      else waiting?.resolve(result);
    });
    child.on('exit', () => {
      this.ready = false;
      for (const { reject } of this.#waiting.values()) reject(new Error('killed'));
      this.#waiting.clear();
      if (!this.ended) this.#start();
    });
    child.on('error', () => undefined);
  }
  ask(operation, wanted) {
    return new Promise((resolve, reject) => {
      this.#n++;
      this.#waiting.set(this.#n, { resolve, reject });
      this.#child.send({ n: this.#n, operation, wanted }, (error) => error && reject(error));
    });
  }
  kill() {
    this.kills++;
    this.ready = false;
    this.#child.kill('SIGKILL');
  }
  async end() {
    this.ended = true;
    const gone = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/**
 * `uri` for MongoDB, else SQLite in a folder of its own. `killEvery` is in milliseconds; `often` multiplies the faults.
 * Returns what the table shows.
 */
export async function prove({
  uri,
  seed = 1,
  documents = 5000,
  establishments = 10,
  processes = uri === undefined ? 1 : 2,
  killEvery = 4000,
  often = 1,
  within = 1_800_000,
  told = () => undefined,
}) {
  const began = Date.now();
  const random = chance(seed + 1);
  const plan = makePlan({
    seed,
    documents,
    establishments,
    patients: Math.max(6, Math.min(30, Math.round(documents / 40))),
  });
  const places = makePlaces(establishments);
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-proof-'));
  let opened = false;
  const kindOf = new Map(plan.people.map(({ ins, kind }) => [ins, kind]));
  const simulator = new DmpSimulator({
    trusted: places.map(({ pem }) => pem),
    seed,
    dmpOf: (patient) => {
      const kind = kindOf.get(patient.split('|')[0]);
      if (kind === 'later') return opened ? 'active' : 'none';
      return kind === 'none' || kind === 'closed' ? kind : 'active';
    },
  });
  const received = [];
  const { registry } = simulator;
  const provide = registry.provide.bind(registry);
  registry.provide = (message, vihf) => {
    provide(message, vihf);
    received.push({ ins: vihf.patient.split('|')[0], at: Date.now() });
  };
  const base = await simulator.listen();
  const port = Number(new URL(base).port);
  const settings = join(folder, 'settings.json');
  writeFileSync(
    settings,
    JSON.stringify({
      ...{ base, places, uri, folder },
      limits: { connect: 2000, answer: 2500 },
      policy: { backoff: 200, backoffMost: 3000, reconcileAfter: 300, askAgain: 4000 },
      worker: {
        ...{ perLane: 3, total: 12, lease: 8000, poll: 200 },
        breaker: { after: 6, rest: 300, restMost: 1500 },
        existence: { open: 60_000, other: 500 },
      },
    }),
  );
  const servers = Array.from({ length: processes }, () => new Served(settings));

  /** Asks one that is there, again and again: a wish that was not acknowledged may have come true, and is said again. */
  async function ask(operation, wanted) {
    for (;;) {
      const there = servers.filter(({ ready }) => ready);
      const server = there[random.below(there.length)];
      if (server !== undefined) {
        try {
          return await server.ask(operation, wanted);
        } catch (error) {
          if (!/killed|closed|EPIPE|StoreUnavailable|TransactionTooLong/.test(`${error.message} ${error.code}`))
            throw error;
        }
      }
      if (Date.now() - began > within) throw new Error('the run took too long');
      await sleep(50);
    }
  }

  let isEnding = false;
  const windows = [];
  const waver = async ({ ins }) => {
    await sleep(random.below(4000));
    for (let times = 1 + random.below(2); times > 0; times--) {
      await ask('oppose', { ins });
      const from = Date.now() + GRACE;
      await sleep(GRACE + 500 + random.below(3000));
      windows.push({ ins, from, to: Date.now() });
      await ask('lift', { ins });
      await sleep(random.below(5000));
    }
  };
  const killing = async () => {
    while (!isEnding) {
      // Counted from when it is up, so that it does something on a machine that is busy, too.
      const after = killEvery * (0.5 + random.next());
      let old;
      while (!isEnding && old === undefined) {
        await sleep(100);
        old = servers.find(({ ready, since }) => ready && Date.now() - since > after);
      }
      if (!isEnding) old.kill();
    }
  };
  /** Storms of 5xx, and a DMP that is away. */
  const storms = async () => {
    simulator.script.add(...faults(often));
    for (let i = 0; !isEnding; i++) {
      await sleep(15_000);
      if (isEnding) return;
      if (i % 2 === 0) {
        simulator.script.clear();
        simulator.script.add({ fault: 'http', status: 503, oneIn: 2, times: Number.POSITIVE_INFINITY });
        await sleep(1500);
        simulator.script.clear();
        if (!isEnding) simulator.script.add(...faults(often));
      } else {
        await simulator.close();
        await sleep(1000);
        await simulator.listen(port);
      }
    }
  };
  const repairs = async () => {
    while (!isEnding) {
      await sleep(1500);
      await ask('repair');
    }
  };

  for (const { ins, kind } of plan.people) if (kind === 'opposed') await ask('oppose', { ins });
  const beside = [killing(), storms(), repairs(), ...plan.people.filter(({ kind }) => kind === 'wavering').map(waver)];
  const wishing = plan.chains.map(({ patient, steps }) => ({ patient, steps: [...steps] }));
  const total = wishing.reduce((sum, { steps }) => sum + steps.length, 0);
  let done = 0;
  /** One at a time of a document, many documents at once, in an order of chance. */
  const busy = new Set();
  const wish = async () => {
    for (;;) {
      const free = wishing.slice(0, 120).filter((one) => !busy.has(one));
      if (free.length === 0) {
        if (wishing.length === 0) return;
        await sleep(20);
        continue;
      }
      const chain = free[random.below(free.length)];
      busy.add(chain);
      const { step, version, isFrozen } = chain.steps.shift();
      const { establishment } = chain.patient;
      if (step === 'mend' || step === 'delete' || step === 'release') await ask(step, { version, establishment });
      else await ask('file', { version, establishment, isFrozen, hold: step === 'hold' });
      busy.delete(chain);
      if (chain.steps.length === 0) wishing.splice(wishing.indexOf(chain), 1);
      done++;
      if (done >= total * 0.6) opened = true;
      if (done % 500 === 0) told(`${done} of ${total} wishes, ${received.length} taken by the DMP`);
    }
  };
  await Promise.all(Array.from({ length: WISHES }, wish));
  const filedAfter = Date.now() - began;
  opened = true;
  // All of it goes on for a while, then peace.
  await sleep(2 * killEvery);
  isEnding = true;
  simulator.script.clear();
  await Promise.all(beside);
  const stuck = await settled();

  /** Until nothing is under way any more. */
  async function settled() {
    for (;;) {
      const { resubmitted, counts } = await ask('repair');
      const sum = (...states) =>
        counts.filter(({ state }) => states.includes(state)).reduce((n, { count }) => n + count, 0);
      const moving = sum('received', 'validated', 'queued', 'sending', 'unknown', 'reconciling', 'failed');
      told(`${moving} under way`);
      if (moving === 0 && resubmitted === 0) {
        // Those who had no DMP were asked about again since it was opened.
        await sleep(6000);
        const again = await ask('repair');
        const left = again.counts.filter(({ state }) =>
          ['queued', 'sending', 'unknown', 'reconciling', 'received', 'validated'].includes(state),
        );
        if (left.length === 0) return 0;
      }
      if (Date.now() - began > within) return moving;
      await sleep(1000);
    }
  }

  const errors = new Map();
  for (const server of servers) {
    await server.end();
    for (const [text, count] of server.errors) errors.set(text, (errors.get(text) ?? 0) + count);
  }
  const store = uri === undefined ? openSqliteStore({ folder }) : await openMongoStore({ uri });
  const judged = await judge({ plan, store, simulator, windows, received });
  await store.close();
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
  return {
    ...judged,
    documents: plan.filed,
    chains: plan.chains.length,
    wishes: total,
    windows: windows.length,
    taken: received.length,
    kills: servers.reduce((sum, { kills }) => sum + kills, 0),
    requests: simulator.counts,
    seconds: Math.round((Date.now() - began) / 1000),
    filedAfter: Math.round(filedAfter / 1000),
    stuck,
    errors,
  };
}

/**
 * A process that is killed leaves its transaction open, and what it wrote locked: MongoDB ends it after a minute, unless told.
 */
export async function leaveNothingBehind(uri) {
  const client = await new MongoClient(uri).connect();
  await client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: 3 });
  await client.close();
}
