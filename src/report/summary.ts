/** What one invocation did, folded from its events: for the last lines on the screen and for `--json`. Pure. */
import type { RunEvent } from "../job/event.ts";
import { type Failure, runName } from "../job/run.ts";
import { type FailureGroup, FailureGroups } from "./failure_groups.ts";
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
  readonly remaining: number;
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
  readonly #resumed = new Set<string>();
  readonly #failures: FailedRun[] = [];
  readonly #failureGroups = new FailureGroups();
  readonly #warnings: string[] = [];
  /** Checkpoints that were refused, by the reason why. */
  readonly #refused = new Map<string, { readonly first: string; readonly runs: Set<string> }>();

  apply(entry: RunEvent): void {
    switch (entry.type) {
      case "runs.completed":
        this.#completed += entry.runs.length;
        return;
      case "run.reused":
        this.#completed++;
        this.#reused++;
        return;
      case "run.resumed":
        if (entry.step > 0) this.#resumed.add(runName(entry.job, entry.run));
        for (const { file, reason } of entry.rejected) {
          this.#refuse(runName(entry.job, entry.run), file, reason);
        }
        return;
      case "run.degraded":
        this.#warn(`${runName(entry.job, entry.run)} runs without checkpoints: ${entry.reason}`);
        return;
      case "run.failed":
        this.#failed++;
        this.#failureGroups.add(entry.job, entry.run, entry.failure);
        if (this.#failures.length < FAILURES_KEPT) this.#failures.push(entry);
        return;
    }
  }

  /** `total` and `skipped` come from the plan; what is neither done nor failed remains. */
  summary(facts: {
    readonly tree: string;
    readonly elapsedMs: number;
    readonly total: number;
    readonly skipped: number;
  }): Summary {
    const ended = facts.skipped + this.#completed + this.#failed;
    const remaining = Math.max(0, facts.total - ended);
    return {
      ...facts,
      outcome: remaining > 0 ? "stopped" : this.#failed > 0 ? "failed" : "completed",
      completed: this.#completed,
      reused: this.#reused,
      resumed: this.#resumed.size,
      failed: this.#failed,
      remaining,
      failures: this.#failures,
      failureGroups: this.#failureGroups.list(),
      warnings: [...this.#refusals(), ...this.#warnings],
    };
  }

  #refuse(name: string, file: string, reason: string): void {
    const known = this.#refused.get(reason);
    if (known !== undefined) known.runs.add(name);
    else if (this.#refused.size < WARNINGS_KEPT) {
      const first = `${name}: checkpoint ${file} not used: ${reason}`;
      this.#refused.set(reason, { first, runs: new Set([name]) });
    }
  }

  #refusals(): string[] {
    return [...this.#refused].map(([reason, { first, runs }]) =>
      runs.size === 1
        ? first
        : `${formatNumberOf(runs.size, "run")}: checkpoints not used: ${reason}`
    );
  }

  #warn(text: string): void {
    if (this.#warnings.length < WARNINGS_KEPT) this.#warnings.push(text);
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
    runs_remaining: summary.remaining,
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
