/**
 * `npm run bench -- [--stores sqlite,mongodb] [--scale 5000[,50000,200000]] [--seconds 5] [--json FILE]`
 * Every figure beside its ceiling, measured in the same run on the same machine; a table, and JSON with --json.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCeilings } from './ceilings.mjs';
import { measureStart } from './first-answer.mjs';
import { openMongo } from './mongo.mjs';
import { measureStore } from './store-figures.mjs';

const { values } = parseArgs({
  options: {
    stores: { type: 'string', default: 'sqlite,mongodb' },
    scale: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const scales = values.scale.split(',').map(Number);
const folder = mkdtempSync(join(tmpdir(), 'passerelle-bench-'));
const rows = [];
const row = (store, scale, figure, value, unit, bar, ceiling) => {
  rows.push({ store, scale, figure, value, unit, bar, ceiling });
  console.log(
    [
      store.padEnd(8),
      String(scale).padStart(7),
      figure.padEnd(34),
      `${value} ${unit}`.padStart(16),
      bar === undefined ? '' : `asked ${bar}`,
      ceiling ?? '',
    ]
      .join('  ')
      .trimEnd(),
  );
};

let mongo;
try {
  await measureStart(folder, row);
  const ceilings = await measureCeilings(folder, seconds, row);
  for (const name of values.stores.split(',')) {
    if (name === 'mongodb') mongo = await openMongo();
    for (const scale of scales) {
      const address = name === 'mongodb' ? mongo.uri(`bench${scale}`) : `sqlite:${join(folder, String(scale))}`;
      await measureStore({ name, address, scale, seconds, ceilings, row });
    }
    growth(name);
  }
} finally {
  await mongo?.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), rows }, null, 2)}\n`);

/** How far each rate falls from the smallest to the largest scale. */
function growth(store) {
  if (scales.length < 2) return;
  const [small, large] = [Math.min(...scales), Math.max(...scales)];
  for (const { figure, value } of rows.filter((r) => r.store === store && r.scale === small && r.unit === '/s')) {
    const grown = rows.find((r) => r.store === store && r.scale === large && r.figure === figure);
    if (grown !== undefined && !figure.startsWith('POST')) {
      row(
        store,
        large,
        `growth of ${figure}`,
        Math.round((value / grown.value) * 100) / 100,
        'times slower',
        'at most 2',
      );
    }
  }
}
