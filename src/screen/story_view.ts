/** The story of a run as lines for a person. Pure. */
import { assertNever } from "../job/fault.ts";
import { type Job, type Priority, PRIORITY_NAMES } from "../job/job.ts";
import { runName } from "../job/run.ts";
import { describeFailure, describePlace, describeWarning } from "../report/failure_text.ts";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  formatNumberOf,
  formatPercent,
  formatTime,
} from "../report/format.ts";
import { commandText } from "../report/command_text.ts";
import { grantsText } from "../report/grants_text.ts";
import { describeChange } from "../report/job_changes.ts";
import { type RestsOn, restsOnText } from "../report/rests_on.ts";
import {
  describeCause,
  describeNext,
  describeReturn,
  isGivenAway,
} from "../report/requeue_text.ts";
import type { Chapter } from "../report/run_story.ts";
import { parametersText } from "../report/points.ts";
import type { RunStatus } from "../report/run_status.ts";
import { fractionOf } from "../report/status_json.ts";
import type { Paint } from "./paint.ts";
import { nextSteps, type Prospect } from "./next_steps.ts";
import { relativePath } from "./relative_path.ts";
import { safeText } from "./safe_text.ts";
import { renderTable } from "./table.ts";

export interface StoryView extends Prospect {
  readonly job: Job | undefined;
  readonly point: { readonly [name: string]: unknown } | undefined;
  /** Absent for a run that rests on no other. */
  readonly rests?: RestsOn | undefined;
  /** With what its result was computed, by title. */
  readonly provenance?: readonly (readonly [title: string, text: string])[];
  readonly chapters: readonly Chapter[];
  /** As somebody changed it while the simrun of the moment works. */
  readonly priority: Priority | undefined;
  /** What else there is to know of it: a title and a text each. */
  readonly traces?: readonly (readonly [string, string])[];
  /** What was learned of its model: a title and a sentence each. */
  readonly lessons?: readonly (readonly [string, string])[];
}

export interface StoryCanvas {
  readonly paint: Paint;
  readonly columns: number | undefined;
  readonly nowMs: number;
  /** Paths below it are shown relative to it. */
  readonly folder: string;
  /** Minutes to add to UTC for the reader's clock. */
  readonly offsetMinutes: number;
}

export function renderStory(view: StoryView, canvas: StoryCanvas): string[] {
  const { status, job } = view;
  const { paint } = canvas;
  const name = safeText(runName(status.job, status.run));
  const facts: string[][] = [];
  const fact = (title: string, text: string): void => {
    if (text !== "") facts.push([paint.faint(title), text]);
  };
  if (job !== undefined) {
    fact("model", safeText(relativePath(job.model.path, canvas.folder)));
    fact("program", safeText(commandText(job.model)));
    fact("cores", (job.cores ?? 1) > 1 ? String(job.cores) : "");
    fact("priority", priorityText(job, view.priority));
    fact("parameters", safeText(parametersText({ ...job.parameters, ...view.point })));
  }
  for (const [title, text] of view.traces ?? []) fact(title, safeText(text));
  if (view.rests !== undefined) fact("rests on", safeText(restsOnText(view.rests)));
  for (const [title, text] of view.provenance ?? []) fact(title, safeText(text));
  fact("allowed", safeText(grantsText(job?.allow)));
  fact("steps", stepsText(status));
  fact("saved", savedText(status));
  if (status.degraded !== undefined) fact("checkpoints", safeText(status.degraded));
  if (status.warning !== undefined) fact("warning", paint.warn(safeText(status.warning)));
  const lines = [
    `${paint.strong(name)}  ${stateText(status, canvas)}`,
    "",
    ...renderTable([{ title: "" }, { title: "" }], facts, { indent: "  " }),
  ];
  if (view.chapters.length > 0) {
    const rows = view.chapters.map((chapter) => [
      paint.faint(safeText(formatTime(chapter.at, canvas.offsetMinutes))),
      chapterText(chapter, canvas),
    ]);
    lines.push("", ...renderTable([{ title: "" }, { title: "" }], rows, { indent: "  " }));
  }
  if (view.lessons !== undefined && view.lessons.length > 0) {
    const rows = view.lessons.map(([title, text]) => [paint.faint(title), safeText(text)]);
    lines.push("", "Learned from the runs in this tree:");
    lines.push(...renderTable([{ title: "" }, { title: "" }], rows, { indent: "  " }));
  }
  lines.push("", ...nextSteps(view, name));
  return lines;
}

function priorityText(job: Job, changed: Priority | undefined): string {
  const own = PRIORITY_NAMES[job.priority];
  return changed === undefined || changed === job.priority
    ? own
    : `${PRIORITY_NAMES[changed]} on request; its job's is ${own}`;
}

function stateText(status: RunStatus, canvas: StoryCanvas): string {
  const { paint } = canvas;
  switch (status.state) {
    case "running":
      return paint.active(`running in slot ${status.slot}, attempt ${status.attempt}`);
    case "completed":
      return paint.good(status.ending === undefined ? "completed" : safeText(status.ending));
    case "failed":
      return paint.bad("failed");
    case "interrupted":
      return paint.warn("interrupted");
    case "paused":
      return paint.warn("paused");
    case "cancelled":
      return "cancelled";
    case "waiting":
      return status.next === undefined
        ? "waiting"
        : `waiting, ${paint.warn(describeNext(status.next, canvas))}`;
    default:
      return assertNever(status);
  }
}

