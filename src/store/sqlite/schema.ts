/** Tables and indexes of a tenant's SQLite file; each index says which query it serves. */
import type { Database } from 'better-sqlite3';

/**
 * `rid` is a resource's own number, given at its creation and never changed, so that an update writes only the index
 * rows that differ and a series of pages stays stable. `seq` numbers versions over all types.
 */
const TABLES = `
CREATE TABLE resource (
  rid INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL,
  last_updated INTEGER NOT NULL, method TEXT NOT NULL, deleted INTEGER NOT NULL, text TEXT NOT NULL
) STRICT;
-- read by id, _sort=_id; and no id twice
CREATE UNIQUE INDEX resource_id ON resource (type, id);
-- _sort=_lastUpdated, type history
CREATE INDEX resource_type_seq ON resource (type, seq);
-- system history, the next seq
CREATE UNIQUE INDEX resource_seq ON resource (seq);
-- all of a type, newest first
CREATE INDEX resource_live ON resource (type, rid) WHERE deleted = 0;

-- past versions, moved here by an update; the key serves instance history and vread
CREATE TABLE history (
  rid INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL,
  last_updated INTEGER NOT NULL, method TEXT NOT NULL, deleted INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (rid, version)
) STRICT;
-- type history
CREATE INDEX history_type_seq ON history (type, seq);
-- system history
CREATE INDEX history_seq ON history (seq);

-- names of indexes and token systems, as small numbers
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

-- code, or system|code, newest first: the key; system 0 is none
CREATE TABLE token (
  pid INTEGER NOT NULL, code TEXT NOT NULL, rid INTEGER NOT NULL, system INTEGER NOT NULL,
  PRIMARY KEY (pid, code, rid, system)
) STRICT, WITHOUT ROWID;
-- system| with any code, newest first
CREATE INDEX token_system ON token (pid, system, rid) WHERE system <> 0;
-- :missing, sort values, removal
CREATE INDEX token_rid ON token (rid, pid);

-- starts with, exact, _sort: the key
CREATE TABLE string (
  pid INTEGER NOT NULL, folded TEXT NOT NULL, rid INTEGER NOT NULL, exact TEXT NOT NULL,
  PRIMARY KEY (pid, folded, rid, exact)
) STRICT, WITHOUT ROWID;
-- a filter beside another, :missing, sort values, removal
CREATE INDEX string_rid ON string (rid, pid, folded);

CREATE TABLE reference (
  pid INTEGER NOT NULL, target TEXT NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (pid, target, rid)
) STRICT, WITHOUT ROWID;
-- :missing, sort values, removal
CREATE INDEX reference_rid ON reference (rid, pid);

CREATE TABLE uri (
  pid INTEGER NOT NULL, value TEXT NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (pid, value, rid)
) STRICT, WITHOUT ROWID;
-- :missing, sort values, removal
CREATE INDEX uri_rid ON uri (rid, pid);

CREATE TABLE date (
  pid INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, rid INTEGER NOT NULL,
  PRIMARY KEY (pid, low, high, rid)
) STRICT, WITHOUT ROWID;
-- lt, le, eb: by the end of the range
CREATE INDEX date_high ON date (pid, high);
-- a filter beside another, :missing, sort values, removal
CREATE INDEX date_rid ON date (rid, pid, low, high);
`;

const ROOM = `
-- what /readyz writes: as much as a small resource with its rows
CREATE TABLE room (id INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
`;

