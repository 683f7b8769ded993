/** A content of 100 MB is in memory nowhere as a whole: seen from outside, by what the server ever took. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { documentReference, submissionSet } from '../../fixtures/documents/provide-bundle.mjs';
import { restartable } from '../faults/serve.mjs';

const MB = 1_000_000;
const skip = existsSync('/proc/self/status') ? false : 'no /proc here, which tells what a process takes';

t.test('100 MB go in, are filed as a document and go out without being held', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-'));
  const server = await restartable(`sqlite:${folder}`);
  t.teardown(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  /** The most memory that the process ever had, in MB. */
  const peak = async () => {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000);
  };
  const before = await peak();
  const hash = createHash('sha256');
  const sha1 = createHash('sha1');
  async function* document() {
    for (let i = 0; i < 100; i++) {
      const piece = randomBytes(MB);
      if (i === 0) piece.write('%PDF-1.7');
      hash.update(piece);
      sha1.update(piece);
      yield piece;
    }
  }
  const init = { method: 'POST', duplex: 'half', body: Readable.toWeb(Readable.from(document())) };
  const headers = { 'content-type': 'application/pdf', prefer: 'return=minimal' };
  const made = await fetch(`${server.base}/Binary`, { ...init, headers } as never);
  t.equal(made.status, 201, await made.text());
  const place = (made.headers.get('location') ?? '').replace(/\/_history.*/, '');
  const sent = hash.digest('hex');
  for (const accept of ['application/pdf', 'application/fhir+json']) {
    const response = await fetch(place, { headers: { accept, 'accept-encoding': 'identity' } });
    const received = createHash('sha256');
    let length = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (accept === 'application/pdf') received.update(chunk);
    }
    if (accept === 'application/pdf') t.equal(received.digest('hex'), sent);
    else t.ok(length > 133 * MB);
  }
  // ITI-65 of bytes that went ahead: checked against them, and theirs for ever.
  const post = (path: string, body: unknown) =>
    fetch(`${server.base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(body),
    });
  const person = await post('/Patient', { resourceType: 'Patient', name: [{ family: 'Kerouedan' }] });
  const patient = `Patient/${((await person.json()) as { id: string }).id}`;
  const url = /Binary\/.*/.exec(place)?.[0] as string;
  const filed = async (size: number, hash: string) => {
    const name = 'urn:uuid:0f0f0f0f-0000-4000-8000-000000000001';
    const resource = documentReference('discharge-letter', { patient, url, bytes: Buffer.from('%PDF-') });
    Object.assign(resource.content[0].attachment, { size, hash });
    const set = submissionSet({ patient, entries: [name] });
    return await post('', {
      resourceType: 'Bundle',
      meta: {
        profile: [
          'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-provide-document-bundle',
        ],
      },
      type: 'transaction',
      entry: [
        { resource: set, request: { method: 'POST', url: 'List' } },
        { fullUrl: name, resource, request: { method: 'POST', url: 'DocumentReference' } },
      ],
    });
  };
  const right = sha1.digest('base64');
  t.equal((await filed(100 * MB, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=')).status, 422, 'another hash');
  t.equal((await filed(100 * MB - 1, right)).status, 422, 'another size');
  const lot = await filed(100 * MB, right);
  t.equal(lot.status, 200, (await lot.text()).slice(0, 500));
  t.equal((await fetch(place, { method: 'DELETE' })).status, 405);
  const taken = (await peak()) - before;
  t.ok(taken < 90, `${taken} MB more than at the start`);
});
