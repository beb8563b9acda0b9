/** Sobol's sequence, plain and scrambled. Pure. */
import { PURPOSE, type Sequence } from "./sequence.ts";
import { type DirectionLine, directionLines } from "./sobol_table.ts";
import { Threefry } from "./threefry.ts";

const BITS = 32;

/**
 * Scrambled by a random linear matrix and a digital shift, each dimension on its own: J. Matoušek (1998) On the
 * L2-discrepancy for anchored boxes, J. Complexity 14, 527. It keeps what makes a net of the first 2ᵐ points, has the
 * variance of Owen's scrambling (A. B. Owen (2003), ACM TOMACS 13, 363), and costs nothing at a point.
 */
export class SobolSequence implements Sequence {
  /** 32 direction numbers a dimension. */
  readonly #directions: Int32Array;
  readonly #shifts: Int32Array;

  /** Without a seed it is not scrambled: then each coordinate is the middle of its cell of 2⁻³². */
  constructor(dimensions: number, seed?: number) {
    this.#directions = directionNumbers(dimensions);
    this.#shifts = new Int32Array(dimensions);
    if (seed === undefined) return;
    const words = Threefry.fromSeed(seed);
    for (let dimension = 0; dimension < dimensions; dimension++) {
      const purpose = PURPOSE.scramble | dimension;
      this.#shifts[dimension] = words.word(BITS, purpose);
      const rows = Array.from(
        { length: BITS },
        (_, row) => lowerRow(words.word(row, purpose), row),
      );
      const own = this.#directions.subarray(dimension * BITS, (dimension + 1) * BITS);
      for (let bit = 0; bit < BITS; bit++) own[bit] = multiply(rows, own[bit]!);
    }
  }

  at(index: number, dimension: number): number {
    const directions = this.#directions;
    let point = this.#shifts[dimension]!;
    // In the order of Gray's code, as it is published: any 2ᵐ points are the same set as in the order of bits.
    let bits = index ^ index >>> 1;
    // Without a branch, which would be guessed wrong every other time.
    for (let at = dimension * BITS; bits !== 0; at++, bits >>>= 1) {
      point ^= directions[at]! & -(bits & 1);
    }
    return ((point >>> 0) + 0.5) / 2 ** BITS;
  }
}

function directionNumbers(dimensions: number): Int32Array {
  const all = new Int32Array(dimensions * BITS);
  for (let bit = 0; bit < BITS; bit++) all[bit] = 1 << (BITS - 1 - bit);
  let at = BITS;
  for (const line of directionLines()) {
    if (at >= all.length) break;
    recur(line, all.subarray(at, at + BITS));
    at += BITS;
  }
  return all;
}

// P. Bratley, B. L. Fox (1988) Algorithm 659, ACM TOMS 14, 88.
function recur({ degree, coefficients, initial }: DirectionLine, into: Int32Array): void {
  for (let bit = 0; bit < BITS; bit++) {
    if (bit < degree) {
      into[bit] = initial[bit]! << (BITS - 1 - bit);
      continue;
    }
    let next = into[bit - degree]! ^ into[bit - degree]! >>> degree;
    for (let k = 1; k < degree; k++) {
      if (coefficients >> (degree - 1 - k) & 1) next ^= into[bit - k]!;
    }
    into[bit] = next;
  }
}

/** A row of a lower triangular matrix with ones on its diagonal; the first row and column are the highest bits. */
function lowerRow(word: number, row: number): number {
  const diagonal = 1 << (BITS - 1 - row);
  return word & ~(diagonal | diagonal - 1) | diagonal;
}

function multiply(rows: readonly number[], vector: number): number {
  let product = 0;
  for (const row of rows) product = product << 1 | parity(row & vector);
  return product;
}

function parity(word: number): number {
  let folded = word ^ word >>> 16;
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  return 0x6996 >> (folded & 15) & 1;
}
