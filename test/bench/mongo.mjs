/** The replica set of a bench: the one that the tests use. */
import { findMongo } from '../support/mongod.mjs';

export async function openMongo() {
  const mongo = await findMongo();
  if ('skip' in mongo) throw new Error(mongo.skip);
  return mongo;
}
