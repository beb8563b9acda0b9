/** What one invocation did, folded from its events: for the last lines on the screen and for `--json`. Pure. */
import type { RunEvent } from "../job/event.ts";
import { type Failure, runName } from "../job/run.ts";
import { type FailureGroup, FailureGroups } from "./failure_groups.ts";
import { type LedJob, ledJson } from "./led_job.ts";
import { warningKind } from "./failure_text.ts";
import { formatNumberOf } from "./format.ts";

export interface FailedRun {
  readonly job: string;
  readonly run: string;
  readonly attempt: number;
  readonly failure: Failure;
}

export interface Summary {
  readonly outcome: "completed" | "failed" | "stopped";
  readonly tree: string;
  readonly elapsedMs: number;
  readonly total: number;
  /** Were done before this invocation. */
  readonly skipped: number;
  readonly completed: number;
  /** Of the completed ones: took the result of an equal run. */
  readonly reused: number;
  readonly resumed: number;
  readonly failed: number;
  /** By a person: in this invocation, or before it and not taken up again. */
  readonly cancelled: number;
  readonly remaining: number;
  /** Jobs whose runs are led by results, as they stand. */
  readonly led: readonly LedJob[];
  /** The first of the failed runs. */
  readonly failures: readonly FailedRun[];
  /** All of the failed runs, those that failed the same way together. */
  readonly failureGroups: readonly FailureGroup[];
  readonly warnings: readonly string[];
}

const FAILURES_KEPT = 20;
const WARNINGS_KEPT = 20;

/** Follows the events of an invocation. */
export class SummaryFold {
  #completed = 0;
  #reused = 0;
  #failed = 0;
  /** The steps they went on from. */
  readonly #resumed = new Map<string, number>();
  /** Those cancelled, by job. */
  readonly #cancelled = new Map<string, Set<string>>();
  /** Of those cancelled before: somebody has taken them up again. */
  #takenUp = 0;
  #failures: FailedRun[] = [];
  #failureGroups = new FailureGroups();
  readonly #warnings: string[] = [];
  /** Checkpoints that were refused, by the reason why. */
  readonly #refused = new RunsByReason();
  /** Runs that went on with a warning, by its words. */
  readonly #warned = new RunsByReason();

