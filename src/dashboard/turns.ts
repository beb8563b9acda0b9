/** Long work in pieces: after each of them others have their turn. */
import { letOthers } from "../store/pause.ts";

/** How long a piece keeps others waiting. */
export const PIECE_MS = 20;
/** The clock is looked at after so many steps of a thing that is done very often. */
const STEPS = 256;

/** `if (turn.isOver()) await turn.next();` in a loop: no promise is made while there is time left. */
export class Turn {
  #endMs = performance.now() + PIECE_MS;
  #steps = 0;

  isOver(): boolean {
    return ++this.#steps % STEPS === 0 && performance.now() >= this.#endMs;
  }

  async next(): Promise<void> {
    await letOthers();
    this.#endMs = performance.now() + PIECE_MS;
  }
}

const SORTED_AT_ONCE = 4_096;

/** As `toSorted`: those that are equal stay in their order. */
export async function sortInTurns<T>(
  all: readonly T[],
  compare: (a: T, b: T) => number,
  turn: Turn,
): Promise<T[]> {
  let runs: T[][] = [];
  for (let from = 0; from < all.length; from += SORTED_AT_ONCE) {
    runs.push(all.slice(from, from + SORTED_AT_ONCE).sort(compare));
    await turn.next();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [first, second] = [runs[i]!, runs[i + 1]];
      merged.push(second === undefined ? first : await merge(first, second, compare, turn));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  first: readonly T[],
  second: readonly T[],
  compare: (a: T, b: T) => number,
  turn: Turn,
): Promise<T[]> {
  const merged: T[] = [];
  let at = 0;
  for (const one of first) {
    while (at < second.length && compare(second[at]!, one) < 0) merged.push(second[at++]!);
    merged.push(one);
    if (turn.isOver()) await turn.next();
  }
  for (; at < second.length; at++) merged.push(second[at]!);
  return merged;
}
