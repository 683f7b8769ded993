/** The part of a content that a Range asks for. https://www.rfc-editor.org/rfc/rfc9110#section-14.2 */
import type { ByteRange } from '../store/contents.js';

/**
 * The range of `size` bytes; 'whole' where the header is absent, cannot be read, or names several parts, which may all
 * be ignored; 'none' where it lies beyond the end.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'whole' | 'none' {
  const [, first, last] = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'none' : { start, end };
}
