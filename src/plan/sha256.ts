/**
 * SHA-256 (FIPS 180-4) of short texts. Its own, because `node:crypto` takes 15 to 20 ms to load in every process and thread
 * that asks for a digest, and is slower on what is shorter than a hundred characters.
 */

/** Fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64. */
const START = new Int32Array(8);
const ROUND = new Int32Array(64);
for (let prime = 2, count = 0; count < 64; prime++) {
  if (!isPrime(prime)) continue;
  if (count < 8) START[count] = fraction(Math.sqrt(prime));
  ROUND[count++] = fraction(Math.cbrt(prime));
}

const BLOCK_BYTES = 64;
const DIGITS = new TextEncoder().encode("0123456789abcdef");
/** Beyond this the encoder is quicker than a loop over the characters. */
const SHORT = 48;

/** Takes a message in pieces, keeps it until it is digested, and begins anew. One is enough for a thread. */
export class Sha256 {
  readonly #encoder = new TextEncoder();
  readonly #state = new Int32Array(8);
  readonly #words = new Int32Array(64);
  #bytes = new Uint8Array(4 * BLOCK_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Texts are taken as UTF-8. */
  add(data: string | Uint8Array): this {
    if (typeof data === "string") this.#addText(data);
    else {
      this.#reserve(data.length);
      this.#bytes.set(data, this.#length);
      this.#length += data.length;
    }
    return this;
  }

  /** The first 16 of the digest's 64 lower-case hexadecimal digits. */
  head(): string {
    this.#digest();
    const a = this.#state[0]!;
    const b = this.#state[1]!;
    // In one call, because adding texts up takes three times as long.
    return String.fromCharCode(
      DIGITS[a >>> 28]!,
      DIGITS[a >>> 24 & 15]!,
      DIGITS[a >>> 20 & 15]!,
      DIGITS[a >>> 16 & 15]!,
      DIGITS[a >>> 12 & 15]!,
      DIGITS[a >>> 8 & 15]!,
      DIGITS[a >>> 4 & 15]!,
      DIGITS[a & 15]!,
      DIGITS[b >>> 28]!,
      DIGITS[b >>> 24 & 15]!,
      DIGITS[b >>> 20 & 15]!,
      DIGITS[b >>> 16 & 15]!,
      DIGITS[b >>> 12 & 15]!,
      DIGITS[b >>> 8 & 15]!,
      DIGITS[b >>> 4 & 15]!,
      DIGITS[b & 15]!,
    );
  }

  /** The digest's 32 bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    this.#digest();
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 8; i++) view.setInt32(4 * i, this.#state[i]!);
    return bytes;
  }

  #addText(text: string): void {
    // No character of a text takes more than three bytes.
    this.#reserve(3 * text.length);
    const bytes = this.#bytes;
    const from = this.#length;
    if (text.length <= SHORT) {
      let seen = 0;
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        bytes[from + i] = code;
        seen |= code;
      }
      if (seen < 128) {
        this.#length += text.length;
        return;
      }
    }
    this.#length += this.#encoder.encodeInto(text, bytes.subarray(from)).written;
  }

  /** Room for so many bytes and for what ends a message. */
  #reserve(more: number): void {
    const needed = this.#length + more + 2 * BLOCK_BYTES;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * needed);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #digest(): void {
    const length = this.#length;
    const bytes = this.#bytes;
    const view = this.#view;
    // A one bit, zeros, and the length in bits as the last eight bytes of a block.
    const end = length + 8 + BLOCK_BYTES - (length + 8) % BLOCK_BYTES;
    bytes[length] = 0x80;
    for (let at = length + 1; at < end - 8; at++) bytes[at] = 0;
    view.setUint32(end - 8, Math.floor(length / 2 ** 29));
    view.setUint32(end - 4, length << 3);
    this.#state.set(START);
    for (let at = 0; at < end; at += BLOCK_BYTES) {
      for (let i = 0; i < 16; i++) this.#words[i] = view.getInt32(at + 4 * i);
      mixBlock(this.#state, this.#words);
    }
    this.#length = 0;
  }
}

/** Section 6.2.2 of the standard. */
function mixBlock(state: Int32Array, w: Int32Array): void {
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    w[t] = ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[t - 16]! +
      ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) + w[t - 7]!;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const first = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) +
      (g ^ e & (f ^ g)) + ROUND[t]! + w[t]!) | 0;
    const second = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) +
      (a & b | c & (a | b));
    h = g;
    g = f;
    f = e;
    e = d + first | 0;
    d = c;
    c = b;
    b = a;
    a = first + second | 0;
  }
  // An Int32Array keeps the low 32 bits of each sum, which is addition modulo 2³².
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
  state[5] = state[5]! + f;
  state[6] = state[6]! + g;
  state[7] = state[7]! + h;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) {
    if (number % divisor === 0) return false;
  }
  return true;
}

function fraction(root: number): number {
  return (root - Math.floor(root)) * 2 ** 32 | 0;
}
