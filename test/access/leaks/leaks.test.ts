/** The quick form of `npm run leaks`, through its command. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { findBinary } from '../../support/mongod.mjs';

const QUERIES = 300;
const command = fileURLToPath(new URL('main.mjs', import.meta.url));

async function keepsOn(t: Test, store: string): Promise<void> {
  const args = [command, '--queries', String(QUERIES), '--seed', '20261201', '--store', store];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const [, asked, hidden, found] =
    /: (\d+) queries over \d+ resources of which (\d+) are hidden, (\d+) found something, .* 0 leaks/.exec(stdout) ??
    [];
  t.equal(Number(asked), QUERIES, stdout);
  t.ok(Number(hidden) > 100 && Number(found) > QUERIES / 5, 'there is something to find and something to hide');
}

t.test('memory tells no secret', (t) => keepsOn(t, 'memory'));

const { MONGODB_URI, CI } = process.env;
const hasMongo = MONGODB_URI !== undefined || findBinary() !== undefined || CI === 'true';
const skip = hasMongo ? false : 'no mongod: see scripts/mongod.mjs';
t.test('MongoDB tells no secret', { skip }, (t) => keepsOn(t, 'mongodb'));
