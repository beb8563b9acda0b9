/**
 * Texts, one a row. Almost all are digests, 16 hexadecimal digits, and are kept as the 8 bytes that they are; any other
 * is kept as it is, beside them.
 */
import { PIECE_BITS, PIECE_ROWS, roomFor } from "./column.ts";

const DIGITS = 16;
/** Of a text that is none of 16 digits; the digest that would look like it is such a text as well. */
const BESIDE = -1;

/** The two halves of a digest, as numbers with a sign: no others are as quick. */
export interface Halves {
  high: number;
  low: number;
}

export class DigestColumn {
  readonly #pieces: Int32Array[] = [];
  readonly #beside = new Map<number, string>();
  readonly #halves: Halves = { high: 0, low: 0 };

  /** Empty where none was set. */
  get(row: number): string {
    const piece = this.#pieces[row >>> PIECE_BITS];
    const at = 2 * (row & (PIECE_ROWS - 1));
    const high = piece?.[at] ?? 0;
    const low = piece?.[at + 1] ?? 0;
    if (high === BESIDE && low === BESIDE) return this.#beside.get(row)!;
    return high === 0 && low === 0 ? "" : textOf(high, low);
  }

  set(row: number, text: string): void {
    const halves = this.#halves;
    const isDigest = halvesOf(text, halves);
    const isBeside = !isDigest && text !== "";
    if (isBeside) this.#beside.set(row, text);
    else if (this.#beside.size > 0) this.#beside.delete(row);
    if (!isDigest) halves.high = halves.low = isBeside ? BESIDE : 0;
    this.setHalves(row, halves);
  }

  setHalves(row: number, { high, low }: Halves): void {
    const piece = this.#pieceOf(row);
    const at = 2 * (row & (PIECE_ROWS - 1));
    piece[at] = high;
    piece[at + 1] = low;
  }

  /** Sets it; answers whether it was another. */
  replace(row: number, text: string): boolean {
    if (this.is(row, text)) return false;
    this.set(row, text);
    return true;
  }

  is(row: number, text: string): boolean {
    return halvesOf(text, this.#halves) ? this.has(row, this.#halves) : this.get(row) === text;
  }

  /** Whether it is this digest, which `halvesOf` has taken apart. */
  has(row: number, { high, low }: Halves): boolean {
    const piece = this.#pieces[row >>> PIECE_BITS];
    const at = 2 * (row & (PIECE_ROWS - 1));
    return piece !== undefined && piece[at + 1] === low && piece[at] === high;
  }

  /** Takes the digest of a row apart, which must be one. */
  halves(row: number, into: Halves): void {
    const piece = this.#pieces[row >>> PIECE_BITS]!;
    const at = 2 * (row & (PIECE_ROWS - 1));
    into.high = piece[at]!;
    into.low = piece[at + 1]!;
  }

  #pieceOf(row: number): Int32Array {
    const number = row >>> PIECE_BITS;
    const piece = this.#pieces[number];
    const rows = roomFor(row);
    if (piece !== undefined && piece.length >= 2 * rows) return piece;
    const larger = new Int32Array(2 * rows);
    if (piece !== undefined) larger.set(piece);
    return this.#pieces[number] = larger;
  }
}

/** Takes a digest apart; answers false when the text is none that can be kept as two numbers. */
export function halvesOf(text: string, into: Halves): boolean {
  if (text.length !== DIGITS) return false;
  let high = 0;
  let low = 0;
  // All of them together: negative, or too large, when one is no digit.
  let digits = 0;
  let codes = 0;
  for (let at = 0; at < 8; at++) {
    const first = text.charCodeAt(at);
    const second = text.charCodeAt(at + 8);
    const highDigit = VALUES[first & 127]!;
    const lowDigit = VALUES[second & 127]!;
    codes |= first | second;
    digits |= highDigit | lowDigit;
    high = high << 4 | highDigit;
    low = low << 4 | lowDigit;
  }
  if (digits < 0 || codes > 127) return false;
  into.high = high;
  into.low = low;
  return !(high === 0 && low === 0) && !(high === BESIDE && low === BESIDE);
}

/** Codes of the digits. */
const HEX = new TextEncoder().encode("0123456789abcdef");
/** And what each code stands for; negative where it is no digit. */
const VALUES = new Int8Array(128).fill(-1);
HEX.forEach((code, value) => VALUES[code] = value);

/** Digests are as good as drawn by lot; ids that somebody else made of 16 digits may be numbered. */
export function placeOf(high: number, low: number): number {
  const mixed = Math.imul(low ^ high, 0x9e3779b1);
  return (mixed ^ mixed >>> 15) >>> 0;
}

// deno-fmt-ignore: four digits a line
export function textOf(high: number, low: number): string {
  return String.fromCharCode(
    HEX[high >>> 28]!, HEX[high >>> 24 & 15]!, HEX[high >>> 20 & 15]!, HEX[high >>> 16 & 15]!,
    HEX[high >>> 12 & 15]!, HEX[high >>> 8 & 15]!, HEX[high >>> 4 & 15]!, HEX[high & 15]!,
    HEX[low >>> 28]!, HEX[low >>> 24 & 15]!, HEX[low >>> 20 & 15]!, HEX[low >>> 16 & 15]!,
    HEX[low >>> 12 & 15]!, HEX[low >>> 8 & 15]!, HEX[low >>> 4 & 15]!, HEX[low & 15]!,
  );
}
