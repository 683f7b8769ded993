/** A server that feeds a simulated DMP, with the EHPAD of the fixtures, for black-box tests. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DocumentReference, Patient, Resource, Task } from '@medplum/fhirtypes';
import type { Test } from 'tap';
import { DmpSimulator } from '../../src/dmp/simulator/simulator.js';
import { certify, folder } from './certificates.mjs';
import { letter } from './dmp.js';
import { startServer, type TestServer } from './server.js';

const authority = certify('AC de test', { isAuthority: true });
const stamp = certify('cachet', { issuer: authority });

export const fixture = <T extends Resource>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8')) as T;

/** The text of a DMP file; `feed` are members of the establishment's rule. */
export function dmpFile(endpoint: string, feed: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  const file = folder();
  file('cachet.pem', stamp.certificatePem);
  file('cachet.key', stamp.keyPem);
  file('homologation', 'lps-0000\n');
  const settings = {
    endpoint,
    devices: { sender: '2.999.4217', receiver: '1.2.250.1.213.4.1.1.1' },
    software: { name: 'Passerelle', version: '0', homologation: { file: 'homologation' } },
    certificates: { groupe: { signature: { certificate: 'cachet.pem', key: 'cachet.key' } } },
    establishments: [
      {
        id: 'les-tilleuls',
        name: 'EHPAD Les Tilleuls',
        structure: '1440000000',
        certificates: 'groupe',
        rules: { localDomain: '2.999.4217.1' },
        feed,
      },
    ],
    ...more,
  };
  return { path: file('dmp.json', JSON.stringify(settings)), file, settings };
}

export interface Feeding extends TestServer {
  simulator: DmpSimulator;
  /** Files the people and places of the fixtures. */
  people(): Promise<void>;
  /** A letter with all that the DMP asks for, to be changed at will. */
  letter(): DocumentReference;
  /** What `$dmp-status` tells, once its state is one of these; fails after some seconds. */
  state(document: string, ...wanted: string[]): Promise<{ state: string; hold?: string; tasks: Task[] }>;
}

export async function feeding(
  t: Test,
  store: string,
  feed: Record<string, unknown> = {},
  dmpOf?: (patient: string) => 'active' | 'closed' | 'none',
): Promise<Feeding> {
  const simulator = new DmpSimulator({
    trusted: [authority.certificatePem],
    ...(dmpOf !== undefined && { dmpOf }),
  });
  const endpoint = await simulator.listen();
  const s = await startServer({ STORE: store, DMP: dmpFile(endpoint, feed).path });
  t.teardown(async () => {
    await s.close();
    await simulator.close();
  });
  const put = async (resource: Resource) => {
    const { status, text } = await s.call('PUT', `/${resource.resourceType}/${resource.id}`, resource);
    t.ok(status === 201 || status === 200, `${resource.resourceType} ${status} ${status > 201 ? text : ''}`);
  };
  return {
    ...s,
    simulator,
    async people() {
      const { patient, role } = letter();
      for (const name of ['organization-ehpad', 'practitioner', 'encounter-stay', 'binary-letter'])
        await put(fixture(name));
      await put(role);
      await put(patient);
    },
    letter() {
      const { document } = letter(randomUUID());
      const { id: _, ...rest } = document;
      return rest;
    },
    async state(document, ...wanted) {
      let last = '';
      for (let i = 0; i < 200; i++) {
        const { json, status, text } = await s.call('GET', `/DocumentReference/${document}/$dmp-status`);
        last = text;
        const part = (name: string) => json?.parameter?.filter((one: { name: string }) => one.name === name) ?? [];
        const state = part('state')[0]?.valueCode;
        if (status === 200 && wanted.includes(state)) {
          const tasks = part('task').map((one: { resource: Task }) => one.resource);
          return { state, hold: part('hold')[0]?.valueCode, tasks };
        }
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error(`not ${wanted.join(' or ')}: ${last.slice(0, 2000)}`);
    },
  };
}

/** The same with an identity that is not qualified, and no INS. */
export function provisional(patient: Patient): Patient {
  const copy = structuredClone(patient);
  delete copy.meta;
  copy.identifier = (copy.identifier ?? []).filter(({ system }) => !system?.startsWith('urn:oid:1.2.250.1.213.1.4.'));
  const [reliability] = copy.extension ?? [];
  const status = reliability?.extension?.find(({ url }) => url === 'identityStatus')?.valueCoding;
  if (status !== undefined) status.code = 'PROV';
  if (reliability?.extension !== undefined)
    reliability.extension = reliability.extension.filter(({ url }) => url === 'identityStatus');
  return copy;
}
