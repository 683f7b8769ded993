/** `passerelle dmp`: what an operator sees of the feed of the DMP, and lets go on. docs/adr/0031-a-queue-of-jobs-beside-the-records.md */
import { addressOf, isTenantName } from '../access/tenant-registry.js';
import { type Settings, WrongSetting } from '../config.js';
import { DMP_QUEUE } from '../dmp/queue/job.js';
import { pausedLane, releaseLane } from '../dmp/queue/lanes.js';
import type { Store } from '../store/store.js';
import { openStore } from '../tenant.js';

/** Resolves to the exit code: 1 where an establishment is stopped. Throws WrongSetting. */
export async function dmp(
  settings: Settings,
  [verb = '', establishment, ...more]: readonly string[],
  flags: Record<string, unknown>,
): Promise<number> {
  const isRelease = verb === 'release';
  if ((!isRelease && verb !== 'status') || isRelease === (establishment === undefined) || more.length > 0) {
    throw new WrongSetting('dmp takes status, or release and the id of an establishment.');
  }
  if (settings.STORE === 'memory:')
    throw new WrongSetting('STORE=memory: keeps nothing: name the store of the server.');
  const { tenant } = flags;
  if (tenant !== undefined && !isTenantName(String(tenant))) throw new WrongSetting('--tenant names no tenant.');
  const store = await openStore(tenant === undefined ? settings.STORE : addressOf(settings.STORE, String(tenant)));
  try {
    return establishment === undefined ? await status(store) : await release(store, establishment);
  } finally {
    await store.close();
  }
}

async function release(store: Store, establishment: string): Promise<number> {
  if ((await pausedLane(store.state, establishment)) === undefined) {
    throw new WrongSetting(`${establishment} is not stopped.`);
  }
  await releaseLane(store.state, establishment);
  console.log(`${establishment} goes on.`);
  return 0;
}

/** A line for each establishment and state; those that the DMP stopped with the reason. */
async function status(store: Store): Promise<number> {
  const counts = await store.jobs.counts(DMP_QUEUE);
  let stopped = 0;
  for (const lane of [...new Set(counts.map((one) => one.lane))].sort()) {
    const paused = await pausedLane(store.state, lane);
    if (paused !== undefined) {
      stopped++;
      console.log(`${lane}\tSTOPPED\t${new Date(paused.since).toISOString()}\t${paused.because}`);
    }
    for (const { state, count } of counts.filter((one) => one.lane === lane))
      console.log(`${lane}\t${state}\t${count}`);
  }
  return stopped === 0 ? 0 : 1;
}
