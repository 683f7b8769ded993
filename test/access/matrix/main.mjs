/**
 * `npm run matrix -- [--stores memory,sqlite,mongodb] [--seed 1] [--every 1] [--only TEXT]`: callers by interactions by the
 * visibility of what is there. Each cell asks the exact status and the exact set of records; no answer holds a word of a
 * record that its caller does not see. `--every 3` asks each third cell.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findMongo } from '../../support/mongod.mjs';
import { readingCells, writingCells } from './cells.mjs';
import { Session } from './session.mjs';
import { CALLERS } from './world.mjs';

const { values } = parseArgs({
  options: {
    stores: { type: 'string', default: 'sqlite,mongodb' },
    seed: { type: 'string', default: '1' },
    every: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    show: { type: 'string', default: '20' },
  },
});
const ABREAST = 6;
const nameOf = ({ resourceType, id }) => `${resourceType}/${id}`;

async function storeOf(name) {
  if (name === 'memory') return { address: 'memory:', end: () => undefined };
  if (name === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'passerelle-matrix-'));
    return { address: `sqlite:${folder}`, end: () => rmSync(folder, { recursive: true }) };
  }
  const mongo = await findMongo();
  if ('skip' in mongo) throw new Error(mongo.skip);
  return { address: mongo.uri(), end: () => mongo.stop() };
}

/** What an answer tells of: the records of its Bundle, or of the Bundles in it. */
function idsOf(json) {
  if (json?.resourceType !== 'Bundle') return [];
  return (json.entry ?? []).flatMap(({ resource, request, response }) => {
    if (resource?.resourceType === 'OperationOutcome') return [];
    if (resource?.resourceType === 'Bundle') return idsOf(resource);
    if (resource !== undefined) return [nameOf(resource)];
    return request?.method === 'DELETE' && response !== undefined ? [request.url] : [];
  });
}

/** What is wrong with an answer; nothing for none. */
async function wrongs(session, cell) {
  const { expected, follow } = cell;
  const pages = [await session.call(cell)];
  const problems = [];
  const next = () => pages.at(-1).json?.link?.find(({ relation }) => relation === 'next')?.url;
  for (let url = follow ? next() : undefined; url !== undefined && pages.length < 300; url = next()) {
    pages.push(await session.call({ ...cell, path: url }));
    if (pages.at(-1).status !== 200) problems.push(`page ${pages.length} gave ${pages.at(-1).status}`);
  }
  const [answer] = pages;
  const statuses = cell.either ?? [expected.status];
  if (!statuses.includes(answer.status) && answer.status !== expected.status) {
    problems.push(`${answer.status}, not ${expected.status}: ${answer.text.slice(0, 300)}`);
  }
  if (expected.ids !== undefined && answer.status === expected.status) {
    const got = pages.flatMap(({ json }) => idsOf(json));
    const [wanted, found] = [[...expected.ids].sort(), [...got].sort()];
    const missing = wanted.filter((one) => !found.includes(one));
    const extra = found.filter((one) => !wanted.includes(one));
    if (missing.length + extra.length > 0 || wanted.length !== found.length) {
      problems.push(
        `${found.length} records, not ${wanted.length}; missing ${missing.slice(0, 4)}; too much ${extra.slice(0, 4)}`,
      );
    }
    if (expected.ordered && got.join() !== expected.ids.join()) problems.push('in another order');
    if (expected.total !== undefined && answer.json?.total !== expected.total) {
      problems.push(`total ${answer.json?.total}, not ${expected.total}`);
    }
    if (expected.pages !== undefined && pages.slice(0, -1).some(({ json }) => idsOf(json).length < expected.pages)) {
      problems.push('a page that is not full');
    }
    if (expected.pages !== undefined && pages.length > 1 && idsOf(pages.at(-1).json).length === 0)
      problems.push('an empty last page');
  }
  if (expected.statuses !== undefined) {
    const got = (answer.json?.entry ?? []).map(({ response }) => response.status.slice(0, 3));
    if (got.join() !== expected.statuses.join()) problems.push(`entries ${got}, not ${expected.statuses}`);
  }
  const hidden = session.hiddenFrom.get(cell.caller) ?? [];
  for (const { text, headers } of pages) {
    const all = text + JSON.stringify([...headers]);
    for (const { name, word } of hidden) {
      if (all.includes(word) && !JSON.stringify([cell.path, cell.body]).includes(word))
        problems.push(`it tells of ${name}`);
    }
  }
  return { problems, answer };
}

async function undo(session, { undo: what }, answer) {
  if (answer.status >= 400) return;
  if (what === 'created') {
    const locations = [
      answer.headers.get('location'),
      ...(answer.json?.entry ?? []).map(({ response }) => response?.location),
    ];
    for (const one of locations) {
      const [, place] = /\/fhir\/([A-Z]\w+\/[^/]+)/.exec(one ?? '') ?? [];
      if (place !== undefined) await session.call({ method: 'DELETE', path: `/${place}` });
    }
    return;
  }
  for (const one of what ?? []) {
    if (session.records.has(nameOf(one))) await session.put(session.records.get(nameOf(one)));
    else await session.call({ method: 'DELETE', path: `/${nameOf(one)}` });
  }
  // What was created beside it.
  const [, place] =
    answer.status === 201 ? (/\/fhir\/([A-Z]\w+\/[^/]+)/.exec(answer.headers.get('location') ?? '') ?? []) : [];
  if (place !== undefined && !session.records.has(place)) await session.call({ method: 'DELETE', path: `/${place}` });
}

