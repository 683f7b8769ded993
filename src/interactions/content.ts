/**
 * The data of a Binary, kept apart where they are large: the stored text names them, and whoever answers puts them back.
 * docs/adr/0021-contents-apart.md
 */
import { decodedBase64 } from '../r4/base64.js';
import type { ScannedObject } from '../r4/json.js';
import { withStrings } from '../r4/json-text.js';
import type { Contents } from '../store/contents.js';
import { type Entry, isWrite } from './entries.js';

/** Bytes up to which data stay in the text of their Binary: a file costs two syncs of its own, a text shares the store's. */
export const INLINE_BYTES = 16 * 1024;

/** The data of a Binary that are to be kept apart. What is not base64 stays where it is, for the validation to tell. */
export function largeData({ resourceType, data }: Record<string, unknown>): Buffer | undefined {
  if (resourceType !== 'Binary' || typeof data !== 'string' || data.length * 3 <= INLINE_BYTES * 4) return undefined;
  return decodedBase64(data);
}

/** The members of a Binary whose data are a content now, by its address: of a text that is to be stored. */
export function withContent({ value, ...rest }: ScannedObject, mark: string): ScannedObject {
  const members = rest.members.map((member) => (member.name === 'data' ? { name: 'data', text: mark } : member));
  return { ...rest, value, members };
}

/** Puts the data of the Binaries among entries into the contents, before a transaction takes locks. */
export async function contentsApart(entries: readonly Entry[], contents: Contents): Promise<void> {
  for (const entry of entries) {
    const { resource } = entry;
    const bytes = resource === undefined || !isWrite(entry) ? undefined : largeData(resource.value);
    if (resource === undefined || bytes === undefined) continue;
    const { address } = await contents.put(bytes);
    namedContent(entry, address);
  }
}

/** The data of the Binary of an entry are a content. */
export function namedContent(entry: Entry, address: string): void {
  const { resource } = entry;
  if (resource === undefined) return;
  entry.resource = {
    value: { ...resource.value, data: address },
    text: withStrings(resource.text, new Map([['data', address]])),
  };
  entry.request.content = address;
}
