/** One version of one resource. */
import type { ClientSession } from 'mongodb';
import type { StoredVersion } from '../store.js';
import { type Collections, refOf, VERSION_FIELDS, type VersionDocument, versionOf } from './documents.js';

const inSession = (session: ClientSession | undefined) => (session === undefined ? {} : { session });

export async function current(
  { resources }: Collections,
  type: string,
  id: string,
  session?: ClientSession,
): Promise<StoredVersion | undefined> {
  const found = await resources.findOne(
    { _id: refOf(type, id) },
    { ...inSession(session), projection: VERSION_FIELDS },
  );
  return found === null ? undefined : versionOf(found as VersionDocument);
}

export async function versionNumbered(
  collections: Collections,
  type: string,
  id: string,
  version: number,
  session?: ClientSession,
): Promise<StoredVersion | undefined> {
  const now = await current(collections, type, id, session);
  if (now === undefined || now.version === version) return now;
  const past = await collections.history.findOne({ _id: `${refOf(type, id)}/${version}` }, inSession(session));
  return past === null ? undefined : versionOf(past);
}
