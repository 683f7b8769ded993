/**
 * `npm run bench -- [--parts base,writes,documents,search,match,index,access,audit] [--stores sqlite,mongodb] [--scale 5000[,50000,200000]] [--records 20] [--people 50000]
 * [--seconds 5] [--keep FOLDER] [--json FILE]`: every figure beside its ceiling or the naive way, measured in the same
 * run on the same machine; tables, and JSON with --json. `base`: start, reads and writes of patients; `writes`: transactions, patches, XML;
 * `documents`: those filed, found, retrieved; `search`: searches
 * over patients with so many records each; `match`: \$match on so many people, a tenth of them typed again; `index`: what a resource costs in the indexes;
 * `access`: what it costs to know who asks; `audit`: what the trace costs. --keep keeps the data of
 * searches for the next run, and a fill that was stopped goes on where it was.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAccess } from './access.mjs';
import { measureCeilings } from './ceilings.mjs';
import { measureCost } from './cost.mjs';
import { measureDocuments } from './documents.mjs';
import { measureStart } from './first-answer.mjs';
import { benchIndex } from './index-budget.mjs';
import { measureMatch } from './match.mjs';
import { openMongo } from './mongo.mjs';
import { benchSearch } from './search.mjs';
import { measureStore } from './store-figures.mjs';
import { measureWrites } from './write-figures.mjs';

const { values } = parseArgs({
  options: {
    stores: { type: 'string', default: 'sqlite,mongodb' },
    parts: { type: 'string', default: 'base,writes,documents,search,match,index,access,audit' },
    scale: { type: 'string', default: '5000' },
    records: { type: 'string', default: '20' },
    people: { type: 'string', default: '50000' },
    keep: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const scales = values.scale.split(',').map(Number);
const parts = values.parts.split(',');
const stores = values.stores.split(',');
const folder = mkdtempSync(join(tmpdir(), 'passerelle-bench-'));
// That of the tests is small, for many at a time.
process.env.MONGOD_CACHE_GB ??= '4';
const rows = [];
const searches = [];
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

const mongo = stores.includes('mongodb') ? await openMongo(values.keep) : undefined;
try {
  if (parts.includes('base')) await base();
  if (parts.includes('writes')) {
    for (const name of stores) {
      const address = name === 'mongodb' ? mongo.uri('benchwrites') : `sqlite:${join(folder, 'writes')}`;
      await measureWrites({ name, address, seconds, row });
    }
  }
  if (parts.includes('documents')) {
    for (const name of stores) {
      const address = name === 'mongodb' ? mongo.uri('benchdocuments') : `sqlite:${join(folder, 'documents')}`;
      await measureDocuments({ name, address, seconds, folder, row });
    }
  }
  if (parts.includes('search')) {
    for (const store of stores) {
      const options = { store, scales, records: Number(values.records), seconds, folder: values.keep ?? folder, mongo };
      searches.push(...(await benchSearch(options)));
    }
  }
  if (parts.includes('match')) {
    const size = Number(values.people);
    for (const name of stores) {
      const address = name === 'mongodb' ? mongo.uri('benchmatch') : `sqlite:${join(folder, 'match')}`;
      await measureMatch({ name, address, size, altered: size / 10, seconds, row });
    }
  }
  if (parts.includes('access')) {
    for (const name of stores) {
      const address = name === 'mongodb' ? mongo.uri('benchaccess') : `sqlite:${join(folder, 'access')}`;
      await measureAccess({ name, address, seconds, folder, row });
    }
  }
  if (parts.includes('audit')) {
    for (const name of stores) {
      const addresses = ['plain', 'traced'].map((one) =>
        name === 'mongodb' ? mongo.uri(`bench${one}`) : `sqlite:${join(folder, one)}`,
      );
      await measureCost({ name, addresses, settings: { AUDIT: 'on' }, what: 'the trace', bar: 10, seconds, row });
    }
  }
  if (parts.includes('index') && !(await benchIndex(stores, mongo))) process.exitCode = 1;
} finally {
  await mongo?.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), rows, searches }, null, 2)}\n`);

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

/** Start, reads and writes of patients. */
async function base() {
  await measureStart(folder, row);
  const ceilings = await measureCeilings(folder, seconds, row);
  for (const name of stores) {
    for (const scale of scales) {
      const address = name === 'mongodb' ? mongo.uri(`bench${scale}`) : `sqlite:${join(folder, String(scale))}`;
      await measureStore({ name, address, scale, seconds, ceilings, row });
    }
    growth(name);
  }
}
