/** What a slot has to do about files before a run begins: nothing, look into those of earlier attempts, clear them. */
import type { Decision, PlannedJob } from "../plan/plan.ts";
import type { RunTable } from "./run_table.ts";
import type { Assignment } from "./slot_messages.ts";

/** What was saved before is of no use, and could not be told from what will be: it is cleared away. */
const ANEW: ReadonlySet<Decision> = new Set(["asked", "changed-state", "state-anew"]);

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

  /** Its slot has to read something before it begins: what it goes on from, or another's state. */
  isReadFirst(job: PlannedJob, number: number): boolean {
    return job.job.from !== undefined || this.areThere(job, number);
  }

  /** Asked to be computed anew, and not begun yet. */
  isAnew(job: PlannedJob, number: number): boolean {
    return ANEW.has(job.decisionAt(number - job.offset)) && !this.#cleared.has(number);
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
