/** A notice as a line for people. Pure, and safe to print: what comes from elsewhere cannot move a cursor or split it. */
import { PRIORITY_NAMES } from "../job/job.ts";
import { runName } from "../job/run.ts";
import { describeFailure } from "../report/failure_text.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLong,
  formatNumberOf,
  formatPercent,
  formatRemaining,
  formatWait,
} from "../report/format.ts";
import { describeReturn } from "../report/requeue_text.ts";
import { safeText } from "../screen/safe_text.ts";
import type { Notice } from "./notice.ts";

export type Level = "info" | "warning" | "error";

export function noticeLevel(notice: Notice): Level {
  switch (notice.event) {
    case "on_error":
      return "error";
    case "on_warning":
      return "warning";
    case "on_retry":
      return notice.counted ? "warning" : "info";
    case "on_end":
      return notice.outcome === "completed" ? "info" : "warning";
    default:
      return "info";
  }
}

/** Nobody reads a longer line, and no program is started with one. */
const CHARACTERS_MAX = 4_000;

/** `ising/3fa9c1 failed: the model threw an error at step 12: …`, without a time. */
export function noticeText(notice: Notice): string {
  return safeText(formatLong(words(notice), CHARACTERS_MAX));
}

function words(notice: Notice): string {
  switch (notice.event) {
    case "on_begin": {
      const { version, slots, host, tree } = notice;
      return `simrun ${version} begins on ${host} with ${formatNumberOf(slots, "slot")} in ${tree}`;
    }
    case "on_submit": {
      const { job, runs, priority, model } = notice;
      const rank = PRIORITY_NAMES[priority] ?? priority;
      return `${job} submitted: ${formatNumberOf(runs, "run")} of ${model}, ${rank} priority`;
    }
    case "on_start": {
      const again = notice.attempt > 1 ? `, attempt ${notice.attempt}` : "";
      return `${nameOf(notice)} started: ${formatNumberOf(notice.steps, "step")}${again}`;
    }
    case "on_resume":
      return notice.step === 0
        ? `${nameOf(notice)} begins anew: none of its checkpoints can be used`
        : `${nameOf(notice)} goes on at step ${formatCount(notice.step)}`;
    case "on_progress":
      return progressWords(notice);
    case "on_checkpoint": {
      const { step, bytes } = notice;
      return `${nameOf(notice)} saved at step ${formatCount(step)} (${formatBytes(bytes)})`;
    }
    case "on_warning":
      return `${nameOf(notice)}: ${notice.message}`;
    case "on_retry": {
      const { cause, counted, message, waitMs } = notice;
      const when = waitMs === undefined ? "" : ` in ${formatWait(waitMs)}`;
      const next = counted ? `tried again${when}` : "goes on later";
      return `${nameOf(notice)}: ${describeReturn(cause, message)}; ${next}`;
    }
    case "on_complete": {
      const { attempt, steps, ms, ending, reusedFrom } = notice;
      if (reusedFrom !== undefined) return `${nameOf(notice)} took the result of ${reusedFrom}`;
      const how = ending === undefined ? "" : `, ${ending}`;
      const again = attempt > 1 ? `, attempt ${attempt}` : "";
      const done = `${formatNumberOf(steps, "step")} in ${formatDuration(ms)}`;
      return `${nameOf(notice)} completed: ${done}${how}${again}`;
    }
    case "on_error": {
      const { class: name, message, step, place } = notice;
      const where = place === undefined ? "" : ` (${place})`;
      return `${nameOf(notice)} failed: ${describeFailure({ class: name, message, step })}${where}`;
    }
    case "on_cancel":
      return `${nameOf(notice)} cancelled`;
    case "on_end": {
      const { outcome, completed, failed, remaining } = notice;
      const parts = [
        `${formatCount(completed)} completed`,
        ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
        ...(remaining > 0 ? [`${formatCount(remaining)} not done`] : []),
      ];
      const end = outcome === "stopped" ? "stopped" : "ended";
      return `simrun ${end} on ${notice.host}: ${parts.join(", ")}`;
    }
  }
}

function nameOf({ job, run }: { readonly job: string; readonly run: string }): string {
  return runName(job, run);
}

function progressWords(notice: Extract<Notice, { event: "on_progress" }>): string {
  const { fraction, etaMs, total, completed, failed, running } = notice;
  const parts = [
    `${formatPercent(fraction)} done`,
    `${formatCount(completed)} of ${formatNumberOf(total, "run")}`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(running.length > 0 ? [`${running.length} running`] : []),
    ...(etaMs === undefined ? [] : [`${formatRemaining(etaMs)} left`]),
  ];
  return parts.join(", ");
}
