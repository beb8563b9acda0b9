/** What a slot has to do about files that earlier attempts of a run left: nothing, look into them, clear them. */
import type { PlannedJob } from "../plan/plan.ts";
import type { RunTable } from "./run_table.ts";
import type { Assignment } from "./slot_messages.ts";

export class PastFiles {
  readonly #table: RunTable;
  readonly #withFiles: (job: string) => ReadonlySet<string> | undefined;
  /** Runs asked for anew whose earlier files were cleared away: not a second time. */
  readonly #cleared = new Set<number>();

  /** `withFiles` tells the runs of a job that left files to look into: checkpoints, a series. */
  constructor(table: RunTable, withFiles: (job: string) => ReadonlySet<string> | undefined) {
    this.#table = table;
    this.#withFiles = withFiles;
  }

  /** Called when the run is sent. */
  take(job: PlannedJob, number: number): Assignment["past"] {
    if (!this.areThere(job, number)) return "none";
    if (!this.isAnew(job, number)) return "look";
    this.#cleared.add(number);
    return "clear";
  }

  /** Asked to be computed anew, and not begun yet. */
  isAnew(job: PlannedJob, number: number): boolean {
    return job.decisionAt(number - job.offset) === "asked" && !this.#cleared.has(number);
  }

  /** Whether a run may have any: by the folder it has, or because its slot was lost. */
  areThere(job: PlannedJob, number: number): boolean {
    // By the journal it had checkpoints: that there are none any more is found out, and told.
    if (job.decisionAt(number - job.offset) === "resume" || this.#table.isAlone(number)) {
      return true;
    }
    const runs = this.#withFiles(job.job.id);
    if (runs === undefined || runs.size === 0) return false;
    return runs.has(job.identify(number - job.offset).run);
  }
}
