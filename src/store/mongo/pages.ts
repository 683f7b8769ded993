/** Documents off a cursor until a page is full, by their number or by their text. */
import type { AbstractCursor } from 'mongodb';
import { PAGE_TEXT } from '../store.js';

/** What a cursor gave, and whether more may follow. */
export interface Taken<Document> {
  documents: Document[];
  more: boolean;
}

/** Takes `count` documents at most, fewer when their texts fill a page before; the cursor is closed. */
export async function take<Document extends { text: string }>(
  cursor: AbstractCursor<Document>,
  count: number,
): Promise<Taken<Document>> {
  const documents: Document[] = [];
  let size = 0;
  try {
    for (;;) {
      // The last look says whether there is more, without its text being kept.
      const next = await cursor.next();
      if (next === null) return { documents, more: false };
      if (documents.length >= count || size >= PAGE_TEXT) return { documents, more: true };
      documents.push(next);
      size += next.text.length;
    }
  } finally {
    await cursor.close();
  }
}
