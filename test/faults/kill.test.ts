/** The quick form of `npm run faults`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { killRounds } from './kill.mjs';

t.test('kill -9 under load: nothing lost, doubled or half done', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-faults-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const total = await killRounds({ store: `sqlite:${folder}`, rounds: 2, loadFor: 500 });
  t.ok(total.acknowledged > 20, `${total.acknowledged} acknowledged, ${total.unknown} unknown`);
  t.match(total, { rounds: 2, lost: 0, doubled: 0, half: 0 });
});
