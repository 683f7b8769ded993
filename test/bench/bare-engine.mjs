/** What the engine takes of the same rows or documents, without Passerelle: rows 32 patients to a commit, documents 32 wide. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { MongoClient } from 'mongodb';

const WIDE = 32;

/** How often a second `work(i)` is done, 32 at a time. */
export async function rateOf(seconds, work) {
  let made = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: WIDE }, async () => {
      while (performance.now() < until) await work(made++);
    }),
  );
  return Math.round(made / ((performance.now() - began) / 1000));
}

/** The newest patients, written again: their rows as they are in the store, so that the values differ as in life. */
const SAMPLE = 4000;

/** Patients a second, each with all its rows, durable (WAL, synchronous FULL), into a copy of the store's own file. */
export async function bareSqlite(folder) {
  const copy = join(folder, 'bare.db');
  const source = new Sqlite(join(folder, 'passerelle.db'));
  await source.backup(copy);
  source.close();
  const database = new Sqlite(copy);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('wal_autocheckpoint = 10000');
  database.pragma('cache_size = -65536');
  database.pragma('mmap_size = 268435456');
  const resources = database.prepare('SELECT * FROM resource ORDER BY rid DESC LIMIT ?').all(SAMPLE).reverse();
  const names = ['resource', 'token', 'string', 'reference', 'uri', 'date'];
  const tables = names.map((table) => {
    const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all();
    const byRid = new Map();
    for (const row of database.prepare(`SELECT * FROM ${table} WHERE rid >= ?`).raw().all(resources[0].rid)) {
      const rid = row[columns.indexOf('rid')];
      byRid.set(rid, [...(byRid.get(rid) ?? []), row]);
    }
    const insert = database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    database.prepare(`DELETE FROM ${table} WHERE rid >= ?`).run(resources[0].rid);
    return { byRid, insert };
  });
  database.pragma('wal_checkpoint(TRUNCATE)');
  const group = database.transaction((rids) => {
    for (const rid of rids)
      for (const { byRid, insert } of tables) for (const row of byRid.get(rid) ?? []) insert.run(row);
  });
  const began = performance.now();
  for (let i = 0; i < resources.length; i += WIDE) group(resources.slice(i, i + WIDE).map(({ rid }) => rid));
  const rate = Math.round(resources.length / ((performance.now() - began) / 1000));
  database.close();
  return rate;
}

/** Documents a second, `w: majority, j: true`, under the same indexes in a collection of its own. */
export async function bareMongo(uri, seconds) {
  const client = await new MongoClient(uri, {
    writeConcern: { w: 'majority', journal: true },
    maxPoolSize: 64,
  }).connect();
  const source = client.db().collection('resources');
  const target = client.db().collection('bare');
  await target.drop().catch(() => undefined);
  // As they are, weights and languages too: by its key alone an index of words cannot be made again.
  const indexes = (await source.indexes()).filter(({ name }) => name !== '_id_');
  await client.db().command({ createIndexes: target.collectionName, indexes });
  const samples = await source.find({ type: 'Patient' }).sort({ n: -1 }).limit(SAMPLE).toArray();
  const rate = await rateOf(seconds, (i) =>
    target.insertOne({ ...samples[i % samples.length], _id: `Patient/${randomUUID()}` }),
  );
  await target.drop();
  await client.close();
  return { rate, keys: samples[0].k.length + samples[0].d.length };
}
