/** The CapabilityStatement against what is really there, on SQLite; capabilities-mongo.test.ts does the same on MongoDB. */
import t from 'tap';
import { startServer } from '../support/server.js';
import { keepsItsWord } from './advertised.js';

t.test('everything that is named is answered by SQLite', (t) => keepsItsWord(t, 'memory:'));

t.test('what is not named is refused', async (t) => {
  const s = await startServer();
  t.teardown(() => s.close());
  for (const question of [
    '_query=x',
    '_contained=true',
    '_containedType=container',
    'organization.name=x',
    '_has:Observation:nothing:code=x',
    '_include=Patient:name',
    '_include:recurse=Observation:patient',
    '_filter=x',
    '_near=1|1',
    'code:exact=x',
    'code-value-quantity:missing=true',
    'code-value-quantity=5',
    'value-quantity=a',
    '_sort=code-value-quantity',
    '_summary=some',
    '_elements=nothing',
    '_total=maybe',
  ]) {
    const answer = await s.call('GET', `/Observation?${question}`);
    t.equal(answer.status, 400, question);
    t.equal(answer.json.resourceType, 'OperationOutcome', question);
  }
});
