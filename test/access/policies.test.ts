/** Files of policies: the sets that come along, and what is said of a file that is wrong. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_SETS } from '../../src/access/policy.js';
import { createServer } from '../../src/app.js';
import { readSettings } from '../../src/config.js';

const open = (POLICIES: string) =>
  createServer(readSettings({ PORT: '0', STORE: 'memory:', LOG_LEVEL: 'silent', POLICIES }, {}));

t.test('the sets that come along say what searches can ask', async (t) => {
  for (const name of DEFAULT_SETS) {
    const server = await open(name);
    t.doesNotThrow(() => server.services.access().check(), name);
    await server.close();
  }
});

const WRONG: [string, unknown, RegExp][] = [
  ['no JSON', '{"policies":', /it is not JSON/],
  ['nothing in it', {}, /the file must have required property 'policies'/],
  [
    'a member that is none',
    { policies: [{ name: 'a', for: { kinds: ['patient'] }, grant: [] }] },
    /policies\[0\] .*grant/,
  ],
  [
    'a kind that is none',
    { policies: [{ name: 'a', for: { kinds: ['doctor'] } }] },
    /policies\[0\]\.for\.kinds\[0\].*professional/,
  ],
  ['nobody', { policies: [{ name: 'a', for: {} }] }, /policies\[0\]\.for/],
  [
    'a type that is none',
    grant({ types: ['Patients'], interactions: ['read'] }),
    /policies\[0\] \(a\): there is no resource type Patients/,
  ],
  [
    'an interaction that is none',
    grant({ types: ['Patient'], interactions: ['write'] }),
    /grants\[0\]\.interactions\[0\]/,
  ],
  [
    'a parameter that is none',
    grant({ types: ['Patient'], interactions: ['read'], where: 'nom=x' }),
    /policies\[0\] \(a\), on Patient: .*nom/,
  ],
  [
    'a value that is none',
    grant({ types: ['Patient'], interactions: ['read'], where: 'birthdate=x' }),
    /on Patient: .*birthdate/,
  ],
  [
    'a variable that is none',
    grant({ types: ['Patient'], interactions: ['read'], where: '_id={me}' }),
    /\{me\} is no variable.*\{self\}/,
  ],
  [
    'a condition that is none',
    grant({ types: ['Patient'], interactions: ['read'], where: { use: 'circle' } }),
    /no condition "circle"/,
  ],
  [
    'what leads elsewhere',
    grant({
      types: ['Patient'],
      interactions: ['read'],
      where: { has: 'Encounter:location', where: 'status=planned' },
    }),
    /"Encounter:location" does not lead to Patient/,
  ],
];

function grant(one: object): object {
  return { policies: [{ name: 'a', for: { kinds: ['professional'] }, grants: [one] }] };
}

t.test('a file that is wrong is told where', async (t) => {
  const folder = t.testdir({});
  for (const [what, content, message] of WRONG) {
    const file = join(folder, 'policies.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    await t.rejects(
      open(file),
      { name: 'WrongSetting', message: new RegExp(`^POLICIES cannot be used: .*${message.source}`) },
      what,
    );
  }
  await t.rejects(open(join(folder, 'none.json')), /POLICIES cannot be used: the file cannot be read \(ENOENT\)/);
});
