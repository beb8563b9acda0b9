/** The last lines of an invocation: what was done, what failed, what to type next. Pure. */
import { runName } from "../job/run.ts";
import { formatCount, formatDuration, formatNumberOf } from "../report/format.ts";
import { ledTexts } from "../report/led_job.ts";
import type { Summary } from "../report/summary.ts";
import { failureLines } from "./failure_lines.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";

export interface SummaryCanvas {
  readonly paint: Paint;
  /** Paths below it are shown relative to it. */
  readonly folder: string;
  /** What to add to a command to mean the same tree: empty, or ` --tree DIR`. */
  readonly treeFlag: string;
  /** The command that goes on with what is not done, with more flags; undefined when it goes on by itself. */
  readonly goOn: ((more?: string) => string) | undefined;
  /** Why it stopped before its end, in words, when it did. */
  readonly stopped: string | undefined;
  /** Runs wait for the user's word, because their model changed. */
  readonly isHeld?: boolean;
  /** Of those that remain: somebody paused them. */
  readonly paused?: number;
}

const LED_SHOWN = 10;

export function renderSummary(summary: Summary, canvas: SummaryCanvas): string[] {
  const { paint } = canvas;
  const lines = [headline(summary, canvas)];
  for (const led of summary.led.slice(0, LED_SHOWN)) {
    for (const text of ledTexts(led)) lines.push(safeText(`${led.job}: ${text}`));
  }
  for (const warning of summary.warnings.slice(0, 5)) {
    lines.push(`${paint.warn("note")}    ${safeText(warning)}`);
  }
  lines.push(...failureLines(summary.failureGroups, summary.failed, canvas));
  lines.push(...nextLines(summary, canvas).map((line) => paint.faint(line)));
  return lines;
}

function headline(summary: Summary, { paint, stopped }: SummaryCanvas): string {
  const { total, skipped, completed, reused, resumed, failed, cancelled, remaining } = summary;
  if (completed + failed + remaining === 0 && cancelled > 0 && skipped + cancelled === total) {
    const done = skipped === 0
      ? ""
      : `; ${formatCount(skipped)} ${skipped === 1 ? "is" : "are"} done`;
    return `${paint.good("Nothing left to do")}: ${formatCount(cancelled)} of ${
      formatNumberOf(total, "run")
    } ${cancelled === 1 ? "is" : "are"} cancelled${done}.`;
  }
  if (total === 0) return `${paint.good("Nothing to do")}: there were no runs.`;
  if (completed + failed === 0 && remaining === 0) {
    return `${paint.good("Nothing to do")}: ${
      total === 1 ? "the run is" : `all ${formatCount(total)} runs are`
    } done.`;
  }
  const isStopped = summary.outcome === "stopped";
  const details = [
    isStopped ? "" : `${formatCount(completed)} completed`,
    reused > 0 ? `${formatCount(reused)} of them taken from equal runs` : "",
    resumed > 0 ? `${formatCount(resumed)} went on from a checkpoint` : "",
    failed > 0 ? paint.bad(`${formatCount(failed)} failed`) : "",
    cancelled > 0 ? paint.warn(`${formatCount(cancelled)} cancelled`) : "",
    skipped > 0 ? `${formatCount(skipped)} ${skipped === 1 ? "was" : "were"} done before` : "",
    remaining > 0 ? `${formatCount(remaining)} ${remaining === 1 ? "remains" : "remain"}` : "",
  ].filter((part) => part !== "");
  const took = formatDuration(summary.elapsedMs);
  if (isStopped) {
    const done = [`${formatCount(completed)} of ${formatNumberOf(total, "run")} completed`];
    const counts = [...done, ...details].join(", ");
    return /^(by|before) /.test(stopped ?? "")
      ? `${paint.warn(`Stopped ${stopped}`)} after ${took}: ${counts}.`
      : stopped === undefined
      ? `${paint.warn("Stopped")} after ${took}: ${counts}.`
      : `${paint.warn(`Stopped: ${stopped}`)}; after ${took} ${counts}.`;
  }
  const head = summary.outcome !== "completed"
    ? paint.bad("Done, with failures")
    : cancelled > 0
    ? paint.warn("Done, but for what was cancelled")
    : paint.good("Done");
  return `${head}: ${formatNumberOf(total, "run")} in ${took}; ${details.join(", ")}.`;
}

function nextLines(
  summary: Summary,
  { treeFlag, goOn, isHeld, paused = 0 }: SummaryCanvas,
): string[] {
  const lines: string[] = [];
  const [first] = summary.failures;
  if (first !== undefined) {
    const name = safeText(runName(first.job, first.run));
    lines.push(`simrun explain ${name}${treeFlag}    what happened to it`);
  }
  if (isHeld && goOn !== undefined) {
    lines.push(`${goOn("--accept-model")}     goes on from what the old model saved`);
    lines.push(`${goOn("--rerun changed")}    starts over with the new one`);
  } else if (summary.remaining > paused) {
    if (goOn !== undefined) lines.push(`${goOn()}    goes on where it stopped`);
  } else if (summary.completed + summary.skipped > 0 && paused === 0) {
    lines.push(`simrun results${treeFlag}    the numbers`);
  }
  if (paused > 0) {
    const them = paused === 1 ? "the paused run" : `the ${formatCount(paused)} paused runs`;
    lines.push(
      `simrun continue${treeFlag} all    lets ${them} go on; until then resume leaves ${
        paused === 1 ? "it" : "them"
      } alone`,
    );
  }
  if (summary.cancelled > 0 && goOn !== undefined) {
    lines.push(`${goOn("--rerun cancelled")}    takes up again what was cancelled`);
  }
  return lines;
}
