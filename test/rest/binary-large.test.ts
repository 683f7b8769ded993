/** A content of 100 MB is in memory nowhere as a whole: seen from outside, by what the server ever took. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t from 'tap';
import { restartable } from '../faults/serve.mjs';

const MB = 1_000_000;
const skip = existsSync('/proc/self/status') ? false : 'no /proc here, which tells what a process takes';

t.test('100 MB go in and out without being held', { skip }, async (t) => {
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
  async function* document() {
    for (let i = 0; i < 100; i++) {
      const piece = randomBytes(MB);
      hash.update(piece);
      yield piece;
    }
  }
  const init = { method: 'POST', duplex: 'half', body: Readable.toWeb(Readable.from(document())) };
  const headers = { 'content-type': 'application/dicom', prefer: 'return=minimal' };
  const made = await fetch(`${server.base}/Binary`, { ...init, headers } as never);
  t.equal(made.status, 201, await made.text());
  const place = (made.headers.get('location') ?? '').replace(/\/_history.*/, '');
  const sent = hash.digest('hex');
  for (const accept of ['application/dicom', 'application/fhir+json']) {
    const response = await fetch(place, { headers: { accept, 'accept-encoding': 'identity' } });
    const received = createHash('sha256');
    let length = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (accept === 'application/dicom') received.update(chunk);
    }
    if (accept === 'application/dicom') t.equal(received.digest('hex'), sent);
    else t.ok(length > 133 * MB);
  }
  const taken = (await peak()) - before;
  t.ok(taken < 90, `${taken} MB more than at the start`);
});
