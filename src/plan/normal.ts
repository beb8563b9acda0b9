/** The normal distribution: its distribution function and the inverse of it. Pure. */
import { exp, log } from "./elementary.ts";

/** The share of a standard normal below `z`; in the lower tail good to 12 digits of its own. */
export function normalShare(z: number): number {
  return z > 0 ? 1 - lowerTail(-z) : lowerTail(z);
}

// G. Marsaglia (2004) Evaluating the normal distribution, J. Stat. Soft. 11(4): Taylor's series about
// the middle, and Laplace's continued fraction further out.
function lowerTail(z: number): number {
  const x = -z;
  if (x > 38) return 0;
  // The square in two parts: rounded at once it would cost the exponential some digits.
  const whole = Math.floor(x * 16) / 16;
  const height = exp(-whole * whole / 2) * exp(-(x - whole) * (x + whole) / 2);
  const density = height * 0.398942280401432677940;
  if (x < 3) {
    let sum = x;
    let term = x;
    for (let n = 3; n <= 121; n += 2) sum += term *= x * x / n;
    return 0.5 - density * sum;
  }
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / fraction;
  return density / fraction;
}

/** The number below which that share of a standard normal lies; the share in (0, 1). */
export function normalQuantile(share: number): number {
  // M. J. Wichura (1988) Algorithm AS 241, Applied Statistics 37, 477: PPND16, good to 16 digits.
  const q = share - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return q * polynomial(CENTRE_OVER, r) / polynomial(CENTRE_UNDER, r);
  }
  const r = Math.sqrt(-log(q < 0 ? share : 1 - share));
  const z = r <= 5
    ? polynomial(TAIL_OVER, r - 1.6) / polynomial(TAIL_UNDER, r - 1.6)
    : polynomial(FAR_OVER, r - 5) / polynomial(FAR_UNDER, r - 5);
  return q < 0 ? -z : z;
}

const CENTRE_OVER = [
  2509.0809287301226727,
  33430.575583588128105,
  67265.770927008700853,
  45921.953931549871457,
  13731.693765509461125,
  1971.5909503065514427,
  133.14166789178437745,
  3.387132872796366608,
];
const CENTRE_UNDER = [
  5226.495278852854561,
  28729.085735721942674,
  39307.89580009271061,
  21213.794301586595867,
  5394.1960214247511077,
  687.1870074920579083,
  42.313330701600911252,
  1,
];
const TAIL_OVER = [
  7.7454501427834140764e-4,
  0.0227238449892691845833,
  0.24178072517745061177,
  1.27045825245236838258,
  3.64784832476320460504,
  5.7694972214606914055,
  4.6303378461565452959,
  1.42343711074968357734,
];
const TAIL_UNDER = [
  1.05075007164441684324e-9,
  5.475938084995344946e-4,
  0.0151986665636164571966,
  0.14810397642748007459,
  0.68976733498510000455,
  1.6763848301838038494,
  2.05319162663775882187,
  1,
];
const FAR_OVER = [
  2.01033439929228813265e-7,
  2.71155556874348757815e-5,
  0.0012426609473880784386,
  0.026532189526576123093,
  0.29656057182850489123,
  1.7848265399172913358,
  5.4637849111641143699,
  6.6579046435011037772,
];
const FAR_UNDER = [
  2.04426310338993978564e-15,
  1.4215117583164458887e-7,
  1.8463183175100546818e-5,
  7.868691311456132591e-4,
  0.0148753612908506148525,
  0.13692988092273580531,
  0.59983220655588793769,
  1,
];

/** From the highest power down. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