function stepsText(status: RunStatus): string {
  const done = formatCount(status.stepsDone);
  const total = formatCount(status.stepsTotal);
  return status.state === "completed" && status.ending !== undefined
    ? `${done} (${safeText(status.ending)}; ${total} asked for)`
    : `${done} of ${total} (${formatPercent(fractionOf(status))})`;
}

function savedText(status: RunStatus): string {
  if (status.savedStep === 0) return status.state === "completed" ? "" : "nothing yet";
  const age = status.savedAgeMs === undefined ? "" : `, ${formatAge(status.savedAgeMs)}`;
  return `step ${formatCount(status.savedStep)}${age}`;
}

export function chapterText(chapter: Chapter, canvas: StoryCanvas): string {
  const { paint } = canvas;
  switch (chapter.kind) {
    case "planned":
      return safeText(plannedText(chapter));
    case "started":
      return chapter.isSame
        ? `went on with attempt ${chapter.attempt}, to ${formatNumberOf(chapter.steps, "step")}`
        : `attempt ${chapter.attempt} started, to ${formatNumberOf(chapter.steps, "step")}`;
    case "lost":
      return paint.warn("interrupted: simrun was killed or lost");
    case "resumed": {
      const from = chapter.step === 0
        ? "began anew"
        : `went on at step ${formatCount(chapter.step)}`;
      return safeText(from + refusals(chapter.rejected));
    }
    case "saved":
      return chapter.count === 1
        ? `saved step ${formatCount(chapter.lastStep)} (${formatBytes(chapter.bytes)})`
        : `saved ${formatCount(chapter.count)} times, steps ${formatCount(chapter.firstStep)} to ${
          formatCount(chapter.lastStep)
        } (${formatBytes(chapter.bytes)} each), last at ${
          formatTime(chapter.lastAt, canvas.offsetMinutes).slice(11)
        }`;
    case "begun": {
      const { job, run, step } = chapter.from;
      return safeText(`begins from ${runName(job, run)} at step ${formatCount(step)}`);
    }
    case "degraded":
      return paint.warn(safeText(`went on without checkpoints: ${chapter.reason}`));
    case "repaired": {
      const from = chapter.step === 0 ? "step 0" : `step ${formatCount(chapter.step)}`;
      const what = chapter.again ? `to be computed again, from ${from}` : `goes on from ${from}`;
      return paint.warn(safeText(`a repair of the tree found: ${chapter.reason}; ${what}`));
    }
    case "requeued": {
      if (chapter.cause === "slot-lost" && !chapter.counted) {
        return "given to a new slot, because its slot ended";
      }
      return requeuedText(chapter, canvas);
    }
    case "cancelled":
      return paint.warn("cancelled on request");
    case "paused":
      return paint.warn("paused on request");
    case "continued":
      return "continued on request";
    case "retried":
      return "tried again on request, as if for the first time";
    case "prioritised":
      return `given ${PRIORITY_NAMES[chapter.priority]} priority on request`;
    case "warned":
      return paint.warn(safeText(describeWarning(chapter)));
    case "failed": {
      const place = describePlace(chapter.failure, canvas.folder);
      const text = describeFailure(chapter.failure) + (place === undefined ? "" : ` (${place})`);
      // It never came to an attempt.
      const what = chapter.failure.class === "needs" ? "" : `attempt ${chapter.attempt} `;
      return paint.bad(safeText(`${what}failed: ${text}`));
    }
    case "completed": {
      const { record, reusedFrom } = chapter;
      if (reusedFrom !== undefined) {
        const from = runName(reusedFrom.job, reusedFrom.run);
        return paint.good(safeText(`took the result of ${from}, which computed the same`));
      }
      const ending = record.ending === undefined ? "" : `, ${safeText(record.ending)}`;
      const memory = record.memoryBytes === undefined
        ? ""
        : `, with up to ${formatBytes(record.memoryBytes)}`;
      return paint.good(
        `completed ${formatNumberOf(record.steps, "step")} in ${
          formatDuration(record.ms)
        }${memory}${ending}`,
      );
    }
    default:
      return assertNever(chapter);
  }
}

function requeuedText(
  { cause, counted, message, dueAt }: Chapter & { readonly kind: "requeued" },
  { paint, nowMs, offsetMinutes }: StoryCanvas,
): string {
  if (cause !== "stopped" && isGivenAway(cause)) return describeCause(cause);
  const parts = [
    `back to the queue (${describeReturn(cause, message)})`,
    counted ? "a failed attempt" : "not counted as an attempt",
    ...(dueAt === undefined ? [] : [`not before ${formatMoment(dueAt, nowMs, offsetMinutes)}`]),
  ];
  return paint.warn(safeText(parts.join("; ")));
}

/** Files that were refused for the same reason are told together. */
function refusals(rejected: readonly { readonly file: string; readonly reason: string }[]): string {
  const files = Map.groupBy(rejected, ({ reason }) => reason);
  return [...files].map(([reason, [first, ...more]]) => {
    const others = more.length === 0 ? "" : ` and ${more.length} more`;
    return `; ${first!.file}${others} not used: ${reason}`;
  }).join("");
}

function plannedText(chapter: Chapter & { readonly kind: "planned" }): string {
  const model = chapter.model.slice(0, 12);
  if (chapter.changes === undefined) {
    return `planned for ${formatNumberOf(chapter.steps, "step")}, model ${model}`;
  }
  const changes = chapter.changes.map(describeChange);
  if (chapter.modelChanged) changes.push(`the model's file, now ${model}`);
  return `planned again, changed: ${changes.join("; ") || "nothing that counts"}`;
}
