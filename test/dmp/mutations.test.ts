/** Messages damaged at random, but repeatably: whoever reads them says so, and nothing else breaks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { readCda } from '../../src/dmp/cda/read.js';
import { writeCda } from '../../src/dmp/cda/write.js';
import { DmpClient } from '../../src/dmp/client.js';
import { type Code, codeTables } from '../../src/dmp/codes/tables.js';
import { decide } from '../../src/dmp/decision.js';
import type { DocumentHeader } from '../../src/dmp/document.js';
import { headerOfFhir } from '../../src/dmp/from-fhir/header.js';
import { prepare } from '../../src/dmp/prepare.js';
import { readCredential } from '../../src/dmp/signature/keys.js';
import { AUTOMATE, DEFAULT_VIHF } from '../../src/dmp/signature/vihf.js';
import { DmpSimulator } from '../../src/dmp/simulator/simulator.js';
import { Connection } from '../../src/dmp/soap/http.js';
import { certify, folder } from '../support/certificates.mjs';
import { letter, pdfBytes, RULES } from '../support/dmp.js';

const made = certify('cachet');
const file = folder();
const signer = await readCredential({
  certificate: file('s.pem', made.certificatePem),
  key: file('s.key', made.keyPem),
});
const caller = {
  signer,
  identity: {
    structureId: '1440000000',
    sector: 'SA17^1.2.250.1.71.4.2.4',
    nameId: '3440000000/passerelle',
    subjectName: 'Passerelle, automate, essais',
    roles: [AUTOMATE],
    software: { name: 'Passerelle', version: '0', homologation: 'x' },
  },
};
const devices = { sender: '2.999.4217', receiver: '1.2.250.1.213.4.1.1.1' };
const header = headerOfFhir(letter(), RULES).header as DocumentHeader;
const cda = writeCda(header, pdfBytes(), 'application/pdf');
const submission = {
  uniqueId: '2.999.1',
  sourceId: '2.999.4217',
  time: 0,
  contentType: codeTables().contentType.byCode('11') as Code,
};
const one = prepare({ header, cda, submission, signatureId: '2.999.2' }, signer);

/** A generator by Park and Miller: the same damage at each run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
/** Bytes altered, cut out, doubled, or put elsewhere. */
function damaged(bytes: Buffer, next: (below: number) => number): Buffer {
  const at = next(bytes.length);
  const length = 1 + next(40);
  switch (next(4)) {
    case 0: {
      const copy = Buffer.from(bytes);
      copy[at] = next(256);
      return copy;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    default: {
      const piece = bytes.subarray(next(bytes.length)).subarray(0, length);
      return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    }
  }
}

t.test('the simulator refuses damaged requests, and goes on', async (t) => {
  const simulator = new DmpSimulator({ trusted: [made.certificatePem] });
  const base = await simulator.listen();
  t.teardown(() => simulator.close());
  const connection = new Connection(base, undefined, undefined);
  t.teardown(() => connection.close());
  let type = '';
  let message: Buffer = Buffer.alloc(0);
  const recorder = {
    base,
    post: (path: string, contentType: string, body: Buffer) => {
      [type, message] = [contentType, body];
      return connection.post(path, contentType, body);
    },
  } as unknown as Connection;
  const client = new DmpClient(recorder, caller, { devices });
  t.equal((await client.provide(one)).outcome.kind, 'success');
  const next = chance(20_261_201);
  const statuses = new Set<number>();
  for (let i = 0; i < 250; i++) {
    const response = await fetch(`${base}/repository`, {
      method: 'POST',
      headers: {
        'Content-Type':
          next(10) === 0
            ? damaged(Buffer.from(type), next)
                .toString('latin1')
                .replaceAll(/[^ -~]/g, '?')
            : type,
      },
      body: new Uint8Array(damaged(message, next)),
    });
    statuses.add(response.status);
    await response.arrayBuffer();
  }
  t.same([...statuses].sort(), [200, 500]);
  t.equal(simulator.counts['error of the simulator'], undefined);
  t.equal(simulator.registry.sets.size, 1, 'and none of them was taken');
});

t.test('the client says of a damaged answer that it cannot be read, or reads it', async (t) => {
  const simulator = new DmpSimulator({ trusted: [made.certificatePem] });
  const real = new Connection(await simulator.listen(), undefined, undefined);
  t.teardown(() => simulator.close());
  t.teardown(() => real.close());
  const next = chance(7);
  let harm = false;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await real.post(request.url ?? '', request.headers['content-type'] ?? '', Buffer.concat(chunks));
    if (answer.kind !== 'answer') return void response.destroy();
    const body = harm ? damaged(answer.body, next) : answer.body;
    response.writeHead(answer.status, { 'Content-Type': answer.contentType }).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  t.teardown(() => server.close());
  const connection = new Connection(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, undefined, undefined);
  t.teardown(() => connection.close());
  const client = new DmpClient(connection, { ...caller, profile: { ...DEFAULT_VIHF, mode: 'DIRECTE' } }, { devices });
  t.equal((await client.provide(one)).outcome.kind, 'success');
  harm = true;
  const kinds = new Map<string, number>();
  const { ins } = header.subject;
  for (let i = 0; i < 80; i++) {
    const wanted = [{ repository: simulator.repository, uniqueId: header.uniqueId }];
    for (const { outcome } of [await client.entries(ins, [header.uniqueId]), await client.retrieve(ins, wanted)]) {
      kinds.set(outcome.kind, (kinds.get(outcome.kind) ?? 0) + 1);
      t.ok(decide(outcome, false).action);
    }
  }
  t.ok((kinds.get('unknown') ?? 0) > 10);
  t.ok((kinds.get('success') ?? 0) > 10);
});

t.test('a damaged CDA has faults, or is one still', async (t) => {
  const next = chance(3);
  let refused = 0;
  for (let i = 0; i < 400; i++) {
    const { header: found, faults } = readCda(damaged(cda, next), { visibility: [], events: [] }, RULES);
    t.equal(found === undefined, faults.length > 0);
    if (found === undefined) refused++;
  }
  t.ok(refused > 100 && refused < 400);
});
