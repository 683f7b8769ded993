/**
 * `npm run bench:search -- [--stores sqlite,mongodb] [--scale 5000,50000,200000] [--records 20] [--seconds 4] [--keep FOLDER]`
 * Searches over patients with their records: over HTTP, by the store called without HTTP, and by a naive scan; then how
 * each grows from the smallest to the largest scale.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openMongo } from './mongo.mjs';
import { measureSearch } from './search-figures.mjs';

const { values } = parseArgs({
  options: {
    stores: { type: 'string', default: 'sqlite,mongodb' },
    scale: { type: 'string', default: '5000' },
    records: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '4' },
    keep: { type: 'string' },
  },
});
const scales = values.scale.split(',').map(Number);
// The default of the tests is small, for many at a time.
process.env.MONGOD_CACHE_GB ??= '4';
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'passerelle-bench-'));
const rows = [];
const cells = (...parts) => parts.map(([text, width]) => String(text).padStart(width)).join('  ');

function row(figures) {
  rows.push(figures);
  const { store, scale, name, perSecond, p50, p95, bare, naive } = figures;
  const place = `${store.padEnd(8)}${String(scale).padStart(7)}  ${name.padEnd(30)}`;
  console.log(place + cells([`${perSecond}/s`, 9], [`${p50} ms`, 9], [`${p95} ms`, 9], [`${bare} ms`, 9], [naive, 10]));
}

console.log(
  `store     scale  ${'search'.padEnd(30)}${cells(['requests', 9], ['p50', 9], ['p95', 9], ['no HTTP', 9], ['naive scan', 10])}`,
);
let mongo;
try {
  for (const store of values.stores.split(',')) {
    if (store === 'mongodb') mongo = await openMongo();
    for (const scale of scales) {
      const address = store === 'mongodb' ? mongo.uri(`search${scale}`) : `sqlite:${join(folder, `search-${scale}`)}`;
      await measureSearch({ store, address, scale, records: +values.records, seconds: +values.seconds, row });
    }
    growth(store);
  }
} finally {
  await mongo?.stop();
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}

/** How many times longer the median takes at the largest scale than at the smallest. */
function growth(store) {
  const [small, large] = [Math.min(...scales), Math.max(...scales)];
  if (small === large) return;
  for (const one of rows.filter((r) => r.store === store && r.scale === small)) {
    const grown = rows.find((r) => r.store === store && r.scale === large && r.name === one.name);
    const times = (a, b) => (a / b).toFixed(2);
    const asked = one.isGrowing ? 'its answer grows' : 'at most 2';
    const http = times(one.perSecond, grown.perSecond);
    console.log(`${store.padEnd(8)} growth  ${one.name.padEnd(30)}${cells([`${http} over HTTP`, 17], [asked, 20])}`);
  }
}
