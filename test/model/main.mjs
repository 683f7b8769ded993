/**
 * `npm run conformance:search -- [--queries 20000] [--seed 1] [--stores memory,sqlite,mongodb] [--only N]`: each store
 * beside a naive evaluator written from the specification, over the same invented resources.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMongo } from '../support/mongod.mjs';
import { compare } from './session.mjs';

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    stores: { type: 'string', default: 'sqlite,mongodb' },
    only: { type: 'string' },
  },
});
const options = {
  queries: Number(values.queries),
  seed: Number(values.seed),
  ...(values.only === undefined ? {} : { only: Number(values.only) }),
};

/** The address of a fresh store, and what ends it. */
async function storeOf(name) {
  if (name === 'memory') return { address: 'memory:', end: () => undefined };
  if (name === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'passerelle-model-'));
    return { address: `sqlite:${folder}`, end: () => rmSync(folder, { recursive: true }) };
  }
  if (name !== 'mongodb') throw new Error(`no store is called ${name}`);
  const mongo = await findMongo();
  if ('skip' in mongo) throw new Error(mongo.skip);
  return { address: mongo.uri(), end: () => mongo.stop() };
}

let isSame = true;
for (const name of values.stores.split(',')) {
  const { address, end } = await storeOf(name);
  const began = performance.now();
  try {
    const { asked, found, pages, disturbed, differences } = await compare(address, options);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    for (const difference of differences) console.log(`${name}: ${difference}`);
    console.log(
      `${name}: ${asked} queries, ${pages} pages, ${found} matches, ${disturbed} series with writes between pages, ` +
        `${differences.length} differences (seed ${options.seed}, ${seconds} s)`,
    );
    if (differences.length > 0 || asked < (options.only === undefined ? options.queries : 1)) isSame = false;
  } finally {
    await end();
  }
}
process.exitCode = isSame ? 0 : 1;