  apply(entry: RunEvent): void {
    switch (entry.type) {
      case "runs.completed":
        this.#completed += entry.runs.length;
        return;
      case "run.reused":
        this.#completed++;
        this.#reused++;
        return;
      case "runs.started":
        // A later attempt may begin anew, and only who goes on says where.
        if (this.#resumed.size === 0) return;
        for (const run of entry.runs) this.#resumed.delete(runName(entry.job, run));
        return;
      case "run.resumed":
        if (entry.step > 0) this.#resumed.set(runName(entry.job, entry.run), entry.step);
        for (const { file, reason } of entry.rejected) {
          const name = runName(entry.job, entry.run);
          this.#refused.add(reason, name, `${name}: checkpoint ${file} not used: ${reason}`);
        }
        return;
      case "run.warned": {
        const name = runName(entry.job, entry.run);
        this.#warned.add(warningKind(entry.message), name, `${name}: ${entry.message}`);
        return;
      }
      case "run.degraded":
        this.#warn(`${runName(entry.job, entry.run)} runs without checkpoints: ${entry.reason}`);
        return;
      case "run.failed":
        this.#failed++;
        this.#unlessItWentOn(runName(entry.job, entry.run), entry.failure.step);
        this.#failureGroups.add(entry.job, entry.run, entry.failure);
        if (this.#failures.length < FAILURES_KEPT) this.#failures.push(entry);
        return;
      case "runs.cancelled": {
        const cancelled = this.#cancelled.get(entry.job) ?? new Set();
        for (const run of entry.runs) cancelled.add(run);
        this.#cancelled.set(entry.job, cancelled);
        return;
      }
      case "runs.retried":
        if (entry.earlier) this.#takenUp += entry.runs.length;
        else this.#retried(entry.job, new Set(entry.runs));
        return;
    }
  }

  /**
   * `total` (without what is not needed), `skipped` and `cancelledBefore` come from the plan, which leaves those last ones alone; what is neither
   * done nor failed nor cancelled remains.
   */
  summary(facts: {
    readonly tree: string;
    readonly elapsedMs: number;
    readonly total: number;
    readonly skipped: number;
    readonly cancelledBefore?: number;
    readonly led?: readonly LedJob[];
  }): Summary {
    const { cancelledBefore = 0, led = [], ...others } = facts;
    const cancelled = this.#cancelled.values().reduce((sum, { size }) => sum + size, 0) +
      Math.max(0, cancelledBefore - this.#takenUp);
    const ended = facts.skipped + this.#completed + this.#failed + cancelled;
    const remaining = Math.max(0, facts.total - ended);
    return {
      ...others,
      outcome: remaining > 0 ? "stopped" : this.#failed > 0 ? "failed" : "completed",
      completed: this.#completed,
      reused: this.#reused,
      resumed: this.#resumed.size,
      failed: this.#failed,
      cancelled,
      remaining,
      led,
      failures: this.#failures,
      failureGroups: this.#failureGroups.list(),
      warnings: [
        ...this.#refused.lines("checkpoints not used: "),
        ...this.#warned.lines(""),
        ...this.#warnings,
      ],
    };
  }

  /** What failed where it was to go on did not go on. */
  #unlessItWentOn(name: string, step: number): void {
    if ((this.#resumed.get(name) ?? -1) >= step) this.#resumed.delete(name);
  }

  /** Their failures are told no more. Names are kept of the first ones only: the groups are made of these again. */
  #retried(job: string, runs: ReadonlySet<string>): void {
    const cancelled = this.#cancelled.get(job);
    let failed = 0;
    for (const run of runs) if (!cancelled?.delete(run)) failed++;
    if (failed === 0) return;
    this.#failed = Math.max(0, this.#failed - failed);
    const left = this.#failures.filter((one) => one.job !== job || !runs.has(one.run));
    this.#failures = this.#failed === 0 ? [] : left;
    this.#failureGroups = new FailureGroups();
    for (const one of this.#failures) this.#failureGroups.add(one.job, one.run, one.failure);
  }

  #warn(text: string): void {
    if (this.#warnings.length < WARNINGS_KEPT) this.#warnings.push(text);
  }
}

/** Of more runs only the number is kept; one that is told of twice then counts twice. */
const NAMES_MAX = 10_000;

/** The same said of many runs is one line. */
class RunsByReason {
  readonly #known = new Map<
    string,
    { readonly first: string; readonly names: Set<string>; more: number }
  >();

  /** `line` is what is said when it stays with this run. */
  add(reason: string, name: string, line: string): void {
    const known = this.#known.get(reason);
    if (known === undefined) {
      if (this.#known.size === WARNINGS_KEPT) return;
      this.#known.set(reason, { first: line, names: new Set([name]), more: 0 });
    } else if (known.names.size < NAMES_MAX) known.names.add(name);
    else if (!known.names.has(name)) known.more++;
  }

  lines(words: string): string[] {
    return [...this.#known].map(([reason, { first, names, more }]) =>
      names.size === 1 ? first : `${formatNumberOf(names.size + more, "run")}: ${words}${reason}`
    );
  }
}

export function summaryJson(summary: Summary, exitStatus: number): Record<string, unknown> {
  return {
    outcome: summary.outcome,
    exit_status: exitStatus,
    tree: summary.tree,
    elapsed_seconds: Math.round(summary.elapsedMs) / 1000,
    runs_total: summary.total,
    runs_skipped: summary.skipped,
    runs_completed: summary.completed,
    runs_reused: summary.reused,
    runs_resumed: summary.resumed,
    runs_failed: summary.failed,
    runs_cancelled: summary.cancelled,
    runs_remaining: summary.remaining,
    ...(summary.led.length > 0 && {
      led: Object.fromEntries(summary.led.map((one) => [one.job, ledJson(one)])),
    }),
    failures: summary.failures.map(({ job, run, attempt, failure }) => ({
      run: runName(job, run),
      attempt,
      class: failure.class,
      message: failure.message,
      step: failure.step,
      ...failure.place,
    })),
    warnings: summary.warnings,
  };
}
