/**
 * `npm run faults [-- --rounds 20] [--only TEXT] [--seconds 60]`: each fault under load, in one table; ends with 1 when
 * something was lost, doubled or half done. Without `--rounds` the server is killed 50 times, and the others are 20.
 * `--only` takes those whose name contains the text; `--seconds` is how long an overload is.
 */
import { parseArgs } from 'node:util';
import { FAULTS, overloaded } from './faults.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '60' },
  },
});
const COLUMNS = ['rounds', 'acknowledged', 'unknown', 'lost', 'doubled', 'half', 'recovery'];
const line = (name, cells) => console.log([name.padEnd(36), ...cells.map((cell) => `${cell}`.padStart(13))].join(''));
line('fault', COLUMNS);
for (const [name, run] of Object.entries(FAULTS)) {
  if (!name.includes(values.only)) continue;
  const count = Number(values.rounds ?? (name.startsWith('kill -9 of the server') ? 50 : 20));
  let total;
  try {
    total = await run({ count });
  } catch (error) {
    // The other faults are still worth a look.
    line(name, [`FAILED: ${error.message}`]);
    process.exitCode = 1;
    continue;
  }
  if ('skip' in total) {
    line(name, [`skipped: ${total.skip}`]);
    continue;
  }
  line(name, [...COLUMNS.slice(0, -1).map((column) => total[column]), `${total.recovery} ms`]);
  if (total.lost + total.doubled + total.half > 0) process.exitCode = 1;
}

/** As it comes, and with a queue for those who would rather be told to come again than wait. */
const QUEUES = [{}, { MAX_REQUESTS: '12' }];
for (const settings of 'overload'.includes(values.only) ? QUEUES : []) {
  const told = await overloaded(Number(values.seconds), settings);
  const ms = (time) => `${Math.round(time)} ms`;
  const set = Object.entries(settings).map(([name, value]) => `, ${name}=${value}`);
  console.log(
    `overload at 10 times the capacity (${told.capacity} transactions of 20 a second), ${values.seconds} s${set}:`,
  );
  const times = (told.acceptedP99 / told.unloaded).toFixed(1);
  console.log(
    `  accepted ${told.accepted}, p99 ${ms(told.acceptedP99)}, ${times} times the unloaded ${ms(told.unloaded)}, lost ${told.lost}`,
  );
  console.log(
    `  refused ${told.refused}, p50 ${ms(told.refusedP50)}, p99 ${ms(told.refusedP99)}; broken ${told.errors}`,
  );
  if (told.lost + told.errors + told.other.length > 0) process.exitCode = 1;
}
