/** Starts the XDS.b counterpart of ../shared, a repository and registry on a library of others (IPF), in Java. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../../../shared/interop/xds/start.sh', import.meta.url));
/** Built once, and kept. */
const WORK = fileURLToPath(new URL('../../../.cache/xds-counterpart', import.meta.url));

const first = (command, args) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}` : undefined;
};

/** Why it cannot run here, or `undefined`. */
export function lacking() {
  if (!existsSync(SCRIPT)) return 'no ../shared/interop/xds';
  const java = /version "(\d+)/.exec(first('java', ['-version']) ?? '')?.[1];
  if (java === undefined || Number(java) < 17) return 'no Java 17';
  if (first('mvn', ['-v']) === undefined) return 'no Maven';
  return undefined;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Gives its base, its pid and what it holds; `skip` where it cannot be built. `port` 0 is any that is free. */
export async function counterpart(options, port = 0) {
  mkdirSync(WORK, { recursive: true });
  const at = port || (await freePort());
  const args = [WORK, '--port', String(at), ...options];
  const { status } = spawnSync(SCRIPT, args, { stdio: ['ignore', 'ignore', 'ignore'], timeout: 300_000 });
  const log = join(WORK, 'run', 'server.log');
  const said = existsSync(log) ? readFileSync(log, 'utf8') : '';
  if (!existsSync(join(WORK, 'target', 'xds-counterpart-1.jar'))) return { skip: 'Maven could not build it' };
  if (status !== 0 || !said.includes('ready')) throw new Error(`the counterpart does not start: ${said.slice(-500)}`);
  const pid = Number(readFileSync(join(WORK, 'run', 'pid'), 'utf8'));
  const base = `http://127.0.0.1:${at}`;
  return {
    base,
    pid,
    state: async () => (await fetch(`${base}/state`)).json(),
    stop: () => process.kill(pid, 'SIGTERM'),
  };
}
