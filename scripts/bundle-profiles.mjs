/**
 * Puts the resources of profiles/ into one file, generated/profiles.json: a start reads one file instead of a hundred.
 * Does nothing to a file that is as it would be.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'profiles');
const resources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const file = join(root, 'generated', 'profiles.json');
const text = JSON.stringify(resources);
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`generated/profiles.json: ${resources.length} resources`);
}
