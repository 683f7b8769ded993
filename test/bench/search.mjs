/** Searches over patients with their records, at each scale, on one store; then how each grows. */
import { join } from 'node:path';
import { measureSearch } from './search-figures.mjs';

const cells = (...parts) => parts.map(([text, width]) => String(text).padStart(width)).join('  ');

/**
 * Prints a line for each search: over HTTP (requests a second, median, 95th percentile), by the store called without
 * HTTP (median), and by a naive scan of all patients. Resolves to the figures. `folder` holds the SQLite files, `mongo`
 * is the database's server.
 */
export async function benchSearch({ store, scales, records, seconds, folder, mongo }) {
  const header = [
    ['requests', 9],
    ['p50', 9],
    ['p95', 9],
    ['no HTTP', 9],
    ['naive scan', 10],
  ];
  console.log(`store     scale  ${'search'.padEnd(30)}${cells(...header)}`);
  const rows = [];
  const row = (figures) => {
    rows.push(figures);
    const { scale, name, perSecond, p50, p95, bare, naive } = figures;
    const place = `${store.padEnd(8)}${String(scale).padStart(7)}  ${name.padEnd(30)}`;
    console.log(
      place + cells([`${perSecond}/s`, 9], [`${p50} ms`, 9], [`${p95} ms`, 9], [`${bare} ms`, 9], [naive, 10]),
    );
  };
  for (const scale of scales) {
    const address = store === 'mongodb' ? mongo.uri(`search${scale}`) : `sqlite:${join(folder, `search-${scale}`)}`;
    await measureSearch({ store, address, scale, records, seconds, row });
  }
  growth(store, scales, rows);
  return rows;
}

/** How many times fewer requests a second there are at the largest scale than at the smallest. */
function growth(store, scales, rows) {
  const [small, large] = [Math.min(...scales), Math.max(...scales)];
  if (small === large) return;
  for (const { name, perSecond, isGrowing } of rows.filter(({ scale }) => scale === small)) {
    const grown = rows.find((row) => row.scale === large && row.name === name);
    const times = (perSecond / grown.perSecond).toFixed(2);
    const asked = isGrowing ? 'its answer grows' : 'at most 2';
    console.log(`${store.padEnd(8)} growth  ${name.padEnd(30)}${cells([`${times} times`, 17], [asked, 20])}`);
  }
}
