/** Fills a store: through its own port, in batches as wide as it takes, from the same generator at every scale. */
import { createServer } from '../../dist/app.js';
import { readSettings } from '../../dist/config.js';
import { recordOf, sharedRecords } from './records.mjs';

/** Writes on their way at a time. */
const WIDE = 1024;

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

/** Writes all that an iterable of resources yields; how many. */
export async function fillWith(services, resources) {
  let made = 0;
  const running = new Set();
  for (const resource of resources) {
    const put = services.store.put(putOf(services, resource)).then(({ outcome }) => {
      if (outcome !== 'created') throw new Error(`${resource.resourceType}/${resource.id} was there before`);
      running.delete(put);
    });
    running.add(put);
    made++;
    if (running.size >= WIDE) await Promise.race(running);
  }
  await Promise.all(running);
  return made;
}

function* everything(scale, perPatient) {
  yield* sharedRecords();
  for (let i = 0; i < scale; i++) yield* recordOf(i, perPatient);
}

const MARK = 'bench';

/** Fills an empty store; one that holds the same already (see --keep) stays as it is. */
export async function fillSearch(address, scale, perPatient) {
  const { services, close } = await openStore(address);
  const began = performance.now();
  const mark = `${scale} x ${perPatient}`;
  const there = await services.store.state.get(MARK);
  if (there !== undefined && there !== mark) throw new Error(`the kept store holds ${there}, not ${mark}`);
  const made = there === mark ? 0 : await fillWith(services, everything(scale, perPatient));
  if (made > 0) await services.store.state.set(MARK, mark);
  await close();
  return { made, seconds: (performance.now() - began) / 1000 };
}
