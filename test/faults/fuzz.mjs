/**
 * Requests mutated from valid ones: bodies, URLs, headers, Bundles, patches, XML; seeded, so that each run is the same.
 * Whatever comes in, the answer is below 500, or 503. `npm run fuzz [-- --requests 200000] [--seed 1]`; the quick form is
 * in fuzz.test.ts.
 */
import http from 'node:http';

/** Mulberry32: small, and the same everywhere. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const JSON_TYPE = 'application/fhir+json';
const XML_TYPE = 'application/fhir+xml';
const uuid = (n) => `urn:uuid:0f0f0f0f-0000-4000-8000-00000000000${n}`;
const patient = {
  resourceType: 'Patient',
  id: 'f1',
  meta: { profile: ['https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient'] },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><b>Nuit</b> calme</div>' },
  identifier: [{ system: 'urn:oid:1.2.250.1.999.1', value: '1' }],
  active: true,
  name: [{ use: 'official', family: 'Kérouédan', given: ['Jeanne'], _given: [null] }],
  gender: 'female',
  birthDate: '1938-02-11',
  contained: [{ resourceType: 'Organization', id: 'o', name: 'EHPAD' }],
  managingOrganization: { reference: '#o' },
};
const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  subject: { reference: 'Patient/f1' },
  effectiveDateTime: '2026-11-27T08:30:00+01:00',
  valueQuantity: { value: 62.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
};
const questionnaire = {
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: 'http://example.org/q',
  item: [{ linkId: '1', answer: [{ valueCoding: { code: 'a' } }] }],
};
const definition = {
  resourceType: 'StructureDefinition',
  id: 'fz',
  url: 'http://example.org/fz',
  name: 'Fz',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  derivation: 'constraint',
  differential: {
    element: [
      {
        id: 'Patient.name',
        path: 'Patient.name',
        slicing: { discriminator: [{ type: 'value', path: 'use' }], rules: 'open' },
      },
      { id: 'Patient.name:o', path: 'Patient.name', sliceName: 'o', min: 1 },
      { id: 'Patient.name:o.use', path: 'Patient.name.use', fixedCode: 'official' },
      {
        id: 'Patient',
        path: 'Patient',
        constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression: 'name.exists()' }],
      },
    ],
  },
};
const valueSet = {
  resourceType: 'ValueSet',
  id: 'fv',
  url: 'http://example.org/fv',
  status: 'active',
  compose: {
    include: [
      {
        system: 'http://hl7.org/fhir/administrative-gender',
        filter: [{ property: 'concept', op: 'is-a', value: 'male' }],
      },
    ],
  },
};
const parameter = {
  resourceType: 'SearchParameter',
  id: 'fp',
  url: 'http://example.org/fp',
  name: 'fp',
  status: 'active',
  description: 'x',
  code: 'fuzzed',
  base: ['Patient'],
  type: 'token',
  expression: 'Patient.gender',
};
const bundle = (type) => ({
  resourceType: 'Bundle',
  type,
  entry: [
    {
      fullUrl: uuid(1),
      resource: { ...patient, id: undefined },
      request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:oid:1.2.250.1.999.1|9' },
    },
    {
      fullUrl: uuid(2),
      resource: { ...observation, subject: { reference: uuid(1) } },
      request: { method: 'POST', url: 'Observation' },
    },
    {
      resource: { ...observation, subject: { reference: 'Patient?identifier=urn:oid:1.2.250.1.999.1|1' } },
      request: { method: 'POST', url: 'Observation' },
    },
    { resource: patient, request: { method: 'PUT', url: 'Patient/f1', ifMatch: 'W/"1"' } },
    { request: { method: 'GET', url: 'Patient?name=k&_include=Patient:organization' } },
    { request: { method: 'DELETE', url: 'Observation/none' } },
  ],
});
const fhirPathPatch = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'add' },
        { name: 'path', valueString: "Patient.name.where(use = 'official')" },
        { name: 'name', valueString: 'given' },
        { name: 'value', valueString: 'Rose' },
        { name: 'index', valueInteger: 0 },
        { name: 'source', valueInteger: 0 },
        { name: 'destination', valueInteger: 1 },
      ],
    },
  ],
};
const jsonPatch = [
  { op: 'test', path: '/gender', value: 'female' },
  { op: 'add', path: '/name/0/given/-', value: 'Rose' },
  { op: 'move', from: '/name/0/given/0', path: '/name/0/given/1' },
  { op: 'remove', path: '/telecom/0' },
];
const xml = `<Patient xmlns="http://hl7.org/fhir"><id value="f1"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>x &amp; y</p></div></text><active value="true"/><name><family value="Kérouédan"/><given value="Jeanne"/></name><birthDate value="1938-02-11"/></Patient>`;

/** What a valid client asks; `body` is JSON, or text as it is. */
const REQUESTS = [
  { method: 'POST', path: '/Patient', body: patient },
  { method: 'PUT', path: '/Patient/f1', body: patient, headers: { 'if-match': 'W/"1"' } },
  { method: 'PUT', path: '/Patient?identifier=urn:oid:1.2.250.1.999.1%7C1', body: patient },
  { method: 'POST', path: '/Observation', body: observation, headers: { 'if-none-exist': 'code=29463-7' } },
  { method: 'POST', path: '/QuestionnaireResponse', body: questionnaire },
  { method: 'PUT', path: '/StructureDefinition/fz', body: definition },
  { method: 'PUT', path: '/ValueSet/fv', body: valueSet },
  { method: 'PUT', path: '/SearchParameter/fp', body: parameter },
  { method: 'POST', path: '/Patient/$validate?profile=http://example.org/fz', body: patient },
  { method: 'POST', path: '/ValueSet/$expand', body: valueSet },
  { method: 'GET', path: '/ValueSet/$validate-code?url=http://example.org/fv&code=male' },
  { method: 'POST', path: '', body: bundle('transaction') },
  { method: 'POST', path: '', body: bundle('batch'), headers: { prefer: 'return=representation' } },
  { method: 'PATCH', path: '/Patient/f1', body: fhirPathPatch },
  { method: 'PATCH', path: '/Patient/f1', body: jsonPatch, headers: { 'content-type': 'application/json-patch+json' } },
  { method: 'PUT', path: '/Patient/f1', body: xml, headers: { 'content-type': XML_TYPE, accept: XML_TYPE } },
  { method: 'GET', path: '/Patient/f1', headers: { accept: XML_TYPE } },
  { method: 'GET', path: '/Patient?family=k&birthdate=ge1930&_sort=-birthdate&_count=2&_total=accurate' },
  { method: 'GET', path: '/Patient?_has:Observation:patient:code=29463-7&_revinclude=Observation:patient' },
  {
    method: 'GET',
    path: '/Observation?code-value-quantity=29463-7$gt60%7Chttp://unitsofmeasure.org%7Ckg&subject.name=k',
  },
  { method: 'GET', path: '/Patient?_filter=name co "k" and birthdate ge 1930-01-01' },
  { method: 'GET', path: '/Patient/f1/_history?_since=2026-01-01&_count=3' },
  { method: 'GET', path: '/Patient/f1/Observation?date=2026' },
  { method: 'GET', path: '/_history?_at=2026' },
  { method: 'DELETE', path: '/Patient?identifier=urn:oid:1.2.250.1.999.1%7C2' },
];
const STRANGE = [
  '',
  ' ',
  null,
  true,
  0,
  -1,
  1e308,
  1.5,
  '9'.repeat(40),
  [],
  {},
  [[]],
  '__proto__',
  'é\u0301\u200f',
  '$this',
  "'",
  '%',
  '\\',
  '|',
  ',',
  'x'.repeat(5000),
  'urn:uuid:',
  '2026-13-45',
  'Patient/',
  '#',
  '/',
];
const BITS = [
  '%00',
  '%',
  '&',
  '=',
  '|',
  ',',
  '\\',
  '$',
  ':',
  '/',
  '?',
  '#',
  '..',
  "'",
  '"',
  '(',
  ')',
  '%EF%BF%BF',
  '_',
  '.',
  '1',
  'ge',
  ':missing',
  ':in',
  '&_sort=',
  '&_count=',
  '&_include=*',
];

