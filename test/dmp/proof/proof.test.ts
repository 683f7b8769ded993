/** The quick form of `npm run dmp:proof`: few documents, SQLite, a server process that is killed. */
import t from 'tap';
import { prove } from './proof.mjs';

t.test('a queue whose server is killed while the DMP fails', async (t) => {
  const found = await prove({ documents: 30, seed: 7, establishments: 3, killEvery: 4000, often: 3, within: 240_000 });
  t.equal(found.stuck, 0, 'nothing is left under way');
  t.ok(found.kills > 0, `${found.kills} kills`);
  t.ok(found.taken > 0, `${found.taken} documents were taken`);
  for (const [kind, count] of Object.entries(found.wrong)) t.equal(count, 0, `${kind}: ${found.examples.join('; ')}`);
});
