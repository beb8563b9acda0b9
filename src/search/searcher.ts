/** What a method of search is: told results in their order, asked for points in theirs. Points lie in the unit cube. */

/** A point of the unit cube, a coordinate for each parameter. */
export type Place = readonly number[];

/**
 * All that it proposes follows from what it was made with, the results it was told, and the number it is asked for:
 * it may be asked for some numbers only, because the others are known already, and answers the same.
 */
export interface Searcher {
  /** How many results it must have been told at least before it can propose the point of that number, from 0. */
  waitsFor(number: number): number;
  /** The next result: where it was computed, and what is to be as small as can be; infinite where it failed. */
  tell(place: Place, loss: number): void;
  /** `pending` are the points before that number whose results it was not told. */
  propose(number: number, pending: readonly Place[]): Place;
}
