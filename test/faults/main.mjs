/** `npm run faults [-- --rounds 50] [--stores sqlite,mongodb]`: faults under load on both stores, in one table; ends with 1 when something was lost or doubled. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMongo } from '../support/mongod.mjs';
import { killRounds } from './kill.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '50' }, stores: { type: 'string', default: 'sqlite,mongodb' } },
});
const stores = values.stores.split(',');
const rounds = Number(values.rounds);
const COLUMNS = ['rounds', 'acknowledged', 'unknown', 'lost', 'doubled', 'half', 'recovery'];
console.log(['fault'.padEnd(32), ...COLUMNS.map((name) => name.padStart(13))].join(''));
let failed = false;
const row = (name, total) => {
  console.log(
    [
      name.padEnd(32),
      ...COLUMNS.map((column) => `${total[column]}${column === 'recovery' ? ' ms' : ''}`.padStart(13)),
    ].join(''),
  );
  if (total.lost + total.doubled + total.half > 0) failed = true;
};
if (stores.includes('sqlite')) {
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-faults-'));
  row('kill -9 of the server, sqlite', await killRounds({ store: `sqlite:${folder}`, rounds }));
  rmSync(folder, { recursive: true });
}
if (stores.includes('mongodb')) {
  const mongo = await findMongo();
  if ('skip' in mongo) throw new Error(mongo.skip);
  row('kill -9 of the server, mongodb', await killRounds({ store: mongo.uri('faults'), rounds }));
  await mongo.stop();
}
process.exitCode = failed ? 1 : 0;
