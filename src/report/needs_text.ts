/** What a job needs, in the words of the manifest and of people. Pure. */
import type { Need } from "../job/job.ts";

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
