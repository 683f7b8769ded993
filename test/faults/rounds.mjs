/**
 * Rounds of load, a fault in the midst of it, recovery and check: whether all that was acknowledged is there with its
 * exact content, nothing is half done, and what is asked for again has no second effect.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.mjs';

/** After so long without an acknowledged write a server has not recovered. */
const PATIENCE = 90_000;

/**
 * `fault` is called under load with `resumed`, which waits for a write sent after it was called to be acknowledged; when
 * it returns, what it broke is mended. `ledger` writes, and checks. The total's `recovery` is the longest time from the
 * fault to the first such write, in milliseconds.
 */
export async function rounds({ server, count, fault, writers = 16, loadFor = 1000, ledger = new Ledger() }) {
  const total = { rounds: count, acknowledged: 0, unknown: 0, lost: 0, doubled: 0, half: 0, recovery: 0 };
  for (let round = 0; round < count; round++) {
    const until = { now: false };
    const work = Array.from({ length: writers }, () => ledger.writer(server, until));
    await sleep(loadFor * (0.5 + Math.random()));
    const began = performance.now();
    let recovery;
    const resumed = async () => {
      const since = performance.now();
      while (ledger.lastSent <= since) {
        if (performance.now() - since > PATIENCE) throw new Error('writes did not resume');
        await sleep(5);
      }
      recovery ??= Math.round(performance.now() - began);
    };
    await fault(resumed);
    await resumed();
    total.recovery = Math.max(total.recovery, recovery);
    await sleep(loadFor / 4);
    until.now = true;
    await Promise.all(work);
    total.acknowledged += ledger.acknowledged.length + ledger.pairs.length;
    total.unknown += ledger.unknown.length;
    const { lost, doubled, half } = await ledger.check(server);
    total.lost += lost;
    total.doubled += doubled;
    total.half += half;
  }
  return total;
}
