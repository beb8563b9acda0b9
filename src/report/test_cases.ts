/** Runs as CI systems know tests: a suite for each job, a case for each run of its plan. Pure. */
import type { Failure } from "../job/run.ts";
import { searchOf } from "../job/sweep.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";
import type { History, JobHistory, PastRun } from "../queue/history.ts";
import { parametersText } from "./points.ts";

export interface TestCase {
  /** Its values in the sweep; of a job of one run the job's id. The same each time. */
  readonly name: string;
  readonly run: string;
  readonly seconds: number;
  readonly outcome:
    | { readonly kind: "passed" }
    | { readonly kind: "failed"; readonly failure: Failure }
    | { readonly kind: "skipped"; readonly why: string };
}

export interface TestSuite {
  readonly job: string;
  readonly cases: readonly TestCase[];
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

/** Job by job in the order of the plans, so that only one job's cases are held at a time. */
export function* testSuites(history: History, jobs: Iterable<string>): IterableIterator<TestSuite> {
  for (const id of jobs) {
    const past = history.jobs.get(id);
    if (past?.job === undefined) continue;
    const cases = [...casesOf(id, past)];
    const count = (kind: TestCase["outcome"]["kind"]) =>
      cases.reduce((sum, { outcome }) => sum + Number(outcome.kind === kind), 0);
    const seconds = cases.reduce((sum, one) => sum + one.seconds, 0);
    yield { job: id, cases, failed: count("failed"), skipped: count("skipped"), seconds };
  }
}

function* casesOf(id: string, past: JobHistory): IterableIterator<TestCase> {
  const job = past.job!;
  const isSearch = searchOf(job.sweep) !== undefined;
  const seen = new Set<string>();
  const count = countPoints(job.sweep);
  for (let index = 0; index < count; index++) {
    const point = pointAt(job.sweep, index);
    const run = runId(job, point);
    // A point that stands in the sweep twice is one run.
    if (seen.has(run)) continue;
    seen.add(run);
    const found = past.find(run);
    // Of a search, and of a job that has come to its end, nobody waits for what was never begun.
    const isOver = found !== undefined && ENDED.includes(found.state);
    if (!isOver && (past.stopped !== undefined || isSearch && found === undefined)) continue;
    const proposed = past.proposed.get(run)?.values;
    yield {
      name: job.sweep === undefined ? id : nameOf({ ...point, ...proposed }),
      run,
      seconds: (found?.state === "completed" ? found.ms : 0) / 1000,
      outcome: outcomeOf(past, found),
    };
  }
}

const ENDED: readonly PastRun["state"][] = ["completed", "failed", "cancelled"];

function nameOf(point: Point): string {
  return parametersText(point) || "the only point";
}

function outcomeOf(past: JobHistory, run: PastRun | undefined): TestCase["outcome"] {
  switch (run?.state) {
    case "completed":
      return { kind: "passed" };
    case "failed": {
      const failure = past.rare(run.run).failure;
      return {
        kind: "failed",
        failure: failure ?? { class: "slot-lost", message: "nothing more is known", step: 0 },
      };
    }
    case "cancelled":
      return { kind: "skipped", why: "cancelled" };
    case "held":
      return { kind: "skipped", why: "paused" };
    default:
      return { kind: "skipped", why: run === undefined ? "not begun" : "not finished" };
  }
}
