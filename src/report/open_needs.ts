/** What a run waits for of other jobs, as sentences. Pure; ids are to be made safe. */
import { allNeeds, type Job, type Need } from "../job/job.ts";
import { formatCount, formatNumberOf } from "./format.ts";
import { needsText } from "./needs_text.ts";
import type { JobStatus } from "./status.ts";

/** Needed jobs, by their ids, of which runs did not complete. */
export interface Lacks {
  readonly failed: readonly string[];
  readonly cancelled: readonly string[];
}

/** With what those need in turn. Undefined when everything that is needed may still come, or is there. */
export function lackedOf(
  job: Job,
  jobs: readonly Pick<JobStatus, "id" | "counts">[],
  find: (id: string) => Job | undefined,
): Lacks | undefined {
  const failed = new Set<string>();
  const cancelled = new Set<string>();
  const seen = new Set([job]);
  for (const one of seen) {
    for (const { job: id, accept } of allNeeds(one)) {
      const counts = jobs.find((status) => status.id === id)?.counts;
      if (accept === "any" || counts === undefined) continue;
      if (counts.failed > 0) failed.add(id);
      if (counts.cancelled > 0) cancelled.add(id);
      const needed = counts.failed > 0 ? find(id) : undefined;
      if (needed !== undefined) seen.add(needed);
    }
  }
  return failed.size + cancelled.size === 0
    ? undefined
    : { failed: [...failed], cancelled: [...cancelled] };
}

/** `It needs climate: 3 of 4 runs have completed.` for every need of which something is left to be done. */
export function describeOpenNeeds(
  needs: readonly Need[],
  jobs: readonly Pick<JobStatus, "id" | "runs" | "counts">[],
): string[] {
  return needs.flatMap((need) => {
    const name = needsText([need]);
    const job = jobs.find(({ id }) => id === need.job);
    if (job === undefined) return [`It needs ${name}, which the tree does not know yet.`];
    const { completed, failed, cancelled } = job.counts;
    const ended = need.accept === "any" ? completed + failed + cancelled : completed;
    if (ended >= job.runs) return [];
    const what = need.accept === "any" ? "ended" : "completed";
    const have = ended === 1 ? "has" : "have";
    const sentence = `It needs ${name}: ${formatCount(ended)} of ${
      formatNumberOf(job.runs, "run")
    } ${have} ${what}.`;
    // It will fail for them unless somebody takes them up again.
    const lost = need.accept === "any" ? 0 : failed + cancelled;
    return lost === 0 ? [sentence] : [
      sentence,
      `${formatNumberOf(lost, "run")} of ${need.job} failed or ${
        lost === 1 ? "was" : "were"
      } cancelled: simrun retry ${need.job} takes ${lost === 1 ? "it" : "them"} up again.`,
    ];
  });
}
