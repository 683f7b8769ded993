/**
 * Joins what arrives together into one question to the database: what a round trip costs is mostly the trip. Each item
 * is asked after it arrived, so that a read sees every write that was acknowledged before it.
 */
interface Waiting<Item, Answer> {
  item: Item;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

export class Batcher<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private scheduled = false;
  private inFlight = 0;
  private whenIdle: (() => void) | undefined;

  /**
   * `run` answers a batch, in its order; an Error in an item's place is that item's alone. `maxInFlight` batches are on
   * their way at a time.
   */
  constructor(
    private readonly run: (items: Item[]) => Promise<(Answer | Error)[]>,
    private readonly maxBatch: number,
    private readonly maxInFlight: number,
  ) {}

  submit(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /** Resolves when nothing waits or is on its way. */
  async idle(): Promise<void> {
    while (this.waiting.length > 0 || this.inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.whenIdle = resolve;
      });
    }
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.maxInFlight || this.waiting.length === 0) return;
    this.scheduled = true;
    // The requests that the sockets hold already are read before the batch leaves.
    setImmediate(() => {
      this.scheduled = false;
      void this.send();
    });
  }

  private async send(): Promise<void> {
    const batch = this.waiting.splice(0, this.maxBatch);
    this.inFlight++;
    this.schedule();
    try {
      const answers = await this.run(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, i) => {
        const answer = answers[i] as Answer | Error;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.inFlight--;
      this.schedule();
      if (this.inFlight === 0) this.whenIdle?.();
    }
  }
}