/** Every interaction and operation of the statement has its cells. */
async function advertised(session) {
  const { json } = await session.call({ method: 'GET', path: '/metadata' });
  const [rest] = json.rest;
  const codes = [...rest.interaction, ...rest.resource.flatMap(({ interaction }) => interaction)].map(
    ({ code }) => code,
  );
  const operations = [...(rest.operation ?? []), ...rest.resource.flatMap(({ operation }) => operation ?? [])].map(
    ({ name }) => `$${name}`,
  );
  return new Set([...codes, ...operations]);
}

async function matrix(name) {
  const { address, end } = await storeOf(name);
  const began = performance.now();
  const session = await Session.open(address, Number(values.seed));
  const counts = new Map();
  const kinds = { asked: 0, refused: 0, hidden: 0, shown: 0, written: 0 };
  const failures = [];
  const every = Number(values.every);
  const chosen = (cells) => {
    const { only } = values;
    return [...cells].filter(
      (cell, i) =>
        i % every === 0 && `${cell.caller} ${cell.what} ${cell.about ?? ''} ${cell.method} ${cell.path}`.includes(only),
    );
  };
  session.hiddenFrom = new Map(
    Object.entries(CALLERS).map(([name, caller]) => [
      name,
      session
        .live()
        .filter((one) => !['read', 'search'].some((action) => session.statement.sees(caller, one, action)))
        .flatMap((one) => {
          const word = session.secretOf(one);
          return [
            { name: nameOf(one), word },
            { name: nameOf(one), word: Buffer.from(word).toString('base64') },
          ];
        }),
    ]),
  );
  const note = (cell, { problems, answer }, isWrite) => {
    kinds.asked++;
    if (answer.status === 403) kinds.refused++;
    else if (answer.status >= 400) kinds.hidden++;
    else if (isWrite) kinds.written++;
    else kinds.shown++;
    counts.set(cell.what, (counts.get(cell.what) ?? 0) + 1);
    for (const problem of problems)
      failures.push(
        `${cell.caller}: ${cell.what}${cell.about ? ` (${cell.about})` : ''} ${cell.method} ${decodeURIComponent(cell.path)}: ${problem}`,
      );
  };
  try {
    const reads = chosen(readingCells(session, session.statement));
    const waiting = [...reads];
    const worker = async () => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift())
        note(cell, await wrongs(session, cell), false);
    };
    await Promise.all(Array.from({ length: ABREAST }, worker));
    if (values.only === '') await cursors(session, note);
    for (const cell of chosen(writingCells(session, session.statement))) {
      const found = await wrongs(session, cell);
      note(cell, found, true);
      await undo(session, cell, found.answer);
    }
    const wanted = await advertised(session);
    if (values.only === '') {
      const missing = [...wanted].filter((one) => !counts.has(one));
      // Each eighth cell has all of them. Operations that came after the matrix are told.
      for (const one of missing) {
        if (one.startsWith('$') || every > 8) console.log(`${name}: no cell asks ${one}`);
        else failures.push(`no cell asks ${one}`);
      }
    }
    const log = session.lines.join('');
    for (const word of session.world.secrets.values())
      if (log.includes(word)) failures.push('a log line holds what a record says');
  } finally {
    await session.close();
    await end();
  }
  for (const failure of failures.slice(0, Number(values.show))) console.log(`${name}: ${failure}`);
  const table = [...counts].sort().map(([what, count]) => `  ${what.padEnd(22)}${count}`);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${name}: ${kinds.asked} cells of ${Object.keys(CALLERS).length} callers (${kinds.shown} shown, ${kinds.written} written, ` +
      `${kinds.hidden} not there, ${kinds.refused} refused), ${failures.length} wrong (seed ${values.seed}, ${seconds} s)`,
  );
  console.log(table.join('\n'));
  return failures.length === 0 && kinds.asked > 0;
}

/** A page that another caller began is the next one's own: what he sees behind that place, no more and no less. */
async function cursors(session, note) {
  for (const first of ['vendor', 'archive', 'identity']) {
    const query = '/Observation?_sort=_id&_count=5';
    const begun = await session.call({ caller: first, method: 'GET', path: query });
    const url = begun.json.link.find(({ relation }) => relation === 'next').url;
    const last = begun.json.entry.at(-1).resource.id;
    for (const [caller, each] of Object.entries(CALLERS)) {
      const seen = session
        .live()
        .filter((one) => one.resourceType === 'Observation' && session.statement.sees(each, one, 'search'));
      const ids = seen.filter(({ id }) => id > last).map(nameOf);
      const given = session.statement.gives(each, 'search', 'Observation');
      const cell = {
        caller,
        what: 'search-type',
        about: "another's page",
        method: 'GET',
        path: url,
        follow: true,
        expected: given ? { status: 200, ids } : { status: 403 },
      };
      note(cell, await wrongs(session, cell), false);
    }
  }
}

let isRight = true;
for (const name of values.stores.split(',')) isRight = (await matrix(name)) && isRight;
process.exitCode = isRight ? 0 : 1;
