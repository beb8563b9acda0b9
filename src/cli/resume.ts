/** `simrun resume`: goes on with the jobs as the tree knows them. No manifest is read. */
import { load } from "../job/load.ts";
import { EXIT, Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { shellWord } from "../job/shell_word.ts";
import { suggest } from "../manifest/suggest.ts";
import { filterJobs } from "../report/selector.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { treeStatus } from "../report/status.ts";
import { askAhead } from "../runner/inspector.ts";
import { type CliContext, type GlobalFlags, printJson, say, treeRoot } from "./context.ts";
import { startSlotEarly } from "./early_slot.ts";
import type { Ci } from "./ci.ts";
import type { ResumeFlags } from "./run_flags.ts";
import { readTree } from "./tree_reader.ts";
import type { History } from "../queue/history.ts";
import { refuseCut } from "../store/cut_tree.ts";
import { Layout } from "../store/layout.ts";
import { readOwner } from "../store/owner.ts";
import { subfolders } from "../store/tree.ts";
// Asks whether a hangup is ignored, which must be asked before the first process is started.
import "./stop_signals.ts";

export async function resume(
  context: CliContext,
  flags: ResumeFlags & GlobalFlags,
  selectors: readonly string[],
): Promise<number> {
  if (flags.junit === undefined && !context.env("GITHUB_STEP_SUMMARY")) {
    return await resumeJobs(context, flags, selectors, undefined);
  }
  const { runForCi } = await load<typeof import("./ci.ts")>(import.meta.resolve("./ci.ts"));
  return await runForCi(context, flags, (ci) => resumeJobs(context, flags, selectors, ci));
}

async function resumeJobs(
  context: CliContext,
  asked: ResumeFlags & GlobalFlags,
  selectors: readonly string[],
  ci: Ci | undefined,
): Promise<number> {
  const flags = await meantFlags(context, asked);
  const { layout, history } = await readTree(context, flags);
  const { jobs } = treeStatus(history, {
    tree: layout.root,
    nowMs: context.now().getTime(),
    live: undefined,
    working: false,
  });
  const chosen = jobs.filter(({ id }) => filterJobs(selectors)(id));
  if (selectors.length > 0 && chosen.length === 0) throw noSuchJob(selectors, history.jobs.keys());
  const unfinished: Job[] = [];
  // What was cancelled is taken up again only by who says so.
  const takesCancelled = flags.rerun === "cancelled" || flags.rerun === "all";
  for (const { id, counts, runs } of chosen) {
    const job = history.jobs.get(id)?.job;
    // A finished job needs no look: its model may be gone, and nobody cares.
    const settled = counts.completed + (takesCancelled ? 0 : counts.cancelled);
    const wanted = settled < runs || flags.rerun === "all" || flags.rerun === "changed";
    if (job !== undefined && wanted) unfinished.push(job);
  }
  if (selectors.length === 0) unfinished.push(...await alsoStale(unfinished, history));
  const paused = chosen.reduce((sum, job) => sum + job.counts.paused, 0);
  const isWorkedOn = (await readOwner(layout, context.now))?.alive ?? false;
  const isAllPaused = paused > 0 && !isWorkedOn && flags.rerun !== "all" &&
    flags.rerun !== "changed" &&
    chosen.every(({ counts, runs }) =>
      counts.completed + counts.paused + (takesCancelled ? 0 : counts.cancelled) >= runs
    );
  const lost = selectors.length > 0 ? [] : await jobsWithoutPlan(layout, history);
  if (unfinished.length === 0 || isAllPaused && !flags.dryRun) {
    if (lost.length > 0) throw lostPlans(lost);
    const { clearUpAfterKill } = await load<typeof import("./clear_up.ts")>(
      import.meta.resolve("./clear_up.ts"),
    );
    await clearUpAfterKill(layout, context.now);
    const total = chosen.reduce((sum, job) => sum + job.runs, 0);
    const cancelled = chosen.reduce((sum, { counts }) => sum + counts.cancelled, 0);
    if (flags.json) {
      printJson(context.stdout, {
        outcome: isAllPaused ? "stopped" : "completed",
        runs_total: total,
        runs_cancelled: cancelled,
        ...(paused > 0 && { runs_paused: paused }),
      });
    }
    const text = isAllPaused
      ? pausedText(total, paused, flags.tree)
      : nothingText(total, cancelled);
    const jobs = chosen.map(({ id }) => id);
    if (ci !== undefined) ci.end = { root: layout.root, jobs, lines: [text] };
    say(context, flags, text);
    if (isAllPaused) return EXIT.stopped.status;
    return EXIT.completed.status;
  }
  // Those that were done before are told of as well: a report of the rest alone would be read as all.
  if (ci !== undefined) ci.jobs = chosen.map(({ id }) => id);
  if (lost.length === 0) return await goOn(context, flags, unfinished, ci);
  const { message, hint } = lostPlans(lost);
  say(context, flags, `note: ${message} ${hint}`);
  const status = await goOn(context, flags, unfinished, ci);
  // All that could be run was; but not all is done, and only the user has the manifests.
  return status === EXIT.completed.status ? EXIT.usage.status : status;
}

/** Of a shard those of its own tree. */
async function meantFlags(
  context: CliContext,
  flags: ResumeFlags & GlobalFlags,
): Promise<ResumeFlags & GlobalFlags> {
  const { shard } = flags;
  if (shard === undefined) {
    const root = treeRoot(context, flags);
    refuseCut(new Layout(root));
    return flags;
  }
  const { shardFlags } = await load<typeof import("./shard.ts")>(import.meta.resolve("./shard.ts"));
  return await shardFlags(context, { ...flags, shard });
}

/**
 * Jobs that are done and took what there was, however it ended, of jobs that are tried again now: they are computed
 * again with them, and so on down the line. One whose model is gone is left alone, as all that is done.
 */
async function alsoStale(again: readonly Job[], { jobs }: History): Promise<Job[]> {
  const found = new Set(again);
  for (const one of found) {
    for (const { job } of jobs.values()) {
      if (job === undefined || found.has(job)) continue;
      const isFirst = again.includes(one);
      const rests = (job.needs ?? []).some((need) =>
        need.job === one.id && (!isFirst || need.accept === "any")
      );
      if (rests && await isThere(job.model)) found.add(job);
    }
  }
  return [...found].slice(again.length);
}

async function isThere(model: Job["model"]): Promise<boolean> {
  if (!("path" in model)) return true;
  return await Deno.stat(model.path).then(({ isFile }) => isFile, () => false);
}

async function goOn(
  context: CliContext,
  flags: ResumeFlags & GlobalFlags,
  jobs: readonly Job[],
  ci: Ci | undefined,
): Promise<number> {
  const slot = startSlotEarly(context, flags);
  try {
    const inspected = askAhead(slot, jobs);
    const { execute } = await load<typeof import("./execute.ts")>(
      import.meta.resolve("./execute.ts"),
    );
    const work = { jobs, sources: [], locate: undefined, slot, inspected, ci };
    return await execute(context, flags, work);
  } finally {
    slot.kill();
  }
}

function nothingText(total: number, cancelled: number): string {
  if (total === 0) return "Nothing to resume: nothing was run here yet.";
  const runs = `Nothing to resume: ${formatNumberOf(total, "run")}`;
  return cancelled === 0
    ? `${runs}, all done.`
    : `${runs}, done but for ${
      formatCount(cancelled)
    } cancelled; simrun resume --rerun cancelled takes ${
      cancelled === 1 ? "it" : "them"
    } up again.`;
}

function pausedText(total: number, paused: number, tree: string | undefined): string {
  const flag = tree === undefined ? "" : ` --tree ${shellWord(tree)}`;
  const [are, them] = paused === 1 ? ["is", "it"] : ["are", "them"];
  return `Nothing to resume: ${formatCount(paused)} of ${formatNumberOf(total, "run")} ${are} ` +
    `paused, and nothing else is left. simrun continue${flag} all lets ${them} go on.`;
}

/**
 * Jobs that are not done, and that the journal knows by their runs only, or not at all: their plans stood in lines
 * that were lost. The manifests tell what they are.
 */
async function jobsWithoutPlan(layout: Layout, history: History): Promise<string[]> {
  const unknown = (await subfolders(layout.checkpointRoot)).filter((job) => !history.jobs.has(job));
  for (const [id, { job, counts, size }] of history.jobs) {
    if (job === undefined && counts.completed < size) unknown.push(id);
  }
  return unknown.sort();
}

function lostPlans(jobs: readonly string[]): Fault {
  const names = jobs.slice(0, 3).join(", ") + (jobs.length > 3 ? " and others" : "");
  return new Fault(
    "not-found",
    `The journal does not know ${names}, of which there are unfinished runs.`,
    {
      hint:
        "Run the manifests again, e.g. simrun jobs/*.yaml: the runs go on from their checkpoints.",
    },
  );
}

function noSuchJob(selectors: readonly string[], jobs: Iterable<string>): Fault {
  const [word] = selectors;
  const meant = suggest(word!, jobs);
  return new Fault("not-found", `The tree knows no job "${word}".`, {
    hint: meant === undefined ? "simrun status lists the jobs." : `Did you mean ${meant}?`,
  });
}
