/** Rows as versions. */
import type { StoredVersion } from '../store.js';

export interface VersionRow {
  rid: number;
  seq: number;
  type: string;
  id: string;
  version: number;
  last_updated: number;
  method: StoredVersion['method'];
  deleted: number;
  text: string;
}

export const VERSION_COLUMNS = 'rid, seq, type, id, version, last_updated, method, deleted, text';

export function versionOf(row: VersionRow): StoredVersion {
  return {
    type: row.type,
    id: row.id,
    version: row.version,
    lastUpdated: row.last_updated,
    method: row.method,
    deleted: row.deleted === 1,
    text: row.text,
  };
}
