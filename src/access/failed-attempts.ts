/** Who brings tokens that are not taken has to wait between them: guessing and flooding cost the guesser. https://www.rfc-editor.org/rfc/rfc6585#section-4 */
import { isIPv6 } from 'node:net';

/** Addresses remembered at most; the oldest is forgotten. */
const MOST = 10_000;

interface Bucket {
  left: number;
  at: number;
}

/** A bucket of attempts for each address, which fills again by one a second. */
export class FailedAttempts {
  readonly #buckets = new Map<string, Bucket>();

  /** `burst`: failures in a row that cost nothing. `now` in milliseconds. */
  constructor(
    private readonly burst: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Seconds to wait before the next attempt; 0 where none is needed. */
  wait(address: string): number {
    const bucket = this.#buckets.get(keyOf(address));
    if (bucket === undefined) return 0;
    const left = this.#left(bucket);
    return left >= 1 ? 0 : Math.ceil(1 - left);
  }

  failed(address: string): void {
    const key = keyOf(address);
    const bucket = this.#buckets.get(key) ?? { left: this.burst, at: this.now() };
    const left = Math.max(0, this.#left(bucket) - 1);
    // Anew, so that the oldest is the first.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left, at: this.now() });
    if (this.#buckets.size > MOST) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
  }

  #left({ left, at }: Bucket): number {
    return Math.min(this.burst, left + (this.now() - at) / 1000);
  }
}

/** Who has an address of IPv6 has at least 2^64 of them. */
function keyOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const start = head.split(':').filter((part) => part !== '');
  const end = tail.split(':').filter((part) => part !== '');
  const all = address.includes('::') ? [...start, ...Array(8 - start.length - end.length).fill('0'), ...end] : start;
  return all
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}
