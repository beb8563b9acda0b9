/** Why a run that waits is not computed at the moment, a sentence each. Pure; names are to be made safe. */
import type { Job } from "../job/job.ts";
import { PRIORITY_NAMES } from "../job/job.ts";
import type { GivesWay, LiveDisk, LiveMemory } from "../job/live.ts";
import { describeDisk } from "./disk_text.ts";
import { formatBytes, formatNumberOf } from "./format.ts";
import { describeOpenNeeds } from "./open_needs.ts";
import type { JobStatus, TreeStatus } from "./status.ts";

export interface Waiting {
  readonly job: Job | undefined;
  /** As somebody changed it while the simrun of the moment works. */
  readonly priority?: Job["priority"] | undefined;
  /** It is not tried again before its time, which is told elsewhere. */
  readonly isDelayed: boolean;
  /** Priorities of jobs, by their ids. */
  readonly priorities: ReadonlyMap<string, Job["priority"]>;
}

/** At least one; the first that holds it back for all others in that order: needs, time, disk, memory, a slot. */
export function waitingReasons(
  { job, priority = job?.priority, isDelayed, priorities }: Waiting,
  { jobs, activity, disk, memory }: Pick<TreeStatus, "jobs" | "activity" | "disk" | "memory">,
): string[] {
  const needs = describeOpenNeeds(job?.needs ?? [], jobs);
  if (needs.length > 0) return needs;
  if (isDelayed) return [];
  if (activity.kind !== "working") return ["It waits for the next simrun."];
  if (disk?.level === "full") return [`It waits: ${describeDisk(disk as LiveDisk)}.`];
  const scarce = job?.memoryBytes === undefined || memory === undefined
    ? undefined
    : memoryReason(job.memoryBytes, memory);
  if (scarce !== undefined) return [scarce];
  const before = priority === undefined ? undefined : aheadText(jobs, priority, priorities);
  return [slotReason(activity.givesWay, before)];
}

function memoryReason(bytes: number, { totalBytes, freeBytes }: LiveMemory): string | undefined {
  if (bytes <= freeBytes) return undefined;
  return `It waits for memory: it needs ${formatBytes(bytes)}, and ${
    formatBytes(Math.max(0, freeBytes))
  } of ${formatBytes(totalBytes)} are free.`;
}

function slotReason(givesWay: GivesWay | undefined, before: string | undefined): string {
  const parts = ["It waits for a slot"];
  if (givesWay !== undefined) {
    const { slots, of } = givesWay;
    const give = slots === 1 ? "gives" : "give";
    parts.push(`${slots} of ${of} slots ${give} way to others on this machine`);
  }
  if (before !== undefined) parts.push(before);
  const [first, ...rest] = parts;
  return rest.length === 0 ? `${first}.` : `${first}: ${rest.join("; ")}.`;
}

/** `12 runs that are high or critical come first`. */
function aheadText(
  jobs: readonly JobStatus[],
  priority: Job["priority"],
  priorities: Waiting["priorities"],
): string | undefined {
  const ahead = jobs.filter(({ id, counts }) =>
    counts.waiting > 0 && (priorities.get(id) ?? priority) < priority
  );
  const runs = ahead.reduce((sum, { counts }) => sum + counts.waiting, 0);
  if (runs === 0) return undefined;
  const levels = [...new Set(ahead.map(({ id }) => priorities.get(id)!))].sort().reverse();
  const names = levels.map((level) => PRIORITY_NAMES[level]).join(" or ");
  return `${formatNumberOf(runs, "run")} of priority ${names} ${
    runs === 1 ? "comes" : "come"
  } first`;
}
