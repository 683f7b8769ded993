/**
 * `npm run leaks -- [--queries 100000] [--seed 1] [--store memory]`: random questions of a caller who sees a part, put to two
 * servers: one holds all, the other only what he sees. Both have to answer the same, sets, totals, statuses and errors; and no
 * byte of a marked secret may stand in an answer, a header or the log of the first.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from '../../../dist/app.js';
import { readSettings } from '../../../dist/config.js';
import { asker } from '../../model/queries.mjs';
import { randomOf } from '../../model/random.mjs';
import { firstIds, idOf, maker, TYPES } from '../../model/resources.mjs';
import { World } from '../../model/world.mjs';
import { findMongo } from '../../support/mongod.mjs';

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    store: { type: 'string', default: 'memory' },
    only: { type: 'string' },
  },
});
const WIDE = 4;
const SECRET = 'zqxsecret';
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const CIRCLE = { system: 'https://ehpad.example/tags', code: 'circle' };

/** By what a resource belongs to a patient; the statement of this test. */
const OWNERS = {
  Appointment: ({ participant = [] }) => participant.map(({ actor }) => actor),
  CarePlan: ({ subject }) => [subject],
  CareTeam: ({ subject }) => [subject],
  Condition: ({ subject }) => [subject],
  DocumentReference: ({ subject }) => [subject],
  Encounter: ({ subject }) => [subject],
  List: ({ subject }) => [subject],
  Observation: ({ subject }) => [subject],
  RiskAssessment: ({ subject }) => [subject],
  Schedule: ({ actor = [] }) => actor,
};
const POLICIES = {
  conditions: { circle: '_tag=https://ehpad.example/tags|circle' },
  policies: [
    {
      name: 'part',
      for: { roles: ['60'] },
      grants: [
        { types: ['*'], interactions: ['read', 'search'], patient: { use: 'circle' } },
        {
          types: TYPES.filter((type) => type !== 'Patient' && OWNERS[type] === undefined),
          interactions: ['read', 'search'],
        },
        { types: ['Patient'], interactions: ['$match', '$ihe-pix'] },
      ],
      refusals: [{ types: ['*'], where: `_security=${CONFIDENTIALITY}|V` }],
    },
  ],
};
const CALLER = {
  kind: 'professional',
  id: 'nurse',
  roles: [{ code: '60' }],
  structures: [],
  launch: {},
  expires: Number.POSITIVE_INFINITY,
};

const nameOf = ({ resourceType, id }) => `${resourceType}/${id}`;
const isOfCircle = ({ meta }) => (meta?.tag ?? []).some(({ code }) => code === CIRCLE.code);
const isLabelled = ({ meta }) =>
  (meta?.security ?? []).some(({ system, code }) => system === CONFIDENTIALITY && code === 'V');

function sees(resource, patients) {
  if (isLabelled(resource)) return false;
  if (resource.resourceType === 'Patient') return isOfCircle(resource);
  const owners = OWNERS[resource.resourceType];
  if (owners === undefined) return true;
  return owners(resource).some((one) => {
    const [, id] = /^(?:.*\/fhir\/)?Patient\/([^/]+)/.exec(one?.reference ?? '') ?? [];
    return id !== undefined && patients.get(id) !== undefined && isOfCircle(patients.get(id));
  });
}

/** Free text with a mark in it, so that a word of it anywhere is a leak. */
function marked(value, mark, name = '') {
  if (typeof value === 'string')
    return /^(family|text|display|description|title|city|comment)$/.test(name) ? `${value} ${mark}` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => marked(one, mark, name));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === 'div' ? one : marked(one, mark, key)]),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'passerelle-leaks-'));
writeFileSync(join(folder, 'policies.json'), JSON.stringify(POLICIES));
const lines = [];
let ended = () => undefined;

async function open(STORE) {
  const settings = {
    STORE,
    PORT: '0',
    HOST: '127.0.0.1',
    VALIDATION: 'off',
    MAX_COUNT: '2000',
    MAX_INCLUDE: '5000',
    BASE_URL: 'http://localhost:8080/fhir',
  };
  const server = await createServer(readSettings({ ...settings, POLICIES: join(folder, 'policies.json') }, {}), {
    write: (line) => lines.push(line),
  });
  server.app.addHook('onRequest', async (request) => {
    if (request.headers['x-test-caller'] !== undefined) request.caller = CALLER;
  });
  await server.listen();
  return { server, base: `http://127.0.0.1:${server.app.server.address().port}/fhir` };
}

async function ask({ base }, path, more = {}) {
  const url = path.startsWith('http') ? path.replace('http://localhost:8080/fhir', base) : base + path;
  const response = await fetch(url, {
    ...more,
    headers: { 'x-test-caller': 'nurse', 'content-type': 'application/fhir+json', ...more.headers },
  });
  return { status: response.status, text: await response.text(), headers: JSON.stringify([...response.headers]) };
}

/** All pages of an answer, and what of it has to be the same on both servers. */
async function series(server, path, more) {
  const pages = [await ask(server, path, more)];
  for (;;) {
    const next = JSON.parse(pages.at(-1).text || '{}').link?.find(({ relation }) => relation === 'next')?.url;
    if (next === undefined || pages.length > 60) break;
    pages.push(await ask(server, next));
  }
  const read = pages.map(({ text }) => JSON.parse(text || '{}'));
  const entries = read.flatMap(({ entry = [] }) =>
    entry.map(({ resource, search }) => `${search?.mode ?? ''} ${search?.score ?? ''} ${nameOf(resource)}`),
  );
  const issues = read.flatMap(({ issue = [] }) =>
    issue.map(({ diagnostics, details }) => diagnostics ?? details?.text),
  );
  const told = {
    statuses: pages.map(({ status }) => status),
    totals: read.map(({ total }) => total),
    counts: read.map(({ entry = [] }) => entry.length),
    entries: entries.sort(),
    issues,
    parameters: read[0].parameter,
  };
  return { told: JSON.stringify(told), pages };
}

