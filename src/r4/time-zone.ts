/**
 * Wall-clock time of a zone to UTC, daylight saving included, from the rules in Intl. One question to Intl costs some
 * microseconds, so the answers are kept for stretches of twelve days. https://tc39.es/ecma402/#datetimeformat-objects
 */

/** Milliseconds of one stretch: about 12.4 days, so that no zone changes its clocks twice in one. */
const STRETCH = 2 ** 30;
/** 20 000 stretches are 680 years; past that the memory is emptied, so that odd dates cannot fill it. */
const MOST_STRETCHES = 20_000;
const DAY = 86_400_000;

/** The offset from UTC in a stretch: one number, or two and the instant between them. */
type Stretch = number | { before: number; at: number; after: number };

export class TimeZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #stretches = new Map<number, Stretch>();

  /** Throws a RangeError for a name that is not a zone of the IANA list. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** What the zone adds to UTC at an instant, in milliseconds. */
  offsetAt(utc: number): number {
    const index = Math.floor(utc / STRETCH);
    let stretch = this.#stretches.get(index);
    if (stretch === undefined) {
      stretch = this.#survey(index * STRETCH);
      if (this.#stretches.size >= MOST_STRETCHES) this.#stretches.clear();
      this.#stretches.set(index, stretch);
    }
    if (typeof stretch === 'number') return stretch;
    return utc < stretch.at ? stretch.before : stretch.after;
  }

  /**
   * The instant of a wall-clock time given as if it were UTC. An hour that comes twice is read as its first time; one
   * that is skipped is read with the offset before the change.
   */
  toUtc(local: number): number {
    const before = this.offsetAt(local - DAY);
    const after = this.offsetAt(local + DAY);
    if (before === after || this.offsetAt(local - before) === before) return local - before;
    return this.offsetAt(local - after) === after ? local - after : local - before;
  }

  #survey(start: number): Stretch {
    const before = this.#ask(start);
    const after = this.#ask(start + STRETCH);
    if (before === after) return before;
    let low = start;
    let high = start + STRETCH;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle) === before) low = middle;
      else high = middle;
    }
    return { before, at: high, after };
  }

  #ask(utc: number): number {
    const [, sign, hours, minutes, seconds] =
      /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(this.#format.format(utc)) ?? [];
    const size = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
    return sign === '-' ? -size : size;
  }
}

const zones = new Map<string, TimeZone>();

/** The zone of that name, made once. Throws a RangeError for a name that is not a zone. */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = new TimeZone(name);
    zones.set(name, zone);
  }
  return zone;
}