const clone = (value) => JSON.parse(JSON.stringify(value ?? null));

function mutated(value, random) {
  const places = [];
  const collect = (holder) => {
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      if (holder[key] !== null && typeof holder[key] === 'object') collect(holder[key]);
    }
  };
  collect(value);
  const [holder, key] = places[Math.floor(random() * places.length)] ?? [value, 'x'];
  const [other, otherKey] = places[Math.floor(random() * places.length)] ?? [value, 'x'];
  const pick = random();
  if (pick < 0.25) holder[key] = clone(STRANGE[Math.floor(random() * STRANGE.length)]);
  else if (pick < 0.4) delete holder[key];
  else if (pick < 0.55) holder[key] = clone(other[otherKey]);
  else if (pick < 0.65) holder[key] = [holder[key], clone(holder[key])];
  else if (pick < 0.75 && typeof holder[key] === 'string') holder[key] = textMutated(holder[key], random);
  else if (pick < 0.85) holder[`${key}x`] = clone(holder[key]);
  else holder[otherKey] = clone(holder[key]);
  return value;
}

function textMutated(text, random) {
  const at = Math.floor(random() * (text.length + 1));
  const bit = BITS[Math.floor(random() * BITS.length)];
  const pick = random();
  if (pick < 0.4) return text.slice(0, at) + bit + text.slice(at);
  if (pick < 0.7) return text.slice(0, at) + text.slice(at + 1 + Math.floor(random() * 5));
  return text.slice(0, at) + text.slice(Math.floor(random() * text.length));
}

