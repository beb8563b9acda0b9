/** Jobs that join a campaign at work: read from what was submitted, and whether they may join. */
import { dirname } from "../job/path.ts";
import type { RunTable, TableState } from "../campaign/run_table.ts";
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { type ManifestReading, readManifests } from "../manifest/manifest.ts";
import { canonical } from "../plan/digest.ts";
import { JobProblems } from "./prepare.ts";

/** With the places of all they say, for what is found out later. Throws {@linkcode JobProblems} with all mistakes at once. */
export function readSubmitted(
  manifests: readonly { readonly path: string; readonly text: string }[],
): Pick<ManifestReading, "jobs" | "locate"> {
  const sources = manifests.map(({ path, text }) => ({ path, text, folder: dirname(path) }));
  const { jobs, diagnostics, locate } = readManifests(sources);
  if (diagnostics.some(({ severity }) => severity === "error")) throw new JobProblems(diagnostics);
  return { jobs, locate };
}

/**
 * Those that are not in the campaign yet; `isKnown` when some bear the name of one that has ended in it. A job that is
 * still being computed cannot be changed on the way: a Fault.
 */
export function toAdd(
  jobs: readonly Job[],
  table: RunTable,
): { readonly jobs: readonly Job[]; readonly isKnown: boolean } {
  const fresh: Job[] = [];
  let isKnown = false;
  for (const job of jobs) {
    // It may have been submitted more than once, and an early one be tried again.
    const before = table.jobs.filter((planned) => planned.job.id === job.id);
    if (before.length > 0) {
      isKnown = true;
      const open = before.filter((planned) => hasOpenRuns(table, planned));
      if (open.length > 0) {
        if (open.every((planned) => canonical(planned.job) === canonical(job))) continue;
        throw new Fault("manifest", `Job ${job.id} is being computed as it was before.`, {
          hint: `Wait for it, or type simrun cancel ${job.id} first.`,
        });
      }
    }
    fresh.push(job);
  }
  return { jobs: fresh, isKnown };
}

const ENDED: readonly TableState[] = [
  "settled",
  "failed",
  "cancelled",
  "paused-before",
  "cancelled-before",
];

function hasOpenRuns(
  table: RunTable,
  { offset, count }: { readonly offset: number; readonly count: number },
): boolean {
  for (let number = offset; number < offset + count; number++) {
    if (!ENDED.includes(table.stateOf(number))) return true;
  }
  return false;
}
