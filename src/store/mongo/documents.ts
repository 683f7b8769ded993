/** Documents and versions. */
import { randomBytes } from 'node:crypto';
import { BSON, type Collection, type Db, type Document } from 'mongodb';
import { type StoredVersion, TooLargeForStore } from '../store.js';
import type { JobDocument } from './jobs.js';
import type { Keys } from './keys.js';
import type { JournalDocument, TrailDocument } from './trail.js';

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
export interface ResourceDocument extends VersionDocument, Keys {
  /** The resource as a native document, for queries of the house's own; absent where it does not fit or is not taken. */
  doc?: Document;
}
/** A past version; `ref` is the `_id` of the current one. */
export interface HistoryDocument extends VersionDocument {
  ref: string;
}

export interface Collections {
  resources: Collection<ResourceDocument>;
  history: Collection<HistoryDocument>;
  locks: Collection<{ _id: string; n: number; at: Date }>;
  state: Collection<{ _id: string; text: string; expires?: Date }>;
  jobs: Collection<JobDocument>;
  trail: Collection<TrailDocument>;
  journal: Collection<JournalDocument>;
}

export function collectionsOf(db: Db): Collections {
  return {
    resources: db.collection('resources'),
    history: db.collection('history'),
    locks: db.collection('locks'),
    state: db.collection('state'),
    jobs: db.collection('jobs'),
    trail: db.collection('trail'),
    journal: db.collection('journal'),
  };
}

/** What an answer needs of a document; the native form and the keys stay in the database. */
export const VERSION_FIELDS = { type: 1, id: 1, v: 1, lu: 1, s: 1, n: 1, method: 1, deleted: 1, text: 1 } as const;

export function versionOf(document: VersionDocument): StoredVersion {
  const { type, id, v, lu, method, deleted, text } = document;
  return { type, id, version: v, lastUpdated: lu, method, deleted, text };
}

export const refOf = (type: string, id: string) => `${type}/${id}`;

const { calculateObjectSize } = BSON;

const PROCESS = randomBytes(4).toString('hex');
/** The count has six hexadecimal digits. */
const COUNTS = 2 ** 24;
let lastInstant = 0;
let count = 0;

/** Twelve hexadecimal digits: the year 10889. An open end of a range lies beyond. */
const MAX_INSTANT = 2 ** 48 - 1;

/** The least sequence text at or after an instant (ms). */
export function sequenceFrom(instant: number): string {
  return Math.min(MAX_INSTANT, Math.max(0, Math.floor(instant)))
    .toString(16)
    .padStart(12, '0');
}

/** A sequence text for a version written at `instant`, above that of the version before it, whoever wrote that one. */
export function nextSequence(instant: number, before = ''): string {
  // A clock that steps back comes upon instants again: the count goes on, so that no text is made twice.
  if (instant > lastInstant && count > COUNTS / 2) count = 0;
  lastInstant = Math.max(lastInstant, instant);
  count = (count + 1) % COUNTS;
  if (before.startsWith(sequenceFrom(instant))) {
    count = Math.max(count, (Number.parseInt(before.slice(12, 18), 16) + 1) % COUNTS);
  }
  return sequenceFrom(instant) + count.toString(16).padStart(6, '0') + PROCESS;
}

/** A document holds 16 MiB; some of it is for the driver. */
const MAX_DOCUMENT = 16 * 1024 * 1024 - 4096;
/** A text below this many bytes cannot make a native form that is too large: `1,` takes two bytes here, sixteen there. */
const SMALL = 800_000;

/** Whether a document with this text may be too large, or hold a key that the driver takes for its own. */
function isSuspect(text: string): boolean {
  return text.length * 3 > SMALL || text.includes('_bsontype') || text.includes('\\u');
}

/**
 * Completes a document with the native form of its text where that fits. Throws TooLargeForStore when it does not fit
 * even without.
 */
export function withNative(document: ResourceDocument): ResourceDocument {
  const { text } = document;
  if (text === '') return document;
  const doc = JSON.parse(text) as Document;
  if (!isSuspect(text)) return { ...document, doc };
  const bare = calculateObjectSize(document);
  if (bare > MAX_DOCUMENT) throw new TooLargeForStore('a document with its keys');
  return nativeSize(doc) + bare > MAX_DOCUMENT ? document : { ...document, doc };
}

function nativeSize(doc: Document): number {
  try {
    return calculateObjectSize(doc);
  } catch {
    // A key `_bsontype` stands for the driver's own classes: it refuses the document.
    return Number.POSITIVE_INFINITY;
  }
}
