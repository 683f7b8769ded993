/** The file of the setting DMP: what is wrong is said with its place, and no secret is told. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { readEstablishments, WrongDmpFile } from '../../src/dmp/establishments.js';
import { certify, encrypted, pkcs12 } from '../support/certificates.mjs';
import { dmpFile } from '../support/dmp-feed.js';
import { startServer } from '../support/server.js';

const made = () => dmpFile('https://dmp.example');
type Changes = (settings: ReturnType<typeof made>['settings']) => object;

/** The message with which a changed file is refused. */
async function refusal(change: Changes, environment: Record<string, string> = {}): Promise<string> {
  const { file, settings } = made();
  const path = file('wrong.json', JSON.stringify(change(settings)));
  try {
    await readEstablishments(path, environment);
    return 'taken';
  } catch (error) {
    if (!(error instanceof WrongDmpFile)) throw error;
    return error.message;
  }
}
const establishment =
  (more: object): Changes =>
  (settings) => ({
    ...settings,
    endpoint: 'http://127.0.0.1:1',
    establishments: settings.establishments.map((one) => ({ ...one, ...more })),
  });

t.test('what is wrong is said with its place', async (t) => {
  const wrong: [Changes, RegExp][] = [
    [({ devices: _, ...rest }) => rest, /must have required property 'devices'/],
    [(all) => ({ ...all, endpont: '' }), /additional properties \(endpont\)/],
    [(all) => all, /\/endpoint: https needs a certificate/],
    [(all) => ({ ...all, endpoint: 'http://dmp.example' }), /\/endpoint: http is for this machine only/],
    [(all) => ({ ...all, software: { ...all.software, homologation: 'lps-1' } }), /\/software\/homologation/],
    [(all) => ({ ...all, software: { ...all.software, homologation: { file: 'none' } } }), /cannot be read \(ENOENT\)/],
    [
      (all) => ({ ...all, software: { ...all.software, homologation: { environment: 'NONE' } } }),
      /\/software\/homologation names an environment variable that is not set/,
    ],
    [establishment({ certificates: 'other' }), /\/establishments\/0\/certificates "other" is not among them/],
    [establishment({ structure: '440000000' }), /\/establishments\/0\/structure must match pattern/],
    [establishment({ feed: { types: ['0000-0'] } }), /\/feed\/types names "0000-0", which is not of JDV_J66/],
    [establishment({ feed: { mode: 'always' } }), /\/feed\/mode must be equal to one of.*: automatic, opt-in/],
    [establishment({ rules: { localDomain: '2.999', practiceSetting: 'ESSMS' } }), /not of JDV_J62/],
    [establishment({ responsible: 'x' }), /\/responsible is no PS_IdNat/],
    [
      (all) => ({
        ...all,
        establishments: [...all.establishments, ...all.establishments],
        endpoint: 'http://127.0.0.1:1',
      }),
      /"les-tilleuls" is there twice/,
    ],
  ];
  for (const [change, message] of wrong) t.match(await refusal(change), message);
});

t.test('certificates of one legal entity serve several structures; passphrases stay secret', async (t) => {
  const { file, settings } = made();
  const authority = certify('AC', { isAuthority: true });
  const key = certify('cachet', { issuer: authority });
  file('cachet.p12', pkcs12(key, 'sesame-3141') as never);
  file('cachet-secret.key', encrypted(key, 'sesame-3141'));
  file('cachet-secret.pem', key.certificatePem);
  file('passphrase', 'sesame-3141\n');
  const credentials = (passphrase: object) => ({
    groupe: {
      authentication: {
        certificate: 'cachet-secret.pem',
        key: 'cachet-secret.key',
        passphrase: { file: 'passphrase' },
      },
      signature: { certificate: 'cachet.p12', passphrase },
    },
  });
  const [first] = settings.establishments;
  const two = [first, { ...first, id: 'les-ajoncs', structure: '1440000018' }];
  const all = { ...settings, establishments: two, certificates: credentials({ environment: 'PASS' }) };
  const read = await readEstablishments(file('good.json', JSON.stringify(all)), { PASS: 'sesame-3141' });
  t.same(
    read.map(({ id, structure, caller }) => [id, structure, caller.identity.structureId, caller.identity.nameId]),
    [
      ['les-tilleuls', '1440000000', '1440000000', '3440000000/les-tilleuls'],
      ['les-ajoncs', '1440000018', '1440000018', '3440000018/les-ajoncs'],
    ],
  );
  t.equal(read[0]?.caller.signer, read[1]?.caller.signer);
  t.equal(read[0]?.caller.identity.software.homologation, 'lps-0000');
  const path = file('bad.json', JSON.stringify(all));
  await readEstablishments(path, { PASS: 'wrong-2718' }).then(
    () => t.fail('a wrong passphrase is refused'),
    (error: Error) => {
      t.match(error.message, /\/certificates\/groupe\/signature: .*wrong passphrase/);
      t.notMatch(error.message, /2718|3141|lps-0000/);
    },
  );
});

t.test('a server with a wrong file does not start', async (t) => {
  const { file } = made();
  await t.rejects(startServer({ DMP: file('no.json', '{') }), /DMP cannot be used: .*is not JSON/);
  await t.rejects(startServer({ DMP: '/none.json' }), /DMP cannot be used: .*cannot be read/);
  const good = dmpFile('http://127.0.0.1:1').path;
  await t.rejects(startServer({ DMP: good, RESOURCE_TYPES: 'Patient' }), /DMP needs RESOURCE_TYPES to have .*Task/);
  t.notMatch(readFileSync(good, 'utf8'), /lps-0000/);
});
