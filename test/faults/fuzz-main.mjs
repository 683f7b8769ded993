/**
 * `npm run fuzz [-- --requests 200000] [--seed 1] [--store sqlite:FOLDER] [--validation enforce]`, see fuzz.mjs. Ends
 * with 1 on a failure, and where the server's memory is not back to within a fifth of what it was. Without `--store` the
 * records are in files that are gone afterwards: in `memory:` they would count as memory themselves.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.mjs';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string' },
    validation: { type: 'string', default: 'enforce' },
  },
});
/** How many times the memory of before there may be afterwards. */
const MOST = 1.2;
const folder = mkdtempSync(join(tmpdir(), 'passerelle-fuzz-'));
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const environment = {
  ...process.env,
  PORT: '0',
  STORE: values.store ?? `sqlite:${folder}`,
  VALIDATION: values.validation,
  LOG_LEVEL: 'error',
};
const child = spawn(process.execPath, ['--expose-gc', main, 'serve'], { env: environment });
let out = '';
child.stderr.on('data', (chunk) => {
  out += chunk;
});
const base = await new Promise((resolve, reject) => {
  child.stdout.on('data', (chunk) => {
    out += chunk;
    const found = /listens on (\S+)/.exec(out)?.[1];
    if (found !== undefined) resolve(found);
  });
  child.on('exit', () => reject(new Error(out)));
});
/** Resident memory in MB, where the system tells it. */
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
const count = Number(values.requests);
const seed = Number(values.seed);
// What a busy server weighs, before what is measured.
await fuzz({ base, count: Math.min(20_000, count), seed: seed + 1_000_000 });
const before = memory();
const began = Date.now();
const { failures, statuses } = await fuzz({ base, count, seed });
// What garbage there is goes in its own time.
let after = memory();
for (let i = 0; i < 30 && after > before * MOST; i++) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  after = memory();
}
console.log(`${count} requests in ${Math.round((Date.now() - began) / 1000)} s:`, statuses);
const times = (after / before).toFixed(2);
console.log(
  `failures: ${failures.length}; memory ${Math.round(before)} MB before, ${Math.round(after)} MB after: ${times} times`,
);
for (const failure of failures.slice(0, 10)) console.log(JSON.stringify(failure).slice(0, 1000));
const ended = once(child, 'exit');
child.kill('SIGTERM');
await ended;
rmSync(folder, { recursive: true });
process.exitCode = failures.length > 0 || after > before * MOST ? 1 : 0;
