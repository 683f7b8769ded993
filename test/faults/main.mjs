/**
 * `npm run faults [-- --rounds 20] [--only TEXT]`: each fault under load, in one table; ends with 1 when something was
 * lost, doubled or half done. `--only` takes those whose name contains the text.
 */
import { parseArgs } from 'node:util';
import { FAULTS } from './faults.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, only: { type: 'string', default: '' } },
});
const COLUMNS = ['rounds', 'acknowledged', 'unknown', 'lost', 'doubled', 'half', 'recovery'];
const line = (name, cells) => console.log([name.padEnd(36), ...cells.map((cell) => `${cell}`.padStart(13))].join(''));
line('fault', COLUMNS);
for (const [name, run] of Object.entries(FAULTS)) {
  if (!name.includes(values.only)) continue;
  const total = await run({ count: Number(values.rounds) });
  if ('skip' in total) {
    line(name, [`skipped: ${total.skip}`]);
    continue;
  }
  line(name, [...COLUMNS.slice(0, -1).map((column) => total[column]), `${total.recovery} ms`]);
  if (total.lost + total.doubled + total.half > 0) process.exitCode = 1;
}
