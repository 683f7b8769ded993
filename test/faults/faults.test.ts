/** The quick form of `npm run faults`: one round of each fault, and two seconds of overload. */
import t from 'tap';
import { FAULTS, overloaded } from './faults.mjs';

for (const [name, run] of Object.entries(FAULTS)) {
  t.test(name, async (t) => {
    const total = await run({ count: 1, loadFor: 500 });
    if ('skip' in total) return t.pass(name, { skip: total.skip });
    // A lot of documents takes as long as ten patients.
    const least = name.includes('ITI-65') ? 4 : 20;
    t.ok(total.acknowledged > least, `${total.acknowledged} acknowledged, ${total.unknown} unknown`);
    t.match(total, { rounds: 1, lost: 0, doubled: 0, half: 0 });
  });
}

t.test('ten times the capacity: nothing that was accepted is lost', async (t) => {
  const told = await overloaded(2);
  t.ok(told.accepted > 0, `${told.accepted} accepted, ${told.refused} refused`);
  t.match(told, { lost: 0, errors: 0, other: [] });
});
