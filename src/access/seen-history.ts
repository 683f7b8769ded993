/**
 * The history of a type or of the system as a caller sees it: full pages of versions of what he sees now, and cursors that
 * tell nothing of what stands between. https://hl7.org/fhir/R4/http.html#history
 */
import { newKey, open, seal } from '../search/page-token.js';
import { BadCursor, type HistoryPage, type HistoryQuery, type StoredVersion } from '../store/store.js';
import type { Readable } from './binaries.js';

/** Versions that are looked at together. */
const LOOK = 500;
/** Versions that one page may look at: past that it ends early, and the next one goes on. */
const MAX_LOOKED = 50_000;
const ADDRESS = '_history';

/** `seen` keeps of versions those of what is seen. */
export async function seenHistory(
  query: HistoryQuery,
  raw: Readable,
  seen: (versions: readonly StoredVersion[]) => Promise<StoredVersion[]>,
): Promise<HistoryPage> {
  const key = await raw.state.setIfAbsent('cursor-key', newKey());
  const items: StoredVersion[] = [];
  let cursor = query.cursor === undefined ? undefined : opened(query.cursor, key);
  /** Where the page ends, once it is full. */
  let end: string | undefined;
  for (let looked = 0; looked < MAX_LOOKED; ) {
    const { cursor: _, ...asked } = query;
    const here: HistoryQuery = cursor === undefined ? asked : { ...asked, cursor };
    const page = await raw.history({ ...here, count: LOOK });
    looked += page.items.length;
    const shown = await seen(page.items);
    const room = query.count - items.length;
    if (shown.length > room) {
      // There is more: the page ends with its last entry, whatever stands behind it.
      items.push(...shown.slice(0, room));
      return { items, next: sealed(end ?? (await after(shown[room - 1] as StoredVersion, here, raw)), key) };
    }
    if (shown.length > 0) {
      items.push(...shown);
      end = undefined;
    }
    if (page.next === undefined) return { items };
    const last = items.at(-1);
    if (items.length === query.count && last !== undefined) {
      end ??= page.items.at(-1) === last ? page.next : await after(last, here, raw);
    }
    cursor = page.next;
  }
  return cursor === undefined ? { items } : { items, next: sealed(end ?? cursor, key) };
}

/** The store's cursor that goes on after a version that stands on the page from `here`; what was written since stands before it. */
async function after(last: StoredVersion, here: HistoryQuery, raw: Readable): Promise<string> {
  for (let count = LOOK; ; ) {
    const { items, next } = await raw.history({ ...here, count });
    const at = items.findIndex(
      ({ type, id, version }) => type === last.type && id === last.id && version === last.version,
    );
    if (at >= 0 && at === items.length - 1 && next !== undefined) return next;
    // Written while it was read, it went by so many places.
    if (at < 0 && (next === undefined || count > LOOK * 4)) throw new BadCursor('a history that moves');
    count = at < 0 ? count * 2 : at + 1;
  }
}

const sealed = (place: string, key: string): string => seal(key, ADDRESS, { search: [], place, before: [] });

function opened(cursor: string, key: string): string {
  const place = open(key, ADDRESS, cursor)?.place;
  if (place === undefined) throw new BadCursor();
  return place;
}
