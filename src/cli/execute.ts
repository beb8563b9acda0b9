/** Runs checked jobs to their end, showing how it goes: what `run` and `resume` share. */
import type { RunEvent } from "../job/event.ts";
import { EXIT } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { load } from "../job/load.ts";
import type { ManifestReading } from "../manifest/manifest.ts";
import type { ManifestSource } from "../manifest/source.ts";
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
import { type Paint, paintFor } from "../screen/paint.ts";
import { renderSummary } from "../screen/summary_view.ts";
import { Layout } from "../store/layout.ts";
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
import type { Ci } from "./ci.ts";
import type { ResumeFlags } from "./run_flags.ts";
import { judge, stoppedExit } from "./judgement.ts";
import { ManifestWatch, type Watched } from "./manifest_watch.ts";
import { memoryOf } from "./memory.ts";
import { overridesOf } from "./overrides.ts";
import { parseSlots } from "./slots.ts";
import { StopSignals } from "./stop_signals.ts";
import { batchTimeLeftMs, timeLimitMs } from "./time_limit.ts";
import { treeWords } from "./tree_words.ts";

type Flags = ResumeFlags & { readonly watch?: boolean } & GlobalFlags;

export interface Work {
  readonly jobs: readonly Job[];
  /** Manifests they came from; none when the tree told them. */
  readonly sources: readonly ManifestSource[];
  readonly locate: ManifestReading["locate"] | undefined;
  /** Who is told of what happens; as in the simrun before when absent. */
  readonly sinks?: ManifestReading["sinks"];
  /** What the manifests were named by, where they may be watched. */
  readonly args?: readonly string[];
  /** A slot that was started already, and what it was asked of the jobs' models. */
  readonly slot: SlotHandle;
  readonly inspected: Promise<Inspections>;
  /** What CI systems are told in the end, where that is asked for. */
  readonly ci?: Ci | undefined;
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
    if (flags.dryRun) {
      const status = await showPlan(context, flags, request, limitMs);
      await showSinks(context, flags, new Layout(root), work.sinks);
      return status;
    }
    const runner = await openStoppable(context, flags, request, work.ci);
    const jobs = () => runner.plan.jobs.map(({ job }) => job.id);
    if (work.ci !== undefined) work.ci.end = { root, jobs: jobs(), lines: [] };
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
    const telling = await startTelling(context, flags, runner, work.sinks);
    const page = flags.dashboard
      ? load<typeof import("./dashboard_process.ts")>(
        import.meta.resolve("./dashboard_process.ts"),
      ).then(({ showCampaign }) => showCampaign(root, (text) => display.warn(text)))
      : undefined;
    const outcome = await runToEnd(context, runner, display).finally(async () => {
      watch?.stop();
      await Promise.all([telling?.finish(), page?.then((shown) => shown.stop())]);
    });
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
    const words = treeWords(context, flags);
    const linesWith = (paint: Paint): string[] =>
      renderSummary(summary, {
        paint,
        folder: context.cwd,
        treeFlag: words.flag,
        // A batch job goes on by itself.
        goOn: flags.endWhenPaused ? undefined : words.goOn,
        stopped,
        paused: outcome.outcome.paused ?? 0,
        isHeld: outcome.outcome.stopped === undefined &&
          countDecision(runner.plan, "held-model") > 0,
      });
    // What failed is an error also where nothing else is said: a cron job that says nothing is taken for well.
    if (!flags.quiet || IS_ERROR.includes(exitStatus)) {
      printLines(context.stderr, linesWith(paintOf(context.stderr)));
    }
    if (work.ci !== undefined) {
      work.ci.end = { root, jobs: jobs(), lines: linesWith(paintFor(false)) };
    }
    return exitStatus;
  } catch (error) {
    if (!(error instanceof JobProblems)) throw error;
    showDiagnostics(context, flags, error.diagnostics, work.sources);
    work.ci?.mistakes(error.diagnostics, work.sources);
    return EXIT.usage.status;
  } finally {
    display.close();
  }
}

/** Nothing is loaded for it where nobody is to be told. */
async function loadTelling(flags: Flags, layout: Layout, sinks: Work["sinks"]) {
  const asked = (sinks?.length ?? 0) > 0 || flags.log ||
    (flags.hooks ?? flags.metrics) !== undefined;
  if (!asked && !isThere(layout.notifyFolder)) return undefined;
  return await load<typeof import("./telling.ts")>(import.meta.resolve("./telling.ts"));
}

async function showSinks(
  context: CliContext,
  flags: Flags,
  layout: Layout,
  sinks: Work["sinks"],
): Promise<void> {
  const telling = await loadTelling(flags, layout, sinks);
  const all = telling?.allSinks(context, flags, { layout, sinks }) ?? [];
  if (flags.json || all.length === 0) return;
  printLines(context.stdout, [`Told of events: ${telling!.describeSinks(all)}`]);
}

async function startTelling(
  context: CliContext,
  flags: Flags,
  runner: Runner,
  sinks: Work["sinks"],
) {
  const { layout } = runner;
  const telling = await loadTelling(flags, layout, sinks);
  if (telling === undefined) return undefined;
  try {
    return await telling.Telling.start(context, flags, { layout, sinks });
  } catch (error) {
    await runner.close();
    throw error;
  }
}

const IS_ERROR: readonly number[] = [
  EXIT.runsFailed.status,
  EXIT.noSpace.status,
  EXIT.usage.status,
];
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
    endsWhenPaused: flags.endWhenPaused,
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
  ci: Ci | undefined,
): Promise<Runner> {
  const signals = new StopSignals(context, () => {
    const text = `Stopped by ${signals.first}, before anything was run.`;
    say(context, flags, text);
    const { status } = stoppedExit(signals.first);
    if (ci === undefined) Deno.exit(status);
    ci.trouble = { type: "stopped", message: text, text };
    void ci.write(status).catch(() => {}).then(() => Deno.exit(status));
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
  const signals = new StopSignals(context, (how) => {
    display.stop(how);
    runner.stop(how);
  });
  display.follow(() => runner.live(), context.clockMs());
  try {
    const outcome = await runner.run();
    return { outcome, signal: signals.first };
  } finally {
    signals.close(() => Deno.exit(stoppedExit(signals.first).status));
    display.close();
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
