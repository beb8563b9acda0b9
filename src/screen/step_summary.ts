/** The end of an invocation as Markdown, for the summary that GitHub shows of a step. Pure. */
import { runName } from "../job/run.ts";
import { describePlace, describeReason } from "../report/failure_text.ts";
import { formatCount, formatLong, formatNumberOf, formatPercent } from "../report/format.ts";
import { ledTexts } from "../report/led_job.ts";
import type { TreeStatus } from "../report/status.ts";
import { safeLines, safeText } from "./safe_text.ts";

export interface StepSummary {
  /** The first line of what is said at the end. */
  readonly headline: string;
  /** Whether all is well, something failed, or it is to go on. */
  readonly end: "well" | "failed" | "stopped";
  /** Undefined when it never came to a tree. */
  readonly status: TreeStatus | undefined;
  /** What went wrong beside the runs, in lines: mistakes in a manifest. */
  readonly trouble: string | undefined;
  /** What to type next. */
  readonly commands: readonly { readonly typed: string; readonly what: string }[];
}

const MARKS = { well: "✅", failed: "❌", stopped: "⏸️" } as const;
const JOBS_MAX = 50;
const FAILURES_MAX = 25;
const MESSAGE_MAX = 300;
const TROUBLE_MAX = 20_000;

/** At most so many bytes: GitHub refuses a whole summary for one that is too many. Parts that do not fit are left out. */
export function stepSummary(summary: StepSummary, bytesMax: number): string {
  const { headline, end, status, trouble, commands } = summary;
  const parts = [
    `### ${MARKS[end]} simrun: ${markdownText(formatLong(headline, 2 * MESSAGE_MAX))}\n\n`,
    trouble === undefined ? "" : markdownBlock(formatLong(trouble, TROUBLE_MAX)),
    ...status === undefined ? [] : [failuresPart(status), jobsPart(status), ledPart(status)],
    commands.map(({ typed, what }) => `- ${markdownCode(typed)} ${markdownText(what)}\n`).join("") +
    (commands.length > 0 ? "\n" : ""),
  ];
  let text = "";
  let bytes = 0;
  const encoder = new TextEncoder();
  for (const part of parts) {
    const more = encoder.encode(part).length;
    if (bytes + more > bytesMax) continue;
    text += part;
    bytes += more;
  }
  return text;
}

function jobsPart({ jobs, totals }: TreeStatus): string {
  if (jobs.length === 0) return "";
  const rows = jobs.slice(0, JOBS_MAX).map((job) => [job.id, job] as const);
  if (jobs.length > 1) rows.push(["all", { id: "all", ...totals }]);
  const table = tableText(
    ["job", "done", "completed", "failed", "cancelled", "left"],
    rows.map(([name, { counts, runs, stepsDone, stepsTotal }]) => {
      const left = runs - counts.completed - counts.failed - counts.cancelled;
      return [
        name,
        formatPercent(stepsTotal > 0 ? stepsDone / stepsTotal : 0),
        `${formatCount(counts.completed)}/${formatCount(runs)}`,
        ...[counts.failed, counts.cancelled, left].map(formatCount),
      ];
    }),
  );
  const more = jobs.length - JOBS_MAX;
  return table + (more > 0 ? `… and ${formatNumberOf(more, "more job")}\n\n` : "");
}

function failuresPart({ failures, totals }: TreeStatus): string {
  if (failures.length === 0) return "";
  const shown = failures.toSorted((a, b) => b.count - a.count).slice(0, FAILURES_MAX);
  const more = totals.counts.failed - shown.reduce((sum, { count }) => sum + count, 0);
  return tableText(
    ["failed", "first of them", "why", "where"],
    shown.map(({ count, job, run, failure }) => [
      formatNumberOf(count, "run"),
      runName(job, run),
      formatLong(describeReason(failure), MESSAGE_MAX),
      describePlace(failure, "\0") ?? "",
    ]),
  ) + (more > 0 ? `… and ${formatNumberOf(more, "more failed run")}\n\n` : "");
}

function ledPart({ led = [] }: TreeStatus): string {
  return led.slice(0, JOBS_MAX).flatMap((one) =>
    ledTexts(one).map((text) => `- ${markdownText(one.job)}: ${markdownText(text)}\n`)
  ).join("") + (led.length > 0 ? "\n" : "");
}

function tableText(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(titles) + line(titles.map(() => "---")) +
    rows.map((row) => line(row.map(markdownText))).join("") + "\n";
}

/** One line in which nothing is a tag, a link, a table's border or any other sign of Markdown's. */
export function markdownText(text: string): string {
  return safeText(text).replace(/[\\`*_{}[\]<>()#+\-.!|~@&$:]/g, "\\$&");
}

/** As it is typed. */
function markdownCode(text: string): string {
  const safe = safeText(text);
  const fence = fenceOf(safe, 1);
  return fence.length === 1 ? `${fence}${safe}${fence}` : `${fence} ${safe} ${fence}`;
}

function markdownBlock(text: string): string {
  const safe = safeLines(text).trimEnd();
  const fence = fenceOf(safe, 3);
  return `${fence}text\n${safe}\n${fence}\n\n`;
}

/** Longer than any in it. */
function fenceOf(text: string, least: number): string {
  const runs = text.match(/`+/g) ?? [];
  return "`".repeat(runs.reduce((most, run) => Math.max(most, run.length + 1), least));
}
