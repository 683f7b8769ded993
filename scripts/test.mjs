/**
 * `npm test [-- FILE...]`: builds what is stale, fetches a mongod for the tests where pip can, runs tap with coverage,
 * and prints `N passed, N failed` as its last line.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summarise } from './summary.mjs';

const run = (command, args, options = {}) => spawnSync(command, args, { stdio: 'inherit', ...options }).status ?? 1;

const built = run('npm', ['run', '--silent', 'build']);
if (built !== 0) process.exit(built);

const { MONGODB_URI, MONGOD, CI } = process.env;
if (MONGODB_URI === undefined && MONGOD === undefined && spawnSync('mongod', ['--version']).status !== 0) {
  const fetched = run(process.execPath, ['scripts/mongod.mjs']);
  if (fetched !== 0 && CI === 'true') process.exit(fetched);
}

const folder = mkdtempSync(join(tmpdir(), 'passerelle-test-'));
const file = join(folder, 'out.tap');
const files = process.argv.slice(2);
const tap = run('npx', ['tap', 'run', '--reporter=terse', `--output-file=${file}`, ...files]);
if (!existsSync(file)) {
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const { passed, failed, skipped, ok, reasons } = summarise(file);
rmSync(folder, { recursive: true });
for (const reason of reasons) console.log(`skipped: ${reason}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = ok && tap === 0 && failed === 0 && passed > 0 ? 0 : 1;
