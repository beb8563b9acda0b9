/** `simrun status --watch`: a view of the whole window on a terminal; one JSON line each, or whole texts, elsewhere. */
import { EXIT } from "../job/fault.ts";
import { PlanIds } from "../report/plan_ids.ts";
import { listRuns } from "../report/run_list.ts";
import { filterRuns } from "../report/selector.ts";
import { statusJson } from "../report/status_json.ts";
import { FullScreen } from "../screen/full_screen.ts";
import type { Key } from "../screen/keys.ts";
import { safeJson } from "../screen/safe_text.ts";
import { renderStatus } from "../screen/status_view.ts";
import { afterKey, FIRST_STATE, type Shown, wishOf } from "../screen/watch_state.ts";
import { renderWatch } from "../screen/watch_view.ts";
import { type CliContext, columnsOf, paintOf, printLines, say } from "./context.ts";
import { JobControl } from "./job_control.ts";
import { Keyboard } from "./keyboard.ts";
import type { StatusFlags } from "./status_reader.ts";
import { WatchedTree, type WatchReading } from "./watched_tree.ts";

/** The live picture is written twice a second. */
const SCREEN_MS = 500;
const LINES_MS = 1000;
/** Reading a tree again and again must not cost more than this part of a core. */
const LOAD_MAX = 0.2;

export async function watchStatus(
  context: CliContext,
  flags: StatusFlags,
  selectors: readonly string[],
): Promise<number> {
  using tree = new WatchedTree(context, flags, selectors);
  const end = new End();
  try {
    if (flags.json || !context.stdout.canRepaint) await watchLines(context, flags, tree, end);
    else await new Screen(context, selectors, tree, end).show();
  } finally {
    end.close();
  }
  return EXIT.completed.status;
}

/** When it is over: by a signal, or because somebody has seen enough. */
class End {
  readonly #stopped = new AbortController();
  readonly #signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  readonly now = (): void => this.#stopped.abort();

  constructor() {
    for (const signal of this.#signals) Deno.addSignalListener(signal, this.now);
  }

  get isNow(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** So long, or until the end. */
  wait(ms: number): Promise<void> {
    const { signal } = this.#stopped;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }

  close(): void {
    for (const signal of this.#signals) Deno.removeSignalListener(signal, this.now);
  }
}

async function watchLines(
  context: CliContext,
  flags: StatusFlags,
  tree: WatchedTree,
  end: End,
): Promise<void> {
  const { stdout } = context;
  let last = "";
  let isToldOfDamage = false;
  while (!end.isNow) {
    const beganMs = context.clockMs();
    const { status, isDamaged } = await tree.read();
    if (isDamaged && !isToldOfDamage) say(context, flags, `note: ${DAMAGED}`);
    isToldOfDamage ||= isDamaged;
    if (flags.json) stdout.write(safeJson(statusJson(status)) + "\n");
    else {
      const lines = renderStatus(status, {
        ...traits(context),
        columns: columnsOf(stdout),
        isWhole: flags.all,
        jobsMax: 100,
      });
      // Where nothing happens nothing is said again.
      if (lines.join("\n") !== last) printLines(stdout, [...lines, ""]);
      last = lines.join("\n");
    }
    await end.wait(pauseMs(LINES_MS, context.clockMs() - beganMs));
  }
}

function pauseMs(leastMs: number, spentMs: number): number {
  return Math.max(leastMs, spentMs / LOAD_MAX);
}

function traits({ stdout, cwd, now }: CliContext) {
  return {
    paint: paintOf(stdout),
    glyphs: stdout.glyphs,
    folder: cwd,
    offsetMinutes: -now().getTimezoneOffset(),
  };
}

/** The other lines are shown; which are missing `verify` tells. */
const DAMAGED = "lines of the journal are missing: simrun verify tells which";

class Screen {
  readonly #context: CliContext;
  readonly #tree: WatchedTree;
  readonly #end: End;
  readonly #chosen: ReturnType<typeof filterRuns>;
  readonly #ids = new PlanIds();
  readonly #screen: FullScreen;
  readonly #keyboard = new Keyboard((key) => this.#press(key));
  #jobControl: JobControl | undefined;
  #state = FIRST_STATE;
  #reading: WatchReading | undefined;
  #shown: Shown | undefined;

  constructor(context: CliContext, selectors: readonly string[], tree: WatchedTree, end: End) {
    this.#context = context;
    this.#tree = tree;
    this.#end = end;
    this.#chosen = filterRuns(selectors);
    this.#screen = new FullScreen(context.stdout);
  }

  async show(): Promise<void> {
    // What is wrong with the tree is told on the screen where the command was typed.
    this.#reading = await this.#tree.read();
    const paint = (): void => this.#paint();
    this.#jobControl = new JobControl(() => this.#leave(), () => this.#enter());
    Deno.addSignalListener("SIGWINCH", paint);
    try {
      this.#enter();
      while (!this.#end.isNow) {
        const beganMs = this.#context.clockMs();
        this.#reading = await this.#tree.read();
        this.#paint();
        await this.#end.wait(pauseMs(SCREEN_MS, this.#context.clockMs() - beganMs));
      }
    } finally {
      Deno.removeSignalListener("SIGWINCH", paint);
      this.#jobControl.close();
      this.#leave();
    }
  }

  /** Also when it was stopped, and the shell has had the terminal meanwhile. */
  #enter(): void {
    this.#keyboard.open();
    this.#screen.enter();
    this.#screen.forget();
    this.#paint();
  }

  #leave(): void {
    this.#screen.leave();
    this.#keyboard.close();
  }

  #press(key: Key): void {
    switch (wishOf(key, this.#state)) {
      case "quit":
        return this.#end.now();
      case "suspend":
        return this.#jobControl?.suspend();
      case "redraw":
        this.#screen.forget();
        return this.#paint();
    }
    if (this.#shown === undefined) return;
    this.#state = afterKey(this.#state, key, this.#shown);
    this.#paint();
  }

  #paint(): void {
    if (this.#reading === undefined || this.#end.isNow) return;
    const { status, history, live, working, nowMs, queue, isDamaged } = this.#reading;
    const tree = { history, live, working, nowMs, chosen: this.#chosen, ids: this.#ids };
    const { stdout } = this.#context;
    const { lines, shown } = renderWatch({
      status,
      queue,
      ...(isDamaged && { warning: DAMAGED }),
      state: this.#state,
      listOf: (state, filter) => listRuns(tree, state, filter),
      hasKeys: this.#keyboard.isThere,
    }, { ...traits(this.#context), ...stdout.size(), isWhole: true, jobsMax: Infinity });
    this.#shown = shown;
    this.#screen.paint(lines);
  }
}
