import t from 'tap';
import { findMongo } from '../support/mongod.mjs';
import { restSuite } from './suite.js';

const mongo = await findMongo();
if ('skip' in mongo) t.test('REST on MongoDB', { skip: mongo.skip }, async () => undefined);
else {
  t.teardown(() => mongo.stop());
  restSuite('MongoDB', async () => mongo.uri());
}
