/** `npm run fuzz [-- --requests 200000] [--seed 1] [--store memory:] [--validation enforce]`, see fuzz.mjs; ends with 1 on a failure. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.mjs';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'memory:' },
    validation: { type: 'string', default: 'enforce' },
  },
});
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const environment = {
  ...process.env,
  PORT: '0',
  STORE: values.store,
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
await new Promise((resolve) => setTimeout(resolve, 5000));
console.log(`${count} requests in ${Math.round((Date.now() - began) / 1000)} s:`, statuses);
console.log(`failures: ${failures.length}; memory ${Math.round(before)} MB before, ${Math.round(memory())} MB after`);
for (const failure of failures.slice(0, 10)) console.log(JSON.stringify(failure).slice(0, 1000));
child.kill('SIGTERM');
process.exitCode = failures.length > 0 ? 1 : 0;
