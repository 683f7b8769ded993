/** One store at one scale: loads it, then measures the server over HTTP and the store called without HTTP. */
import { createServer } from '../../dist/app.js';
import { readSettings } from '../../dist/config.js';
import { newId } from '../../dist/interactions/id.js';
import { bareMongo, bareSqlite, rateOf } from './bare-engine.mjs';
import { load } from './load.mjs';
import { familyOf, INS_SYSTEM, matricule, patientNumber } from './people.mjs';
import { residentMb, startServer } from './processes.mjs';

const HEADERS = { 'content-type': 'application/fhir+json' };

/** The content of a patient as an interaction would hand it to the store. */
function contentOf(services, i) {
  const patient = patientNumber(i);
  const { resourceType, meta, ...rest } = patient;
  return {
    text: {
      type: resourceType,
      metaRest: `,"profile":${JSON.stringify(meta.profile)}`,
      rest: `,${JSON.stringify(rest).slice(1, -1)}`,
    },
    values: services.registry.extract('Patient', patient, 'http://localhost/fhir'),
  };
}

/** Fills a store with `scale` patients and returns a sample of their ids. */
async function fill(address, scale) {
  const { services, close } = await createServer(readSettings({ STORE: address, LOG_LEVEL: 'silent' }, {}));
  const ids = [];
  for (let i = 0; i < scale; i += 256) {
    const puts = [];
    for (let j = i; j < Math.min(i + 256, scale); j++) {
      const id = newId();
      if (j % Math.ceil(scale / 1000) === 0) ids.push(id);
      puts.push(
        services.store.put({ type: 'Patient', id, content: contentOf(services, j), method: 'POST', expect: 'absent' }),
      );
    }
    await Promise.all(puts);
  }
  await close();
  return ids;
}

/** Puts a second by the store itself, 32 at a time. */
async function bareStore(address, from, seconds) {
  const { services, close } = await createServer(readSettings({ STORE: address, LOG_LEVEL: 'silent' }, {}));
  const contents = Array.from({ length: 2000 }, (_, i) => contentOf(services, from + i));
  const rate = await rateOf(seconds, (i) => {
    const content = contents[i % contents.length];
    return services.store.put({ type: 'Patient', id: newId(), content, method: 'POST', expect: 'absent' });
  });
  await close();
  return rate;
}

/** The links of the first pages of a search, for a load that reads pages deep in a series. */
async function pageLinks(base, path, pages) {
  const links = [];
  let url = `${base}${path}`;
  while (url !== undefined && links.length < pages) {
    const bundle = await (await fetch(url)).json();
    if (bundle.resourceType !== 'Bundle') throw new Error(`no page at ${path}`);
    url = bundle.link.find((link) => link.relation === 'next')?.url;
    if (url !== undefined) links.push(url);
  }
  return links;
}

export async function measureStore({ name, address, scale, seconds, ceilings, row }) {
  const isMongo = name === 'mongodb';
  const say = (figure, value, unit, bar, ceiling) => row(name, scale, figure, value, unit, bar, ceiling);
  const ids = await fill(address, scale);
  const server = await startServer(address);
  const { base } = server;
  const pick = (list, i) => list[(i * 7919) % list.length];
  const any = (i) => (i * 7919) % scale;
  try {
    const share = (rate) => `${Math.round((rate / ceilings.stored) * 100)} % of the stored string`;
    const get = await load(base, { seconds, request: (i) => ({ path: `/Patient/${pick(ids, i)}` }) });
    say(
      'GET Patient by id',
      get.perSecond,
      '/s',
      isMongo ? '30 %' : '45 %',
      `${share(get.perSecond)}, p99 ${get.p99} ms`,
    );
    const identifier = await load(base, {
      seconds,
      request: (i) => ({ path: `/Patient?identifier=${encodeURIComponent(`${INS_SYSTEM}|${matricule(any(i))}`)}` }),
    });
    say('search by identifier', identifier.perSecond, '/s', isMongo ? undefined : '4000', `p99 ${identifier.p99} ms`);
    const names = await load(base, {
      seconds,
      request: (i) => ({ path: `/Patient?name=${encodeURIComponent(familyOf(any(i)).slice(0, 6))}&_count=20` }),
    });
    say('page of 20 by name', names.perSecond, '/s', isMongo ? undefined : '1000', `p99 ${names.p99} ms`);
    const links = await pageLinks(base, '/Patient?active=true&_count=20', 50);
    const pages = await load(base, { seconds, request: (i) => ({ path: pick(links, i) }) });
    say('keyset pages of 20', pages.perSecond, '/s', undefined, `p99 ${pages.p99} ms`);
    const post = await load(base, {
      seconds,
      request: (i) => ({
        method: 'POST',
        path: '/Patient',
        headers: HEADERS,
        body: JSON.stringify(patientNumber(scale + 100_000 + i)),
      }),
    });
    say('POST Patient INS, durable', post.perSecond, '/s', isMongo ? '1200' : '1500', `p99 ${post.p99} ms`);
    say('resident after the load', residentMb(server.pid), 'MB');
    await server.stop();
    const store = await bareStore(address, scale + 900_000, seconds);
    say('bare store, 32 wide', store, '/s');
    const bare = isMongo
      ? await bareMongo(address, seconds)
      : { rate: await bareSqlite(address.slice('sqlite:'.length)) };
    say(
      'bare engine, same rows',
      bare.rate,
      '/s',
      undefined,
      bare.keys === undefined ? undefined : `${bare.keys} index keys`,
    );
    say('POST beside the bare engine', Math.round((post.perSecond / bare.rate) * 100), '%', 'at least 50');
  } catch (error) {
    await server.stop().catch(() => undefined);
    throw error;
  }
}