/** One request as it goes over the wire. */
export function requestOf(random) {
  const base = REQUESTS[Math.floor(random() * REQUESTS.length)];
  const headers = { 'content-type': JSON_TYPE, ...base.headers };
  let { path } = base;
  let body = base.body;
  if (body !== undefined && typeof body !== 'string') {
    const copy = JSON.parse(JSON.stringify(body));
    for (let i = 1 + Math.floor(random() * 3); i > 0; i--) mutated(copy, random);
    body = JSON.stringify(copy);
  }
  if (body !== undefined && random() < (base.headers?.['content-type'] === XML_TYPE ? 0.9 : 0.15))
    body = textMutated(body, random);
  if (body === undefined || random() < 0.2) path = textMutated(path, random);
  if (random() < 0.05) headers['content-type'] = random() < 0.5 ? XML_TYPE : 'application/json-patch+json';
  if (random() < 0.1 && headers['if-match'] !== undefined)
    headers['if-match'] = textMutated(headers['if-match'], random);
  const clean = (text) => text.replace(/[^\x21-\x7e]/g, (one) => encodeURIComponent(one.isWellFormed() ? one : 'x'));
  return {
    method: base.method,
    path: clean(path),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, clean(value).replace(/%20/g, ' ')]),
    ),
    body,
  };
}

/**
 * Sends `count` requests to a server, some at a time. Resolves to what was answered 500 or above and not 503, and to what
 * was not answered at all: both should be empty.
 */
export async function fuzz({ base, count, seed, abreast = 16 }) {
  const random = randomOf(seed);
  const { port, pathname } = new URL(base);
  const agent = new http.Agent({ keepAlive: true, maxSockets: abreast });
  const failures = [];
  const statuses = {};
  let sent = 0;
  const send = (request) =>
    new Promise((resolve) => {
      const { method, path, headers, body } = request;
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const out = http.request(
        {
          port,
          host: '127.0.0.1',
          method,
          path: pathname + path,
          headers: { ...headers, ...length },
          agent,
          timeout: 20_000,
        },
        (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            if (answer.statusCode >= 500) text += chunk;
          });
          answer.on('end', () => {
            statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
            if (answer.statusCode >= 500 && answer.statusCode !== 503)
              failures.push({ status: answer.statusCode, text, request });
            resolve();
          });
        },
      );
      out.on('timeout', () => out.destroy(new Error('no answer within 20 s')));
      out.on('error', (error) => {
        failures.push({ status: error.message, request });
        resolve();
      });
      out.end(body);
    });
  await Promise.all(
    Array.from({ length: abreast }, async () => {
      while (sent < count) {
        sent++;
        await send(requestOf(random));
      }
    }),
  );
  agent.destroy();
  return { failures, statuses };
}
