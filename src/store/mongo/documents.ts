/** Documents and versions. */
import { randomBytes } from 'node:crypto';
import type { Collection, Db, Document } from 'mongodb';
import type { StoredVersion } from '../store.js';
import type { DateEntry } from './keys.js';

/** A version as both collections keep it. */
export interface VersionDocument {
  /** `Patient/123`; in the history `Patient/123/4`. */
  _id: string;
  type: string;
  id: string;
  v: number;
  lu: number;
  /** Orders versions by time, without two alike: the instant, a count within it, the process. */
  s: string;
  /** `s` of the first version: orders resources by creation and never changes. */
  n: string;
  method: StoredVersion['method'];
  deleted: boolean;
  text: string;
}
/** A current version. */
export interface ResourceDocument extends VersionDocument {
  /** The resource as a native document, for queries of the house's own; absent where it would not fit. */
  doc?: Document;
  k: string[];
  d: DateEntry[];
}
/** A past version; `ref` is the `_id` of the current one. */
export interface HistoryDocument extends VersionDocument {
  ref: string;
}

export interface Collections {
  resources: Collection<ResourceDocument>;
  history: Collection<HistoryDocument>;
  locks: Collection<{ _id: string; n: number; at: Date }>;
}

export function collectionsOf(db: Db): Collections {
  return { resources: db.collection('resources'), history: db.collection('history'), locks: db.collection('locks') };
}

/** What an answer needs of a document; the native form and the keys stay in the database. */
export const VERSION_FIELDS = { doc: 0, k: 0, d: 0 } as const;

export function versionOf(document: VersionDocument): StoredVersion {
  const { type, id, v, lu, method, deleted, text } = document;
  return { type, id, version: v, lastUpdated: lu, method, deleted, text };
}

export const refOf = (type: string, id: string) => `${type}/${id}`;

const PROCESS = randomBytes(4).toString('hex');
let lastInstant = 0;
let count = 0;

/** The least sequence text at or after an instant (ms). */
export function sequenceFrom(instant: number): string {
  return Math.max(0, Math.floor(instant)).toString(16).padStart(12, '0');
}

/** A sequence text for a version written at `instant`. */
export function nextSequence(instant: number): string {
  if (instant > lastInstant) {
    lastInstant = instant;
    count = 0;
  } else count++;
  return sequenceFrom(instant) + count.toString(16).padStart(6, '0') + PROCESS;
}

/** Text and native document together stay below MongoDB's 16 MB with room for the keys. */
const MAX_NATIVE = 6_000_000;

/** The native form, when text and document fit together. */
export function nativeOf(text: string): Document | undefined {
  return text.length > MAX_NATIVE ? undefined : (JSON.parse(text) as Document);
}
