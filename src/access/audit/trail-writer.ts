/**
 * Writes the trail: lines are journaled together a moment after they came, and appended as a batch that bears the hash of
 * the one before it. docs/adr/0042-the-trace-is-a-trail-of-batches.md
 */
import { createHash, randomBytes } from 'node:crypto';
import { StoreUnavailable } from '../../store/store.js';
import type { Trail, TrailBatch } from '../../store/trail.js';
import type { Line, SentLine } from './line.js';

/** Milliseconds that a line waits for others until it is journaled. */
const WAIT = 50;
/** Milliseconds that a batch stays open: the longer, the fewer entries in the index of patients. */
const OPEN = 10_000;
/** Characters of a batch; MongoDB takes 16 MB. */
const MAX_TEXT = 6_000_000;
/** Characters that may wait while the store does not answer: then nobody is served who could not be traced. */
const MAX_WAITING = 20_000_000;
/** Milliseconds until what could not be written is tried again. */
const AGAIN = 500;

/** The hash of a batch, in hexadecimal. */
export const hashOf = (previous: string, text: string): string =>
  createHash('sha256').update(previous).update('\n').update(text).digest('hex');

/** How an AuditEvent that a client sent is found by its id. */
export const sentKey = (id: string): string => `AuditEvent/${id}`;

/** What a line is found by, and the moments (ms) that it is about. */
function indexOf(line: Line | SentLine): { keys: string[]; times: number[] } {
  if (!('sent' in line)) {
    const keys = line.patients?.map((id) => `Patient/${id}`) ?? [];
    if (line.user?.startsWith('Patient/') === true) keys.push(line.user);
    return { keys, times: [line.t] };
  }
  const { recorded } = line.sent;
  const happened = typeof recorded === 'string' ? Date.parse(recorded) : Number.NaN;
  return {
    keys: [sentKey(line.id), ...line.patients.map((id) => `Patient/${id}`)],
    times: Number.isNaN(happened) ? [line.t] : [line.t, happened],
  };
}

const newChain = (): string => randomBytes(6).toString('hex');

/** A batch as it grows. */
class Growing {
  readonly began = Date.now();
  private readonly keys = new Set<string>();
  private first = Number.POSITIVE_INFINITY;
  private last = Number.NEGATIVE_INFINITY;
  private readonly pieces: string[] = [];
  /** Characters, and how many of the pieces are journaled. */
  size = 0;
  private journaled = 0;
  /** Nothing is added any more: its text may be there already. */
  closed = false;

  constructor(
    public chain: string,
    public number: number,
  ) {}

  add(line: Line | SentLine, text: string): void {
    const { keys, times } = indexOf(line);
    for (const key of keys) this.keys.add(key);
    this.first = Math.min(this.first, ...times);
    this.last = Math.max(this.last, ...times);
    this.pieces.push(text);
    this.size += text.length;
  }

  /** What is not journaled yet, and how to say that it is. */
  fresh(): { text: string; done: () => void } | undefined {
    const end = this.pieces.length;
    if (end === this.journaled) return undefined;
    const text = this.pieces.slice(this.journaled).join('');
    return {
      text,
      done: () => {
        this.journaled = end;
      },
    };
  }

  sealed(previous: string): TrailBatch {
    const { chain, number, first, last, keys } = this;
    const text = this.pieces.join('');
    return { chain, number, previous, hash: hashOf(previous, text), first, last, keys: [...keys], text };
  }
}

export class TrailWriter {
  private chain = newChain();
  private previous = '';
  /** Batches that are full or over first, the one that grows last. */
  private batches: Growing[] = [];
  private count = 0;
  private appended = 0;
  private timer: { handle: NodeJS.Timeout; due: number } | undefined;
  private working: Promise<void> = Promise.resolve();
  private size = 0;

  /** `failed` is told when the trail cannot be written; nothing of a line is in it. */
  constructor(
    private readonly trail: Trail,
    private readonly failed: (error: unknown) => void = () => undefined,
  ) {}

  /** Throws StoreUnavailable when too much waits: what cannot be traced is not done. */
  check(): void {
    if (this.size > MAX_WAITING) throw new StoreUnavailable('the trail cannot be written');
  }

