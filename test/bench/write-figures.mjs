/** Transactions, imports, patches and XML over HTTP, on a store of its own. */
import { load } from './load.mjs';
import { patientNumber } from './people.mjs';
import { startServer } from './processes.mjs';

const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const XML_TYPE = { accept: 'application/fhir+xml' };
const uuid = (n) => `urn:uuid:0f0f0f0f-0000-4000-8000-${String(n).padStart(12, '0')}`;
let people = 0;

/** `count` entries, Patient and Encounter in turn, each stay of the patient before it. */
function transaction(count) {
  const entry = Array.from({ length: count }, (_, i) => ({
    fullUrl: uuid(i),
    resource: i % 2 === 0 ? patientNumber(people++) : stay(uuid(i - 1)),
    request: { method: 'POST', url: i % 2 === 0 ? 'Patient' : 'Encounter' },
  }));
  return JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
}

const stay = (reference) => ({
  resourceType: 'Encounter',
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference },
  period: { start: '2026-11-01T10:00:00+01:00' },
});

// The headers are copied: autocannon writes the length of the body into them.
const post = (count) => () => ({ method: 'POST', path: '', headers: { ...JSON_TYPE }, body: transaction(count) });

export async function measureWrites({ name, address, seconds, row }) {
  const isMongo = name === 'mongodb';
  const say = (figure, value, unit, bar, ceiling) => row(name, 0, figure, value, unit, bar, ceiling);
  const server = await startServer(address);
  const { base } = server;
  try {
    const pairs = await load(base, { seconds, request: post(2) });
    say('transaction of 2', pairs.perSecond, '/s', isMongo ? '500' : '700', `p99 ${pairs.p99} ms`);
    const times = [];
    for (let i = 0; i < 5; i++) {
      const body = transaction(1000);
      const began = performance.now();
      const answer = await fetch(base, { method: 'POST', headers: JSON_TYPE, body });
      await answer.text();
      if (answer.status !== 200) throw new Error(`a transaction of 1 000 entries got ${answer.status}`);
      times.push(performance.now() - began);
    }
    say('transaction of 1 000', Math.round(Math.max(...times)), 'ms', 'at most 1500', 'the slowest of 5');
    const imported = await load(base, { seconds, connections: 4, request: post(100) });
    say('import in hundreds', imported.perSecond * 100, 'resources/s', isMongo ? undefined : '6000');
    const ids = Array.from({ length: 64 }, (_, i) => `p${i}`);
    for (const id of ids) {
      const body = JSON.stringify({ ...patientNumber(people++), id });
      await fetch(`${base}/Patient/${id}`, { method: 'PUT', headers: JSON_TYPE, body });
    }
    const patched = await load(base, {
      seconds,
      request: (i) => ({
        method: 'PATCH',
        path: `/Patient/${ids[i % ids.length]}`,
        headers: { 'content-type': 'application/json-patch+json' },
        body: JSON.stringify([{ op: 'add', path: '/active', value: i % 2 === 0 }]),
      }),
    });
    say('PATCH', patched.perSecond, '/s', '1000', `p99 ${patched.p99} ms`);
    const read = (headers) =>
      load(base, { seconds, request: (i) => ({ path: `/Patient/${ids[i % ids.length]}`, headers: { ...headers } }) });
    const json = await read({});
    const xml = await read(XML_TYPE);
    const ratio = Math.round((json.perSecond / xml.perSecond) * 100) / 100;
    say('GET as XML beside JSON', ratio, 'times', 'at most 1.6', `${xml.perSecond}/s, JSON ${json.perSecond}/s`);
  } finally {
    await server.stop();
  }
}
