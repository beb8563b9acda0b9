/** A sequence of points in the unit cube, of which any coordinate can be computed on its own. */

export interface Sequence {
  /** The coordinate of the point of that number, from 0; above 0 and below 1, both excluded. */
  at(index: number, dimension: number): number;
}

/** What a random word is for, so that no two purposes share one: the high bits of its counter. */
export const PURPOSE = {
  point: 0,
  scramble: 1 << 28,
  digits: 2 << 28,
  strata: 3 << 28,
  within: 4 << 28,
} as const;
