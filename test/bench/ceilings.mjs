/** What this machine can do at all, over HTTP without a FHIR server behind it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from './load.mjs';
import { patientNumber } from './people.mjs';
import { start } from './processes.mjs';

export async function measureCeilings(folder, seconds, row) {
  const text = JSON.stringify(patientNumber(1));
  const file = join(folder, 'stored.json');
  writeFileSync(file, text);
  const server = await start([fileURLToPath(new URL('ceiling.mjs', import.meta.url)), file], {}, /(\d+)/);
  const base = `http://127.0.0.1:${server.match[1]}`;
  try {
    const stored = await load(base, { seconds, request: () => ({ path: '/stored' }) });
    row('ceiling', '', 'GET stored string', stored.perSecond, '/s');
    const headers = { 'content-type': 'application/fhir+json' };
    const parse = await load(base, {
      seconds,
      request: () => ({ method: 'POST', path: '/parse', body: text, headers }),
    });
    row('ceiling', '', 'POST parse and answer', parse.perSecond, '/s');
    return { stored: stored.perSecond, parse: parse.perSecond };
  } finally {
    await server.stop();
  }
}
