/** Real clients of other people against a listening server. */
import { MedplumClient } from '@medplum/core';
import type { Bundle, Patient } from '@medplum/fhirtypes';
import { Client } from 'fhir-kit-client';
import t from 'tap';
import { patient, startServer } from '../support/server.js';

t.test('fhir-kit-client', async (t) => {
  const s = await startServer();
  t.teardown(() => s.close());
  const client = new Client({ baseUrl: s.base });
  const statement = (await client.capabilityStatement()) as { fhirVersion?: string };
  t.equal(statement.fhirVersion, '4.0.1');
  const made = (await client.create({ resourceType: 'Patient', body: patient() as never })) as Patient;
  t.ok(made.id);
  const id = made.id as string;
  t.match(await client.read({ resourceType: 'Patient', id }), { id });
  const changed = (await client.update({
    resourceType: 'Patient',
    id,
    body: { ...made, active: false } as never,
  })) as Patient;
  t.equal(changed.meta?.versionId, '2');
  t.match(await client.vread({ resourceType: 'Patient', id, version: '1' }), { active: true });
  for (let i = 0; i < 4; i++) await client.create({ resourceType: 'Patient', body: patient() as never });
  const page = (await client.search({
    resourceType: 'Patient',
    searchParams: { family: 'kerouedan', _count: 2 },
  })) as unknown as Bundle;
  t.equal(page.entry?.length, 2);
  const next = (await client.nextPage({ bundle: page as never })) as unknown as Bundle;
  t.equal(next.entry?.length, 2);
  const history = (await client.history({ resourceType: 'Patient', id })) as unknown as Bundle;
  t.equal(history.total, 2);
  await client.delete({ resourceType: 'Patient', id });
  await t.rejects(client.read({ resourceType: 'Patient', id }));
  t.equal((await s.call('GET', `/Patient/${id}`)).status, 410);
});

t.test('@medplum/core', async (t) => {
  const s = await startServer();
  t.teardown(() => s.close());
  const client = new MedplumClient({ baseUrl: s.base.replace(/fhir$/, ''), fhirUrlPath: 'fhir', fetch, cacheTime: 0 });
  const made = await client.createResource<Patient>(patient() as unknown as Patient);
  t.ok(made.id);
  t.match(await client.readResource('Patient', made.id as string), { id: made.id });
  const changed = await client.updateResource<Patient>({ ...made, active: false });
  t.equal(changed.meta?.versionId, '2');
  const found = await client.search('Patient', 'family=kerouedan&_sort=-birthdate');
  t.equal(found.entry?.length, 1);
  const once = await client.createResourceIfNoneExist<Patient>(
    patient() as unknown as Patient,
    'identifier=urn:oid:1.2.250.1.999.1|IPP-0001',
  );
  t.equal(once.id, made.id);
  const history = await client.readHistory('Patient', made.id as string);
  t.equal(history.entry?.length, 2);
  await client.deleteResource('Patient', made.id as string);
  await t.rejects(client.readResource('Patient', made.id as string));
});