const SEARCH = `
-- quantities and other numbers, both ends in the range; from the low end, :missing aside as for dates
CREATE TABLE number (
  pid INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, rid INTEGER NOT NULL,
  PRIMARY KEY (pid, low, high, rid)
) STRICT, WITHOUT ROWID;
-- lt, le, eb: by the end of the range
CREATE INDEX number_high ON number (pid, high);
-- a filter beside another, :missing, sort values, removal
CREATE INDEX number_rid ON number (rid, pid, low, high);

-- near, by its band of latitude
CREATE TABLE position (
  pid INTEGER NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL, rid INTEGER NOT NULL,
  PRIMARY KEY (pid, latitude, longitude, rid)
) STRICT, WITHOUT ROWID;
-- a filter beside another, :missing, removal
CREATE INDEX position_rid ON position (rid, pid);

-- _text and _content: the words come folded, the tokenizer only splits at spaces; rowid is rid
CREATE VIRTUAL TABLE words USING fts5 (
  narrative, content, content = '', contentless_delete = 1, detail = column, tokenize = 'unicode61 remove_diacritics 0'
);

-- versions replaced since a moment, for series of pages that began before: seq of the version that came after
ALTER TABLE history ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
CREATE INDEX history_type_until ON history (type, until);

-- what the server keeps for itself; expires is in milliseconds since 1970
CREATE TABLE state (name TEXT PRIMARY KEY, text TEXT NOT NULL, expires INTEGER) STRICT, WITHOUT ROWID;
`;

const JOBS = `
-- what is owed outside; due is null while it waits for something else, jid grows with the making
CREATE TABLE job (
  jid INTEGER PRIMARY KEY, queue TEXT NOT NULL, id TEXT NOT NULL, lane TEXT NOT NULL, chain TEXT NOT NULL,
  place INTEGER NOT NULL, state TEXT NOT NULL, keys TEXT NOT NULL, due INTEGER, fence INTEGER NOT NULL, body TEXT NOT NULL,
  contents TEXT NOT NULL
) STRICT;
-- by id, and lists in their order
CREATE UNIQUE INDEX job_id ON job (queue, id);
-- leases, the longest due first; lanes that have any
CREATE INDEX job_due ON job (queue, lane, due) WHERE due IS NOT NULL;
-- versions of a document, in their order
CREATE INDEX job_chain ON job (queue, chain, place);
-- lists of a state; counts
CREATE INDEX job_state ON job (queue, state, id, lane);

CREATE TABLE job_key (
  queue TEXT NOT NULL, key TEXT NOT NULL, jid INTEGER NOT NULL, PRIMARY KEY (queue, key, jid)
) STRICT, WITHOUT ROWID;
-- removal
CREATE INDEX job_key_jid ON job_key (jid);

-- contents that jobs need, apart so that a sweep reads them alone
CREATE TABLE job_content (
  jid INTEGER NOT NULL, address TEXT NOT NULL, PRIMARY KEY (jid, address)
) STRICT, WITHOUT ROWID;
`;

const TRAIL = `
-- who did what, appended only
CREATE TABLE trail (
  bid INTEGER PRIMARY KEY, chain TEXT NOT NULL, number INTEGER NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, keys TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
-- one batch, and the batches of a chain
CREATE UNIQUE INDEX trail_chain ON trail (chain, number);
-- all of a time
CREATE INDEX trail_last ON trail (last, chain, number);
-- whom batches are about, and the like
CREATE TABLE trail_key (
  key TEXT NOT NULL, last INTEGER NOT NULL, bid INTEGER NOT NULL, PRIMARY KEY (key, last, bid)
) STRICT, WITHOUT ROWID;
`;

/** A file of version n has had the first n steps; one is added, none is changed, so that older files are brought up. */
const STEPS = [TABLES, ROOM, SEARCH, JOBS, TRAIL];

/** Creates the tables in an empty file and adds what an older one lacks; throws for a file of a later version. */
export function prepareSchema(database: Database): void {
  const versionOf = () => database.pragma('user_version', { simple: true }) as number;
  if (versionOf() === STEPS.length) return;
  const prepare = database.transaction(() => {
    // Another process may have been quicker.
    const version = versionOf();
    if (version > STEPS.length) {
      throw new Error(`the SQLite file is of version ${version}, this server reads ${STEPS.length}`);
    }
    for (const step of STEPS.slice(version)) database.exec(step);
    database.pragma(`user_version = ${STEPS.length}`);
  });
  prepare.immediate();
}

/** Writes what takes room and says nothing; throws when there is none. */
export function takeRoom(database: Database): void {
  database.exec('INSERT OR REPLACE INTO room (id, filler) VALUES (1, zeroblob(65536))');
}
