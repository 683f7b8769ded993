import t from 'tap';
import { openMongoStore } from '../../src/store/mongo/index.js';
import { findMongo } from '../support/mongod.mjs';
import { contract } from './suite.js';

const mongo = await findMongo();
if ('skip' in mongo) t.test('store contract: MongoDB', { skip: mongo.skip }, async () => undefined);
else {
  contract('MongoDB', async () => {
    const uri = mongo.uri();
    let store = await openMongoStore({ uri });
    return {
      store,
      async reopen() {
        await store.close();
        store = await openMongoStore({ uri });
        return store;
      },
      async dispose() {
        await store.close();
        await mongo.stop();
      },
    };
  });
}
