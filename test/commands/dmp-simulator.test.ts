/** `passerelle dmp-simulator` as a user meets it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { certify, folder } from '../support/certificates.mjs';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const file = folder();
const start = (...args: string[]) => spawn(process.execPath, [MAIN, 'dmp-simulator', ...args]);

t.test('it listens, tells what it holds, and stops when told', async (t) => {
  const child = start('--port', '0', '--trust', file('s.pem', certify('cachet').certificatePem));
  t.teardown(() => child.kill());
  let base = '';
  for await (const chunk of child.stdout) {
    base = /listens on (\S+)/.exec(String(chunk))?.[1] ?? '';
    break;
  }
  t.same(await (await fetch(`${base}/state`)).json(), { counts: {}, faultsToCome: 0, sets: 0, documents: [] });
  const refused = await fetch(`${base}/repository`, { method: 'POST', body: '<a/>' });
  t.equal(refused.status, 500);
  t.match(await refused.text(), 'InvalidAddressingHeader');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  t.equal(code, 0);
});

t.test('it refuses what could never work', async (t) => {
  for (const [args, said] of [
    [[], '--trust names no certificate'],
    [['--trust', '/none.pem'], '/none.pem cannot be read'],
    [['--trust', file('text.pem', 'hello')], 'no certificate in PEM'],
    [['--trust', 'x', '--port', '70000'], '--port is not a port'],
  ] as const) {
    const child = start(...args);
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const [code] = await once(child, 'close');
    t.equal(code, 2);
    t.match(err, said);
  }
});
