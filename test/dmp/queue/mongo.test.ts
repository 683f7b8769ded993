/** The queue for the DMP on MongoDB. */
import t from 'tap';
import { openMongoStore } from '../../../src/store/mongo/index.js';
import { findMongo } from '../../support/mongod.mjs';
import { scenarios } from './scenarios.js';

const mongo = await findMongo();
if ('skip' in mongo) t.test('MongoDB', { skip: mongo.skip }, async () => undefined);
else {
  t.test('MongoDB', async (t) => {
    const store = await openMongoStore({ uri: mongo.uri() });
    t.teardown(async () => {
      await store.close();
      await mongo.stop();
    });
    await scenarios(t, store);
  });
}
