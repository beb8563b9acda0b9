/** Why a run that waits is not computed at the moment, a sentence each. Pure; names are to be made safe. */
import type { Job } from "../job/job.ts";
import { allNeeds, PRIORITY_NAMES, waitsForOthers } from "../job/job.ts";
import type { History } from "../queue/history.ts";
import type { GivesWay, LiveCores, LiveDisk, LiveMemory } from "../job/live.ts";
import type { ChangedPriority } from "./changed_priorities.ts";
import { describeDisk } from "./disk_text.ts";
import { formatBytes, formatNumberOf } from "./format.ts";
import { coresText } from "./live_text.ts";
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
  /** Runs that wait with another priority than their job's. */
  readonly changed?: readonly ChangedPriority[];
  /** What its point follows from, where that is not there yet; a sentence. */
  readonly follows?: string | undefined;
}

/** Of jobs whose runs wait for nothing but a slot, as far as their manifests tell. */
export function prioritiesOf({ jobs }: History): ReadonlyMap<string, Job["priority"]> {
  const known = [...jobs].flatMap(([id, { job }]) =>
    job === undefined || waitsForOthers(job) ? [] : [[id, job] as const]
  );
  return new Map(known.map(([id, { priority }]) => [id, priority]));
}

/** At least one; the first that holds it back for all others in that order: needs, time, disk, cores, memory, a slot. */
export function waitingReasons(
  { job, priority = job?.priority, isDelayed, priorities, changed, follows }: Waiting,
  { jobs, activity, disk, memory, cores }: Pick<
    TreeStatus,
    "jobs" | "activity" | "disk" | "memory" | "cores"
  >,
): string[] {
  const needs = describeOpenNeeds(job === undefined ? [] : allNeeds(job), jobs);
  if (needs.length > 0) return needs;
  if (isDelayed) return [];
  if (follows !== undefined) return [follows];
  if (activity.kind !== "working") return ["It waits for the next simrun."];
  if (disk?.level === "full") return [`It waits: ${describeDisk(disk as LiveDisk)}.`];
  const few = coresReason(job?.cores, cores);
  if (few !== undefined) return [few];
  const scarce = memory && memoryReason(job?.memoryBytes, memory);
  if (scarce !== undefined) return [scarce];
  const before = priority === undefined
    ? undefined
    : aheadText(jobs, priority, priorities, changed);
  return [slotReason(activity.givesWay, before)];
}

function coresReason(cores: number | undefined, live: LiveCores | undefined): string | undefined {
  if (cores === undefined || live === undefined || cores <= live.free) return undefined;
  const { total, free } = live;
  if (cores > total) {
    return `It waits for ${cores} cores, and only ${total} may be used: simrun slots ${cores} ` +
      "allows as many.";
  }
  return `It waits for ${coresText(cores, { total, free })}.`;
}

function memoryReason(
  asked: number | undefined,
  { totalBytes, freeBytes, shareBytes }: LiveMemory,
): string | undefined {
  const bytes = asked ?? shareBytes;
  if (bytes === undefined || bytes <= freeBytes) return undefined;
  const who = asked === undefined ? "a slot takes" : "it needs";
  return `It waits for memory: ${who} ${formatBytes(bytes)}, and ${
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
  changed: readonly ChangedPriority[] = [],
): string | undefined {
  // Who waits for its time keeps nobody from a slot.
  const ready = jobs.flatMap(({ id, counts, delayed = 0 }) => {
    const level = priorities.get(id);
    if (level === undefined) return [];
    const others = changed.filter(({ job }) => job === id);
    const own = others.reduce((left, { runs }) => left - runs, counts.waiting - delayed);
    return [{ priority: level, runs: own }, ...others];
  });
  const ahead = ready.filter((one) => one.runs > 0 && one.priority < priority);
  const runs = ahead.reduce((sum, one) => sum + one.runs, 0);
  if (runs === 0) return undefined;
  const levels = [...new Set(ahead.map((one) => one.priority))].sort().reverse();
  const names = levels.map((level) => PRIORITY_NAMES[level]).join(", ")
    .replace(/, (?=[^,]*$)/, " or ");
  return `${formatNumberOf(runs, "run")} of priority ${names} ${
    runs === 1 ? "comes" : "come"
  } first`;
}
