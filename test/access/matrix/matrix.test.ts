/** The quick form of `npm run matrix`, through its command: each eighth cell, on both stores. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { findBinary } from '../../support/mongod.mjs';

const LEAST = 3000;
const command = fileURLToPath(new URL('main.mjs', import.meta.url));

async function holdsOn(t: Test, store: string): Promise<void> {
  // A wrong cell is an exit code, which rejects with what was printed.
  const args = [command, '--stores', store, '--every', '8'];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const [, cells, shown, hidden, refused] =
    /: (\d+) cells of \d+ callers \((\d+) shown, \d+ written, (\d+) not there, (\d+) refused\), 0 wrong/.exec(stdout) ??
    [];
  t.ok(Number(cells) >= LEAST, stdout);
  t.ok(
    [shown, hidden, refused].every((count) => Number(count) > LEAST / 10),
    'each kind of answer is asked for',
  );
}

t.test('SQLite shows each caller what is his', (t) => holdsOn(t, 'sqlite'));

const { MONGODB_URI, CI } = process.env;
const hasMongo = MONGODB_URI !== undefined || findBinary() !== undefined || CI === 'true';
const skip = hasMongo ? false : 'no mongod: see scripts/mongod.mjs';
t.test('MongoDB shows each caller what is his', { skip }, (t) => holdsOn(t, 'mongodb'));
