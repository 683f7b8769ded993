/**
 * `node test/bench/policies.mjs [--store sqlite|mongodb] [--seconds 5] [--patients 400] [--rounds 3]`: GET and search with
 * tokens and policies against AUTH=off, on the same records in turn, one process each. A nurse of the set for an EHPAD asks
 * for records of her circle; the vendor's software, which its scopes let see all, asks for the same.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { load } from './load.mjs';
import { openMongo } from './mongo.mjs';

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'sqlite' },
    seconds: { type: 'string', default: '5' },
    patients: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '3' },
  },
});
const PATIENTS = Number(values.patients);
const RECORDS = 10;
const AUDIENCE = 'https://ehpad.example/fhir';
const folder = mkdtempSync(join(tmpdir(), 'passerelle-access-bench-'));
const mongo = values.store === 'mongodb' ? await openMongo() : undefined;
const store = mongo === undefined ? `sqlite:${join(folder, 'data')}` : mongo.uri();

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] };
const issuer = createServer((_request, response) => response.end(JSON.stringify(keys))).listen(0, '127.0.0.1');
await once(issuer, 'listening');
const iss = `http://127.0.0.1:${issuer.address().port}`;
const tokenOf = (claims) =>
  new SignJWT({ iss, aud: AUDIENCE, client_id: 'dui', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
const nurse = await tokenOf({ sub: 'nurse', roles: ['60'], fhirUser: 'Practitioner/nurse', scope: 'user/*.rs' });
const vendor = await tokenOf({ sub: 'dui', scope: 'system/*.cruds' });
const issuers = join(folder, 'issuers.json');
writeFileSync(issuers, JSON.stringify([{ issuer: iss, jwks: iss, claims: { roles: 'roles' } }]));

async function serve(more) {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const environment = { ...process.env, STORE: store, PORT: '0', LOG_LEVEL: 'warn', VALIDATION: 'off', ...more };
  const child = spawn(process.execPath, [main, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    const [base] = /http:\/\/[^\s"]+\/fhir/.exec(printed) ?? [];
    if (base !== undefined) return { base, child };
  }
  throw new Error(`the server ended: ${printed}`);
}

async function fill(base) {
  const entry = [];
  const put = (resourceType, id, more) =>
    entry.push({ resource: { resourceType, id, ...more }, request: { method: 'PUT', url: `${resourceType}/${id}` } });
  put('Practitioner', 'nurse', {});
  for (let i = 0; i < PATIENTS; i++) {
    const subject = { reference: `Patient/p${i}` };
    put('Patient', `p${i}`, { name: [{ family: `Nom${i}`, given: ['Jeanne'] }], birthDate: '1938-02-11' });
    // She cares for one in four.
    const member = { reference: i % 4 === 0 ? 'Practitioner/nurse' : 'Practitioner/other' };
    put('CareTeam', `t${i}`, { status: 'active', subject, participant: [{ member }] });
    put('Encounter', `e${i}`, { status: 'in-progress', class: { code: 'IMP' }, subject });
    for (let k = 0; k < RECORDS; k++) {
      put('Observation', `o${i}-${k}`, {
        status: 'final',
        code: { coding: [{ system: 'http://loinc.org', code: k % 2 === 0 ? '29463-7' : '8302-2' }] },
        subject,
        effectiveDateTime: `2026-0${1 + (k % 9)}-11`,
        valueQuantity: { value: 50 + k, unit: 'kg' },
      });
    }
  }
  for (let from = 0; from < entry.length; from += 1000) {
    const response = await fetch(base, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry: entry.slice(from, from + 1000) }),
    });
    if (!response.ok) throw new Error(await response.text());
    await response.arrayBuffer();
  }
}

const off = await serve({ AUTH: 'off' });
await fill(off.base);
const on = await serve({ AUTH: 'oauth', AUTH_ISSUERS: issuers, AUTH_AUDIENCE: AUDIENCE, POLICIES: 'ehpad' });
const mine = (i) =>
  `p${(i * 28) % (PATIENTS - (PATIENTS % 4))}`.replace(/\d+/, (n) => String(Number(n) - (Number(n) % 4)));
const QUESTIONS = {
  'GET Patient': (i) => `/Patient/${mine(i)}`,
  'GET Observation': (i) => `/Observation/o${mine(i).slice(1)}-${i % RECORDS}`,
  'search of a patient': (i) => `/Observation?patient=${mine(i)}&code=29463-7`,
  'search with include': (i) => `/Observation?patient=${mine(i)}&_include=Observation:patient`,
  'search of a type': () => '/Observation?code=29463-7&_count=20',
};
/** Milliseconds of processor that a process has used: rates shake with the machine, this does not. */
const usedBy = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
for (const [what, path] of Object.entries(QUESTIONS)) {
  const times = { off: [], vendor: [], nurse: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [who, { base, child }, token] of [
      ['off', off],
      ['vendor', on, vendor],
      ['nurse', on, nurse],
    ]) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      let asked = 0;
      const request = (i) => {
        asked++;
        return { path: path(i), headers };
      };
      const before = usedBy(child.pid);
      await load(base, { seconds: Number(values.seconds), request });
      times[who].push(((usedBy(child.pid) - before) / asked) * 1000);
    }
  }
  const [plain, whole, part] = ['off', 'vendor', 'nurse'].map((who) => median(times[who]));
  const cost = (time) => `${Math.round(time)} µs (${Math.round((time / plain - 1) * 100)} %)`;
  console.log(
    `${values.store.padEnd(8)} ${what.padEnd(22)} off ${Math.round(plain)} µs  scopes alone ${cost(whole)}  under conditions ${cost(part)}`,
  );
}
for (const { child } of [off, on]) {
  child.kill();
  await once(child, 'exit');
}
issuer.close();
await mongo?.stop();
rmSync(folder, { recursive: true });
