/** `simrun wait`: ends when nobody works on the tree any more, here or elsewhere, nor waits for a batch system to. */
import { EXIT } from "../job/fault.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { isQueued, type SlurmTask } from "../report/slurm_state.ts";
import { statusJson } from "../report/status_json.ts";
import { type TreeStatus, treeStatus } from "../report/status.ts";
import type { Layout } from "../store/layout.ts";
import { openTree } from "../store/tree.ts";
import { readWork } from "../store/work.ts";
import { type CliContext, type GlobalFlags, printJson, say, treeRoot } from "./context.ts";
import { durationOf } from "./overrides.ts";
import { slurmState } from "./status_reader.ts";
import { readTree } from "./tree_reader.ts";

interface WaitFlags extends GlobalFlags {
  readonly timeout?: string | undefined;
}

const LOOK_MS = 1_000;
/** One controller serves all users of a cluster: nobody asks it more often, */
const SLURM_MS = 15_000;
/** but where a pilot has just ended, and Slurm will say so in a moment. */
const SLURM_ENDING_MS = 2_000;

export async function wait(context: CliContext, flags: WaitFlags): Promise<number> {
  const { timeout } = flags;
  const hint = "--timeout 12h, --timeout 30m";
  const patienceMs = timeout === undefined
    ? Infinity
    : durationOf("--timeout", timeout, { zero: true, hint });
  const layout = await openTree(treeRoot(context, flags), "read");
  const stopped = new Stopped();
  try {
    const isOver = await waitForEnd(context, flags, layout, patienceMs, stopped);
    if (stopped.signal !== undefined) {
      return stopped.signal === "SIGINT" ? EXIT.interrupted.status : EXIT.terminated.status;
    }
    return await tellEnd(context, flags, isOver);
  } finally {
    stopped.close();
  }
}

/** Whether it came; otherwise the patience ended first. */
async function waitForEnd(
  context: CliContext,
  flags: WaitFlags,
  layout: Layout,
  patienceMs: number,
  stopped: Stopped,
): Promise<boolean> {
  const beganMs = context.clockMs();
  let tasks: readonly SlurmTask[] = [];
  let askedMs = -Infinity;
  let isToldOfSilence = false;
  let isEnding = false;
  while (stopped.signal === undefined) {
    const nowMs = context.clockMs();
    if (nowMs - askedMs >= (isEnding ? SLURM_ENDING_MS : SLURM_MS)) {
      askedMs = nowMs;
      ({ tasks } = await slurmState(layout));
      const silent = tasks.find(({ verdict }) => verdict === "unasked");
      if (silent !== undefined && !isToldOfSilence) {
        isToldOfSilence = true;
        say(context, flags, `note: Slurm does not answer: ${silent.reason}.`);
      }
    }
    // Slurm first: what it has ended begins no more, what it has not may begin while the tree is looked at.
    const isWaitedFor = isQueued(tasks) || tasks.some(isBusyElsewhere);
    const { working } = await readWork(layout, context.now);
    isEnding = !working && tasks.some(({ verdict }) => verdict === "runs");
    if (!isWaitedFor && !working) {
      // What it said a while ago may be over by now, and something else submitted.
      if (askedMs === nowMs || tasks.length === 0) return true;
      askedMs = -Infinity;
      continue;
    }
    const leftMs = patienceMs - (context.clockMs() - beganMs);
    if (leftMs <= 0) return false;
    await stopped.within(Math.min(LOOK_MS, leftMs));
  }
  return false;
}

/** A controller that is away for a while will tell later; where there is none at all, the tree is asked alone. */
function isBusyElsewhere({ verdict, reason }: SlurmTask): boolean {
  return verdict === "unasked" && !/not on this machine/.test(reason ?? "");
}

async function tellEnd(context: CliContext, flags: WaitFlags, isOver: boolean): Promise<number> {
  const { layout, history } = await readTree(context, flags);
  const { working, live } = await readWork(layout, context.now);
  const status = treeStatus(history, {
    ...{ tree: layout.root, nowMs: context.now().getTime(), live, working },
    slurm: await slurmState(layout),
  });
  if (flags.json) printJson(context.stdout, { over: isOver, ...statusJson(status) });
  const { counts, runs } = status.totals;
  if (runs === 0) {
    say(context, flags, isOver ? "Nothing was computed." : "Not over yet: nothing has begun.");
    return EXIT.stopped.status;
  }
  const parts = [
    `${formatCount(counts.completed)} of ${formatNumberOf(runs, "run")} completed`,
    ...(["failed", "cancelled", "paused", "interrupted", "waiting", "running"] as const).flatMap(
      (state) => counts[state] === 0 ? [] : [`${formatCount(counts[state])} ${state}`],
    ),
  ];
  say(context, flags, `${isOver ? "" : "Not over yet: "}${parts.join(", ")}.`);
  return exitOf(status, isOver);
}

function exitOf({ totals: { counts } }: TreeStatus, isOver: boolean): number {
  const open = counts.waiting + counts.interrupted + counts.paused + counts.running;
  if (!isOver || open > 0) return EXIT.stopped.status;
  return counts.failed + counts.cancelled > 0 ? EXIT.runsFailed.status : EXIT.completed.status;
}

/** Ctrl-C ends the waiting, never what is waited for. */
class Stopped {
  signal: Deno.Signal | undefined;
  readonly #wake = new AbortController();
  readonly #listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const listener = (): void => {
      this.signal ??= signal;
      this.#wake.abort();
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });

  within(ms: number): Promise<void> {
    const { signal } = this.#wake;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      if (signal.aborted) resolve();
    });
  }

  close(): void {
    for (const remove of this.#listeners) remove();
  }
}
