/** Search over HTTP, the same on every store. */
import type { Test } from 'tap';
import { startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';
import { attacks } from './search/attacks.js';
import { bundled } from './search/bundled.js';
import { graph } from './search/graph.js';
import { fill, idsOf, linkOf, outcomeOf } from './search/records.js';
import { results } from './search/results.js';
import { strict } from './search/strict.js';
import { values } from './search/values.js';

async function searches(t: Test, store: string): Promise<void> {
  const s = await startServer({ STORE: store, VALIDATION: 'off' });
  await fill(s);
  await values(t, s);
  await graph(t, s);
  await results(t, s);
  await strict(t, s);
  await attacks(t, s);
  await bundled(t, s);
  const page = await s.call('GET', '/Patient?_count=1');
  await s.close();
  if (store !== 'memory:') await later(t, store, linkOf(page, 'next') as string);
}

/** The same store in another process, with other settings. */
async function later(t: Test, store: string, next: string): Promise<void> {
  const s = await startServer({ STORE: store, VALIDATION: 'off', MAX_INCLUDE: '3' });
  t.teardown(() => s.close());
  await t.test('a bound of inclusions that bites is told', async (t) => {
    const answer = await s.call('GET', '/Patient?_revinclude=Observation:patient&_revinclude=Encounter:patient');
    t.equal(idsOf(answer, 'include').length, 3);
    t.equal(outcomeOf(answer)?.issue[0]?.details?.coding[0]?.code, 'include-bound');
  });
  await t.test('links outlive the process, and are one tenant’s', async (t) => {
    const { search } = new URL(next);
    t.equal((await s.call('GET', `/Patient${search}`)).status, 200);
    const other = await startServer();
    t.teardown(() => other.close());
    const answer = await other.call('GET', `/Patient${search}`);
    t.equal(answer.status, 400);
    t.equal(answer.json.issue[0].details.coding[0].code, 'bad-cursor');
  });
}

await onEveryStore(searches);
