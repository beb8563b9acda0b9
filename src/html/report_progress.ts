/** The report's first part: how far each job is, what runs at the moment, and what searches have found. Pure. */
import { formatBytes, formatCount, formatNumberOf, formatPercent } from "../report/format.ts";
import { ledTexts } from "../report/led_job.ts";
import { VISIBLE_STATES } from "../report/selector.ts";
import type { JobStatus } from "../report/status.ts";
import type { TreeReport } from "../report/tree_report.ts";
import { runName } from "../job/run.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";
import { command, note, pageTable } from "./page_parts.ts";

const JOBS_MAX = 100;
const RUNNING_MAX = 64;

export function progressSection(report: TreeReport): HtmlValue {
  const { status, treeFlag } = report;
  if (status.jobs.length === 0) return undefined;
  const shown = status.jobs.slice(0, JOBS_MAX);
  const rows = shown.map((job) => row(job.id, job));
  if (status.jobs.length > 1) rows.push(row("all", status.totals, status.fraction));
  const left = status.jobs.length - shown.length;
  return markup`${
    pageTable("Jobs and how far they are", [
      { title: "job" },
      { title: "" },
      { title: "done", isNumber: true },
      { title: "runs", isNumber: true },
      { title: "" },
    ], rows)
  }${
    left > 0 &&
    note(`… and ${formatNumberOf(left, "more job")}: `, command(`simrun status --all${treeFlag}`))
  }${ledList(report)}${runningTable(report)}`;
}

function row(
  name: string,
  job: Omit<JobStatus, "id">,
  fraction = job.stepsTotal > 0 ? job.stepsDone / job.stepsTotal : 0,
): HtmlValue[] {
  const { counts, runs } = job;
  return [
    name,
    stateBar(job, fraction),
    formatPercent(fraction),
    `${formatCount(counts.completed)}/${formatCount(runs)}`,
    stateWords(job),
  ];
}

/** What each state has of the bar; what runs is worth as much as it has done. */
function stateBar({ counts, runs }: Omit<JobStatus, "id">, fraction: number): Html {
  const whole = Math.max(1, runs);
  const share = { ...counts, running: Math.max(0, fraction * whole - counts.completed) };
  const parts = (["completed", "running", "failed", "interrupted", "paused", "cancelled"] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => {
      const percent = (Math.min(1, share[state] / whole) * 100).toFixed(2);
      return BARS[state](percent);
    });
  const label = `${formatPercent(fraction)} done`;
  return markup`<svg class="states" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${label}">${
    stacked(parts)
  }</svg>`;
}

type Part = { readonly state: string; readonly width: number };

const bar = (state: string) => (percent: string): Part => ({ state, width: Number(percent) });
const BARS = {
  completed: bar("completed"),
  running: bar("running"),
  failed: bar("failed"),
  interrupted: bar("requeued"),
  paused: bar("requeued"),
  cancelled: bar("cancelled"),
};

/** One beside the other; none so narrow that it would not be seen. */
function stacked(parts: readonly Part[]): Html[] {
  const seen = parts.map(({ state, width }) => ({ state, width: Math.max(0.8, width) }));
  const over = Math.max(0, seen.reduce((sum, { width }) => sum + width, 0) - 100);
  const widest = Math.max(...seen.map(({ width }) => width));
  let x = 0;
  return seen.map(({ state, width }) => {
    const own = width === widest ? width - over : width;
    const rect = markup`<rect class="bar ${state}" x="${x.toFixed(2)}" width="${
      own.toFixed(2)
    }" height="8" />`;
    x += own;
    return rect;
  });
}

const TONES: { readonly [state: string]: string } = {
  failed: "bad",
  interrupted: "warn",
  paused: "warn",
};

function stateWords({ counts, unneeded = 0, earlierRuns }: Omit<JobStatus, "id">): HtmlValue {
  const words = VISIBLE_STATES.filter((state) => state !== "completed" && counts[state] > 0)
    .map((state) =>
      markup`<span class="${TONES[state] ?? "faint"}">${formatCount(counts[state])} ${state}</span>`
    );
  if (unneeded > 0) {
    words.push(markup`<span class="faint">${formatCount(unneeded)} not needed</span>`);
  }
  if (earlierRuns > 0) {
    words.push(markup`<span class="faint">${formatCount(earlierRuns)} of earlier plans</span>`);
  }
  return words.map((word, i) => i === 0 ? word : markup`, ${word}`);
}

function ledList({ status }: TreeReport): HtmlValue {
  const texts = (status.led ?? []).flatMap((one) => ledTexts(one).map((text) => [one.job, text]));
  if (texts.length === 0) return undefined;
  return markup`<h3>Searches and stopping rules</h3><ul>${
    texts.slice(0, JOBS_MAX).map(([job, text]) => markup`<li><strong>${job}</strong>: ${text}</li>`)
  }</ul>`;
}

function runningTable({ status, treeFlag }: TreeReport): HtmlValue {
  const running = status.runs.filter((run) => run.state === "running");
  if (running.length === 0) return undefined;
  const left = running.length - RUNNING_MAX;
  return markup`<h3>Running when this was made</h3>${
    pageTable(
      "Runs that were computed at the moment",
      [
        { title: "run" },
        { title: "step", isNumber: true },
        { title: "of", isNumber: true },
        { title: "done", isNumber: true },
        { title: "last saved", isNumber: true },
        { title: "memory", isNumber: true },
      ],
      running.slice(0, RUNNING_MAX).map((run) => [
        runName(run.job, run.run),
        formatCount(run.stepsDone),
        formatCount(run.stepsTotal),
        formatPercent(run.stepsDone / Math.max(1, run.stepsTotal)),
        run.savedStep > 0 ? `step ${formatCount(run.savedStep)}` : "–",
        run.memoryBytes > 0 ? formatBytes(run.memoryBytes) : "–",
      ]),
    )
  }${left > 0 && note(`… and ${formatCount(left)} more: `, command(`simrun status${treeFlag}`))}`;
}
