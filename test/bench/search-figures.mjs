/** One store at one scale: fills it, then asks each question over HTTP, of the store alone, and of all texts in turn. */
import { parseSearch } from '../../dist/search/parse.js';
import { fillSearch, openStore } from './fill.mjs';
import { load } from './load.mjs';
import { startServer } from './processes.mjs';
import { GROWING, QUESTIONS, SERIES } from './search-questions.mjs';

const CONNECTIONS = 8;
const PAGE = 50;
const DEEP = `page ${PAGE} of a series`;
/** Texts that the naive scan reads; it is linear, so that the rest can be told. */
const SCANNED = 5000;

export async function measureSearch({ store, address, scale, records, seconds, row }) {
  const { made, seconds: took } = await fillSearch(address, scale, records);
  console.log(`${store.padEnd(8)}${String(scale).padStart(7)}  filled with ${made} resources in ${took.toFixed(0)} s`);
  const any = (i) => (i * 7919) % scale;
  const bare = await withoutHttp(address, any, scale);
  const server = await startServer(address);
  try {
    const say = (name, figures) => row({ store, scale, name, ...figures, ...bare(name), isGrowing: GROWING.has(name) });
    for (const [name, path] of Object.entries(QUESTIONS)) {
      await checkAnswer(server.base, path(any(1), scale));
      const request = (i) => ({ path: path(any(i), scale) });
      say(name, await load(server.base, { seconds, connections: CONNECTIONS, request }));
    }
    const link = await pageLink(server.base, SERIES, PAGE);
    say(DEEP, await load(server.base, { seconds, connections: CONNECTIONS, request: () => ({ path: link }) }));
  } finally {
    await server.stop();
  }
}

async function checkAnswer(base, path) {
  const bundle = await (await fetch(base + path)).json();
  if (!(bundle.entry?.length > 0)) throw new Error(`nothing is found by ${path}`);
}

/** The address of page `number` of a search. */
async function pageLink(base, path, number) {
  let url = base + path;
  for (let i = 1; i < number; i++) {
    const bundle = await (await fetch(url)).json();
    url = bundle.link.find(({ relation }) => relation === 'next').url;
  }
  return url;
}

/** Medians of the store called by itself, one question at a time, and what reading every text would take. */
async function withoutHttp(address, any, scale) {
  const { services, close } = await openStore(address);
  const { registry, store } = services;
  const context = {
    registry,
    lenient: false,
    baseUrl: 'http://localhost/fhir',
    timeZone: 'Europe/Paris',
    defaultCount: 20,
    maxCount: 1000,
  };
  const planOf = (path) => {
    const [, type, query] = /^\/(\w+)\?(.*)$/.exec(path);
    return parseSearch(type, [...new URLSearchParams(query)], context).query;
  };
  const medians = new Map();
  for (const [name, path] of Object.entries(QUESTIONS)) {
    medians.set(name, await median((i) => planOf(path(any(i), scale)), store));
  }
  let series = planOf(SERIES);
  for (let page = 1; page < PAGE; page++) {
    const { next, moment } = await store.search(series);
    series = { ...series, cursor: next, moment };
  }
  medians.set(DEEP, await median(() => series, store));
  const naive = await scan(store, scale);
  await close();
  return (name) => ({ bare: medians.get(name), naive: `${naive} ms` });
}

/** Milliseconds of a search by the store, one at a time. */
async function median(plan, store) {
  const times = [];
  const end = performance.now() + 1000;
  for (let i = 0; performance.now() < end || i < 10; i++) {
    const asked = plan(i);
    const began = performance.now();
    await store.search(asked);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1].toFixed(2);
}

/** Milliseconds in which all patients are read and looked at one by one. */
async function scan(store, scale) {
  const began = performance.now();
  let [read, cursor] = [0, undefined];
  do {
    const page = await store.search({ type: 'Patient', filters: [], sort: [], count: 500, ...(cursor && { cursor }) });
    for (const { text } of page.items) if (JSON.parse(text).name?.[0]?.family === undefined) throw new Error('no name');
    read += page.items.length;
    cursor = page.next;
  } while (cursor !== undefined && read < SCANNED);
  return Math.round(((performance.now() - began) * scale) / read);
}
