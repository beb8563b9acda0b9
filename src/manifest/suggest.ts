/** Finds the word that was meant: "did you mean …?". Pure. */

/** The candidate nearest to `word`, if it is near enough to have been meant. */
export function suggest(word: string, from: Iterable<string>): string | undefined {
  const candidates = [...from];
  const wanted = fold(word);
  let best: string | undefined;
  // A third of the letters may be wrong, but of a very short word not more than one.
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(candidate), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? completed(wanted, candidates);
}

/** Of a selector: one of these words, or a run of one of these jobs. */
export function suggestSelector(
  selector: string,
  jobs: Iterable<string>,
  words: Iterable<string>,
): string | undefined {
  const slash = selector.indexOf("/");
  if (slash < 0) return suggest(selector, [...jobs, ...words]);
  const job = suggest(selector.slice(0, slash), jobs);
  // The job is right, and it is the run that is not there.
  return job === undefined || selector.startsWith(`${job}/`)
    ? undefined
    : job + selector.slice(slash);
}

/** The only candidate that begins so: somebody wrote it short. */
function completed(wanted: string, candidates: readonly string[]): string | undefined {
  if (wanted.length < 3) return undefined;
  const found = candidates.filter((candidate) => fold(candidate).startsWith(wanted));
  return found.length === 1 ? found[0] : undefined;
}

/** `Did you mean "steps"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const meant = suggest(word, candidates);
  return meant === undefined ? undefined : `Did you mean "${meant}"?`;
}

/** Letters inserted, deleted, changed, or swapped with their neighbour; stops counting at `limit`. */
export function editDistance(a: string, b: string, limit = Infinity): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(
        above[j]! + 1,
        row[j - 1]! + 1,
        above[j - 1]! + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, before[j - 2]! + 1);
      }
      row.push(distance);
      least = Math.min(least, distance);
    }
    if (least >= limit) return limit;
    [before, above] = [above, row];
  }
  return above[b.length]!;
}

// A capital, a dash or a plural is no mistake of spelling: it counts for nothing.
function fold(word: string): string {
  return word.slice(0, 100).toLowerCase().replace(/[-_\s]/g, "");
}
