/** Random choices for property tests: the same seed, the same test. Every failure names its seed. */

export interface Seeded {
  /** In [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  below(below: number): number;
  pick<T>(choices: readonly T[]): T;
}

/** mulberry32: small, good enough to choose test cases, and not the generator under test. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { next, below, pick: (choices) => choices[below(choices.length)]! };
}

/** Runs a property for many seeds and says which one broke it. */
export function forSeeds(count: number, property: (random: Seeded, seed: number) => void): void {
  for (let seed = 1; seed <= count; seed++) {
    try {
      property(seeded(seed), seed);
    } catch (error) {
      throw new Error(`with seed ${seed}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
}
