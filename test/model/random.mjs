/** Numbers that look random and are the same for the same seed. */

/** @param {number} seed */
export function randomOf(seed) {
  let state = seed >>> 0;
  /** From 0 to 1, 1 not in it. */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  const pick = (list) => list[below(list.length)];
  return {
    below,
    pick,
    /** True so many times in a hundred. */
    chance: (percent) => next() * 100 < percent,
    /** Up to `most` of a list, in its order, none twice. */
    some: (list, most) => {
      const wanted = below(most + 1);
      return list.filter((_, i) => below(list.length - i) < wanted).slice(0, wanted);
    },
    /** A list of `least` to `most` things made one by one. */
    many: (least, most, make) => Array.from({ length: least + below(most - least + 1) }, () => make()),
    shuffled: (list) =>
      list
        .map((one) => [next(), one])
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one),
  };
}
