/** What was learned of a job's model and what is made of it, as facts to print. No result depends on it. Pure. */
import { checkpointInterval, type IntervalRule } from "../job/checkpoint_interval.ts";
import type { ModelIdentity } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { KnownCheckpoints, Learned, Losses } from "../queue/learned.ts";
import { formatBytes, formatDuration, formatNumberOf } from "./format.ts";
import { formatAbout, formatRange } from "./time_left.ts";

export interface Lessons {
  /** Completed runs of the model that were looked at. */
  readonly runs: number;
  readonly stepMs: number | undefined;
  /** What nine of ten runs of the job take, as far as runs of its model tell. */
  readonly takes: { readonly lowMs: number; readonly highMs: number } | undefined;
  /** Of a job with `checkpoint_every: auto`, once one was written. */
  readonly interval:
    | {
      readonly everyMs: number;
      readonly rule: IntervalRule;
      readonly costMs: number;
      readonly mtbfMs: number;
      /** How large the states were of which that is known, when they were another job's. */
      readonly othersBytes: number | undefined;
    }
    | undefined;
  readonly isAuto: boolean;
  readonly checkpoints: KnownCheckpoints | undefined;
  readonly peakMemoryBytes: number | undefined;
  readonly outOfMemoryAt: number | undefined;
  readonly losses: Losses;
  /** Only when it is longer than what the job says. */
  readonly hangMs: number | undefined;
}

/** Of nine runs in ten. */
const NINETY = 1.645;

/** `ownCostMs`: what checkpoints of the very run cost, where there are any. */
export function lessonsOf(
  job: Job,
  model: ModelIdentity,
  learned: Learned,
  { limitMs, ownCostMs }: { readonly limitMs?: number; readonly ownCostMs?: number } = {},
): Lessons {
  const times = learned.rates.stepTimes(model);
  const checkpoints = learned.checkpoint(model, job.id);
  const losses = learned.losses(model, limitMs);
  const costMs = ownCostMs ?? checkpoints?.ms;
  // A program saves when it likes.
  const isAuto = job.checkpoint.every.kind === "auto" && job.model.kind !== "command";
  const { mtbfMs } = losses;
  const hangMs = learned.hangMs(model, job.hangMs);
  return {
    runs: times?.count ?? 0,
    stepMs: learned.rates.stepMs(model),
    takes: times === undefined || times.count < 2 ? undefined : spanOf(job.steps, times),
    interval: isAuto && costMs !== undefined
      ? {
        ...checkpointInterval(costMs, mtbfMs),
        costMs,
        mtbfMs,
        othersBytes: ownCostMs === undefined && checkpoints?.isOwn === false
          ? checkpoints.rawBytes
          : undefined,
      }
      : undefined,
    isAuto,
    checkpoints,
    peakMemoryBytes: learned.peakMemoryBytes(model),
    outOfMemoryAt: learned.outOfMemoryAt(model),
    losses,
    hangMs: hangMs > job.hangMs ? hangMs : undefined,
  };
}

function spanOf(
  steps: number,
  times: { readonly count: number; readonly mean: number; readonly deviance: number },
): { readonly lowMs: number; readonly highMs: number } {
  const sigma = Math.sqrt(times.deviance / (times.count - 1) * (1 + 1 / times.count));
  const at = (z: number) => steps * Math.exp(times.mean + z * sigma);
  return { lowMs: at(-NINETY), highMs: at(NINETY) };
}

/** A title and a sentence each, only of what is known. */
export function lessonTexts(lessons: Lessons): [string, string][] {
  const { runs, stepMs, takes, peakMemoryBytes, outOfMemoryAt, hangMs } = lessons;
  const texts: [string, string][] = [];
  const say = (title: string, text: string | undefined): void => {
    if (text !== undefined) texts.push([title, text]);
  };
  say("a step", stepMs === undefined ? undefined : formatStep(stepMs));
  say(
    "a run",
    takes === undefined
      ? undefined
      : `${spanText(takes.lowMs, takes.highMs)}, by ${formatNumberOf(runs, "run")} of its model`,
  );
  say("checkpoints", checkpointText(lessons));
  say("failures", lossText(lessons.losses));
  say("memory", memoryText(peakMemoryBytes, outOfMemoryAt));
  say(
    "hung",
    hangMs === undefined
      ? undefined
      : `after ${formatAbout(hangMs)} without a step, as steps are long`,
  );
  return texts;
}

