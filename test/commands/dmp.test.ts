/** `passerelle dmp`: an operator sees what is on its way, and lets a stopped establishment go on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dmp } from '../../src/commands/dmp.js';
import { readSettings } from '../../src/config.js';
import { DMP_QUEUE } from '../../src/dmp/queue/job.js';
import { pauseLane } from '../../src/dmp/queue/lanes.js';
import { openStore } from '../../src/tenant.js';

t.test('status and release', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const STORE = `sqlite:${folder}`;
  const run = async (...args: string[]) => {
    const { log } = console;
    const lines: string[] = [];
    console.log = (line: string) => lines.push(line);
    try {
      const code = await dmp(readSettings({ STORE }, {}), args, {});
      return { code, lines };
    } finally {
      console.log = log;
    }
  };
  t.same(await run('status'), { code: 0, lines: [] });
  const store = await openStore(STORE);
  for (const [i, state] of ['queued', 'queued', 'failed'].entries()) {
    const job = { chain: `c${i}`, place: 1, state, keys: [], due: null, body: '{}', contents: [] };
    await store.jobs.add({ ...job, id: `j${i}`, queue: DMP_QUEUE, lane: 'les-tilleuls' });
  }
  await pauseLane(store.state, 'les-tilleuls', { since: 0, because: 'DMPInvalidCertificate' });
  await store.close();
  t.same(await run('status'), {
    code: 1,
    lines: [
      'les-tilleuls\tSTOPPED\t1970-01-01T00:00:00.000Z\tDMPInvalidCertificate',
      'les-tilleuls\tfailed\t1',
      'les-tilleuls\tqueued\t2',
    ],
  });
  t.same(await run('release', 'les-tilleuls'), { code: 0, lines: ['les-tilleuls goes on.'] });
  t.same((await run('status')).code, 0);
  await t.rejects(run('release', 'les-tilleuls'), /is not stopped/);
  await t.rejects(run('release'), /the id of an establishment/);
  await t.rejects(run('lanes'), /takes status/);
  await t.rejects(dmp(readSettings({ STORE: 'memory:' }, {}), ['status'], {}), /keeps nothing/);
});
