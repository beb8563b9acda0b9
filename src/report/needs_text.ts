/** What a job needs, in the words of the manifest and of people. Pure. */
import type { Need } from "../job/job.ts";
import { type Origin, runName } from "../job/run.ts";
import { formatCount } from "./format.ts";

/** `climate, mesh (same point, however it ends)`. */
export function needsText(needs: readonly Need[]): string {
  return needs.map(({ job, runs, accept }) => {
    const how = [
      ...(runs === "same-point" ? ["same point"] : []),
      ...(accept === "any" ? ["however it ends"] : []),
    ];
    return how.length === 0 ? job : `${job} (${how.join(", ")})`;
  }).join(", ");
}

/** `spinup at step 5,000`, `grid (same point)`. */
export function originText({ job, run, match, step }: Origin): string {
  const name = runName(job, run ?? job) + (match === undefined ? "" : " (same point)");
  return step === "last" ? name : `${name} at step ${formatCount(step)}`;
}

/** As a manifest spells it out. */
export function originJson({ job, run, match, step }: Origin) {
  return {
    run: runName(job, run ?? job),
    ...(match !== undefined && { match: "point" }),
    step,
  };
}

/** As a manifest spells them out. */
export function needsJson(
  needs: readonly Need[],
): { readonly job: string; readonly match: "all" | "point"; readonly if: Need["accept"] }[] {
  return needs.map(({ job, runs, accept }) => ({
    job,
    match: runs === "same-point" ? "point" : "all",
    if: accept,
  }));
}
