/** What a job needs, in the words of the manifest and of people. Pure. */
import type { Need } from "../job/job.ts";
import { type Origin, runName } from "../job/run.ts";
import { encodePlain } from "../job/plain.ts";
import { formatCount } from "./format.ts";
import { parametersText } from "./points.ts";

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

/** `spinup at step 5,000`, `grid (same point)`, `grid (co2: 450)`. */
export function originText({ job, run, match, where, step }: Origin): string {
  const which = [
    ...(match === undefined ? [] : ["same point"]),
    ...(where === undefined ? [] : [parametersText(where)]),
  ];
  const name = runName(job, run ?? job) + (which.length === 0 ? "" : ` (${which.join(", ")})`);
  return step === "last" ? name : `${name} at step ${formatCount(step)}`;
}

/** As a manifest spells it out. */
export function originJson({ job, run, match, where, step }: Origin) {
  return {
    run: runName(job, run ?? job),
    ...(match !== undefined && { match: "point" }),
    ...(where !== undefined && { where: encodePlain(where) }),
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