  add(line: Line | SentLine): void {
    let batch = this.batches.at(-1);
    if (batch === undefined || batch.closed || batch.size > MAX_TEXT || Date.now() - batch.began > OPEN) {
      batch = new Growing(this.chain, this.count++);
      this.batches.push(batch);
    }
    const text = `${JSON.stringify(line)}\n`;
    batch.add(line, text);
    this.size += text.length;
    this.plan(WAIT);
  }

  /** Resolves when all that was added is durable. Rejects with what the store says while it cannot be written. */
  flush(): Promise<void> {
    return this.inTurn(() => this.write());
  }

  /** As `flush`, and all of it can be read from the trail. */
  seal(): Promise<void> {
    return this.inTurn(async () => {
      const all = this.batches.length;
      await this.write(all);
    });
  }

  /** Writes what waits. Rejects where that fails: those lines are lost. */
  async close(): Promise<void> {
    await this.seal();
    clearTimeout(this.timer?.handle);
  }

  /** The last batch that was appended; `undefined` before the first. */
  head(): { chain: string; number: number; hash: string } | undefined {
    return this.appended === 0 ? undefined : { chain: this.chain, number: this.appended - 1, hash: this.previous };
  }

  /** Appends what writers that died left journaled; nothing was added to it since `before` (ms since 1970). */
  async adopt(before: number): Promise<void> {
    for (const { chain, number, text } of await this.trail.orphans(before)) {
      if (text !== '' && (await this.trail.batch(chain, number)) === undefined) {
        const batch = new Growing(chain, number);
        for (const line of text.split('\n').slice(0, -1)) batch.add(JSON.parse(line) as Line | SentLine, `${line}\n`);
        const previous = number === 0 ? '' : ((await this.trail.batch(chain, number - 1))?.hash ?? '');
        await this.append(batch.sealed(previous));
      }
      await this.trail.discard(chain, number);
    }
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.working.then(work);
    this.working = done.catch(() => undefined);
    return done;
  }

  private plan(wait: number): void {
    const due = performance.now() + wait;
    if (this.timer !== undefined && this.timer.due <= due) return;
    clearTimeout(this.timer?.handle);
    const handle = setTimeout(() => {
      this.timer = undefined;
      this.flush().then(
        // A batch that nobody adds to is over after its time, too.
        () => {
          if (this.batches.length > 0) this.plan(OPEN);
        },
        () => this.plan(AGAIN),
      );
    }, wait).unref();
    this.timer = { handle, due };
  }

  /** Journals what is new, and appends the first `over` batches and those that are full or over. */
  private async write(over = 0): Promise<void> {
    try {
      for (const batch of this.batches) {
        const fresh = batch.fresh();
        if (fresh === undefined) continue;
        await this.trail.journal({ chain: batch.chain, number: batch.number, text: fresh.text });
        fresh.done();
      }
      for (let left = over; ; ) {
        const batch = this.batches[0];
        const isOver = (one: Growing) => one !== this.batches.at(-1) || Date.now() - one.began > OPEN;
        if (batch === undefined || (left <= 0 && !isOver(batch))) return;
        batch.closed = true;
        const sealed = batch.sealed(this.previous);
        if (!(await this.append(sealed))) {
          this.beginAgain();
          continue;
        }
        this.batches.shift();
        left--;
        this.size -= batch.size;
        this.previous = sealed.hash;
        this.appended = sealed.number + 1;
        await this.trail.discard(sealed.chain, sealed.number);
      }
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** Of a first try whose outcome was not known the second tells. False where another batch stands in its place. */
  private async append(batch: TrailBatch): Promise<boolean> {
    try {
      await this.trail.append(batch);
      return true;
    } catch (error) {
      const there = await this.trail.batch(batch.chain, batch.number);
      if (there === undefined) throw error;
      return there.hash === batch.hash;
    }
  }

  /** This process slept so long that another took it for dead and appended what it had journaled: all goes on elsewhere. */
  private beginAgain(): void {
    this.chain = newChain();
    this.previous = '';
    this.appended = 0;
    this.count = 0;
    for (const batch of this.batches) {
      batch.chain = this.chain;
      batch.number = this.count++;
    }
  }
}
