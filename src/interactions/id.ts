/** New logical ids. https://hl7.org/fhir/R4/resource.html#id */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(10 * 256);
let used = pool.length;

/**
 * A UUID of version 7 (RFC 9562): the instant first, so that new rows stand together in an index, then 74 random bits.
 */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const now = Date.now().toString(16).padStart(12, '0');
  const random = pool.toString('hex', used, used + 10);
  used += 10;
  const variant = ((Number.parseInt(random[3] as string, 16) & 3) | 8).toString(16);
  return `${now.slice(0, 8)}-${now.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
