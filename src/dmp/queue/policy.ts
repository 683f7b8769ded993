/** How long the queue waits for what: settings, in milliseconds. docs/adr/0031-a-queue-of-jobs-beside-the-records.md */
export interface Policy {
  /** Before the second attempt; doubled with each that is answered the same, half of it left to chance. */
  readonly backoff: number;
  readonly backoffMost: number;
  /** From an outcome that is not known until it is asked for: the DMP may still be at it. */
  readonly reconcileAfter: number;
  /** Until a patient without an open DMP is asked about again. */
  readonly askAgain: number;
}

export const DEFAULT_POLICY: Policy = {
  backoff: 2_000,
  backoffMost: 15 * 60_000,
  reconcileAfter: 5_000,
  askAgain: 24 * 3_600_000,
};

/** What a transition needs of the world: the time, chance in [0, 1), the settings. */
export interface Moment {
  readonly now: number;
  readonly random: () => number;
  readonly policy: Policy;
}

/** When it is tried again after so many answers of the same kind in a row. */
export function retryAt({ now, random, policy }: Moment, inARow: number): number {
  const whole = Math.min(policy.backoffMost, policy.backoff * 2 ** Math.min(inARow - 1, 30));
  return now + Math.round(whole * (0.5 + random() / 2));
}

/** When a patient without a DMP is asked about again: not all at the same hour. */
export const askAgainAt = ({ now, random, policy }: Moment): number =>
  now + Math.round(policy.askAgain * (0.9 + random() / 5));
