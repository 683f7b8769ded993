/** A server as a process of its own, so that it can be ended without warning. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Starts one on a store; resolves once it listens. */
async function serve(store, nodeFlags, settings) {
  const environment = { ...process.env, ...settings, PORT: '0', HOST: '127.0.0.1', STORE: store, LOG_LEVEL: 'silent' };
  const child = spawn(process.execPath, [...nodeFlags, MAIN, 'serve'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A run that dies must not leave a server behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let out = '';
  const base = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const found = /listens on (\S+)/.exec(out)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const end = async (signal) => {
    process.off('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return { base, pid: child.pid, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

/** A server that can be started again: `base` is that of the one that runs. */
export async function restartable(store, nodeFlags = [], settings = {}) {
  let server = await serve(store, nodeFlags, settings);
  return {
    get base() {
      return server.base;
    },
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    stop: () => server.stop(),
    async start() {
      server = await serve(store, nodeFlags, settings);
    },
  };
}
