import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { restSuite } from './suite.js';

restSuite('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return `sqlite:${folder}`;
});
