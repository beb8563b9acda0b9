/** How much of some work is done: steps, weighed by how long they take. One answer for displays and `status`. Pure. */

export interface Work {
  /** Steps. */
  readonly done: number;
  readonly total: number;
  /** What a step takes; absent where nobody knows. */
  readonly stepMs?: number | undefined;
}

/**
 * Between 0 and 1. Steps of different models differ by orders of magnitude; those of which nothing is known are taken to
 * be like the others.
 */
export function fractionDone(parts: readonly Work[]): number {
  const logs = parts.flatMap(({ stepMs = 0 }) => stepMs > 0 ? [Math.log(stepMs)] : []);
  const typical = logs.length === 0
    ? 1
    : Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  let done = 0;
  let total = 0;
  for (const part of parts) {
    const weight = part.stepMs !== undefined && part.stepMs > 0 ? part.stepMs : typical;
    done += weight * Math.min(part.done, part.total);
    total += weight * part.total;
  }
  return total > 0 ? done / total : 0;
}
