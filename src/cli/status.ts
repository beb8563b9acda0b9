/** `simrun status`: how far everything is. Loads neither YAML nor workers, and never waits for a lock. */
import { EXIT } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { searchOf } from "../job/sweep.ts";
import type { History } from "../queue/history.ts";
import type { LedJob } from "../report/led_job.ts";
import { type TreeStatus, treeStatus } from "../report/status.ts";
import { statusJson } from "../report/status_json.ts";
import { Painter } from "../screen/painter.ts";
import { safeJson } from "../screen/safe_text.ts";
import { renderStatus } from "../screen/status_view.ts";
import type { Layout } from "../store/layout.ts";
import { readLive } from "../store/live.ts";
import { readOwner } from "../store/owner.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
} from "./context.ts";
import { refuseUnknown } from "./selectors.ts";
import { readTree } from "./tree_reader.ts";

interface StatusFlags extends GlobalFlags {
  readonly watch: boolean;
  readonly all: boolean;
}

const REFRESH_MS = 1000;
/** Reading a tree again and again must not cost more than this part of a core. */
const LOAD_MAX = 0.2;

export async function status(
  context: CliContext,
  flags: StatusFlags,
  selectors: readonly string[],
): Promise<number> {
  if (flags.watch) return await watch(context, flags, selectors);
  const read = await readStatus(context, flags, selectors);
  if (flags.json) printJson(context.stdout, statusJson(read));
  else printLines(context.stdout, statusLines(context, flags, read, Infinity));
  return EXIT.completed.status;
}

async function readStatus(
  context: CliContext,
  flags: StatusFlags,
  selectors: readonly string[],
): Promise<TreeStatus> {
  const { layout, history } = await readTree(context, flags);
  refuseUnknown(history, selectors);
  const owner = await readOwner(layout, context.now);
  const live = await readLive(layout);
  return treeStatus(history, {
    led: await ledOf(history, layout),
    tree: layout.root,
    nowMs: context.now().getTime(),
    // A picture of an earlier holder, left behind by a kill, tells nothing.
    live: live !== undefined && live.epoch === owner?.owner.epoch ? live : undefined,
    working: owner?.alive ?? false,
    selectors,
    ...(flags.all || (flags.json && selectors.length > 0) ? { listMax: Infinity } : {}),
  });
}

/** Nothing is loaded for it where no job is led by results. */
async function ledOf(history: History, layout: Layout): Promise<readonly LedJob[]> {
  const isLed = history.jobs.values().some(({ job, stopped }) =>
    stopped !== undefined || searchOf(job?.sweep) !== undefined
  );
  if (!isLed) return [];
  const { readLedJobs } = await load<typeof import("../runner/led_jobs.ts")>(
    import.meta.resolve("../runner/led_jobs.ts"),
  );
  return await readLedJobs(history, layout);
}

function statusLines(
  context: CliContext,
  flags: StatusFlags,
  read: TreeStatus,
  rows: number,
): string[] {
  const { stdout } = context;
  return renderStatus(read, {
    paint: paintOf(stdout),
    glyphs: stdout.glyphs,
    columns: columnsOf(stdout),
    folder: context.cwd,
    offsetMinutes: -context.now().getTimezoneOffset(),
    isWhole: flags.all,
    jobsMax: Number.isFinite(rows) ? Math.max(3, Math.floor(rows / 2)) : 100,
  });
}

/** Until Ctrl-C: a picture in place on a terminal, one JSON line each or whole texts elsewhere. */
async function watch(
  context: CliContext,
  flags: StatusFlags,
  selectors: readonly string[],
): Promise<number> {
  const { stdout } = context;
  const painter = new Painter(stdout, context.clockMs);
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    while (!stopped.signal.aborted) {
      const beganMs = context.clockMs();
      const read = await readStatus(context, flags, selectors);
      if (flags.json) stdout.write(safeJson(statusJson(read)) + "\n");
      else if (stdout.canRepaint) {
        const { rows } = stdout.size();
        painter.paint(statusLines(context, flags, read, rows).slice(0, rows - 1), true);
      } else printLines(stdout, [...statusLines(context, flags, read, Infinity), ""]);
      const spentMs = context.clockMs() - beganMs;
      await sleep(Math.max(REFRESH_MS, spentMs / LOAD_MAX), stopped.signal);
    }
  } finally {
    painter.close();
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
  return EXIT.completed.status;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
