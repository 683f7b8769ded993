/** Arrows point down: no file imports from a layer above its own, and store engines are opened in one place. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
/** From the bottom up; validation and search stand side by side, both read terminology; the store reads the search's plan, identity its folding of names. */
const RANKS: Record<string, number> = {
  r4: 0,
  terminology: 1,
  validation: 2,
  search: 2,
  store: 3,
  identity: 3,
  dmp: 4,
  indexing: 4,
  access: 4,
  interactions: 5,
  operations: 6,
  documents: 6,
  rest: 7,
  '': 8,
  commands: 9,
};
/** `main.ts` opens the commands, which open the app. */
const TOP = new Set(['main.ts']);

function files(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
}
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map((match) =>
    relative(SRC, join(SRC, dirname(file), match[1] ?? '')),
  );
}
const roomOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '');

t.test('arrows point down', async (t) => {
  for (const file of files()) {
    const room = roomOf(file);
    t.ok(room in RANKS, `${file} stands in a room that has a rank`);
    if (TOP.has(file)) continue;
    for (const target of importsOf(file)) {
      const other = roomOf(target);
      t.ok((RANKS[other] ?? 99) <= (RANKS[room] ?? -1), `${file} imports ${target}`);
      if (room !== other && RANKS[room] === RANKS[other]) t.fail(`${file} imports its neighbour ${target}`);
      if (/^store\/(sqlite|mongo)\//.test(target) && room !== 'store')
        t.equal(file, 'tenant.ts', `${target} is opened in one place`);
    }
  }
});

t.test('r4 imports nothing of ours', async (t) => {
  for (const file of files().filter((name) => roomOf(name) === 'r4')) {
    for (const target of importsOf(file)) t.equal(roomOf(target), 'r4', `${file} imports ${target}`);
  }
});
