/**
 * What the engine takes of the same rows or documents, without Passerelle: rows of one stored patient written again
 * under new numbers, 32 to a commit; documents inserted 32 wide.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { MongoClient } from 'mongodb';

export const WIDE = 32;

/** Rows a second: patients, each with all its rows, durable (WAL, synchronous FULL). */
export function bareSqlite(folder, seconds) {
  const database = new Sqlite(join(folder, 'passerelle.db'));
  database.pragma('synchronous = FULL');
  database.pragma('wal_autocheckpoint = 10000');
  const sample = database.prepare("SELECT * FROM resource WHERE type = 'Patient' ORDER BY rid DESC LIMIT 1").get();
  const tables = ['token', 'string', 'reference', 'uri', 'date'].map((table) => {
    const rows = database.prepare(`SELECT * FROM ${table} WHERE rid = ?`).all(sample.rid);
    const columns = Object.keys(rows[0] ?? { rid: 0 });
    const insert = database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((c) => `@${c}`).join(', ')})`,
    );
    return { rows, insert };
  });
  const columns = Object.keys(sample);
  const insert = database.prepare(
    `INSERT INTO resource (${columns.join(', ')}) VALUES (${columns.map((c) => `@${c}`).join(', ')})`,
  );
  const first = database.prepare('SELECT max(rid) AS rid, max(seq) AS seq FROM resource').get();
  let made = 0;
  const group = database.transaction(() => {
    for (let i = 0; i < WIDE; i++) {
      made++;
      const rid = first.rid + made;
      insert.run({ ...sample, rid, seq: first.seq + made, id: randomUUID() });
      // The texts differ from patient to patient, as they would in life.
      for (const { rows, insert: into } of tables) {
        for (const row of rows) {
          const own = { ...row, rid };
          if ('code' in row) own.code = `${row.code}${made}`;
          if ('folded' in row) own.folded = `${row.folded}${made}`;
          into.run(own);
        }
      }
    }
  });
  const until = performance.now() + seconds * 1000;
  const began = performance.now();
  while (performance.now() < until) group();
  const rate = Math.round(made / ((performance.now() - began) / 1000));
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
  for (const { key, name, partialFilterExpression } of await source.indexes()) {
    if (name !== '_id_')
      await target.createIndex(key, partialFilterExpression === undefined ? {} : { partialFilterExpression });
  }
  const sample = await source.findOne({ type: 'Patient' });
  let made = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: WIDE }, async () => {
      while (performance.now() < until) {
        const i = made++;
        const k = sample.k.map((key) => `${key}${i}`);
        await target.insertOne({ ...sample, _id: `Patient/${randomUUID()}`, k });
      }
    }),
  );
  const rate = Math.round(made / ((performance.now() - began) / 1000));
  await target.drop();
  await client.close();
  return { rate, keys: sample.k.length + sample.d.length };
}
