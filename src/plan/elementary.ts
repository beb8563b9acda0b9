/** exp and log in nothing but + − × ÷, so that every engine gives the same bits, and so the same ids. Pure. */

// Of Math.exp and Math.log the standard asks for an approximation only: V8 has changed some of them before.

const LN2_HIGH = 0.693147180369123816490;
const LN2_LOW = 1.90821492927058770002e-10;

/** Good to 2 units in the last place. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Infinity;
  if (x < -745.2) return 0;
  const twos = Math.floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
  // |rest| ≤ ln 2 / 2. High and low part, lest the difference lose what the product was rounded by.
  const rest = x - twos * LN2_HIGH - twos * LN2_LOW;
  let sum = 1;
  for (let n = 14; n >= 1; n--) sum = 1 + sum * rest / n;
  // In two steps: 2^1024 would be infinite, and 2^-1074 has no bits left for the sum.
  const half = twos >> 1;
  return sum * powerOfTwo(half) * powerOfTwo(twos - half);
}

/** Of a positive finite number; good to 2 units in the last place. */
export function log(x: number): number {
  let twos = 0;
  let fraction = x;
  for (const [exponent, up, down] of STEPS) {
    if (fraction >= up) {
      fraction *= down;
      twos += exponent;
    } else if (fraction < down) {
      fraction *= up;
      twos -= exponent;
    }
  }
  if (fraction < Math.SQRT1_2) fraction *= 2, twos--;
  else if (fraction > Math.SQRT2) fraction /= 2, twos++;
  // log f = 2 artanh((f − 1)/(f + 1)), where the argument is at most 0.172.
  const t = (fraction - 1) / (fraction + 1);
  const square = t * t;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / n) * square;
  return twos * LN2_HIGH + (2 * t + (2 * t * sum + twos * LN2_LOW));
}

/** An exponent twice where the smallest numbers need it, and its power of two upwards and downwards. */
const STEPS = [512, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1].map((exponent) =>
  [exponent, powerOfTwo(exponent), powerOfTwo(-exponent)] as const
);

/** Exact; the exponent from −1022 to 1023. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  let base = exponent < 0 ? 0.5 : 2;
  for (let left = Math.abs(exponent); left > 0; left >>= 1) {
    if (left & 1) power *= base;
    base *= base;
  }
  return power;
}
