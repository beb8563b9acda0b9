/**
 * Numbers, one a row, in pieces: none is ever copied because others come, and each takes as many bytes a number as its
 * largest needs. A piece in which all are 0 takes none.
 */

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

export const PIECE_BITS = 12;
/** Rows of a piece. */
export const PIECE_ROWS = 1 << PIECE_BITS;
/** The first piece grows to its size: most jobs have few runs. */
const FIRST_ROWS = 16;

export class Column {
  readonly #pieces: (Numbers | undefined)[] = [];

  get(row: number): number {
    const piece = this.#pieces[row >>> PIECE_BITS];
    return piece === undefined ? 0 : piece[row & (PIECE_ROWS - 1)] ?? 0;
  }

  set(row: number, value: number): void {
    const piece = this.#pieces[row >>> PIECE_BITS];
    const at = row & (PIECE_ROWS - 1);
    if (piece === undefined || at >= piece.length) {
      if (value === 0) return;
    } else {
      piece[at] = value;
      if (piece[at] === value) return;
    }
    this.#makeRoom(row, value)[at] = value;
  }

  /** The piece of a row, as wide as the value needs. */
  #makeRoom(row: number, value: number): Numbers {
    const piece = this.#pieces[row >>> PIECE_BITS];
    const size = Math.max(roomFor(row), piece?.length ?? 0);
    const bytes = Math.max(piece?.BYTES_PER_ELEMENT ?? 1, bytesOf(value));
    const Kind = bytes === 1
      ? Uint8Array
      : bytes === 2
      ? Uint16Array
      : bytes === 4
      ? Uint32Array
      : Float64Array;
    const larger = new Kind(size);
    if (piece !== undefined) larger.set(piece);
    return this.#pieces[row >>> PIECE_BITS] = larger;
  }
}

/** Rows that the piece of a row has room for. */
export function roomFor(row: number): number {
  if (row >= PIECE_ROWS) return PIECE_ROWS;
  return Math.max(FIRST_ROWS, 2 ** Math.ceil(Math.log2(row + 1)));
}

function bytesOf(value: number): number {
  if (!Number.isInteger(value) || value < 0) return 8;
  return value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 32 ? 4 : 8;
}
