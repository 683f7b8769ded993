/**
 * More requests than the server can take: what is accepted keeps its pace and is there afterwards, the rest is told at
 * once to come again. Requests are sent at their times as long as a connection is free, answered or not.
 */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const SYSTEM = 'urn:overload';
const HEADERS = { 'content-type': 'application/fhir+json' };

/** A transaction of so many patients: work enough that ten times the capacity can be sent by one process. */
function bundle(name, size) {
  const entry = Array.from({ length: size }, (_, i) => ({
    resource: {
      resourceType: 'Patient',
      identifier: [{ system: SYSTEM, value: `${name}-${i}` }],
      name: [{ family: 'Surcharge' }],
    },
    request: { method: 'POST', url: 'Patient' },
  }));
  return JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
}

/** One request: its status and how long it took, in milliseconds; status 0 where the connection broke. */
function send(base, agent, body) {
  const began = performance.now();
  return new Promise((resolve) => {
    const done = (status) => resolve({ status, time: performance.now() - began });
    const request = http.request(base, { agent, method: 'POST', headers: HEADERS }, (answer) => {
      answer.resume();
      answer.once('end', () => done(answer.statusCode));
      answer.once('error', () => done(0));
    });
    request.once('error', () => done(0));
    request.end(body);
  });
}

/**
 * Times by status, and the names of what was accepted. With a `rate` (requests a second) each is sent at its time as long
 * as a connection is free; else each connection sends one after the other.
 */
async function load(base, label, { connections, duration, rate, size }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
  const times = new Map();
  const accepted = [];
  let number = 0;
  let sending = 0;
  // A client keeps its connections; Node takes one new one in a turn of its loop, however busy that is.
  for (let open = 0; open < connections; open += 20) {
    await Promise.all(Array.from({ length: Math.min(connections, open + 20) }, () => send(base, agent, '{}')));
  }
  const one = async () => {
    const name = `${label}-${number++}`;
    sending++;
    const { status, time } = await send(base, agent, bundle(name, size));
    sending--;
    const known = times.get(status) ?? [];
    known.push(time);
    times.set(status, known);
    if (status === 200) accepted.push(name);
  };
  const end = performance.now() + duration * 1000;
  if (rate === undefined) {
    const chain = async () => {
      while (performance.now() < end) await one();
    };
    await Promise.all(Array.from({ length: connections }, chain));
  } else {
    const began = performance.now();
    for (let sent = 0; performance.now() < end; ) {
      const due = ((performance.now() - began) / 1000) * rate;
      for (; sent < due; sent++) if (sending < connections) void one();
      await sleep(1);
    }
    while (sending > 0) await sleep(10);
  }
  agent.destroy();
  return { times, accepted };
}

const percentile = (times, share) => [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? 0;

/**
 * Capacity, the pace without load, then `factor` times the capacity for so many seconds. `size` is the number of entries
 * of each transaction.
 */
export async function overload({ base, seconds, factor = 10, size = 20, connections = 400 }) {
  await load(base, `warm${size}`, { connections: 8, duration: 2, size });
  const full = await load(base, `full${size}`, { connections: 8, duration: 4, size });
  const capacity = Math.round(full.accepted.length / 4);
  const alone = await load(base, `alone${size}`, {
    connections: 1,
    duration: 4,
    rate: Math.max(1, Math.round(capacity / 10)),
    size,
  });
  const over = await load(base, `over${size}`, { connections, duration: seconds, rate: capacity * factor, size });
  const lost = await missing(base, over.accepted, size);
  const took = over.times.get(200) ?? [];
  const refused = over.times.get(503) ?? [];
  const other = [...over.times].filter(([status]) => ![0, 200, 503].includes(status)).map(([status]) => status);
  return {
    capacity,
    unloaded: percentile(alone.times.get(200) ?? [], 0.99),
    accepted: took.length,
    acceptedP99: percentile(took, 0.99),
    refused: refused.length,
    refusedP50: percentile(refused, 0.5),
    refusedP99: percentile(refused, 0.99),
    errors: over.times.get(0)?.length ?? 0,
    other,
    lost,
  };
}

/** How many of the accepted transactions are not there whole; of many, 500 are looked at. */
async function missing(base, names, size) {
  let lost = 0;
  for (const name of names.filter((_, i) => i % Math.ceil(names.length / 500) === 0)) {
    const values = Array.from({ length: size }, (_, i) => `${SYSTEM}|${name}-${i}`);
    const answer = await fetch(`${base}/Patient?identifier=${encodeURIComponent(values.join(','))}&_summary=count`);
    if ((await answer.json()).total !== size) lost++;
  }
  return lost;
}
