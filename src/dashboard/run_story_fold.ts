/** What the journal tells of one run beside its story: checkpoints, series and log where they stand in its lines. Pure. */
import type { JournalEntry } from "../job/event.ts";
import { StoryFold } from "../report/run_story.ts";

export interface SavedCheckpoint {
  readonly step: number;
  readonly at: string;
  readonly bytes: number;
  /** How long the run stood still for it. */
  readonly stallMs: number;
}

/** The newest ones; a run may have written a hundred thousand. */
const CHECKPOINTS_MAX = 200;

export class RunStoryFold {
  readonly story: StoryFold;
  readonly #job: string;
  readonly #run: string;
  #checkpoints: SavedCheckpoint[] = [];
  /** Of the last attempt that ended. */
  series: string | undefined;
  log: string | undefined;
  result: unknown;

  constructor(job: string, run: string) {
    this.#job = job;
    this.#run = run;
    this.story = new StoryFold(job, run);
  }

  get checkpoints(): readonly SavedCheckpoint[] {
    return this.#checkpoints.slice(-CHECKPOINTS_MAX);
  }

  apply(entry: JournalEntry): void {
    this.story.apply(entry);
    if (!("job" in entry) || entry.job !== this.#job) return;
    switch (entry.type) {
      case "runs.started":
        if (entry.runs.includes(this.#run)) this.log = this.series = this.result = undefined;
        return;
      case "run.checkpointed": {
        if (entry.run !== this.#run) return;
        const { step, at, bytes, stallMs = 0 } = entry;
        this.#checkpoints.push({ step, at, bytes, stallMs });
        if (this.#checkpoints.length > 2 * CHECKPOINTS_MAX) {
          this.#checkpoints = this.#checkpoints.slice(-CHECKPOINTS_MAX);
        }
        return;
      }
      case "runs.completed":
      case "run.reused": {
        const records = entry.type === "run.reused" ? [entry.run] : entry.runs;
        const record = records.find(({ run }) => run === this.#run);
        if (record === undefined) return;
        this.series = record.series;
        this.log = record.log;
        this.result = record.result;
        return;
      }
      case "run.failed":
        if (entry.run === this.#run) this.log = entry.log;
        return;
    }
  }
}
