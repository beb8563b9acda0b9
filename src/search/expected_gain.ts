/** The logarithm of the expected improvement, by how many deviations the mean lies below the best. Pure. */
import { exp, log } from "../plan/elementary.ts";

const LOG_ROOT_2PI = 0.918938533204672741780;
/** Below this the difference of two nearly equal numbers would be left. */
const FAR = -2;

export function logGain(z: number): number {
  const logDensity = -z * z / 2 - LOG_ROOT_2PI;
  if (z >= FAR) return log(exp(logDensity) + z * share(z));
  // Laplace's continued fraction of Mills' ratio, of which the improvement is what is left of one.
  let fraction = -z;
  for (let n = 40; n >= 2; n--) fraction = -z + n / fraction;
  return logDensity - log(fraction * (-z + 1 / fraction));
}

/** The normal distribution, good to 7.5·10⁻⁸: M. Abramowitz, I. A. Stegun (1964), 26.2.17. */
function share(z: number): number {
  const x = Math.abs(z);
  const t = 1 / (1 + 0.2316419 * x);
  const sum = t * (0.319381530 +
    t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = exp(-x * x / 2 - LOG_ROOT_2PI) * sum;
  return z > 0 ? 1 - tail : tail;
}
