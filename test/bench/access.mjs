/**
 * What it costs to know who asks: reads without access control and with tokens that are known, in turns, on the same
 * data. Rates shake with the machine; the processor's time for a request does not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { load } from './load.mjs';
import { patientNumber } from './people.mjs';
import { startServer } from './processes.mjs';

const ISSUER = 'https://idp.example';
const AUDIENCE = 'https://fhir.example/fhir';
const PATIENTS = 500;
/** Callers at a time, as those of a ward. */
const CALLERS = 50;
const ROUNDS = 3;

/** Milliseconds of processor that a process has used; the kernel counts 100 ticks a second. */
function processorMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export async function measureAccess({ name, address, seconds, folder, row }) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const file = (called, value) => {
    writeFileSync(join(folder, called), JSON.stringify(value));
    return join(folder, called);
  };
  const jwks = file('jwks.json', { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] });
  const interactions = ['read', 'search', 'create', 'update', 'delete'];
  const kinds = ['professional', 'patient', 'system'];
  const settings = {
    off: {},
    on: {
      AUTH: 'oauth',
      AUTH_AUDIENCE: AUDIENCE,
      AUTH_ISSUERS: file('issuers.json', [{ issuer: ISSUER, jwksFile: jwks }]),
      // To see the door alone: policies are measured elsewhere.
      POLICIES: file('policies.json', {
        policies: [{ name: 'all', for: { kinds }, grants: [{ types: ['*'], interactions }] }],
      }),
    },
  };
  const tokens = await Promise.all(
    Array.from({ length: CALLERS }, (_, i) =>
      new SignJWT({ scope: 'user/*.cruds', client_id: 'dpi', sub: `user-${i}`, patient: '1', roles: ['60'] })
        .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  );
  const ids = [];
  const rates = { off: [], on: [] };
  const costs = { off: [], on: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const state of round % 2 === 0 ? ['off', 'on'] : ['on', 'off']) {
      const server = await startServer(address, settings[state]);
      try {
        if (ids.length === 0) await fill(server.base, ids);
        let asked = 0;
        const request = (i) => {
          asked++;
          const authorization = `Bearer ${tokens[i % CALLERS]}`;
          const path = `/Patient/${ids[(i * 7919) % PATIENTS]}`;
          return { path, ...(state === 'on' && { headers: { authorization } }) };
        };
        // What is done once, such as the reading of policies, is no cost of a request.
        await load(server.base, { seconds: 2, request });
        asked = 0;
        const before = processorMs(server.pid);
        const { perSecond } = await load(server.base, { seconds, request });
        rates[state].push(perSecond);
        costs[state].push(((processorMs(server.pid) - before) * 1000) / asked);
      } finally {
        await server.stop();
      }
    }
  }
  const more = (pair) => Math.round((median(pair.on) / median(pair.off) - 1) * 1000) / 10;
  row(name, PATIENTS, 'GET Patient by id, AUTH=off', median(rates.off), '/s');
  row(name, PATIENTS, 'GET Patient by id, a known token', median(rates.on), '/s', undefined, `${-more(rates)} % fewer`);
  row(name, PATIENTS, 'processor for a GET, AUTH=off', Math.round(median(costs.off)), 'µs');
  row(
    name,
    PATIENTS,
    'processor for a GET, a known token',
    Math.round(median(costs.on)),
    'µs',
    'at most 15 % more',
    `${more(costs)} % more`,
  );
}

async function fill(base, ids) {
  for (let i = 0; i < PATIENTS; i++) {
    const response = await fetch(`${base}/Patient`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(patientNumber(i)),
    });
    if (response.status !== 201) throw new Error(`${response.status} at a create`);
    ids.push((await response.json()).id);
  }
}
