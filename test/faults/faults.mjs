/** The faults, each on a store of its own; what each returns is a row of the table. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { smallDisk } from '../support/disk.mjs';
import { findBinary, startSet } from '../support/mongod.mjs';
import { DocumentLedger } from './document-ledger.mjs';
import { overload } from './overload.mjs';
import { rounds } from './rounds.mjs';
import { restartable } from './serve.mjs';

/** So that an election takes less than the time for which the server waits for a primary. */
const ELECTION = 2000;

async function onSqlite(run) {
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-faults-'));
  try {
    return await run(`sqlite:${folder}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function onMongo(members, run) {
  const binary = findBinary();
  if (binary === undefined) throw new Error('no mongod: see `npm run mongod`');
  const set = await startSet(binary, members, ELECTION);
  // What a dead server held is free again after so many seconds (60 by itself).
  for (const { host } of set.nodes) {
    await asAdmin(host, (admin) => admin.command({ setParameter: 1, transactionLifetimeLimitSeconds: 20 }));
  }
  try {
    return await run(set.uri('faults'), set.nodes);
  } finally {
    await set.stop();
  }
}

async function asAdmin(host, run) {
  const client = await new MongoClient(`mongodb://${host}/?directConnection=true`).connect();
  try {
    return await run(client.db('admin'));
  } finally {
    await client.close();
  }
}

/** The member that takes writes. */
async function primaryOf(nodes) {
  for (;;) {
    for (const node of nodes) {
      const isPrimary = await asAdmin(
        node.host,
        async (admin) => (await admin.command({ hello: 1 })).isWritablePrimary,
      );
      if (isPrimary) return node;
    }
    await sleep(100);
  }
}

async function onServer(store, run, nodeFlags, settings) {
  const server = await restartable(store, nodeFlags, settings);
  try {
    return await run(server);
  } finally {
    await server.stop();
  }
}

/** `fault` is given the server, and how to wait until writes resume. */
const underLoad = (store, options, fault, nodeFlags) =>
  onServer(store, (server) => rounds({ ...options, server, fault: (resumed) => fault(server, resumed) }), nodeFlags);

const killServer = async (server) => {
  await server.kill();
  await server.start();
};

/** Each round an hour earlier, while the server runs. */
const setClockBack = (store, options) =>
  underLoad(store, options, async ({ pid }) => process.kill(pid, 'SIGUSR2'), [
    '--import',
    fileURLToPath(new URL('clock.mjs', import.meta.url)),
  ]);

export const FAULTS = {
  'kill -9 of the server, SQLite': (options) => onSqlite((store) => underLoad(store, options, killServer)),
  'kill -9 of the server, MongoDB': (options) => onMongo(1, (store) => underLoad(store, options, killServer)),
  'kill -9 during ITI-65, SQLite': (options) =>
    onSqlite((store) => underLoad(store, { ...options, ledger: new DocumentLedger() }, killServer)),
  'kill -9 during ITI-65, MongoDB': (options) =>
    onMongo(1, (store) => underLoad(store, { ...options, ledger: new DocumentLedger() }, killServer)),
  'kill -9 of mongod': (options) =>
    onMongo(1, (store, [node]) =>
      underLoad(store, options, async () => {
        await node.end();
        node.start();
      }),
    ),
  'kill -9 of the primary of three': (options) =>
    onMongo(3, (store, nodes) =>
      underLoad(store, options, async (_server, resumed) => {
        const primary = await primaryOf(nodes);
        await primary.end();
        await resumed();
        primary.start();
      }),
    ),
  'step-down of the primary of three': (options) =>
    onMongo(3, (store, nodes) =>
      underLoad(store, options, async () => {
        for (let tries = 0; ; tries++) {
          const { host } = await primaryOf(nodes);
          const step = { replSetStepDown: 30, secondaryCatchUpPeriodSecs: 20 };
          try {
            await asAdmin(host, (admin) => admin.command(step));
            break;
          } catch (error) {
            // 262: nobody had caught up in time, and it is primary still.
            if (error.code !== 262 || tries === 5) throw error;
          }
        }
      }),
    ),
  'primary of three cut off (paused)': (options) =>
    onMongo(3, (store, nodes) =>
      underLoad(store, options, async (_server, resumed) => {
        const { pid } = await primaryOf(nodes);
        process.kill(pid, 'SIGSTOP');
        try {
          await resumed();
        } finally {
          process.kill(pid, 'SIGCONT');
        }
      }),
    ),
  'disk full, SQLite': async (options) => {
    const disk = smallDisk('64m');
    if ('skip' in disk) return disk;
    try {
      const ballast = join(disk.folder, 'ballast');
      return await underLoad(`sqlite:${join(disk.folder, 'data')}`, options, async () => {
        fill(ballast);
        await sleep(500);
        truncateSync(ballast, 0);
      });
    } finally {
      disk.unmount();
    }
  },
  'clock set back an hour, SQLite': (options) => onSqlite((store) => setClockBack(store, options)),
  'clock set back an hour, MongoDB': (options) => onMongo(1, (store) => setClockBack(store, options)),
};

/** Takes all the room that is left. */
function fill(file) {
  for (let size = 8 * 1024 * 1024; size >= 4096; size /= 2) {
    for (;;) {
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
        break;
      }
    }
  }
}

/** Ten times the capacity of a server on SQLite with such settings, for so many seconds; see overload.mjs. */
export async function overloaded(seconds, settings) {
  const run = ({ base }) => overload({ base, seconds });
  return await onSqlite((store) => onServer(store, run, [], settings));
}
