/** The CapabilityStatement against what MongoDB really answers. */
import t from 'tap';
import { findMongo } from '../support/mongod.mjs';
import { keepsItsWord } from './advertised.js';

const name = 'everything that is named is answered by MongoDB';
const mongo = await findMongo();
if ('skip' in mongo) t.test(name, { skip: mongo.skip }, async () => undefined);
else {
  t.teardown(() => mongo.stop());
  t.test(name, (t) => keepsItsWord(t, mongo.uri()));
}
