/** The quick form of `npm run faults`: one round of each fault that takes seconds. */
import t from 'tap';
import { FAULTS } from './faults.mjs';

for (const name of Object.keys(FAULTS)) {
  t.test(name, async (t) => {
    const total = await FAULTS[name]?.({ count: 1, loadFor: 500 });
    if (total === undefined || 'skip' in total) return t.comment(total?.skip ?? 'unknown');
    t.ok(total.acknowledged > 20, `${total.acknowledged} acknowledged, ${total.unknown} unknown`);
    t.match(total, { rounds: 1, lost: 0, doubled: 0, half: 0 });
  });
}
