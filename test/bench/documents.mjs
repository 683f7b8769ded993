/** Documents over HTTP: filed (ITI-65), found (ITI-67), retrieved (ITI-68) beside a plain server of files. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pdf, provideBundle } from '../../fixtures/documents/provide-bundle.mjs';
import { load } from './load.mjs';
import { start, startServer } from './processes.mjs';

const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const SIZE = 100_000;
const DOCUMENTS = 500;

/** The body of ITI-65 with another document each time: what differs is put in place of marks. */
function bundles(patient) {
  const marks = { master: `urn:uuid:${randomUUID()}`, hash: 'HASHHASHHASHHASHHASHHASHHASH', data: 'REFUREFU' };
  const bundle = provideBundle('discharge-letter', { patient, bytes: pdf(SIZE), masterIdentifier: marks.master });
  bundle.entry[1].resource.content[0].attachment.hash = marks.hash;
  bundle.entry[2].resource.data = marks.data;
  const parts = JSON.stringify(bundle).split(new RegExp(Object.values(marks).join('|')));
  if (parts.length !== 4) throw new Error('a mark stands twice');
  const rest = randomBytes(SIZE - 60);
  const restText = rest.toString('base64');
  return () => {
    const head = Buffer.from(`%PDF-1.7\n% ${randomUUID()}`.padEnd(60, ' '));
    const hash = createHash('sha1').update(head).update(rest).digest('base64');
    return [
      parts[0],
      `urn:uuid:${randomUUID()}`,
      parts[1],
      hash,
      parts[2],
      head.toString('base64') + restText,
      parts[3],
    ].join('');
  };
}

async function send(base, method, path, body) {
  const answer = await fetch(base + path, { method, headers: JSON_TYPE, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} got ${answer.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

export async function measureDocuments({ name, address, seconds, folder, row }) {
  const isSqlite = name === 'sqlite';
  const say = (figure, value, unit, bar, ceiling) => row(name, 0, figure, value, unit, bar, ceiling);
  const server = await startServer(address);
  const { base } = server;
  try {
    const person = async (family) =>
      `Patient/${(await send(base, 'POST', '/Patient', JSON.stringify({ resourceType: 'Patient', name: [{ family }] }))).id}`;
    const next = bundles(await person('Kerouedan'));
    const filed = await load(base, {
      seconds,
      request: () => ({ method: 'POST', path: '', headers: { ...JSON_TYPE }, body: next() }),
    });
    say('ITI-65 with 100 kB', filed.perSecond, '/s', isSqlite ? '150' : undefined, `p99 ${filed.p99} ms`);

    const patient = await person('Ar Bras');
    const small = () => JSON.stringify(provideBundle('discharge-letter', { patient, bytes: pdf(1000) }));
    for (let i = 0; i < DOCUMENTS; i += 20) {
      await Promise.all(Array.from({ length: 20 }, () => send(base, 'POST', '', small())));
    }
    const asked = [
      `patient=${patient}&status=current&_count=20`,
      `patient=${patient}&status=current&_sort=-date&_count=20`,
      `patient=${patient}&status=current&type=http://loinc.org%7C83981-1&_count=20`,
      `patient=${patient}&status=current&isArchived:missing=true&date=ge2020&_count=20`,
    ];
    const found = await load(base, {
      seconds,
      request: (i) => ({
        path: `/DocumentReference?${asked[i % asked.length]}`,
        headers: { accept: 'application/fhir+json' },
      }),
    });
    say('ITI-67, 20 of 500 documents', found.perSecond, '/s', isSqlite ? '400' : undefined, `p99 ${found.p99} ms`);

    const bytes = randomBytes(SIZE);
    const file = join(folder, `static-${name}.pdf`);
    writeFileSync(file, bytes);
    const plain = await start(['test/bench/static-file.mjs'], { FILE: file }, /listens on (\S+)/);
    try {
      const put = await fetch(`${base}/Binary`, {
        method: 'POST',
        headers: { 'content-type': 'application/pdf' },
        body: bytes,
      });
      const { id } = await put.json();
      const accept = { accept: 'application/pdf' };
      // In turns, so that what else the machine does falls on both.
      const rates = { ours: [], plain: [] };
      for (let turn = 0; turn < 3; turn++) {
        const ours = await load(base, {
          seconds: seconds / 2,
          request: () => ({ path: `/Binary/${id}`, headers: { ...accept } }),
        });
        const theirs = await load(plain.match[1], {
          seconds: seconds / 2,
          request: () => ({ path: '/x', headers: { ...accept } }),
        });
        rates.ours.push(ours.perSecond);
        rates.plain.push(theirs.perSecond);
      }
      const [ours, theirs] = [Math.max(...rates.ours), Math.max(...rates.plain)];
      say(
        'ITI-68 beside a plain file server',
        Math.round((ours / theirs) * 100),
        '%',
        '60',
        `${ours}/s, plain ${theirs}/s`,
      );
    } finally {
      await plain.stop();
    }
  } finally {
    await server.stop();
  }
}
