/** Child processes of a bench: a server by its command line, and what /proc says of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Runs a script and resolves when its output matches; `stop()` ends it. */
export async function start(args, environment, pattern) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const found = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      if (output.length < 10_000) output += chunk;
      const match = pattern.exec(output);
      if (match !== null) resolve(match);
    });
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code} before it was ready`)));
  });
  return {
    pid: child.pid,
    match: found,
    /** Once or more: a second stop, of a process that has ended, has nothing to wait for. */
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.removeAllListeners('exit');
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** The server as a user starts it, logging one line a request into the void. */
export async function startServer(store, settings = {}) {
  const server = await start(
    ['dist/main.js', 'serve'],
    { PORT: '0', HOST: '127.0.0.1', STORE: store, NODE_ENV: 'production', ...settings },
    /listens on (\S+)/,
  );
  return { ...server, base: server.match[1] };
}

/** Resident memory in MB. */
export function residentMb(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
}
