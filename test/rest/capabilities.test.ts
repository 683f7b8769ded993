/** The CapabilityStatement keeps its word: everything that it names is asked for. */
import t from 'tap';
import { startServer } from '../support/server.js';

const SAMPLE: Record<string, string> = {
  token: 'http://x.org/s|a',
  string: 'abc',
  reference: 'http://x.org/fhir/Patient/1',
  date: '2026-01',
  uri: 'http://x.org/a',
};
const MODIFIERS: Record<string, string[]> = {
  token: ['not'],
  string: ['exact', 'contains'],
  reference: [],
  date: [],
  uri: ['below', 'above'],
};

t.test('every parameter of every type is answered', async (t) => {
  const s = await startServer();
  t.teardown(() => s.close());
  const statement = (await s.call('GET', '/metadata')).json;
  t.equal(statement.fhirVersion, '4.0.1');
  t.equal(statement.implementation.url, s.base);
  const resources = statement.rest[0].resource;
  t.equal(resources.length, 146, 'every R4 type');
  let asked = 0;
  for (const { type, searchParam, interaction } of resources) {
    t.same(interaction.map((i: { code: string }) => i.code).sort(), [
      'create',
      'delete',
      'history-instance',
      'history-type',
      'read',
      'search-type',
      'update',
      'vread',
    ]);
    const failed: string[] = [];
    for (const { name, type: kind } of searchParam) {
      const value = name === '_id' ? 'x' : name === '_lastUpdated' ? '2026-01' : (SAMPLE[kind] ?? '?');
      const ways = name === '_id' || name === '_lastUpdated' ? [] : ['missing', ...(MODIFIERS[kind] ?? [])];
      const questions = [
        `${name}=${encodeURIComponent(value)}`,
        `_sort=-${name}`,
        ...ways.map((way) => `${name}:${way}=${way === 'missing' ? 'true' : encodeURIComponent(value)}`),
        ...(kind === 'date' ? ['ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'].map((p) => `${name}=${p}2026-01`) : []),
      ];
      for (const question of questions) {
        asked++;
        // References with targets refuse an address of another type only.
        const answer = await s.server.app.inject({ url: `/fhir/${type}?${question}` });
        if (answer.statusCode !== 200) failed.push(`${question}: ${answer.payload.slice(0, 200)}`);
      }
    }
    t.same(failed, [], type);
  }
  t.ok(asked > 5000, `${asked} questions`);
});

t.test('what is not named is refused', async (t) => {
  const s = await startServer();
  t.teardown(() => s.close());
  for (const question of [
    '_text=x',
    '_has:Observation:patient:code=x',
    'organization.name=x',
    '_include=Patient:organization',
    '_filter=x',
    'value-quantity=5',
  ]) {
    const answer = await s.call('GET', `/Observation?${question}`);
    t.equal(answer.status, 400, question);
  }
});