/** Nobody waits for less than a second, and that is how time left is told; here it is what was measured. */
function spanText(lowMs: number, highMs: number): string {
  if (highMs >= 1000) return formatRange(lowMs, highMs);
  const [low, high] = [formatDuration(lowMs), formatDuration(highMs)];
  return low === high ? high : `${low} to ${high}`;
}

/** When it saves, and why then: `about every 2 min: one takes 72 ms, a failure a day`. */
export function checkpointText({ interval, isAuto, checkpoints }: Lessons): string | undefined {
  if (interval === undefined) {
    if (!isAuto) return checkpoints && `one takes ${formatDuration(checkpoints.ms)}`;
    return "as often as pays; what one takes is not known yet";
  }
  const { everyMs, rule, costMs, mtbfMs, othersBytes } = interval;
  const every = `every ${formatAbout(everyMs)}`;
  const size = othersBytes === undefined ? "" : ` of ${formatBytes(othersBytes)}`;
  const cost = `one${size} takes ${formatDuration(costMs)}`;
  switch (rule) {
    case "balance":
      return `about ${every}: ${cost}, ${frequencyText(mtbfMs)}`;
    case "overhead":
      return `about ${every}: ${cost}, and all of them 1 % of the time at most`;
    case "shortest":
      return `${every}, never more often: ${cost}, ${frequencyText(mtbfMs)}`;
    case "longest":
      return `${every}, never less often: ${cost}, ${frequencyText(mtbfMs)}`;
  }
}

const HOUR_MS = 3_600_000;

function frequencyText(mtbfMs: number): string {
  const isDay = mtbfMs > 20 * HOUR_MS && mtbfMs < 30 * HOUR_MS;
  return isDay ? "a failure a day" : `a failure every ${formatAbout(mtbfMs)}`;
}

function lossText({ crashes, slots, workedMs }: Losses): string | undefined {
  if (workedMs === 0 && crashes + slots === 0) return undefined;
  const parts = [
    ...(crashes > 0 ? [`simrun ended without a word ${timesText(crashes)}`] : []),
    ...(slots > 0 ? [`slots with runs of its model ended ${timesText(slots)}`] : []),
  ];
  const worked = `in ${formatAbout(workedMs)} of work on the tree`;
  return parts.length === 0 ? `none ${worked}` : `${parts.join(", ")}, ${worked}`;
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function memoryText(
  peak: number | undefined,
  outOfMemoryAt: number | undefined,
): string | undefined {
  const parts = [
    ...(peak === undefined ? [] : [`up to ${formatBytes(peak)}`]),
    ...(outOfMemoryAt === undefined ? [] : [`not enough once: ${formatBytes(outOfMemoryAt)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

function formatStep(ms: number): string {
  if (ms >= 0.1) return formatDuration(ms);
  return ms >= 1e-3
    ? `${Number((ms * 1e3).toPrecision(2))} µs`
    : `${Number((ms * 1e6).toPrecision(2))} ns`;
}

/** Keys are stable; what is not known is absent. */
export function lessonsJson(lessons: Lessons): Readonly<Record<string, unknown>> {
  const { runs, stepMs, takes, interval, checkpoints, losses } = lessons;
  const { peakMemoryBytes, outOfMemoryAt, hangMs } = lessons;
  return Object.fromEntries(
    Object.entries({
      runs,
      step_ms: stepMs,
      run_low_seconds: seconds(takes?.lowMs),
      run_high_seconds: seconds(takes?.highMs),
      checkpoint_ms: interval?.costMs ?? checkpoints?.ms,
      checkpoint_bytes: checkpoints && Math.round(checkpoints.rawBytes),
      checkpoint_every_seconds: seconds(interval?.everyMs),
      checkpoint_rule: interval?.rule,
      mean_time_between_failures_seconds: seconds(losses.mtbfMs),
      crashes: losses.crashes,
      slots_lost: losses.slots,
      worked_seconds: seconds(losses.workedMs),
      peak_memory_bytes: peakMemoryBytes,
      out_of_memory_at_bytes: outOfMemoryAt,
      hang_after_seconds: seconds(hangMs),
    }).filter(([, value]) => value !== undefined),
  );
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms) / 1000;
}
