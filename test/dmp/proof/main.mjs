/**
 * `npm run dmp:proof [-- --documents 5000] [--seed 1] [--only sqlite|mongodb] [--kill-every 4000]`: the queue for the DMP under
 * all that may befall it, as a table; ends with 1 when a document is not where it should be.
 */
import { parseArgs } from 'node:util';
import { findMongo } from '../../support/mongod.mjs';
import { KINDS } from './judge.mjs';
import { leaveNothingBehind, prove } from './proof.mjs';

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    'kill-every': { type: 'string', default: '4000' },
    often: { type: 'string', default: '1' },
  },
});
const asked = {
  documents: Number(values.documents),
  seed: Number(values.seed),
  killEvery: Number(values['kill-every']),
  often: Number(values.often),
  told: (text) => console.log(`  ${new Date().toISOString().slice(11, 19)} ${text}`),
};

async function show(name, options) {
  console.log(`${name}, seed ${asked.seed}`);
  const found = await prove({ ...asked, ...options });
  const row = (title, value) => console.log(`  ${title.padEnd(44)}${value}`);
  row('documents filed (versions)', `${found.documents} of ${found.chains} chains, ${found.wishes} wishes`);
  row('oppositions set and lifted meanwhile', found.windows);
  row('server processes killed with -9', found.kills);
  row('taken by the DMP', found.taken);
  row(
    'jobs, by their state at the end',
    Object.entries(found.states)
      .map(([state, count]) => `${state} ${count}`)
      .join(', '),
  );
  row('still under way', found.stuck);
  row('seconds, until all were filed', `${found.seconds}, ${found.filedAfter}`);
  row(
    'requests and faults',
    Object.entries(found.requests)
      .map(([what, count]) => `${what} ${count}`)
      .join(', '),
  );
  for (const [text, count] of found.errors) row('errors told', `${count} times ${text.split('\n')[0]}`);
  for (const kind of KINDS) row(`wrong: ${kind}`, found.wrong[kind]);
  for (const example of found.examples) console.log(`    ${example}`);
  if (found.stuck > 0 || KINDS.some((kind) => found.wrong[kind] > 0)) process.exitCode = 1;
}

if ('sqlite'.includes(values.only)) await show('SQLite, one server process', {});
if ('mongodb'.includes(values.only)) {
  const mongo = await findMongo();
  if ('skip' in mongo) console.log(`MongoDB: skipped: ${mongo.skip}`);
  else {
    await leaveNothingBehind(mongo.uri());
    await show('MongoDB, two server processes', { uri: mongo.uri() });
    await mongo.stop();
  }
}
