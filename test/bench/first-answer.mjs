/** How soon `npm start` answers, and what the server weighs once the definitions are in use. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { patientNumber } from './people.mjs';
import { freePort, residentMb, startServer } from './processes.mjs';

export async function measureStart(folder, row) {
  const port = await freePort();
  const began = performance.now();
  const npm = spawn('npm', ['start', '--silent'], {
    env: {
      ...process.env,
      PORT: String(port),
      HOST: '127.0.0.1',
      STORE: `sqlite:${join(folder, 'start')}`,
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  const ended = once(npm, 'exit');
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/fhir/Patient`).catch(() => undefined);
      if (answer?.status === 200) break;
      if (performance.now() - began > 30_000) throw new Error('npm start did not answer within 30 s');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    row('sqlite', 0, 'first answer after npm start', Math.round(performance.now() - began), 'ms', 'at most 1500');
  } finally {
    process.kill(-npm.pid, 'SIGTERM');
    await ended;
  }
  await measureMemory(row);
}

async function measureMemory(row) {
  const server = await startServer('memory:');
  try {
    const names = JSON.parse(readFileSync(new URL('../../fixtures/manifest.json', import.meta.url), 'utf8'));
    const headers = { 'content-type': 'application/fhir+json' };
    const bodies = names
      .filter((n) => n.rejected !== true)
      .map((n) => JSON.parse(readFileSync(new URL(`../../fixtures/${n.file}`, import.meta.url), 'utf8')));
    for (const body of [...bodies, patientNumber(1)]) {
      const answer = await fetch(`${server.base}/${body.resourceType}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      if (answer.status !== 201) throw new Error(`a fixture was refused with ${answer.status}`);
    }
    await (await fetch(`${server.base}/metadata`)).text();
    row('memory', 0, 'resident, definitions in use', residentMb(server.pid), 'MB', 'under 250');
  } finally {
    await server.stop();
  }
}
