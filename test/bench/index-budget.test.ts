/** A typical Patient stays within the budget of index keys; the command fails when it does not. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { findBinary } from '../support/mongod.mjs';

const command = fileURLToPath(new URL('main.mjs', import.meta.url));

async function within(t: Test, store: string): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [command, '--parts', 'index', '--stores', store]);
  const [, keys, words] = /Patient\s+(\d+)\s+(\d+)/.exec(stdout) ?? [];
  t.ok(Number(keys) > 30 && Number(keys) < 60, `${keys} keys`);
  t.ok(Number(words) > 0, `${words} of them words`);
}

t.test('SQLite', (t) => within(t, 'sqlite'));
const { MONGODB_URI, CI } = process.env;
const hasMongo = MONGODB_URI !== undefined || findBinary() !== undefined || CI === 'true';
t.test('MongoDB', { skip: hasMongo ? false : 'no mongod: see scripts/mongod.mjs' }, (t) => within(t, 'mongodb'));
