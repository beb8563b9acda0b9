/** The status of a tree as lines for a person. Pure. */
import { shardText } from "../job/shard.ts";
import { describeDisk, describeDiskNext } from "../report/disk_text.ts";
import {
  formatAge,
  formatCount,
  formatNumberOf,
  formatPercent,
  formatRate,
} from "../report/format.ts";
import { coresText, describeGivingWay } from "../report/live_text.ts";
import { ledTexts } from "../report/led_job.ts";
import type { RunStatus } from "../report/run_status.ts";
import { type ShardStatus, shardsText } from "../report/shards_text.ts";
import { isQueued, slurmLines, type SlurmState } from "../report/slurm_state.ts";
import type { Activity, JobStatus, TreeStatus } from "../report/status.ts";
import { formatTimeLeft } from "../report/time_left.ts";
import { renderBar } from "./bar.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";
import {
  failedSection,
  listSection,
  nameOf,
  runningSection,
  type StatusCanvas,
} from "./status_lists.ts";
import { type Column, renderTable } from "./table.ts";

const BAR_CELLS = 20;

export function renderStatus(status: TreeStatus, canvas: StatusCanvas): string[] {
  const { paint } = canvas;
  const lines = [
    ...workLines(status, canvas),
    ...diskLines(status, paint),
    ...coresLines(status),
  ];
  if (status.jobs.length === 0) {
    lines.push(
      "",
      status.slurm === undefined
        ? "Nothing was run here yet. Type simrun jobs/*.yaml to begin."
        : isQueued(status.slurm.tasks)
        ? "Nothing has begun yet."
        : "Nothing was run here yet. simrun submit --slurm submits it once more.",
    );
    return lines;
  }
  const sections = [
    jobsSection(status, canvas),
    ledSection(status, canvas),
    runningSection(status, canvas),
    listSection(status, "paused", canvas),
    listSection(status, "interrupted", canvas),
    failedSection(status, canvas),
    listSection(status, "cancelled", canvas),
    listSection(status, "waiting", canvas),
    listSection(status, "completed", canvas),
  ];
  for (const section of sections) if (section.length > 0) lines.push("", ...section);
  const advice = adviceLines(status);
  if (advice.length > 0) lines.push("", ...advice.map(paint.strong));
  return lines;
}

/** Who works on it, and what a batch system knows of them. */
export function workLines(
  { shards, slurm = { tasks: [] }, activity }: TreeStatus,
  canvas: StatusCanvas,
): string[] {
  const submitted = slurmLines(slurm).map(safeText);
  const waits = slurm.tasks.flatMap(({ verdict, shard }) => verdict === "waits" ? [shard] : []);
  if (shards !== undefined) return [`${shardsText(shards, new Set(waits))}.`, ...submitted];
  return submitted.length > 0 ? submitted : [activityLine(activity, canvas)];
}

function activityLine(activity: Activity, { paint }: StatusCanvas): string {
  switch (activity.kind) {
    case "never":
      return "No simrun has worked on this tree yet.";
    case "working": {
      const slots = activity.slots === undefined
        ? ""
        : ` on ${formatNumberOf(activity.slots, "slot")}`;
      const yields = activity.givesWay === undefined
        ? ""
        : paint.warn(`; ${describeGivingWay(activity.givesWay)}`);
      const silent = activity.heardMs !== undefined && activity.heardMs > 10_000
        ? paint.warn(`; last heard ${formatAge(activity.heardMs)}`)
        : "";
      return `${paint.good("simrun is working")}${slots} ${
        paint.faint(`(process ${activity.pid} on ${safeText(activity.host)})`)
      }${yields}${silent}`;
    }
    case "ended":
      return `No simrun is working here; the last one ${ENDINGS[activity.outcome] ?? "ended"}.`;
    case "lost":
      return paint.warn("No simrun is working here; the last one was killed.");
  }
}

export function diskLines({ disk }: TreeStatus, paint: Paint): string[] {
  if (disk === undefined) return [];
  const next = describeDiskNext(disk);
  const text = describeDisk(disk) + (next === undefined ? "" : `; ${next}`);
  return [(disk.level === "full" ? paint.bad : paint.warn)(text)];
}

/** `mpi waits for 4 cores: 2 of 6 are free`. */
export function coresLines({ cores }: TreeStatus): string[] {
  if (cores?.waiting === undefined) return [];
  const { job, cores: wanted } = cores.waiting;
  return [`${safeText(job)} waits for ${coresText(wanted, cores)}`];
}

const ENDINGS: { readonly [outcome: string]: string } = {
  completed: "ended with nothing left to do",
  failed: "ended with failed runs",
  stopped: "was stopped",
};

function jobsSection(status: TreeStatus, canvas: StatusCanvas): string[] {
  const { paint } = canvas;
  const shown = status.jobs.slice(0, canvas.jobsMax);
  const lines = jobLines(status, shown, canvas);
  const hidden = status.jobs.length - shown.length;
  if (hidden > 0) lines.splice(-1, 0, paint.faint(`… and ${formatNumberOf(hidden, "more job")}`));
  if (status.activity.kind === "working" && status.etaMs !== undefined) {
    const rate = status.stepsPerSecond > 0 ? `${formatRate(status.stepsPerSecond, "steps")}, ` : "";
    lines.push(paint.faint(`${rate}${formatTimeLeft(status)} left`));
  }
  return lines;
}

