/** Keyset cursors as opaque text: a tag that names the walk, then where the last page ended. */
import { BadCursor } from './store.js';

export type CursorPart = string | number | null;

export function writeCursor(parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * Reads a cursor of the shape asked for: its tag, then one letter a part: n a number, s a string, v a string, a number
 * or null. Throws BadCursor for anything else.
 */
export function readCursor(text: string, tag: string, shape: string): CursorPart[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw new BadCursor();
  }
  if (!Array.isArray(parts) || parts[0] !== tag || parts.length !== shape.length + 1) throw new BadCursor();
  const rest = parts.slice(1) as unknown[];
  rest.forEach((part, i) => {
    const isNumber = typeof part === 'number' && Number.isFinite(part);
    const isText = typeof part === 'string';
    const fits =
      shape[i] === 'n' ? Number.isSafeInteger(part) : shape[i] === 's' ? isText : isNumber || isText || part === null;
    if (!fits) throw new BadCursor();
  });
  return rest as CursorPart[];
}
