/** Fills a store: through its own port, in transactions, from the same generator at every scale. */
import { createServer } from '../../dist/app.js';
import { readSettings } from '../../dist/config.js';
import { recordOf, sharedRecords } from './records.mjs';

/** Writes of a transaction: MongoDB takes them five times as fast as one by one. */
const GROUP = 500;
/** Transactions on their way at a time. */
const WIDE = 4;

export const openStore = (address) => createServer(readSettings({ STORE: address, LOG_LEVEL: 'silent' }, {}));

/** A resource with its id as an interaction would hand it to the store. */
export function putOf({ registry }, resource) {
  const { resourceType: type, id, meta, ...rest } = resource;
  const metaText = meta === undefined ? '' : `,${JSON.stringify(meta).slice(1, -1)}`;
  const text = { type, metaRest: metaText, rest: `,${JSON.stringify(rest).slice(1, -1)}` };
  const values = registry.extract(
    type,
    { ...rest, resourceType: type, ...(meta && { meta }) },
    'http://localhost/fhir',
  );
  return { type, id, content: { text, values }, method: 'PUT', expect: 'absent' };
}

/** Writes all that an iterable of resources yields; how many. `isNew` tells whether none of them may be there yet. */
export async function fillWith(services, resources, isNew = true) {
  const { store } = services;
  let made = 0;
  const running = new Set();
  const write = async (group) => {
    const results = await store.transact([], (inside) => Promise.all(group.map((put) => inside.put(put))));
    const old = results.findIndex(({ outcome }) => outcome !== 'created');
    if (isNew && old !== -1) throw new Error(`${group[old].type}/${group[old].id} was there before`);
    made += group.length;
  };
  const start = (group) => {
    const done = write(group).then(() => running.delete(done));
    running.add(done);
  };
  let group = [];
  for (const resource of resources) {
    if (group.push(putOf(services, resource)) < GROUP) continue;
    start(group);
    group = [];
    if (running.size >= WIDE) await Promise.race(running);
  }
  if (group.length > 0) start(group);
  await Promise.all(running);
  return made;
}

function* records(from, to, perPatient) {
  for (let i = from; i < to; i++) yield* recordOf(i, perPatient);
}

const MARK = 'bench';
/** Patients between two marks of how far a fill has come. */
const STEP = 1000;

/**
 * Fills a store; one that holds the same already (see --keep) stays as it is, and a fill that was stopped goes on where
 * it was.
 */
export async function fillSearch(address, scale, perPatient) {
  const { services, close } = await openStore(address);
  const began = performance.now();
  const { state } = services.store;
  const what = `${scale} x ${perPatient}`;
  const there = (await state.get(MARK)) ?? `${what}, 0`;
  const [, found, done] = /^(.*), (\d+)$/.exec(there) ?? [];
  if (found !== what) throw new Error(`the kept store holds ${there}, not ${what}`);
  let made = 0;
  if (done === '0') made += await fillWith(services, sharedRecords());
  for (let from = Number(done); from < scale; from += STEP) {
    const to = Math.min(from + STEP, scale);
    // Those after the last mark may be there.
    const isNew = from !== Number(done) || from === 0;
    made += await fillWith(services, records(from, to, perPatient), isNew);
    await state.set(MARK, `${what}, ${to}`);
  }
  await close();
  return { made, seconds: (performance.now() - began) / 1000 };
}
