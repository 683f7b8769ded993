/**
 * Writes the trail: lines wait a moment, go to the store together, and each batch bears the hash of the one before it.
 * docs/adr/0042-the-trace-is-a-trail-of-batches.md
 */
import { createHash, randomBytes } from 'node:crypto';
import { StoreUnavailable } from '../../store/store.js';
import type { Trail } from '../../store/trail.js';
import type { Line, SentLine } from './line.js';

/** Milliseconds that a line waits for others. */
const WAIT = 50;
/** Characters of a batch; MongoDB takes 16 MB. */
const MAX_TEXT = 2_000_000;
/** Characters that may wait while the store does not answer: then nobody is served who could not be traced. */
const MAX_WAITING = 20_000_000;
/** Milliseconds until a batch that could not be written is tried again. */
const AGAIN = 500;

/** The hash of a batch, in hexadecimal. */
export const hashOf = (previous: string, text: string): string =>
  createHash('sha256').update(previous).update('\n').update(text).digest('hex');

interface Waiting {
  first: number;
  last: number;
  lines: string[];
  size: number;
  keys: Set<string>;
  /** Its text is on its way, or may be there already. */
  sealed: boolean;
}

export class TrailWriter {
  readonly chain = randomBytes(6).toString('hex');
  private number = 0;
  private previous = '';
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private size = 0;
  private closed = false;

  /** `failed` is told once when the trail cannot be written; nothing of a line is in it. */
  constructor(
    private readonly trail: Trail,
    private readonly failed: (error: unknown) => void = () => undefined,
  ) {}

  /** Throws StoreUnavailable when too much waits: what cannot be traced is not done. */
  check(): void {
    if (this.size > MAX_WAITING) throw new StoreUnavailable('the trail cannot be written');
  }

  add(line: Line): void {
    const keys = line.patients?.map((id) => `Patient/${id}`) ?? [];
    if (line.user?.startsWith('Patient/') === true) keys.push(line.user);
    this.push([line.t], JSON.stringify(line), keys);
  }

  /** `patients` are references, `Patient/1`; `recorded` is when it happened (ms), by which it is found too. */
  addSent(line: SentLine, patients: readonly string[], recorded: number): void {
    this.push([line.t, recorded], JSON.stringify(line), [sentKey(line.id), ...patients]);
  }

  /** Resolves when all that was added is durable. Rejects with what the store says while it cannot be written. */
  async flush(): Promise<void> {
    while (this.waiting.length > 0 || this.writing !== undefined) {
      this.writing ??= this.write();
      await this.writing;
    }
  }

  /** Writes what waits. Rejects where that fails: those lines are lost. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.writing?.catch(() => undefined);
    await this.flush();
  }

  /** What the next batch builds on: chain, number and hash of the last one; `undefined` before the first. */
  head(): { chain: string; number: number; hash: string } | undefined {
    return this.number === 0 ? undefined : { chain: this.chain, number: this.number - 1, hash: this.previous };
  }

  private push(times: readonly number[], text: string, keys: readonly string[]): void {
    let batch = this.waiting.at(-1);
    if (batch === undefined || batch.sealed || batch.size + text.length > MAX_TEXT) {
      batch = { first: Infinity, last: -Infinity, lines: [], size: 0, keys: new Set(), sealed: false };
      this.waiting.push(batch);
    }
    batch.first = Math.min(batch.first, ...times);
    batch.last = Math.max(batch.last, ...times);
    batch.lines.push(text);
    batch.size += text.length + 1;
    this.size += text.length + 1;
    for (const key of keys) batch.keys.add(key);
    this.plan(WAIT);
  }

  private plan(wait: number): void {
    if (this.timer !== undefined || this.writing !== undefined || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      // Told to `failed`, and tried again.
      this.flush().catch(() => this.plan(AGAIN));
    }, wait);
  }

  /** One batch. It is the same however often it is tried: of one whose outcome was not known the second try tells. */
  private async write(): Promise<void> {
    const batch = this.waiting[0];
    if (batch === undefined) {
      this.writing = undefined;
      return;
    }
    batch.sealed = true;
    const { chain, number, previous } = this;
    const { first, last, lines, size, keys } = batch;
    const text = `${lines.join('\n')}\n`;
    const hash = hashOf(previous, text);
    try {
      try {
        await this.trail.append({ chain, number, previous, hash, first, last, keys: [...keys], text });
      } catch (error) {
        if ((await this.trail.batch(chain, number))?.hash !== hash) throw error;
      }
      this.number++;
      this.previous = hash;
      this.waiting.shift();
      this.size -= size;
    } catch (error) {
      this.failed(error);
      throw error;
    } finally {
      this.writing = undefined;
    }
  }
}

/** How an AuditEvent that a client sent is found by its id. */
export const sentKey = (id: string): string => `AuditEvent/${id}`;
