// @ts-check
/** The parts of a bar by the states of runs: of those that run, what is done of them is told from what is not. */
import { STATES } from "./format.js";

/** @typedef {import("./link.js").Json} Json */

/**
 * @param {Json} counts `runs_completed` and the like
 * @param {Json[]} runs those that are listed, of which some run
 * @param {number} total
 */
export function stateParts(counts, runs, total) {
  const running = runs.filter(({ state }) => state === "running");
  const done = running.reduce(
    (sum, { steps_done: steps, steps_total: of }) => sum + (of > 0 ? Math.min(1, steps / of) : 0),
    0,
  );
  // Of very many that run not all are listed.
  const share = running.length === 0 ? 0 : done / running.length;
  return STATES.flatMap((state) => {
    const fraction = Number(counts[`runs_${state}`] ?? 0) / total;
    return state === "running"
      ? [{ tone: "running", fraction: fraction * share }, {
        tone: "begun",
        fraction: fraction * (1 - share),
      }]
      : [{ tone: state, fraction }];
  });
}
