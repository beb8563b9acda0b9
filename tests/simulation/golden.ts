/** What the runs of a job come to when nothing disturbs them; of a search one after the other, as each follows from others. */
import type { Job } from "../../src/job/job.ts";
import { searchOf } from "../../src/job/sweep.ts";
import { RunGuide } from "../../src/search/guide.ts";
import { pointsOf } from "./scenario.ts";
import { golden, type ToyOutcome } from "./toy_model.ts";

/** `jobs` knows those that others begin from. */
export function goldenRuns(job: Job, jobs: readonly Job[]): ToyOutcome[] {
  const count = pointsOf(job);
  const indices = Array.from({ length: count }, (_, index) => index);
  if (searchOf(job.sweep) === undefined) return indices.map((index) => golden(job, index, jobs));
  const guide = new RunGuide(job, count);
  guide.decideAll(() => "new");
  const { sweep: _sweep, ...others } = job;
  return indices.map((index) => {
    if (!guide.admits(index)) throw new Error(`run ${index} of the search is never admitted`);
    const { values: parameters } = guide.proposalAt(index)!;
    const outcome = golden({ ...others, parameters }, index);
    guide.tell(index, { result: outcome.result, steps: job.steps });
    return outcome;
  });
}
