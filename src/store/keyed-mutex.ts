/** Turns for those who want the same keys, within this process: fewer conflicts reach the database. */
export class KeyedMutex {
  private readonly tails = new Map<string, Promise<void>>();

  /** Runs `work` when all earlier holders of any of the keys are done. */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    // All keys are claimed in one step, so that no two can wait for each other.
    const before = keys.map((key) => this.tails.get(key)).filter((tail) => tail !== undefined);
    let release: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const key of keys) this.tails.set(key, mine);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      release();
      for (const key of keys) if (this.tails.get(key) === mine) this.tails.delete(key);
    }
  }
}
