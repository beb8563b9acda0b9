/**
 * SHA-256 (FIPS 180-4) of short texts. Its own, because `node:crypto` takes 15 to 20 ms to load in every process and thread
 * that asks for a digest, and is no faster on what is shorter than a hundred characters: 1 µs either way.
 */

/** Fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64. */
const START = new Int32Array(8);
const ROUND = new Int32Array(64);
for (let prime = 2, count = 0; count < 64; prime++) {
  if (!isPrime(prime)) continue;
  if (count < 8) START[count] = fraction(Math.sqrt(prime));
  ROUND[count++] = fraction(Math.cbrt(prime));
}

const state = new Int32Array(8);
const words = new Int32Array(64);
const DIGITS = new TextEncoder().encode("0123456789abcdef");

/** The first 16 of the digest's 64 lower-case hexadecimal digits. Texts are taken as UTF-8. */
export function sha256Head(data: string | Uint8Array): string {
  digest(data);
  const a = state[0]!;
  const b = state[1]!;
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
export function sha256Bytes(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  digest(data);
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 8; i++) view.setInt32(4 * i, state[i]!);
  return bytes;
}

function digest(data: string | Uint8Array): void {
  if (typeof data !== "string") return digestBytes(data);
  if (!digestAscii(data)) digestBytes(new TextEncoder().encode(data));
}

/** Reads the text where it stands: nearly all are of ASCII only. Answers whether this one was. */
function digestAscii(text: string): boolean {
  const length = text.length;
  state.set(START);
  let seen = 0;
  for (let at = 0; at < length + 9;) {
    for (let i = 0; i < 16; i++, at += 4) {
      if (at + 4 <= length) {
        const a = text.charCodeAt(at);
        const b = text.charCodeAt(at + 1);
        const c = text.charCodeAt(at + 2);
        const d = text.charCodeAt(at + 3);
        seen |= a | b | c | d;
        words[i] = a << 24 | b << 16 | c << 8 | d;
      } else {
        let word = 0;
        for (let k = at; k < at + 4; k++) {
          const code = k < length ? text.charCodeAt(k) : k === length ? 0x80 : 0;
          if (k < length) seen |= code;
          word = word << 8 | code;
        }
        words[i] = word;
      }
    }
    if (seen > 127) return false;
    if (at >= length + 9) writeLength(length);
    mixBlock();
  }
  return true;
}

function digestBytes(bytes: Uint8Array): void {
  const { length } = bytes;
  state.set(START);
  for (let at = 0; at < length + 9;) {
    for (let i = 0; i < 16; i++) {
      let word = 0;
      for (const end = at + 4; at < end; at++) {
        word = word << 8 | (at < length ? bytes[at]! : at === length ? 0x80 : 0);
      }
      words[i] = word;
    }
    if (at >= length + 9) writeLength(length);
    mixBlock();
  }
}

/** In bits, as the last 64 of the last block. */
function writeLength(bytes: number): void {
  words[14] = Math.floor(bytes / 2 ** 29);
  words[15] = bytes << 3;
}

/** Section 6.2.2 of the standard. */
function mixBlock(): void {
  const w = words;
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    w[t] = ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) + w[t - 16]! +
      ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) + w[t - 7]!;
  }
  let [a, b, c, d, e, f, g, h] = [
    state[0]!,
    state[1]!,
    state[2]!,
    state[3]!,
    state[4]!,
    state[5]!,
    state[6]!,
    state[7]!,
  ];
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
