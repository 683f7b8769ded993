/** The quick form of `npm run faults`: one round of each fault that takes seconds. */
import t from 'tap';
import { FAULTS, overloaded } from './faults.mjs';

for (const name of Object.keys(FAULTS)) {
  t.test(name, async (t) => {
    const total = await FAULTS[name]?.({ count: 1, loadFor: 500 });
    if (total === undefined || 'skip' in total) return t.comment(total?.skip ?? 'unknown');
    t.ok(total.acknowledged > 20, `${total.acknowledged} acknowledged, ${total.unknown} unknown`);
    t.match(total, { rounds: 1, lost: 0, doubled: 0, half: 0 });
  });
}

t.test('ten times the capacity: nothing accepted is lost, the rest is told to come again', async (t) => {
  const told = await overloaded(2);
  t.ok(told.accepted > 0 && told.refused > 0, `${told.accepted} accepted, ${told.refused} refused`);
  t.match(told, { lost: 0, errors: 0, other: [] });
});
