/** A guide with what the tree tells of its job: what was proposed, and what completed runs have come to. */
import type { Job } from "../job/job.ts";
import type { FailureClass } from "../job/run.ts";
import { searchOf } from "../job/sweep.ts";
import { didYouMean } from "../manifest/suggest.ts";
import { runId } from "../plan/digest.ts";
import type { Guide, RunOutcome } from "../plan/guide.ts";
import { searchDefinition } from "../plan/same_spec.ts";
import { pointAt } from "../plan/sweep.ts";
import type { History } from "../queue/history.ts";
import { guideOfJob } from "../search/grouped_guide.ts";
import type { Layout } from "../store/layout.ts";
import { readOutcomes } from "./past_outcomes.ts";

export async function guideOf(
  job: Job,
  history: History,
  layout: Layout | undefined,
  { onlyLooks = false }: { readonly onlyLooks?: boolean } = {},
): Promise<Guide> {
  const past = history.jobs.get(job.id);
  const options = { onlyLooks, suggest: didYouMean };
  if (past === undefined || layout === undefined) {
    return guideOfJob(job, undefined, options);
  }
  const outcomes: ReadonlyMap<string, RunOutcome> = await readOutcomes(layout, job.id, past);
  const search = searchOf(job.sweep);
  const definition = search && searchDefinition(search);
  const idAt = (index: number) => runId(job, pointAt(job.sweep, index));
  return guideOfJob(job, {
    outcome: (index) => outcomes.get(idAt(index)),
    hasFailedByChance: (index) => isByChance(past.rare(idAt(index)).failure?.class),
    proposed(index) {
      const run = idAt(index);
      const before = searchOf(past.proposed.get(run)?.job?.sweep);
      const isSame = before !== undefined && searchDefinition(before) === definition;
      return isSame ? past.proposed.get(run) : undefined;
    },
  }, options);
}

/** Not the point's, but the machine's: the disk, or what its manifest calls passing. */
function isByChance(failure: FailureClass | undefined): boolean {
  return failure === "disk" || failure === "transient";
}
