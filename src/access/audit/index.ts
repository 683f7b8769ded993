/** The trace of a tenant: what is done is written, what was done is read as AuditEvents. docs/adr/0042-the-trace-is-a-trail-of-batches.md */
import type { Logger } from 'pino';
import type { Store } from '../../store/store.js';
import { type AuditedOptions, auditedStore } from './audited-store.js';
import type { Line } from './line.js';
import { TrailWriter } from './trail-writer.js';

/** Milliseconds between two notes of the head of the chain in the log, which is kept elsewhere. */
const NOTE_EVERY = 3_600_000;
/** Milliseconds between two looks for what writers that died left, and after which they are taken for dead. */
const ADOPT_EVERY = 60_000;

export class Tracing {
  /** AuditEvents are its trail. */
  readonly store: Store;
  private readonly writer: TrailWriter;
  private readonly timers: NodeJS.Timeout[];
  private adopting: Promise<void> = Promise.resolve();

  constructor(
    raw: Store,
    readonly isStrict: boolean,
    options: AuditedOptions,
    private readonly log: Logger,
  ) {
    this.writer = new TrailWriter(raw.trail, (error) =>
      log.error({ error: (error as Error).name }, 'the trail cannot be written'),
    );
    this.store = auditedStore(raw, this.writer, options);
    this.timers = [
      setInterval(() => this.note(), NOTE_EVERY).unref(),
      setInterval(() => this.adopt(), ADOPT_EVERY).unref(),
    ];
    this.adopt();
  }

  check(): void {
    this.writer.check();
  }
  add(line: Line): void {
    this.writer.add(line);
  }
  flush(): Promise<void> {
    return this.writer.flush();
  }

  /** Writes what waits; the store is still open. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.adopting;
    await this.writer.close();
    this.note();
  }

  private adopt(): void {
    this.adopting = this.adopting
      .then(() => this.writer.adopt(Date.now() - ADOPT_EVERY))
      .catch((error) => this.log.warn({ error: (error as Error).name }, 'lines of the trail wait to be adopted'));
  }

  private note(): void {
    const head = this.writer.head();
    if (head !== undefined) this.log.info({ trail: `${head.chain}:${head.number}:${head.hash}` }, 'head of the trail');
  }
}
