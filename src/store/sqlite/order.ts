/** The order of a walk: the places of its rows, which is first, and the cursor that names a place. */

import { type CursorPart, readCursor, writeCursor } from '../cursor.js';
import { BadCursor } from '../store.js';

export interface Order {
  /** Names the walk in its cursors, so that one of another walk is refused. */
  tag: string;
  /** One letter for each part of a place, as `readCursor` has them. */
  shape: string;
  /** For each part: 1 for rising, -1 for falling. Nulls come last, whatever the direction. */
  directions: readonly (1 | -1)[];
}

export type Place = readonly CursorPart[];

export function placeIn(order: Order, cursor: string): CursorPart[] {
  const parts = readCursor(cursor, order.tag, order.shape);
  if (parts.length !== order.directions.length) throw new BadCursor();
  return parts;
}

export function cursorAt({ tag }: Order, place: Place): string {
  return writeCursor([tag, ...place]);
}

/** Below zero when `a` stands before `b`. */
export function compare({ directions }: Order, a: Place, b: Place): number {
  for (const [i, direction] of directions.entries()) {
    const [x, y] = [a[i] ?? null, b[i] ?? null];
    if (x === y) continue;
    if (x === null) return 1;
    if (y === null) return -1;
    return direction * (typeof x === 'number' && typeof y === 'number' ? x - y : bytewise(String(x), String(y)));
  }
  return 0;
}

/** As SQLite compares texts. */
function bytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
