/**
 * `npm test [-- FILE...]`: builds what is stale, fetches a mongod for the tests where pip can, runs tap with coverage,
 * keeps its TAP in the system's temporary folder, and prints `N passed, N failed` as its last line.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { summarise } from './summary.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status ?? 1;

function stop(reason) {
  console.log(reason);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

if (run('npm', ['run', '--silent', 'build']) !== 0) stop('The build failed.');

// Before the tests, so that files that run side by side do not each fetch one.
const { MONGODB_URI, MONGOD, CI } = process.env;
if (MONGODB_URI === undefined && MONGOD === undefined && spawnSync('mongod', ['--version']).status !== 0) {
  const fetched = run(process.execPath, ['scripts/mongod.mjs']);
  if (fetched !== 0 && CI === 'true') stop('There is no mongod, and with CI=true nothing is skipped.');
}

const file = join(mkdtempSync(join(tmpdir(), 'passerelle-test-')), 'out.tap');
const command = createRequire(import.meta.url)
  .resolve('tap/package.json')
  .replace(/package\.json$/, 'dist/esm/run.mjs');
// The raw TAP: tap's other reporters hide what a file that does not load says on stderr.
const tap = spawn(process.execPath, [command, 'run', '--reporter=tap', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = once(tap, 'exit');
const kept = createWriteStream(file);
tap.stdout.pipe(kept);
const { passed, failed, skipped, ok } = await summarise(tap.stdout, console.log);
const [status, signal] = await exited;
await finished(kept);

console.log(`TAP: ${file}`);
if (passed + failed === 0) console.log('Nothing ran.');
else if (status !== 0 && failed === 0) console.log(`tap ended with ${signal ?? status}.`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = ok && status === 0 && failed === 0 && passed > 0 ? 0 : 1;
