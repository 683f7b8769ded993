/** The CapabilityStatement against what is really there, on both stores. */
import t from 'tap';
import { findMongo } from '../support/mongod.mjs';
import { startServer } from '../support/server.js';
import { keepsItsWord } from './advertised.js';

t.test('everything that is named is answered by SQLite', (t) => keepsItsWord(t, 'memory:'));

const mongo = await findMongo();
const name = 'everything that is named is answered by MongoDB';
if ('skip' in mongo) t.test(name, { skip: mongo.skip }, async () => undefined);
else {
  t.teardown(() => mongo.stop());
  t.test(name, { timeout: 300_000 }, (t) => keepsItsWord(t, mongo.uri()));
}

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
