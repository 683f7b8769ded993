/** Clients that write, and note what was acknowledged and what they do not know the outcome of. */
import { setTimeout as sleep } from 'node:timers/promises';

const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const SYSTEM = 'urn:faults';
/** How long a client waits before it asks again, when it was refused or not heard. */
const PAUSE = 20;

/** `undefined` where there was no answer, or one that says that the server does not know. */
export async function ask(base, method, path, body, headers = {}) {
  try {
    const init = { method, headers: { ...JSON_TYPE, ...headers }, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(base + path, init);
    const text = await answer.text();
    return answer.status < 500 ? { status: answer.status, text } : undefined;
  } catch {
    return undefined;
  }
}

/** The same, asked again until there is an answer: a database keeps what a dead server began for a minute. */
export async function settle(base, ...request) {
  for (let i = 0; i < 180; i++) {
    const answer = await ask(base, ...request);
    if (answer !== undefined) return answer;
    await sleep(500);
  }
  throw new Error('no answer in a minute and a half');
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

async function count(base, type, value) {
  const answer = await settle(base, 'GET', `/${type}?identifier=${SYSTEM}%7C${value}&_summary=count`);
  return JSON.parse(answer.text).total;
}

export class Ledger {
  acknowledged = [];
  unknown = [];
  pairs = [];
  number = 0;
  /** Of the last acknowledged request: when it was sent (ms). */
  lastSent = 0;

  /** Writes until told to end: transactions, conditional creates, updates with If-Match, creates. */
  async writer(server, until) {
    let updated;
    const noted = async (kind, what, answer, sent) => {
      if (answer === undefined) {
        this.unknown.push({ kind, ...what });
        await sleep(PAUSE);
      } else if (answer.status < 300) this.lastSent = Math.max(this.lastSent, sent);
    };
    while (!until.now) {
      const value = `${this.number++}`;
      const kind = this.number % 4;
      const sent = performance.now();
      const { base } = server;
      if (kind === 0) {
        const answer = await ask(base, 'POST', '', pair(value));
        await noted('pair', { value }, answer, sent);
        if (answer?.status === 200) this.pairs.push(value);
      } else if (kind === 1) {
        const headers = { 'if-none-exist': `identifier=${SYSTEM}|${value}` };
        const answer = await ask(base, 'POST', '/Patient', patient(value), headers);
        await noted('conditional', { value }, answer, sent);
        if (answer?.status === 201) this.acknowledged.push(answer.text);
      } else if (updated !== undefined && kind === 2) {
        const { id, meta } = JSON.parse(updated);
        const body = patient(value, { id, active: true });
        const answer = await ask(base, 'PUT', `/Patient/${id}`, body, { 'if-match': `W/"${meta.versionId}"` });
        await noted('update', { id, version: Number(meta.versionId), body }, answer, sent);
        if (answer?.status === 200) this.acknowledged.push(answer.text);
        updated = answer?.status === 200 ? answer.text : undefined;
      } else {
        const answer = await ask(base, 'POST', '/Patient', patient(value));
        await noted('create', { value }, answer, sent);
        if (answer?.status !== 201) continue;
        this.acknowledged.push(answer.text);
        updated = answer.text;
      }
    }
  }

  /** What is lost, half done or doubled. Requests with an unknown outcome are asked again first. */
  async check({ base }) {
    const found = { lost: 0, doubled: 0, half: 0 };
    for (const { kind, value, id, version, body } of this.unknown.splice(0)) {
      if (kind === 'conditional') {
        const headers = { 'if-none-exist': `identifier=${SYSTEM}|${value}` };
        await settle(base, 'POST', '/Patient', patient(value), headers);
        if ((await count(base, 'Patient', value)) !== 1) found.doubled++;
      } else if (kind === 'update') {
        const answer = await settle(base, 'PUT', `/Patient/${id}`, body, { 'if-match': `W/"${version}"` });
        if (answer.status !== 200 && answer.status !== 412) found.lost++;
        const now = JSON.parse((await settle(base, 'GET', `/Patient/${id}`)).text);
        if (now.meta.versionId !== String(version + 1)) found.doubled++;
      } else if (kind === 'pair') {
        const [people, stays] = [await count(base, 'Patient', value), await count(base, 'Encounter', value)];
        if (people !== stays || people > 1) found.half++;
      } else if ((await count(base, 'Patient', value)) > 1) found.doubled++;
    }
    for (const text of this.acknowledged.splice(0)) {
      const { id, meta } = JSON.parse(text);
      const answer = await settle(base, 'GET', `/Patient/${id}/_history/${meta.versionId}`);
      if (answer.text !== text) found.lost++;
    }
    for (const value of this.pairs.splice(0)) {
      const [people, stays] = [await count(base, 'Patient', value), await count(base, 'Encounter', value)];
      if (people !== 1 || stays !== 1) found.lost++;
    }
    return found;
  }
}
