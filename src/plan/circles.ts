/** Finds jobs that need each other in a circle. Pure, and without recursion: a chain may be of any length. */

/**
 * Circles among jobs, given which jobs each of them needs, as `["a", "b", "a"]`: the need of the last but one is
 * met last and closes it. Without those needs there is no circle left. Needs of jobs that are not among them lead
 * nowhere.
 */
export function* findCircles(
  needs: ReadonlyMap<string, readonly string[]>,
): Generator<readonly string[]> {
  const left = new Set<string>();
  for (const start of needs.keys()) {
    if (left.has(start)) continue;
    const path = [start];
    /** How many needs of each job of the path were followed. */
    const followed = [0];
    const depths = new Map([[start, 0]]);
    while (path.length > 0) {
      const job = path.at(-1)!;
      const needed = needs.get(job)![followed[path.length - 1]!++];
      if (needed === undefined) {
        path.pop();
        followed.pop();
        depths.delete(job);
        left.add(job);
        continue;
      }
      const depth = depths.get(needed);
      if (depth !== undefined) yield [...path.slice(depth), needed];
      else if (needs.has(needed) && !left.has(needed)) {
        depths.set(needed, path.length);
        path.push(needed);
        followed.push(0);
      }
    }
  }
}
