/**
 * All that a store holds, as files that others read: for each type the current resources as NDJSON, as bulk data has it,
 * beside them all versions with what made them, and the contents by their hash.
 * https://hl7.org/fhir/uv/bulkdata/STU2/export.html
 */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { contentOf, contentPieces } from '../store/contents.js';
import type { Store, StoredVersion } from '../store/store.js';

const PAGE = 500;

/**
 * Writes `TYPE.ndjson`, `history/TYPE.ndjson` and `contents/HASH` into a folder that it makes, readable by its owner alone.
 * A Binary whose bytes are a content names it: `"data":{"content":"HASH"}` stands for what would be base64.
 */
export async function exportStore(store: Store, folder: string): Promise<{ versions: number; contents: number }> {
  await mkdir(join(folder, 'history'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'contents'), { mode: 0o700 });
  const files = new Map<string, WriteStream>();
  const addresses = new Set<string>();
  const seen = new Set<string>();
  let versions = 0;
  let cursor: string | undefined;
  const line = async (name: string, text: string): Promise<void> => {
    let file = files.get(name);
    if (file === undefined) {
      file = createWriteStream(join(folder, name), { flags: 'wx', mode: 0o600 });
      files.set(name, file);
    }
    if (!file.write(`${text}\n`)) await once(file, 'drain');
  };
  do {
    const page = await store.history({ count: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const version of page.items) {
      versions++;
      const address = contentOf(version.text);
      if (address !== undefined) addresses.add(address);
      const text = named(version.text);
      await line(`history/${version.type}.ndjson`, versionLine(version, text));
      // The newest come first: the first of an id is what is there now.
      const place = `${version.type}/${version.id}`;
      if (!seen.has(place) && !version.deleted) await line(`${version.type}.ndjson`, text);
      seen.add(place);
    }
    cursor = page.next;
  } while (cursor !== undefined);
  for (const file of files.values()) {
    file.end();
    await finished(file);
  }
  for (const address of addresses) {
    const file = createWriteStream(join(folder, 'contents', address), { flags: 'wx', mode: 0o600 });
    await pipeline(Readable.from(store.contents.read(address)), file);
  }
  return { versions, contents: addresses.size };
}

const named = (text: string): string =>
  contentPieces(text)
    .map((piece, i) => (i % 2 === 0 ? piece : `{"content":"${piece}"}`))
    .join('');

function versionLine({ type, id, version, lastUpdated, method, deleted }: StoredVersion, text: string): string {
  const head = JSON.stringify({ type, id, version, lastUpdated: new Date(lastUpdated).toISOString(), method, deleted });
  return deleted ? head : `${head.slice(0, -1)},"resource":${text}}`;
}
