/** A DMP for the demo: the simulator in this process, with a certificate that is made for it and thrown away. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';
import { DmpSimulator } from '../dmp/simulator/simulator.js';

export interface DemoDmp {
  /** For the setting DMP. */
  readonly file: string;
  /** Documents that it holds, without the signatures of their lots. */
  held(): number;
  close(): Promise<void>;
}

const HOUR = 3_600_000;

function stamp(): { key: string; certificate: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const signer = forge.pki.privateKeyFromPem(key);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(signer.n, signer.e);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - HOUR);
  certificate.validity.notAfter = new Date(Date.now() + HOUR);
  const name = [
    { shortName: 'C', value: 'FR' },
    { shortName: 'CN', value: 'Cachet de demonstration' },
  ];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(signer, forge.md.sha256.create());
  return { key, certificate: forge.pki.certificateToPem(certificate) };
}

export async function demoDmp(): Promise<DemoDmp> {
  const folder = await mkdtemp(join(tmpdir(), 'passerelle-demo-'));
  const { key, certificate } = stamp();
  const simulator = new DmpSimulator({ trusted: [certificate] });
  const endpoint = await simulator.listen();
  const settings = {
    endpoint,
    devices: { sender: '2.999.1', receiver: '1.2.250.1.213.4.1.1.1' },
    software: { name: 'Passerelle', version: 'demo', homologation: { file: 'homologation' } },
    certificates: { demo: { signature: { certificate: 'cachet.pem', key: 'cachet.key' } } },
    establishments: [
      {
        id: 'les-tilleuls',
        name: 'EHPAD Les Tilleuls',
        structure: '1440000000',
        certificates: 'demo',
        rules: { localDomain: '2.999.1.1' },
      },
    ],
  };
  const file = join(folder, 'dmp.json');
  await writeFile(join(folder, 'cachet.key'), key, { mode: 0o600 });
  await writeFile(join(folder, 'cachet.pem'), certificate);
  await writeFile(join(folder, 'homologation'), 'demo');
  await writeFile(file, JSON.stringify(settings));
  return {
    file,
    held: () => simulator.state().documents.length / 2,
    async close() {
      await simulator.close();
      await rm(folder, { recursive: true });
    },
  };
}
