/**
 * A circuit breaker for the DMP as a whole: while it is unwell nothing is sent, then one job tries. Each process has its own.
 */
import type { Decision } from '../decision.js';

export interface BreakerSettings {
  /** Answers in a row that say that the DMP is unwell. */
  readonly after: number;
  /** Milliseconds of rest; doubled while the trial fails. */
  readonly rest: number;
  readonly restMost: number;
}
export const DEFAULT_BREAKER: BreakerSettings = { after: 5, rest: 5_000, restMost: 5 * 60_000 };

export class Breaker {
  #failures = 0;
  #rests = 0;
  #openUntil = 0;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly now: () => number,
    private readonly random: () => number,
    /** Told when it opens, and when it closes. */
    private readonly changed: (isOpen: boolean) => void,
  ) {}

  get isOpen(): boolean {
    return this.#openUntil > 0;
  }

  /** How many jobs may be under way at a time. */
  get allowance(): number {
    if (!this.isOpen) return Number.POSITIVE_INFINITY;
    return this.now() < this.#openUntil ? 0 : 1;
  }

  /** What was decided about an answer: one that is not about the health of the DMP shows that it is there. */
  note({ breaker }: Decision): void {
    if (breaker !== true) {
      const wasOpen = this.isOpen;
      this.#failures = 0;
      this.#rests = 0;
      this.#openUntil = 0;
      if (wasOpen) this.changed(false);
      return;
    }
    this.#failures++;
    // Those that were under way when it opened say nothing new.
    if (this.#failures < this.settings.after || this.now() < this.#openUntil) return;
    const wasOpen = this.isOpen;
    const rest = Math.min(this.settings.restMost, this.settings.rest * 2 ** Math.min(this.#rests, 20));
    this.#rests++;
    this.#openUntil = this.now() + Math.round(rest * (0.5 + this.random() / 2));
    if (!wasOpen) this.changed(true);
  }
}
