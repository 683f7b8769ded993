/**
 * Work begun a little at a time, in its order: as much in a turn of the event loop as takes a few milliseconds, by what
 * the turns before took. https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick
 */

/** Milliseconds that a turn may take. */
const SLICE = 10;

export interface Work {
  begin(): void;
  /** Told instead of `begin` to what is let go before its turn came. */
  refuse(): void;
}

export class Turns {
  private waiting: Work[] = [];
  private begun = 0;
  private since = 0;
  /** Milliseconds that a turn takes for each piece of work begun in it, smoothed. */
  private cost = 0;

  /** Begins it now where this turn has room, else in one of the next. */
  add(work: Work): void {
    if (this.waiting.length > 0 || !this.hasRoom()) this.waiting.push(work);
    else this.run(work);
  }

  /** Lets go of so many of those that wait, the last that came: at most all of them. */
  letGo(count: number): void {
    if (count <= 0) return;
    for (const work of this.waiting.splice(Math.max(0, this.waiting.length - count))) work.refuse();
  }

  private hasRoom(): boolean {
    return this.begun === 0 || this.begun * this.cost < SLICE;
  }

  private run(work: Work): void {
    if (this.begun === 0) {
      this.since = performance.now();
      setImmediate(() => this.turned());
    }
    this.begun++;
    work.begin();
  }

  /** The loop comes round: what this turn took is known, and the next begins with those that wait. */
  private turned(): void {
    const each = (performance.now() - this.since) / this.begun;
    this.cost += (each - this.cost) / 8;
    this.begun = 0;
    while (this.waiting.length > 0 && this.hasRoom()) this.run(this.waiting.shift() as Work);
  }
}
