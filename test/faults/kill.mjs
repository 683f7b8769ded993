/**
 * Kills the server without warning while clients write, starts it again, and looks whether all that was acknowledged is
 * there, nothing is half done, and what is asked for again has no second effect.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const SYSTEM = 'urn:faults';

/** A server on a store, once it listens. */
export async function serve(store) {
  const environment = { ...process.env, PORT: '0', HOST: '127.0.0.1', STORE: store, LOG_LEVEL: 'error' };
  const child = spawn(process.execPath, [MAIN, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  const base = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const found = /listens on (\S+)/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { child, base };
}

/** `undefined` where the outcome is not known. */
async function ask(base, method, path, body, headers = {}) {
  try {
    const init = { method, headers: { ...JSON_TYPE, ...headers }, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(base + path, init);
    return { status: answer.status, text: await answer.text() };
  } catch {
    return undefined;
  }
}

/** The same, asked again while the server says that it cannot now: a database keeps what a dead server began for a minute. */
async function settle(base, ...request) {
  for (let i = 0; i < 90; i++) {
    const answer = await ask(base, ...request);
    if (answer !== undefined && answer.status !== 503) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return undefined;
}

const patient = (value, more = {}) => ({ resourceType: 'Patient', identifier: [{ system: SYSTEM, value }], ...more });
const stay = (value, reference) => ({
  resourceType: 'Encounter',
  identifier: [{ system: SYSTEM, value }],
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference },
});
const PAIR = 'urn:uuid:0f0f0f0f-0000-4000-8000-000000000001';
const pair = (value) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    { fullUrl: PAIR, resource: patient(value), request: { method: 'POST', url: 'Patient' } },
    { resource: stay(value, PAIR), request: { method: 'POST', url: 'Encounter' } },
  ],
});

/** What clients wrote, and what they do not know the outcome of. */
class Ledger {
  acknowledged = [];
  unknown = [];
  pairs = [];
  number = 0;

  async writer(base, until) {
    let updated;
    while (!until.now) {
      const value = `${this.number++}`;
      const kind = this.number % 4;
      if (kind === 0) {
        const answer = await ask(base, 'POST', '', pair(value));
        if (answer?.status === 200) this.pairs.push(value);
        else if (answer === undefined) this.unknown.push({ kind: 'pair', value });
      } else if (kind === 1) {
        const headers = { 'if-none-exist': `identifier=${SYSTEM}|${value}` };
        const answer = await ask(base, 'POST', '/Patient', patient(value), headers);
        if (answer?.status === 201) this.acknowledged.push(answer.text);
        else if (answer === undefined) this.unknown.push({ kind: 'conditional', value });
      } else if (updated !== undefined && kind === 2) {
        const { id, meta } = JSON.parse(updated);
        const body = patient(value, { id, active: true });
        const answer = await ask(base, 'PUT', `/Patient/${id}`, body, { 'if-match': `W/"${meta.versionId}"` });
        if (answer?.status === 200) this.acknowledged.push(answer.text);
        else if (answer === undefined) this.unknown.push({ kind: 'update', id, version: Number(meta.versionId), body });
        updated = answer?.status === 200 ? answer.text : undefined;
      } else {
        const answer = await ask(base, 'POST', '/Patient', patient(value));
        if (answer?.status !== 201) continue;
        this.acknowledged.push(answer.text);
        updated = answer.text;
      }
    }
  }

  /** What is lost, half done or doubled. Requests with an unknown outcome are asked again first. */
  async check(base) {
    const found = { lost: 0, doubled: 0, half: 0 };
    for (const { kind, value, id, version, body } of this.unknown.splice(0)) {
      if (kind === 'conditional') {
        const headers = { 'if-none-exist': `identifier=${SYSTEM}|${value}` };
        await settle(base, 'POST', '/Patient', patient(value), headers);
        if ((await count(base, 'Patient', value)) !== 1) found.doubled++;
      } else if (kind === 'update') {
        const answer = await settle(base, 'PUT', `/Patient/${id}`, body, { 'if-match': `W/"${version}"` });
        if (answer?.status !== 200 && answer?.status !== 412) found.lost++;
        const now = JSON.parse((await ask(base, 'GET', `/Patient/${id}`)).text);
        if (now.meta.versionId !== String(version + 1)) found.doubled++;
      } else {
        const [people, stays] = [await count(base, 'Patient', value), await count(base, 'Encounter', value)];
        if (people !== stays) found.half++;
      }
    }
    for (const text of this.acknowledged.splice(0)) {
      const { id, meta } = JSON.parse(text);
      const answer = await ask(base, 'GET', `/Patient/${id}/_history/${meta.versionId}`);
      if (answer?.text !== text) found.lost++;
    }
    for (const value of this.pairs.splice(0)) {
      const [people, stays] = [await count(base, 'Patient', value), await count(base, 'Encounter', value)];
      if (people !== 1 || stays !== 1) found.lost++;
    }
    return found;
  }
}

async function count(base, type, value) {
  const answer = await ask(base, 'GET', `/${type}?identifier=${SYSTEM}%7C${value}&_summary=count`);
  return JSON.parse(answer?.text ?? '{}').total;
}

/** Rounds of load, kill, start and check on a store; milliseconds from the start of the new server to its first answer. */
export async function killRounds({ store, rounds, writers = 16, loadFor = 1000 }) {
  const total = { rounds, acknowledged: 0, unknown: 0, lost: 0, doubled: 0, half: 0, recovery: 0 };
  const ledger = new Ledger();
  let server = await serve(store);
  for (let round = 0; round < rounds; round++) {
    const until = { now: false };
    const work = Array.from({ length: writers }, () => ledger.writer(server.base, until));
    await new Promise((resolve) => setTimeout(resolve, loadFor * (0.5 + Math.random())));
    server.child.removeAllListeners('exit');
    const ended = once(server.child, 'exit');
    server.child.kill('SIGKILL');
    until.now = true;
    await Promise.all([ended, ...work]);
    total.acknowledged += ledger.acknowledged.length + ledger.pairs.length;
    total.unknown += ledger.unknown.length;
    const began = performance.now();
    server = await serve(store);
    await fetch(`${server.base}/Patient?_count=1`);
    total.recovery = Math.max(total.recovery, Math.round(performance.now() - began));
    const { lost, doubled, half } = await ledger.check(server.base);
    total.lost += lost;
    total.doubled += doubled;
    total.half += half;
  }
  server.child.removeAllListeners('exit');
  server.child.kill('SIGTERM');
  return total;
}
