/** Runs checked jobs to their end, showing how it goes: what `run` and `resume` share. */
import type { RunEvent } from "../job/event.ts";
import { assertNever, EXIT, Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import type { ManifestReading } from "../manifest/manifest.ts";
import type { ManifestSource } from "../manifest/source.ts";
import type { Plan } from "../plan/plan.ts";
import { ledIn } from "../report/led_by.ts";
import { countDecision, countDecisions, planJson } from "../report/plan_report.ts";
import { SummaryFold, summaryJson } from "../report/summary.ts";
import type { Inspections } from "../runner/inspector.ts";
import { machineMemory, plannedMemory } from "../runner/limits.ts";
import { JobProblems } from "../runner/prepare.ts";
import { planAhead } from "../runner/plan_only.ts";
import { openRunner, type Outcome, type Runner } from "../runner/runner.ts";
import type { RunRequest } from "../runner/run_request.ts";
import { planWarnings, renderPlan } from "../screen/plan_view.ts";
import { renderSummary } from "../screen/summary_view.ts";
import type { SlotHandle } from "../worker/slot_process.ts";
import { showDiagnostics } from "./read_jobs.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
  say,
  treeRoot,
} from "./context.ts";
import { availableCores, coreLimits } from "./cores.ts";
import { diskOf } from "./disk.ts";
import { RunDisplay } from "./run_display.ts";
import type { ResumeFlags } from "./run_flags.ts";
import { shellWord } from "./shell_word.ts";
import { ManifestWatch, type Watched } from "./manifest_watch.ts";
import { memoryOf } from "./memory.ts";
import { overridesOf } from "./overrides.ts";
import { parseSlots } from "./slots.ts";
import { StopSignals } from "./stop_signals.ts";
import { batchTimeLeftMs, timeLimitMs } from "./time_limit.ts";

type Flags = ResumeFlags & { readonly watch?: boolean } & GlobalFlags;

export interface Work {
  readonly jobs: readonly Job[];
  /** Manifests they came from; none when the tree told them. */
  readonly sources: readonly ManifestSource[];
  readonly locate: ManifestReading["locate"] | undefined;
  /** What the manifests were named by, where they may be watched. */
  readonly args?: readonly string[];
  /** A slot that was started already, and what it was asked of the jobs' models. */
  readonly slot: SlotHandle;
  readonly inspected: Promise<Inspections>;
}

export async function execute(context: CliContext, flags: Flags, work: Work): Promise<number> {
  const beganMs = context.clockMs();
  const { slots, warning } = parseSlots(flags.slots, availableCores(coreLimits(context.env)));
  const override = overridesOf(flags);
  const limitMs = timeLimitMs(flags.timeLimit);
  if (warning !== undefined) say(context, flags, `note: ${warning}`);
  const root = treeRoot(context, flags);
  const fold = new SummaryFold();
  const display = new RunDisplay(context, flags.quiet || flags.dryRun);
  const onEvent = (event: RunEvent): void => {
    fold.apply(event);
    display.heard(event);
  };
  const overridden = { ...work, jobs: work.jobs.map(override) };
  const isSeen = context.stderr.isTerminal && (context.env("CI") ?? "") === "";
  const disk = diskOf(flags, isSeen || flags.watch === true);
  const request = { ...runRequest(flags, overridden, { root, slots, onEvent, display }), ...disk };
  try {
    if (flags.dryRun) return await showPlan(context, flags, request, limitMs);
    const runner = await openStoppable(context, flags, request);
    const warnings = planWarnings(runner.plan);
    for (const text of warnings) display.warn(text);
    // What reading the tree and its models took is part of it.
    if (limitMs !== undefined) {
      runner.stopWithin(Math.max(0, limitMs - (context.clockMs() - beganMs)));
    }
    // Nobody waits for the answer: a campaign that is over by then needs none.
    void batchTimeLeftMs(context.env, Date.now()).then((leftMs) => {
      if (leftMs !== undefined) runner.stopWithin(leftMs);
    });
    const watch = watchManifests(context, flags, work, { override, runner, display });
    const outcome = await runToEnd(context, runner, display).finally(() => watch?.stop());
    const summary = fold.summary({
      tree: root,
      elapsedMs: context.clockMs() - beganMs,
      total: runner.plan.total - (outcome.outcome.unneeded ?? 0),
      skipped: countDecisions(runner.plan, ["done", "stale-model", "counted"]),
      led: ledIn(runner.plan),
      cancelledBefore: countDecision(runner.plan, "cancelled"),
    });
    const { exitStatus, stopped } = judge(outcome, runner.plan, summary.cancelled);
    if (flags.json) printJson(context.stdout, summaryJson(summary, exitStatus));
    say(
      context,
      flags,
      ...renderSummary(summary, {
        paint: paintOf(context.stderr),
        folder: context.cwd,
        treeFlag: flags.tree === undefined ? "" : ` --tree ${shellWord(flags.tree)}`,
        stopped,
        paused: outcome.outcome.paused ?? 0,
        isHeld: outcome.outcome.stopped === undefined &&
          countDecision(runner.plan, "held-model") > 0,
      }),
    );
    return exitStatus;
  } catch (error) {
    if (!(error instanceof JobProblems)) throw error;
    showDiagnostics(context, flags, error.diagnostics, work.sources);
    return EXIT.usage.status;
  } finally {
    display.close();
  }
}

