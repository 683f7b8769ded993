/** One store and one world, side by side: writes go to both, each question is put to both. */
import { createServer } from '../../dist/app.js';
import { readSettings } from '../../dist/config.js';
import { asker } from './queries.mjs';
import { randomOf } from './random.mjs';
import { firstIds, idOf, maker, TYPES } from './resources.mjs';
import { World } from './world.mjs';

/** Questions between two bursts of writes. */
const BURST = 100;
/** Questions on their way at a time. */
const WIDE = 4;
const HEADERS = { 'content-type': 'application/fhir+json' };

/**
 * Puts `queries` questions to the store at `address`; `only` one number of them, the writes around it included.
 * @returns {Promise<{ asked: number, found: number, pages: number, disturbed: number, differences: string[] }>}
 */
export async function compare(address, { queries, seed, only }) {
  const settings = { STORE: address, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent', VALIDATION: 'off' };
  const server = await createServer(readSettings({ ...settings, MAX_COUNT: '2000', MAX_INCLUDE: '5000' }, {}));
  const base = await server.listen();
  try {
    return await new Session(base, randomOf(seed)).run(queries, only);
  } finally {
    await server.close();
  }
}

class Session {
  #base;
  #random;
  #world;
  #make;
  #tally = { asked: 0, found: 0, pages: 0, disturbed: 0, differences: [] };
  constructor(base, random) {
    this.#base = base;
    this.#random = random;
    this.#world = new World(base);
    this.#make = maker(random);
  }

  async run(queries, only) {
    for (const [type, id] of firstIds()) if (this.#random.chance(80)) await this.#put(type, id);
    const ask = asker(this.#random, this.#world);
    for (let i = 0; i < queries; ) {
      const questions = [];
      for (let k = 0; k < BURST && i < queries; k++, i++) questions.push({ number: i, query: ask.question() });
      const wanted = questions.filter(({ number }) => only === undefined || number === only);
      // Alone, since what is there must stay while they look.
      for (let k = 0; k < wanted.length; k += WIDE) {
        await Promise.all(wanted.slice(k, k + WIDE).map((one) => this.#check(one)));
      }
      await this.#disturbedSeries(ask.series(), only === undefined || wanted.length > 0);
      await this.#writes(12);
      if (this.#tally.differences.length >= 10) break;
    }
    return this.#tally;
  }

  async #put(type, id) {
    const body = JSON.stringify(this.#make(type, id));
    const response = await fetch(`${this.#base}/${type}/${id}`, { method: 'PUT', headers: HEADERS, body });
    if (!response.ok) throw new Error(`PUT ${type}/${id} gave ${response.status}: ${await response.text()}`);
    this.#world.set(await response.json());
  }

  async #writes(count) {
    const { pick, below, chance } = this.#random;
    for (let i = 0; i < count; i++) {
      const type = pick(TYPES);
      const id = idOf(type, below(24));
      if (chance(70)) await this.#put(type, id);
      else {
        const response = await fetch(`${this.#base}/${type}/${id}`, { method: 'DELETE' });
        if (!response.ok) throw new Error(`DELETE gave ${response.status}`);
        await response.arrayBuffer();
        this.#world.remove(type, id);
      }
    }
  }

  /** A series of pages with writes between them: it shows what was there at its start. */
  async #disturbedSeries(query, isChecked) {
    const expected = this.#expected(query);
    let page = isChecked ? await this.#get(urlOf(this.#base, query)) : undefined;
    const seen = [];
    for (let i = 0; i < 30; i++) {
      if (page !== undefined) seen.push(...entriesOf(page, 'match'));
      const next = page?.link.find(({ relation }) => relation === 'next');
      if (i < 4) await this.#writes(4);
      if (next !== undefined) page = await this.#get(next.url);
      else if (i >= 4) break;
      else page = undefined;
    }
    if (!isChecked) return;
    this.#tally.disturbed++;
    this.#note(
      query,
      'series with writes between its pages',
      versions(expected.map(({ resource }) => resource)),
      versions(seen),
    );
  }

  async #get(url) {
    const response = await fetch(url);
    const body = await response.json();
    if (!response.ok) throw new Error(`${url} gave ${response.status}: ${JSON.stringify(body)}`);
    return body;
  }

  #expected({ types, conditions, compartment }) {
    const found = types.flatMap((type) => this.#world.select(type, conditions));
    if (compartment === undefined) return found;
    const value = `Patient/${compartment.patient}`;
    return found.filter((entry) => compartment.codes.some((name) => this.#world.fits(entry, { name, value })));
  }

  async #check({ number, query }) {
    const url = urlOf(this.#base, query);
    this.#tally.asked++;
    let pages;
    try {
      pages = await this.#series(url);
    } catch (error) {
      this.#tally.differences.push(`#${number} ${decodeURIComponent(url)}: ${error.message}`);
      return;
    }
    const expected = this.#expected(query);
    const found = pages.flatMap((page) => entriesOf(page, 'match'));
    this.#tally.found += found.length;
    this.#tally.pages += pages.length;
    const what = `#${number}`;
    this.#note(query, what, versions(expected.map(({ resource }) => resource)), versions(found));
    this.#checkOrder(query, what, found);
    const [{ total }] = pages;
    if (query.total && total !== expected.length)
      this.#differ(query, `${what} total`, `${expected.length}, not ${total}`);
    if (query.inclusions.length > 0) this.#checkInclusions(query, what, pages);
  }

  async #series(url) {
    const pages = [await this.#get(url)];
    for (;;) {
      const next = pages.at(-1).link.find(({ relation }) => relation === 'next');
      if (next === undefined) return pages;
      if (next.url.length >= 2000) throw new Error('a link of 2 000 characters or more');
      pages.push(await this.#get(next.url));
    }
  }

  #checkInclusions(query, what, pages) {
    for (const page of pages) {
      const matches = entriesOf(page, 'match').map(({ resourceType, id }) =>
        this.#world.of(resourceType).find((one) => one.resource.id === id),
      );
      const expected = this.#world.included(matches, query.inclusions).map(({ resource }) => resource);
      this.#note(query, `${what} included`, versions(expected), versions(entriesOf(page, 'include')));
    }
  }

  #checkOrder(query, what, found) {
    const rank = ({ resourceType, id }) => {
      const entry = this.#world.of(resourceType).find(({ resource }) => resource.id === id);
      return query.sort.map(({ code, descending }) => this.#world.sortValue(entry, code, descending));
    };
    const isBefore = (a, b) => {
      for (const [i, { descending }] of query.sort.entries()) {
        if (a[i] === b[i]) continue;
        // What has no value comes last, whatever the direction.
        if (a[i] === undefined || b[i] === undefined) return b[i] === undefined;
        return descending ? a[i] > b[i] : a[i] < b[i];
      }
      return true;
    };
    const ranks = found.map(rank);
    for (const [i, one] of ranks.entries()) {
      if (i > 0 && !isBefore(ranks[i - 1], one)) {
        this.#differ(query, `${what} order`, `${JSON.stringify(ranks[i - 1])} before ${JSON.stringify(one)}`);
        return;
      }
    }
  }

  #note(query, what, expected, found) {
    const missing = expected.filter((one) => !found.includes(one));
    const extra = found.filter((one) => !expected.includes(one));
    const twice = found.filter((one, i) => found.indexOf(one) !== i);
    if (missing.length + extra.length + twice.length === 0) return;
    const shown = (name, list) => (list.length === 0 ? '' : ` ${name}: ${list.slice(0, 5).join(' ')}`);
    this.#differ(query, what, shown('missing', missing) + shown('extra', extra) + shown('twice', twice));
  }

  #differ(query, what, how) {
    this.#tally.differences.push(`${what} ${decodeURIComponent(urlOf('', query))}: ${how}`);
  }
}

const versions = (resources) =>
  resources.map(({ resourceType, id, meta }) => `${resourceType}/${id}/${meta.versionId}`);

function entriesOf({ entry = [] }, mode) {
  return entry.filter(({ search }) => search.mode === mode).map(({ resource }) => resource);
}

function urlOf(base, { address, types, conditions, sort, inclusions, count, total }) {
  const pairs = conditions.map(({ name, value }) => [name, value]);
  if (address === '') pairs.push(['_type', types.join(',')]);
  if (sort.length > 0)
    pairs.push(['_sort', sort.map(({ code, descending }) => (descending ? `-${code}` : code)).join(',')]);
  for (const { reverse, type, code, target, iterate } of inclusions) {
    const name = `${reverse ? '_revinclude' : '_include'}${iterate ? ':iterate' : ''}`;
    pairs.push([name, [type, code, ...(target === undefined ? [] : [target])].join(':')]);
  }
  pairs.push(['_count', String(count)]);
  if (total) pairs.push(['_total', 'accurate']);
  const text = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
  return `${base}${address === '' ? '/' : `/${address}`}?${text}`;
}
