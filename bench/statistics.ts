/** The middle of noisy numbers, and work done in turns so that the machine's moods hit all sides alike. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a quarter of the numbers stay below: time that others take only ever adds, so this repeats better than the middle. */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 2] ?? NaN;
}

/** Does every piece of work once a round, one after the other; answers each one's numbers. */
export async function inTurns<Name extends string>(
  rounds: number,
  work: { readonly [name in Name]: () => Promise<number> },
): Promise<{ [name in Name]: number[] }> {
  const names = Object.keys(work) as Name[];
  const numbers = Object.fromEntries(names.map((name) => [name, [] as number[]])) as {
    [name in Name]: number[];
  };
  for (let round = 0; round < rounds; round++) {
    // Who comes second finds the caches warm: they take turns at that too.
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) numbers[name].push(await work[name]());
  }
  return numbers;
}