/** A head, a line for each of these jobs, and one for all that there are. */
export function jobLines(
  status: TreeStatus,
  shown: readonly JobStatus[],
  canvas: StatusCanvas,
): string[] {
  const { paint, columns } = canvas;
  const bars = columns === undefined || columns >= 70;
  const row = (
    job: Omit<JobStatus, "id">,
    name: string,
    fraction = job.stepsTotal > 0 ? job.stepsDone / job.stepsTotal : 0,
  ): string[] => {
    const tone = job.counts.failed > 0 ? "bad" : fraction >= 1 ? "good" : "active";
    return [
      name,
      ...(bars ? [renderBar(fraction, BAR_CELLS, paint, canvas.glyphs, tone)] : []),
      formatPercent(fraction),
      `${formatCount(job.counts.completed)}/${formatCount(job.runs)}`,
      countsText(job, paint),
    ];
  };
  const rows = shown.map((job) => row(job, safeText(job.id)));
  if (status.jobs.length > 1) rows.push(row(status.totals, paint.faint("all"), status.fraction));
  const head: Column[] = [
    { title: "job", shrinkTo: 12 },
    ...(bars ? [{ title: "" }] : []),
    { title: "", align: "right" },
    { title: "done", align: "right" },
    { title: "", shrinkTo: 10 },
  ];
  return renderTable(head, rows, { columns, header: paint.faint });
}

/** Searches and what has stopped. */
export function ledSection({ led = [] }: TreeStatus, { columns, jobsMax }: StatusCanvas): string[] {
  const rows = led.slice(0, jobsMax)
    .flatMap((one) => ledTexts(one).map((text) => [safeText(one.job), safeText(text)]));
  return renderTable([{ title: "" }, { title: "", shrinkTo: 20 }], rows, { columns });
}

function countsText(job: Omit<JobStatus, "id">, paint: Paint): string {
  const { counts } = job;
  return [
    counts.running > 0 ? paint.active(`${formatCount(counts.running)} running`) : "",
    counts.paused > 0 ? paint.warn(`${formatCount(counts.paused)} paused`) : "",
    counts.interrupted > 0 ? paint.warn(`${formatCount(counts.interrupted)} interrupted`) : "",
    counts.failed > 0 ? paint.bad(`${formatCount(counts.failed)} failed`) : "",
    counts.cancelled > 0 ? `${formatCount(counts.cancelled)} cancelled` : "",
    counts.waiting > 0 ? `${formatCount(counts.waiting)} waiting` : "",
    job.unneeded !== undefined ? paint.faint(`${formatCount(job.unneeded)} not needed`) : "",
    job.earlierRuns > 0 ? paint.faint(`${formatCount(job.earlierRuns)} of earlier plans`) : "",
  ].filter((part) => part !== "").join(", ");
}

/** What to type next. */
export function adviceLines(status: TreeStatus): string[] {
  const { counts } = status.totals;
  if (status.activity.kind === "working") {
    return counts.paused === 0
      ? []
      : [`simrun continue ${onlyJobWith(status, "paused")} lets what is paused go on.`];
  }
  const lines: string[] = [];
  const failed = status.runs.find((run) => run.state === "failed");
  if (counts.paused > 0) {
    lines.push(
      `simrun continue ${
        onlyJobWith(status, "paused")
      } lets the next simrun go on with what is paused${
        status.slurm === undefined ? "" : "; then simrun submit --slurm"
      }.`,
    );
  }
  if (counts.interrupted + counts.waiting > 0) {
    const but = counts.paused > 0 ? " and not paused" : "";
    lines.push(
      ...status.slurm !== undefined
        ? slurmAdvice(status.slurm, but)
        : status.shards === undefined
        ? [`simrun resume goes on with what is not done${but}.`]
        : shardAdvice(status.shards, but),
    );
  } else if (failed !== undefined) {
    lines.push(`simrun explain ${nameOf(failed)} tells what happened.`);
  }
  if (counts.cancelled > 0) {
    lines.push("simrun retry cancelled lets the next simrun take up what was cancelled.");
  }
  return lines;
}

/** What is with Slurm still goes on by itself. */
function slurmAdvice({ tasks }: SlurmState, but: string): string[] {
  return isQueued(tasks) ? [] : [`simrun submit --slurm goes on with what is not done${but}.`];
}

function shardAdvice(shards: readonly ShardStatus[], but: string): string[] {
  const of = shards[0]!.of;
  const lines = [
    `simrun resume --shard ${
      shardText(shards[0]!)
    } goes on with what that shard has not done${but}.`,
  ];
  const begun = new Set(shards.map(({ number }) => number));
  for (let number = 1; number <= of; number++) {
    if (begun.has(number)) continue;
    lines.push(`simrun FILES --shard ${shardText({ number, of })} begins one that has not begun.`);
    break;
  }
  return lines;
}

/** The job that has all runs of this state, or `all`. */
function onlyJobWith(status: TreeStatus, state: RunStatus["state"]): string {
  const jobs = status.jobs.filter(({ counts }) => counts[state] > 0);
  return jobs.length === 1 ? safeText(jobs[0]!.id) : "all";
}
