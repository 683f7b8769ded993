/** Values of one resource that were just met. */

/** Far enough for what a resource repeats in one place. */
const WINDOW = 64;

/**
 * True when one of the last values is the same. Stores drop what they are given twice, so that this only saves work; a
 * look at the whole list would cost the square of a long one.
 */
export function isRecent<Value>(values: readonly Value[], same: (value: Value) => boolean): boolean {
  for (let i = values.length - 1, end = Math.max(0, values.length - WINDOW); i >= end; i--) {
    if (same(values[i] as Value)) return true;
  }
  return false;
}