function urlOf({ address, types, conditions, sort, inclusions, count, total }) {
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
  return `${address === '' ? '/' : `/${address}`}?${text}`;
}

async function main() {
  const mongo = values.store === 'mongodb' ? await findMongo() : undefined;
  if (mongo !== undefined && 'skip' in mongo) throw new Error(mongo.skip);
  ended = () => mongo?.stop();
  const stores = mongo === undefined ? ['memory:', 'memory:'] : [mongo.uri('leaks_whole'), mongo.uri('leaks_part')];
  const [whole, part] = [await open(stores[0]), await open(stores[1])];
  const random = randomOf(Number(values.seed));
  const make = maker(random);
  const world = new World('http://localhost:8080/fhir');
  const all = [];
  for (const [type, id] of firstIds()) {
    if (!random.chance(80)) continue;
    const resource = make(type, id);
    const isOpen = type === 'Patient' && random.chance(40);
    const labels = !isOpen && random.chance(20) ? [{ system: CONFIDENTIALITY, code: 'V' }] : [];
    resource.meta = {
      ...resource.meta,
      ...(isOpen && { tag: [CIRCLE] }),
      ...(labels.length > 0 && { security: labels }),
    };
    all.push(resource);
  }
  const patients = new Map(all.filter(({ resourceType }) => resourceType === 'Patient').map((one) => [one.id, one]));
  let hidden = 0;
  for (const resource of all) {
    const isSeen = sees(resource, patients);
    const put = isSeen ? resource : marked(resource, `${SECRET}${(hidden++).toString(36)}`);
    for (const server of isSeen ? [whole, part] : [whole]) {
      const response = await fetch(`${server.base}/${nameOf(put)}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/fhir+json' },
        body: JSON.stringify(put),
      });
      const stored = await response.json();
      if (!response.ok) throw new Error(`PUT gave ${response.status}: ${JSON.stringify(stored)}`);
      if (server === whole) world.set(stored);
    }
  }
  const questions = asker(random, world);
  const wanted = Number(values.queries);
  const tally = { asked: 0, found: 0, refused: 0 };
  const problems = [];
  const next = () => {
    const kind = random.below(100);
    const type = random.pick(TYPES);
    if (kind < 6)
      return { path: `/${type}/${idOf(type, random.below(26))}${random.pick(['', '', '/_history', '/_history/1'])}` };
    if (kind < 8)
      return {
        path: `/${random.pick([type, type, ''])}/_history?_count=${random.pick([1, 3, 20, 500])}`.replace('//', '/'),
      };
    if (kind < 10) {
      const some = world.of('Patient');
      const { identifier, name, birthDate } = random.pick(some).resource;
      const resource = { resourceType: 'Patient', identifier, name, birthDate };
      const body = JSON.stringify({ resourceType: 'Parameters', parameter: [{ name: 'resource', resource }] });
      return { path: '/Patient/$match', more: { method: 'POST', body }, text: body };
    }
    return { path: urlOf(questions.question()) };
  };
  const check = async ({ number, path, more, text = '' }) => {
    const [one, other] = await Promise.all([series(whole, path, more), series(part, path, more)]);
    tally.asked++;
    if (one.pages[0].status >= 400) tally.refused++;
    if (one.told.includes('match ')) tally.found++;
    const isTimed = /_lastUpdated|_history/.test(decodeURIComponent(path));
    const about = `#${number} ${decodeURIComponent(path)} ${text}`;
    // Instants differ between the two.
    if (one.told !== other.told && !(isTimed && /_lastUpdated/.test(decodeURIComponent(path)))) {
      problems.push(`${about}\n  all:  ${one.told.slice(0, 400)}\n  part: ${other.told.slice(0, 400)}`);
    }
    const asked = decodeURIComponent(path) + text;
    for (const { text: answer, headers } of one.pages) {
      const marks = new Set([...(answer + headers).matchAll(/zqxsecret[0-9a-z]+/g)].map(([mark]) => mark));
      for (const mark of marks) if (!asked.includes(mark)) problems.push(`${about}\n  tells ${mark}`);
    }
  };
  const began = performance.now();
  for (let i = 0; i < wanted && problems.length < 10; ) {
    const some = [];
    for (let k = 0; k < 200 && i < wanted; k++, i++) some.push({ number: i, ...next() });
    const chosen = values.only === undefined ? some : some.filter(({ number }) => number === Number(values.only));
    const worker = async () => {
      for (let one = chosen.shift(); one !== undefined; one = chosen.shift()) await check(one);
    };
    await Promise.all(Array.from({ length: WIDE }, worker));
  }
  const log = lines.join('');
  if (log.includes(SECRET)) problems.push('a log line tells a secret');
  for (const { server } of [whole, part]) await server.close();
  for (const problem of problems.slice(0, 10)) console.log(problem);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${values.store}: ${tally.asked} queries over ${all.length} resources of which ${hidden} are hidden, ${tally.found} found something, ` +
      `${tally.refused} were refused, ${problems.length} leaks (seed ${values.seed}, ${seconds} s)`,
  );
  return problems.length === 0 && tally.asked > 0;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  await ended();
  rmSync(folder, { recursive: true });
}
