/** Writes the settings table of src/config.ts into the README; with --check it only says whether they agree. */
import { readFileSync, writeFileSync } from 'node:fs';
import { settingsTable } from '../dist/config.js';

const file = new URL('../README.md', import.meta.url);
const before = readFileSync(file, 'utf8');
const after = before.replace(
  /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/,
  (_whole, open, close) => `${open}${settingsTable()}\n${close}`,
);
if (process.argv.includes('--check')) process.exitCode = before === after ? 0 : 1;
else writeFileSync(file, after);
