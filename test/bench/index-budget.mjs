/**
 * What one resource costs in the indexes. A key is what an index holds of it; SQLite keeps most keys in two trees, by
 * their value and by their resource.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { MongoClient } from 'mongodb';
import { openStore, putOf } from './fill.mjs';

const BUDGET = 60;
/** Copies of each resource, so that the bytes are those of full pages. */
const COPIES = 400;
const FIXTURES = ['patient-ins', 'encounter-stay', 'observation-weight', 'document-reference-letter', 'care-plan'];
/** Of search values: each row stands in a tree by its value and in one by its resource, some in a third. */
const TABLES = ['token', 'string', 'reference', 'uri', 'date', 'number', 'position'];

/** Resources of one fixture under many ids, in an empty store. */
async function fill(address, file) {
  const resource = JSON.parse(readFileSync(new URL(`../../fixtures/${file}.json`, import.meta.url), 'utf8'));
  const { services, close } = await openStore(address);
  const puts = Array.from({ length: COPIES }, (_, i) => putOf(services, { ...resource, id: `copy-${i}` }));
  const [{ content }] = puts;
  await Promise.all(puts.map((put) => services.store.put(put)));
  await close();
  const { narrative, content: words } = content.values.words;
  return { type: resource.resourceType, words: narrative.length + words.length };
}

function ofSqlite(folder, { words }) {
  const database = new Sqlite(join(folder, 'passerelle.db'), { readonly: true });
  const number = (sql) => database.prepare(sql).pluck().get() / COPIES;
  const rows = TABLES.reduce((sum, table) => sum + number(`SELECT count(*) FROM ${table}`), 0);
  const own = number(`SELECT ${COPIES} * count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'resource'`);
  const seconds = [...TABLES, 'token', 'date', 'number'].map(
    (table, i) => `SELECT count(*) FROM ${table}${i === TABLES.length ? ' WHERE system <> 0' : ''}`,
  );
  const inTrees = rows + own + seconds.reduce((sum, sql) => sum + number(sql), 0);
  const bytes = number(
    "SELECT sum(pgsize) FROM dbstat WHERE name NOT IN ('resource', 'history', 'name', 'state', 'room')",
  );
  database.close();
  return { keys: rows + words + own, inTrees, words, bytes: Math.round(bytes) };
}

async function ofMongo(uri, { words }) {
  const client = await MongoClient.connect(uri);
  // Sizes are those of the last checkpoint.
  await client.db('admin').command({ fsync: 1 });
  const { keysPerIndex } = await client.db().command({ validate: 'resources' });
  const { indexSizes } = await client.db().command({ collStats: 'resources' });
  await client.close();
  const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0) / COPIES;
  const keys = sum(keysPerIndex);
  return { keys, inTrees: keys, words, bytes: Math.round(sum(indexSizes)) };
}

async function measured(store, file, mongo) {
  if (store === 'mongodb') {
    const uri = mongo.uri(`keys-${file}`);
    const filled = await fill(uri, file);
    return { type: filled.type, ...(await ofMongo(uri, filled)) };
  }
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-keys-'));
  try {
    const filled = await fill(`sqlite:${folder}`, file);
    return { type: filled.type, ...ofSqlite(folder, filled) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Prints a line for each resource; false when a typical Patient has as many keys as the budget, or more. */
export async function benchIndex(stores, mongo) {
  console.log('store     resource            keys  of them words  entries in trees  bytes of indexes');
  let isWithin = true;
  for (const store of stores) {
    for (const file of FIXTURES) {
      const { type, keys, inTrees, words, bytes } = await measured(store, file, mongo);
      console.log(
        store.padEnd(10) +
          type.padEnd(18) +
          [
            [keys, 6],
            [words, 15],
            [inTrees, 18],
            [bytes, 18],
          ]
            .map(([n, width]) => String(n).padStart(width))
            .join(''),
      );
      if (file !== 'patient-ins' || keys < BUDGET) continue;
      console.log(`A typical Patient has ${keys} keys, but must have less than ${BUDGET}.`);
      isWithin = false;
    }
  }
  return isWithin;
}