function watchManifests(
  { cwd }: CliContext,
  { watch, maxPoints }: Flags,
  { args, sources }: Work,
  parts: Pick<Watched, "override" | "runner" | "display">,
): ManifestWatch | undefined {
  if (!watch || args === undefined) return undefined;
  parts.runner.keepOpen();
  const manifests = new ManifestWatch({ args, cwd, maxPoints, ...parts }, sources);
  manifests.start();
  const watched = args.join(" ");
  parts.display.say(`manifests that appear or change in ${watched} are taken up; Ctrl-C ends it`);
  return manifests;
}

function runRequest(
  flags: Flags,
  work: Work,
  world: {
    readonly root: string;
    readonly slots: number;
    readonly onEvent: (event: RunEvent) => void;
    readonly display: RunDisplay;
  },
): RunRequest {
  return {
    root: world.root,
    slots: world.slots,
    nice: flags.nice,
    ...memoryOf(flags.memory, machineMemory()),
    jobs: work.jobs,
    manifests: work.sources.map(({ path, text }) => ({ path, text })),
    tellsSources: true,
    ...(work.locate === undefined ? {} : { locate: work.locate }),
    slot: work.slot,
    inspected: work.inspected,
    options: {
      // What failed is tried again in any case.
      rerun: flags.rerun ?? "none",
      reuse: !flags.noCache,
      acceptModel: flags.acceptModel,
    },
    ...(flags.maxFails === undefined ? {} : { maxFails: flags.maxFails }),
    ...(flags.order === undefined ? {} : { order: flags.order }),
    ...(flags.batchMax === undefined ? {} : { batchMax: flags.batchMax }),
    breakLock: flags.breakLock,
    onEvent: world.onEvent,
    onWarning: (message) => world.display.warn(message),
    onAnswered: (request, answer) => world.display.answered(request, answer),
  };
}

async function showPlan(
  context: CliContext,
  flags: Flags,
  request: RunRequest,
  limitMs: number | undefined,
): Promise<number> {
  const { plan, outlook } = await planAhead(request, isThere(request.root), limitMs);
  const { root, slots } = request;
  const memory = plannedMemory(request);
  if (flags.json) printJson(context.stdout, planJson(plan, { tree: root, slots, memory, outlook }));
  else {
    printLines(
      context.stdout,
      renderPlan(plan, { slots, memory, outlook }, {
        paint: paintOf(context.stdout),
        columns: columnsOf(context.stdout),
      }),
    );
  }
  return EXIT.completed.status;
}

/** Until something runs there is nothing to save: a signal simply ends it, with the status of the table. */
async function openStoppable(
  context: CliContext,
  flags: Flags,
  request: RunRequest,
): Promise<Runner> {
  const signals = new StopSignals(() => {
    say(context, flags, `Stopped by ${signals.first}, before anything was run.`);
    Deno.exit(stoppedExit(signals.first).status);
  });
  try {
    return await openRunner(request);
  } finally {
    signals.close();
  }
}

async function runToEnd(
  context: CliContext,
  runner: Runner,
  display: RunDisplay,
): Promise<{ readonly outcome: Outcome; readonly signal: Deno.Signal | undefined }> {
  const signals = new StopSignals((how) => {
    display.stop(how);
    runner.stop(how);
  });
  display.follow(() => runner.live(), context.clockMs());
  try {
    const outcome = await runner.run();
    return { outcome, signal: signals.first };
  } finally {
    signals.close();
    display.close();
  }
}

/** Which status of the table it is, and why it stopped in words. */
function judge(
  { outcome, signal }: { readonly outcome: Outcome; readonly signal: Deno.Signal | undefined },
  plan: Plan,
  cancelled: number,
): { readonly exitStatus: number; readonly stopped: string | undefined } {
  // A signal that came when all was done stopped nothing.
  const stoppedBy = outcome.remaining === 0 && outcome.stopped === "asked"
    ? undefined
    : outcome.stopped;
  switch (stoppedBy) {
    case undefined: {
      const held = countDecision(plan, "held-model");
      const exit = outcome.failed + cancelled > 0
        ? EXIT.runsFailed
        // Only the user can say what is to be done with these.
        : held > 0
        ? EXIT.usage
        : EXIT.completed;
      const stopped = held > 0 ? "a model changed under unfinished runs" : undefined;
      return { exitStatus: exit.status, stopped };
    }
    case "asked":
      return { exitStatus: stoppedExit(signal).status, stopped: `by ${signal ?? "request"}` };
    case "time-limit":
      return { exitStatus: EXIT.stopped.status, stopped: "before its time was over" };
    case "paused":
      return { exitStatus: EXIT.stopped.status, stopped: "all that is left is paused" };
    case "max-fails":
      return { exitStatus: EXIT.runsFailed.status, stopped: "too many failed runs" };
    case "no-space":
      return { exitStatus: EXIT.noSpace.status, stopped: whatIsFull(outcome.cause) };
    case "broken":
      if (outcome.cause instanceof Fault) throw outcome.cause;
      throw new Error(`the campaign broke: ${describeCause(outcome.cause)}`, {
        cause: outcome.cause,
      });
    default:
      return assertNever(stoppedBy);
  }
}

function stoppedExit(signal: Deno.Signal | undefined) {
  if (signal === "SIGINT") return EXIT.interrupted;
  return signal === "SIGTERM" ? EXIT.terminated : EXIT.stopped;
}

/** A quota, a limit on files or the disk itself, and at which file: each wants something else of the user. */
function whatIsFull(cause: unknown): string {
  if (typeof cause !== "string") return "the disk is full";
  return cause.charAt(0).toLowerCase() + cause.slice(1).replace(/\.$/, "");
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause ?? "no reason given");
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
