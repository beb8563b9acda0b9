/** The runs of a tree in the order of its plans, each with its point: found once for each plan, in pieces. */
import { runId } from "../plan/digest.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";
import type { History, JobHistory } from "../queue/history.ts";
import { Turn } from "./turns.ts";

/** Runs of sweeps with more points are known only when they have begun, and without their points. */
const POINTS_MAX = 1_000_000;

interface Planned {
  /** Of which plan it tells. */
  readonly job: JobHistory["job"];
  readonly runs: readonly string[];
  readonly places: ReadonlyMap<string, number>;
}

export interface IndexedRun {
  readonly job: string;
  readonly run: string;
  /** Its place in the sweep; -1 where that is not known. */
  readonly index: number;
}

export class RunIndex {
  readonly #planned = new Map<string, Planned>();

  /** Whether the plans are known as they are now; looks for those that are not. */
  async update(history: History): Promise<void> {
    const turn = new Turn();
    for (const [id, { job }] of history.jobs) {
      if (job === undefined || this.#planned.get(id)?.job === job) continue;
      const count = countPoints(job.sweep);
      if (count > POINTS_MAX) continue;
      const runs: string[] = [];
      const places = new Map<string, number>();
      for (let index = 0; index < count; index++) {
        if (turn.isOver()) await turn.next();
        const run = runId(job, pointAt(job.sweep, index));
        // A point that stands in the sweep twice is one run.
        if (places.has(run)) continue;
        places.set(run, index);
        runs.push(run);
      }
      this.#planned.set(id, { job, runs, places });
    }
  }

  /** In the order of the plans; those of which only the journal knows come as they began. */
  *runs(history: History): IterableIterator<IndexedRun> {
    for (const [job, past] of history.jobs) {
      const planned = this.#planned.get(job);
      if (planned === undefined || planned.job !== past.job) {
        for (const { run } of past.rows()) yield { job, run, index: -1 };
        continue;
      }
      for (const run of planned.runs) {
        // What is not needed any more never begins.
        if (past.stopped !== undefined && past.row(run) === undefined) continue;
        yield { job, run, index: planned.places.get(run)! };
      }
    }
  }

  point(history: History, { job: id, run, index }: IndexedRun): Point {
    const past = history.jobs.get(id);
    if (past?.job === undefined || index < 0) return {};
    return { ...pointAt(past.job.sweep, index), ...past.proposed.get(run)?.values };
  }

  /** The place of a run that was named. */
  find(history: History, job: string, run: string): IndexedRun | undefined {
    const past = history.jobs.get(job);
    if (past === undefined) return undefined;
    const planned = this.#planned.get(job);
    const index = planned?.job === past.job ? planned?.places.get(run) ?? -1 : -1;
    return index < 0 && past.row(run) === undefined ? undefined : { job, run, index };
  }
}
