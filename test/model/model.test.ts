/** The quick form of `npm run conformance:search`, through its command. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { findBinary } from '../support/mongod.mjs';

const QUERIES = 700;
const command = fileURLToPath(new URL('main.mjs', import.meta.url));

async function sameOn(t: Test, store: string): Promise<void> {
  const args = [command, '--queries', String(QUERIES), '--seed', '20261126', '--stores', store];
  // A difference is an exit code, which rejects with what was printed.
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const [, asked, matches, series] =
    /: (\d+) queries, \d+ pages, (\d+) matches, (\d+) series .* 0 differences/.exec(stdout) ?? [];
  t.equal(Number(asked), QUERIES, stdout);
  t.ok(Number(matches) > QUERIES, 'the queries find something');
  t.ok(Number(series) > 0, 'pages are read while others write');
}

t.test('SQLite answers as the specification says', (t) => sameOn(t, 'sqlite'));

const { MONGODB_URI, CI } = process.env;
const hasMongo = MONGODB_URI !== undefined || findBinary() !== undefined || CI === 'true';
const skip = hasMongo ? false : 'no mongod: see scripts/mongod.mjs';
t.test('MongoDB answers as the specification says', { skip }, (t) => sameOn(t, 'mongodb'));
